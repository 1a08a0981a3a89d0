//===- Indices.h - indices that come as data --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_INDICES_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_INDICES_H

#include "NodeView.h"

namespace mlir::dilated {

/// Every index is in [-n, n - 1]: checked now for constants, else at run time,
/// so that no lookup reads out of bounds. With several bounds n, the last
/// dimension of `indices` selects one.
LogicalResult requireInRange(NodeView &node, Value indices,
                             ArrayRef<OpFoldResult> bounds);

/// An index (of integer type) as a position: negative ones count from the end.
Value buildPosition(ImplicitLocOpBuilder &b, Value index, Value size);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_INDICES_H
