//===- Optimise.h - LLVM's passes ---------------------------------*- C++ -*-=//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_OPTIMISE_H
#define DILATED_MLIR_LIB_TARGET_OPTIMISE_H

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir::dilated {

/// Runs LLVM's pipeline of -O`optLevel` (0 to 3) on a module that has the
/// triple and the data layout of `machine`.
void optimise(llvm::Module &module, llvm::TargetMachine &machine, int optLevel);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_OPTIMISE_H
