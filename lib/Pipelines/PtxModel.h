//===- PtxModel.h - is a model one attention? -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_PIPELINES_PTXMODEL_H
#define DILATED_MLIR_LIB_PIPELINES_PTXMODEL_H

#include "dilated-mlir/Target/PtxFile.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::dilated {

/// How a module in phase fused becomes one launch, where its @main is one
/// attention whose operands are inputs and whose results are outputs, but for
/// reshapes. Nothing for all other modules. `kernel` of the result is 0.
std::optional<PtxModel> findPtxModel(ModuleOp module,
                                     const Signature &signature);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_PIPELINES_PTXMODEL_H
