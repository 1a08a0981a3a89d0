//===- TensorAttribute.h - a host tensor as a constant ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_RUN_TENSORATTRIBUTE_H
#define DILATED_MLIR_TOOLS_DILATED_RUN_TENSORATTRIBUTE_H

#include "dilated-mlir/Target/HostTensor.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace mlir::dilated {

/// The tensor as elements of a constant, for inputs that are frozen.
DenseElementsAttr toAttribute(const HostTensor &tensor, MLIRContext *context);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_RUN_TENSORATTRIBUTE_H
