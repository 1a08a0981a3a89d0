//===- Structured.h - elementwise, reductions, lookups ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loop nests that operators are made of, as linalg ops on tensors whose
// sizes are known to the builder.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_STRUCTURED_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_STRUCTURED_H

#include "GraphBuilder.h"

namespace mlir::dilated {

/// Scalars in, scalar out.
using ScalarBody =
    llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;
/// Positions in the result and the elements of the inputs there, scalar out.
using IndexedBody = llvm::function_ref<Value(
    ImplicitLocOpBuilder &, ValueRange indices, ValueRange elements)>;

/// The sizes that numpy broadcasting gives, and a check at run time for each
/// pair of sizes that is not provably equal: one of them may be 1 then.
FailureOr<Sizes> broadcastSizes(GraphBuilder &b, ValueRange tensors);

/// body(inputs...) on broadcast inputs. Small tensors of scalars stay such, a
/// function of splats is a splat.
FailureOr<Value> emitElementwise(GraphBuilder &b, ValueRange inputs,
                                 Type elementType, ScalarBody body);

/// The same for inputs of one element type, computed in computeType of it and
/// rounded once.
FailureOr<Value> emitArithmetic(GraphBuilder &b, ValueRange inputs,
                                ScalarBody body);

/// The tensor with its floating-point elements rounded to that type.
Value emitRounded(GraphBuilder &b, Value tensor, Type elementType);

/// The tensor repeated to these sizes: its dimensions are the last ones, those
/// of size 1 are repeated.
Value emitBroadcast(GraphBuilder &b, Value tensor,
                    ArrayRef<OpFoldResult> sizes);

/// The tensor with its dimensions, the last ones of `sizes`, repeated to these
/// where they are 1 at run time, which is checked with this message; those that
/// are a constant 1 stay. Fails, silently, on other constants.
FailureOr<Value> emitRepeated(GraphBuilder &b, Value tensor,
                              ArrayRef<OpFoldResult> sizes,
                              const Twine &message);

/// A tensor of these sizes, computed from positions. `inputs` are read through
/// `maps` (from the positions).
Value emitIndexed(GraphBuilder &b, ArrayRef<OpFoldResult> sizes,
                  Type elementType, ValueRange inputs, ArrayRef<AffineMap> maps,
                  IndexedBody body);

/// Folds `axes` (ascending) of inputs[0] away: body(elements..., accumulator)
/// starting at `identity`. Further inputs have the sizes of inputs[0] without
/// the axes. The result does not have the axes.
Value emitReduction(GraphBuilder &b, ValueRange inputs, ArrayRef<int64_t> axes,
                    TypedAttr identity, ScalarBody body);

/// The sum over `axes` of term(elements...), in computeType of the type of
/// inputs[0]; terms are of that type. Over long axes floats are added in f64,
/// so that the error does not grow with the length.
Value emitSum(GraphBuilder &b, ValueRange inputs, ArrayRef<int64_t> axes,
              ScalarBody term);

/// f32 for f16 and bf16: the type to compute in.
Type computeType(Type elementType);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_STRUCTURED_H
