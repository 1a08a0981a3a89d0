//===- LaneBuilder.h - what one lane of a GPU computes ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_BUILDERS_LANEBUILDER_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_BUILDERS_LANEBUILDER_H

#include "dialects/Tile/Tile.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

namespace mlir::dilated {

/// Arithmetic of one lane.
class LaneBuilder : public KernelBuilder {
public:
  using KernelBuilder::KernelBuilder;

  Value i32(int64_t value) { return integer(getI32Type(), value); }
  Value i64(int64_t value) { return integer(getI64Type(), value); }
  Value bitAnd(Value a, int64_t mask);
  Value bitXor(Value a, Value b);
  Value shiftLeft(Value a, int64_t bits);
  Value shiftRight(Value a, int64_t bits);
  Value both(Value a, Value b);
  Value either(Value a, Value b);
  Value equal(Value a, Value b) { return cmp(arith::CmpIPredicate::eq, a, b); }
  Value atLeast(Value a, Value b) {
    return cmp(arith::CmpIPredicate::sge, a, b);
  }
  /// ceil(a/b) for a and b of at least 1, any of them up to 2^63 - 1.
  Value ceilQuotient(Value a, Value b);
  Value widen(Value a);  // i32 to i64, not negative
  Value narrow(Value a); // i64 to i32
  Value bitcast(Value a, Type type);

  /// The number of the thread in its block, of the lane in its warp, of its
  /// group of four, and of the lane in that group.
  Value thread();
  Value lane() { return bitAnd(thread(), 31); }
  Value group() { return shiftRight(lane(), 2); }
  Value member() { return bitAnd(thread(), 3); }
  /// Of all threads of the block.
  void barrier();

  /// A pointer to shared memory from an address, and `bytes` behind one.
  Value sharedPointer(Value address);
  Value advance(Value pointer, Value bytes);
  Value advance(Value pointer, int64_t bytes);

  /// The same i32, i64 or pointer for the machine, any for the compiler: what
  /// depends on it stays where it is, and a loop up to it is not unrolled.
  Value opaque(Value value);

  /// The value of another lane of the warp: lane xor `mask`.
  Value exchange(Value value, int64_t mask);
  Value reduce(tile::Reduction kind, Value a, Value b);

  SmallVector<Value> unpack(Value vector);
  Value pack(ArrayRef<Value> registers);

  //===--- Loops over integers, with a state ------------------------------===//
  using State = SmallVector<Value>;
  State forEach(Value lower, Value upper, int64_t step, ValueRange init,
                function_ref<State(Value, ValueRange)> body);
  void forEach(Value lower, Value upper, int64_t step,
               function_ref<void(Value)> body);
  /// While `condition` of the state holds.
  State whileLoop(ValueRange init, function_ref<Value(ValueRange)> condition,
                  function_ref<State(ValueRange)> body);
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_BUILDERS_LANEBUILDER_H
