//===- TileLowering.h - what the lowering of tiles shares -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lowering for sm_80 and later: a fragment is a vector of registers, a
// shared tile its address (i32), a token nothing but an order.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_TILELOWERING_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_TILELOWERING_H

#include "../CPU/KernelBuilder.h"
#include "dialects/Tile/Tile.h"

#include "mlir/Transforms/DialectConversion.h"

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
  Value widen(Value a); // i32 to i64, not negative
  Value bitcast(Value a, Type type);

  /// The number of the thread in its block, of the lane in its warp, of its
  /// group of four, and of the lane in that group.
  Value thread();
  Value lane() { return bitAnd(thread(), 31); }
  Value group() { return shiftRight(lane(), 2); }
  Value member() { return bitAnd(thread(), 3); }

  /// A pointer to shared memory from an address, and `bytes` behind one.
  Value sharedPointer(Value address);
  Value advance(Value pointer, Value bytes);
  Value advance(Value pointer, int64_t bytes);

  /// The same i32 or i64 for the machine, any for the compiler: what depends on
  /// it stays where it is, and a loop up to it is not unrolled.
  Value opaque(Value value);

  /// The value of another lane of the warp: lane xor `mask`.
  Value exchange(Value value, int64_t mask);
  Value reduce(tile::Reduction kind, Value a, Value b);

  SmallVector<Value> unpack(Value vector);
  Value pack(ArrayRef<Value> registers);
};

/// Registers of a fragment: elements, or 4 bytes each for operands of products.
VectorType getRegisterType(tile::FragmentType type);

/// The chunks of a page in the order of a row: chunk c lies at c xor this.
/// `row` is any number that is congruent to the row modulo 8.
Value emitSwizzle(LaneBuilder &b, tile::SharedType type, tile::Page page,
                  Value row);

void populateFragmentPatterns(const TypeConverter &converter,
                              RewritePatternSet &patterns);
void populateMatrixPatterns(const TypeConverter &converter,
                            RewritePatternSet &patterns);
void populateCopyPatterns(const TypeConverter &converter,
                          RewritePatternSet &patterns);
void populateStorePatterns(const TypeConverter &converter,
                           RewritePatternSet &patterns);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_TILELOWERING_H
