//===- KernelBuilder.h - arithmetic and loops of emitted kernels -*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A builder whose methods read like the formulas that a kernel computes. All
// kernels of this folder are written with it.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_COMMON_KERNELBUILDER_H
#define DILATED_MLIR_CODEGEN_COMMON_KERNELBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::dilated {

/// The names are those of mathematics; each method is one op (or few) of arith,
/// vector, memref or scf. Integer arithmetic is for values that are not
/// negative and whose result does not overflow, unless a method says otherwise.
class KernelBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  //===--- Constants ------------------------------------------------------===//
  Value index(int64_t value);
  /// A floating-point or integer constant; a splat for a vector type.
  Value constant(Type type, double value);
  Value integer(Type type, int64_t value);
  Value boolean(bool value);

  //===--- Arithmetic: on index, integers, floats and vectors of them -----===//
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value div(Value a, Value b);
  Value rem(Value a, Value b);
  /// Signed for integers. For floats the second operand wins when one is NaN,
  /// which is what one vmaxps does.
  Value min(Value a, Value b);
  Value max(Value a, Value b);
  Value fma(Value a, Value b, Value c);
  /// ceil(a/b) for a >= 0; a + b does not overflow.
  Value ceilDiv(Value a, Value b);
  /// The least multiple of `multiple` that is at least `a`.
  Value roundUp(Value a, int64_t multiple);
  Value cmp(arith::CmpIPredicate predicate, Value a, Value b);
  Value less(Value a, Value b) { return cmp(arith::CmpIPredicate::slt, a, b); }
  Value cmp(arith::CmpFPredicate predicate, Value a, Value b);
  Value select(Value condition, Value a, Value b);
  /// Between float types of any width, vectors included.
  Value toFloat(Value value, Type elementType);
  Value cast(Value indexOrInteger, Type type);

  //===--- Vectors and memory ---------------------------------------------===//
  Value splat(Value scalar, VectorType type);
  Value load(Value memref, ValueRange indices);
  void store(Value value, Value memref, ValueRange indices);
  Value load(VectorType type, Value memref, ValueRange indices);
  /// Scratch memory of a static shape, aligned to cache lines.
  Value alloc(ArrayRef<int64_t> shape, Type elementType);
  void free(Value memref);
  Value dim(Value memref, int64_t dimension);

  //===--- Control flow ---------------------------------------------------===//
  using Body = function_ref<void(Value)>;
  using ReducingBody = function_ref<SmallVector<Value>(Value, ValueRange)>;
  void forLoop(Value lower, Value upper, int64_t step, Body body);
  /// A loop that carries values; returns them after the last iteration.
  SmallVector<Value> forLoop(Value lower, Value upper, int64_t step,
                             ValueRange init, ReducingBody body);
  /// Has LLVM unroll `loop` by `count` instead of what it thinks best; 1 is not
  /// at all.
  void setUnrollCount(Operation *loop, int64_t count);
  void ifThen(Value condition, function_ref<void()> then);
  SmallVector<Value> ifThenElse(Value condition,
                                function_ref<SmallVector<Value>()> then,
                                function_ref<SmallVector<Value>()> otherwise);
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_COMMON_KERNELBUILDER_H
