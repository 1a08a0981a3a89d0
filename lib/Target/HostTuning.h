//===- HostTuning.h - which processor to schedule for -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_HOSTTUNING_H
#define DILATED_MLIR_LIB_TARGET_HOSTTUNING_H

#include "dilated-mlir/Target/ObjectEmission.h"

namespace mlir::dilated {

/// The processor whose latencies and ports the code is tuned for; "" when this
/// LLVM does not know the host. Never decides which instructions may be used.
std::string tuningFor(const TargetOptions &options);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_HOSTTUNING_H
