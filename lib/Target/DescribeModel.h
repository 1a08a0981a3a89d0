//===- DescribeModel.h - a model's description as data ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_DESCRIBEMODEL_H
#define DILATED_MLIR_LIB_TARGET_DESCRIBEMODEL_H

#include "dilated-mlir/Target/Signature.h"

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir::dilated {

/// Adds the constant `dilated_model_description`
/// (Runtime/ModelDescription.h) to a module that defines `dilated_main`.
/// `processor` is named in messages.
void addModelDescription(llvm::Module &module, const Signature &signature,
                         const llvm::TargetMachine &machine,
                         StringRef processor);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_DESCRIBEMODEL_H
