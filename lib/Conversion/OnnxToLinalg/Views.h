//===- Views.h - reshapes and transposes that look through ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_VIEWS_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_VIEWS_H

#include "GraphBuilder.h"

namespace mlir::dilated {

/// The tensor with these sizes, its elements in the same order. A reshape of a
/// reshape starts from the first tensor, so reshapes that undo each other
/// vanish. Where the numbers of elements are not provably equal, a check at run
/// time says so; fails (with a message) where they provably differ.
FailureOr<Value> emitReshape(GraphBuilder &b, Value tensor,
                             ArrayRef<OpFoldResult> sizes);

/// Dimension i of the result is dimension permutation[i] of the tensor.
/// Transposes compose; one that moves only dimensions of size 1 is a reshape.
Value emitTranspose(GraphBuilder &b, Value tensor,
                    ArrayRef<int64_t> permutation);

/// The tensor without the dimensions `dims` (of size 1), or with dimensions of
/// size 1 put in so that they are at `dims` (ascending) of the result.
Value emitDropUnitDims(GraphBuilder &b, Value tensor, ArrayRef<int64_t> dims);
Value emitInsertUnitDims(GraphBuilder &b, Value tensor, ArrayRef<int64_t> dims);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_VIEWS_H
