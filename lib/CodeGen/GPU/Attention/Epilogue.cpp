//===- Epilogue.cpp - null keys, normalization, output -----------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is left when the rows have met all their keys: with n0 null keys, whose
// score is 0 and whose value is the zero vector (S5),
//
//   m'  = max(m, 0) if n0 > 0, else m                                     (S8)
//   l'  = l * 2^(m - m') + n0 * 2^(-m')
//   out = O * 2^(m - m') / l'
//   lse = (m' + log2(l')) * ln(2)
//
// A row that no term covers has l' = 0: out is 0 and lse is -inf (S7).
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

/// Rows of `out` start at multiples of two elements, which are neighbours.
static Value emitOutAligned(TileBuilder &b, AttentionBlock &block,
                            Value pointer) {
  const GlobalOperand &out = block.out;
  int64_t bytes = block.tiling.elementBytes;
  Value address = LLVM::PtrToIntOp::create(b, b.getI64Type(), pointer);
  Value bits = b.either(address, b.mul(out.sequence, b.i64(bytes)));
  Value even = b.equal(b.bitAnd(bits, 2 * bytes - 1), b.i64(0));
  return b.both(even, b.equal(out.feature, b.i64(1)));
}

static void emitStoreOut(TileBuilder &b, AttentionBlock &block,
                         const SoftmaxState &state, Value factor,
                         Value positions) {
  Type element = block.signature.element;
  const AttentionTiling &tiling = block.tiling;
  SmallVector<Value> rounded;
  for (Value out : state.out) {
    auto type = cast<tile::FragmentType>(out.getType());
    rounded.push_back(
        b.map(b.fragment(type.getShape(), element, tile::Layout::Accumulator),
              {out, factor}, [&](ArrayRef<Value> e) {
                return b.toFloat(b.mul(e[0], e[1]), element);
              }));
  }
  Value pointer = emitReadPointer(b, block, Note::OutPointer);
  auto store = [&](bool vectors) {
    for (auto [page, out] : llvm::zip(
             tile::getPages(tiling.valueDim * tiling.elementBytes), rounded)) {
      int64_t column = page.start / tiling.elementBytes;
      int64_t width = std::min(page.bytes / tiling.elementBytes,
                               block.signature.valueDim - column);
      if (width <= 0)
        continue;
      Value target = b.element(pointer, b.mul(b.i64(column), block.out.feature),
                               tiling.elementBytes);
      tile::StoreOp::create(b, out, target, positions, block.out.sequence,
                            block.out.feature, width, vectors);
    }
    return SmallVector<Value>();
  };
  b.ifThenElse(
      emitOutAligned(b, block, pointer), [&] { return store(true); },
      [&] { return store(false); });
}

void mlir::dilated::emitEpilogue(TileBuilder &b, AttentionBlock &block,
                                 const SoftmaxState &state) {
  Type f32 = b.getF32Type();
  auto rows = b.rows(f32);
  Value zero = b.constant(f32, 0), one = b.constant(f32, 1);
  auto isZero = [&](Value x) {
    return b.cmp(arith::CmpFPredicate::OEQ, x, zero);
  };
  Value sum =
      tile::ReduceLanesOp::create(b, rows, tile::Reduction::Add, state.sum);
  Value nullKeys = emitRowNulls(b, block);
  // m' and 2^(m - m')
  Value max = b.map(rows, {state.max, nullKeys}, [&](ArrayRef<Value> row) {
    return b.select(isZero(row[1]), row[0], b.maximum(row[0], zero));
  });
  Value correction = b.map(rows, {state.max, max}, [&](ArrayRef<Value> row) {
    return b.exp2(b.sub(row[0], row[1]));
  });
  // l'; where n0 = 0, m' may be so low that 2^(-m') is no number.
  Value total =
      b.map(rows, {sum, correction, nullKeys, max}, [&](ArrayRef<Value> row) {
        Value nulls = b.mul(row[2], b.exp2(b.sub(zero, row[3])));
        nulls = b.select(isZero(row[2]), zero, nulls);
        return b.fma(row[0], row[1], nulls);
      });
  Value factor = b.map(rows, {correction, total}, [&](ArrayRef<Value> row) {
    return b.select(isZero(row[1]), zero, b.div(row[0], row[1]));
  });
  Value positions = emitRowPositions(b, block);
  emitStoreOut(b, block, state, factor, positions);
  if (!block.signature.hasLse)
    return;
  Value lse = b.map(rows, {max, total}, [&](ArrayRef<Value> row) {
    Value empty = isZero(row[1]);
    Value log = b.log2(b.select(empty, one, row[1]));
    Value natural = b.mul(b.add(row[0], log), b.constant(f32, std::log(2.0)));
    Value none = b.constant(f32, -std::numeric_limits<double>::infinity());
    return b.select(empty, none, natural);
  });
  Value pointer = emitReadPointer(b, block, Note::LsePointer);
  tile::StoreOp::create(b, lse, pointer, positions, block.lseSequence, b.i64(1),
                        /*width=*/1,
                        /*vectors=*/false);
}
