//===- FreezeInputs.h - inputs that shapes depend on ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Test cases of ONNX give shapes, axes and pads as graph inputs. Frozen, such
// an input becomes a constant of its value and leaves the signature.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PIPELINES_FREEZEINPUTS_H
#define DILATED_MLIR_PIPELINES_FREEZEINPUTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::dilated {

/// The positions of the inputs of @main that feed a shape or axis operand of an
/// onnx.node, ascending. `module` is in phase import.
SmallVector<unsigned> findShapeInputs(ModuleOp module);

/// Replaces input `position` of @main by a constant and removes it from the
/// signature. `value` has the input's element type and a static shape that
/// agrees with the input's.
LogicalResult freezeInput(ModuleOp module, unsigned position,
                          DenseElementsAttr value);

} // namespace mlir::dilated

#endif // DILATED_MLIR_PIPELINES_FREEZEINPUTS_H
