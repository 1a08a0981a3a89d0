//===- PerfMap.h - names of generated functions for perf --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_PERFMAP_H
#define DILATED_MLIR_LIB_TARGET_PERFMAP_H

#include "dilated-mlir/Target/Jit.h"

namespace mlir::dilated {

/// Writes perf-PID.map with the functions of `object` as `jit` loaded
/// them.
llvm::Error writePerfMap(ArrayRef<char> object, Jit &jit);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_PERFMAP_H
