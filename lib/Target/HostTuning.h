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
/// `machine` is that of the options.
std::string tuningFor(const TargetOptions &options,
                      const llvm::TargetMachine &machine);

/// Whether vdpbf16ps beats FMAs of f32 on this machine, which must have it.
/// Measured once per process, in less than a millisecond.
bool hasFastBf16Pairs();

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_HOSTTUNING_H
