//===- TensorCheck.h - do tensors fit the model? ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_TENSORCHECK_H
#define DILATED_MLIR_LIB_RUNTIME_TENSORCHECK_H

#include "dilated-mlir/Runtime/ModelDescription.h"

namespace dilated::runtime {

/// Fills in `error` (may be null) as printf does and returns `status`.
dilated_status setError(dilated_error *error, dilated_status status,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// As messages show it: "[batch, 300, ?] f32", cut to fit.
struct Description {
  char text[256];
};
Description describe(const dilated_tensor_info &info);

/// The bytes from the lowest to the highest element that a tensor touches,
/// relative to its data. False when they are not a size of memory.
struct Extent {
  int64_t low, high; // high is exclusive; equal for a tensor without elements
};
bool getExtent(const dilated_tensor &tensor, Extent &extent);

/// Whether the elements lie one after the other, the last dimension fastest.
bool isRowMajor(const dilated_tensor &tensor);

/// What can be said of outputs before their sizes are known.
dilated_status verifyOutputs(const dilated_tensor_info *infos,
                             int32_t infoCount, const dilated_tensor *outputs,
                             int32_t count, dilated_error *error);

} // namespace dilated::runtime

#endif // DILATED_MLIR_LIB_RUNTIME_TENSORCHECK_H
