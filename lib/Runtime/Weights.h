//===- Weights.h - the weights of a library ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_WEIGHTS_H
#define DILATED_MLIR_LIB_RUNTIME_WEIGHTS_H

#include "dilated-mlir/Runtime/ModelDescription.h"

namespace dilated::runtime {

/// Fills in the description's table: from the library itself, or from its side
/// file, which is mapped on the first call and compared with the checksum.
/// `path` names the side file, NULL means beside the library. Each success is
/// undone by one releaseWeights.
dilated_status acquireWeights(const ModelDescription &description,
                              const WeightStore &store, const char *path,
                              bool trust, dilated_error *error);
void releaseWeights();

} // namespace dilated::runtime

#endif // DILATED_MLIR_LIB_RUNTIME_WEIGHTS_H
