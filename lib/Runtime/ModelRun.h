//===- ModelRun.h - running a model -----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// scratch_size and run of dilated_api (Model.h says what they do).
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_MODELRUN_H
#define DILATED_MLIR_LIB_RUNTIME_MODELRUN_H

#include "dilated-mlir/Runtime/Model.h"

namespace dilated::runtime {

/// A copy of options that may be NULL or of an older version.
dilated_status readRunOptions(const dilated_run_options *given,
                              dilated_run_options &options,
                              dilated_error *error);

dilated_status getScratchSize(const dilated_model *model,
                              const dilated_tensor *inputs, int32_t inputCount,
                              int32_t threads, size_t *bytes,
                              dilated_error *error);

dilated_status runModel(const dilated_model *model,
                        const dilated_tensor *inputs, int32_t inputCount,
                        dilated_tensor *outputs, int32_t outputCount,
                        const dilated_run_options *options,
                        dilated_error *error);

} // namespace dilated::runtime

#endif // DILATED_MLIR_LIB_RUNTIME_MODELRUN_H
