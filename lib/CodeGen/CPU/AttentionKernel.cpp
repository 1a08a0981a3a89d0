//===- AttentionKernel.cpp - blocks, terms, segments, chunks ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loops of the attention kernel. The mixture of the branches of a pattern
// is one softmax over all their keys (S6), so a row has one running maximum,
// one denominator and one accumulator, and meets its terms one after the other:
//
//   for all (batch, head, block of query rows):                  one task each
//     for each term, for each of its segments that meets the block:
//       move the rows of the residue class to tiles (AttentionState) for each
//       chunk of keys of the class:
//         pack its keys and values (AttentionState) for each tile: scores,
//         online softmax, values        (AttentionUpdate)
//       move the rows back
//     add null keys, normalise, write (AttentionEpilogue)
//
// In a tile the lanes of a vector are query rows. Then the maximum, the
// denominator and the limit of a row are lanes too: no horizontal operation is
// left in the kernel, and keys and values are scalars that are broadcast.
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Sizes and scratch memory
//===----------------------------------------------------------------------===//

Type AttentionSignature::getComputeType() const {
  Type element = query.getElementType();
  return element.isF64() ? element : Float32Type::get(element.getContext());
}

AttentionTask::AttentionTask(const AttentionSignature &signature,
                             const AttentionTiling &tiling)
    : signature(signature), tiling(tiling),
      compute(signature.getComputeType()) {
  lanes = tiling.vectorBytes * 8 / compute.getIntOrFloatBitWidth();
  vector = VectorType::get(lanes, compute);
  width = lanes * tiling.tile.columns;
  headDim = llvm::alignTo(signature.query.getShape().back(), lanes);
  valueDim = llvm::alignTo(signature.value.getShape().back(), lanes);
  numTiles = llvm::divideCeil(tiling.blockRows, width);
  numStateRows = llvm::alignTo(tiling.blockRows + 1, lanes);
}

void AttentionTask::allocate(KernelBuilder &b) {
  int64_t keysPerBlock = tiling.blockKeys, rows = tiling.tile.rows;
  rowOut = b.alloc({numStateRows, valueDim}, compute);
  rowMax = b.alloc(numStateRows, compute);
  rowSum = b.alloc(numStateRows, compute);
  rowNulls = b.alloc(numStateRows, compute);
  tileQuery = b.alloc({numTiles, headDim, width}, compute);
  tileOut = b.alloc({numTiles, valueDim, width}, compute);
  tileMax = b.alloc({numTiles, width}, compute);
  tileSum = b.alloc({numTiles, width}, compute);
  tileRows = b.alloc({numTiles, width}, b.getIndexType());
  keys = b.alloc({keysPerBlock, headDim}, compute);
  values = b.alloc({valueDim / rows, keysPerBlock, rows}, compute);
  scores = b.alloc({keysPerBlock, width}, compute);
  staged = b.alloc({width, headDim}, compute);
}

void AttentionTask::free(KernelBuilder &b) {
  for (Value memref :
       {rowOut, rowMax, rowSum, rowNulls, tileQuery, tileOut, tileMax, tileSum,
        tileRows, keys, values, scores, staged})
    b.free(memref);
}

//===----------------------------------------------------------------------===//
// Terms
//===----------------------------------------------------------------------===//

namespace {

/// A term as values, for a sequence length N and a head h.
struct Term {
  Value length;    // w' = min(w, N) (S1)
  Value rate;      // r' = min(r, w'): the same rows, and no product overflows
  Value offset;    // o(h)
  Value classSize; // L = ceil(w'/r)
  Value multiplicity;
  Value logMultiplicity; // null when all multiplicities are 1
};

} // namespace

/// The entry of a small table: index 0 is the default of a chain of selects.
static Value emitLookup(KernelBuilder &b, Value index, ArrayRef<Value> table) {
  Value entry = table.front();
  for (auto [i, candidate] : llvm::enumerate(table.drop_front()))
    entry = b.select(b.cmp(arith::CmpIPredicate::eq, index, b.index(i + 1)),
                     candidate, entry);
  return entry;
}

/// o(h) at the rate as written (spec, section 3).
static Value emitHeadOffset(KernelBuilder &b, HeadOffsetAttr rule, Value rate,
                            Value head, Value numHeads) {
  switch (rule.getRule()) {
  case HeadOffsetRule::Block:
    return b.div(head, b.ceilDiv(numHeads, rate));
  case HeadOffsetRule::Modulo:
    return b.rem(head, rate);
  case HeadOffsetRule::End:
    return b.sub(b.sub(rate, b.index(1)), b.rem(head, rate));
  case HeadOffsetRule::Constant:
    return b.index(rule.getConstant());
  }
  llvm_unreachable("unknown head offset rule");
}

static Term emitTerm(KernelBuilder &b, const AttentionTask &task, Value index,
                     Value sequence, Value numHeads) {
  SmallVector<Value> lengths, rates, multiplicities, logs;
  bool weighted = false;
  for (Attribute attr : task.signature.pattern.getTerms()) {
    auto segment = cast<SegmentAttr>(attr);
    lengths.push_back(b.index(segment.getLength()));
    rates.push_back(b.index(segment.getRate()));
    multiplicities.push_back(b.index(segment.getMultiplicity()));
    logs.push_back(
        b.constant(task.compute, std::log2(double(segment.getMultiplicity()))));
    weighted |= segment.getMultiplicity() != 1;
  }
  Term term;
  Value rate = emitLookup(b, index, rates);
  term.length = b.min(emitLookup(b, index, lengths), sequence);
  term.rate = b.min(rate, term.length);
  // An offset of w' or more covers no row: clamped so that sums stay in range.
  term.offset = b.min(emitHeadOffset(b, task.signature.pattern.getOffset(),
                                     rate, task.head, numHeads),
                      term.length);
  term.classSize = b.ceilDiv(term.length, term.rate);
  if (weighted) {
    term.multiplicity = emitLookup(b, index, multiplicities);
    term.logMultiplicity = emitLookup(b, index, logs);
  }
  return term;
}

/// The class of `segment` (S2, S3) and what of it lies in the block.
static AttentionClass emitClass(KernelBuilder &b, const AttentionTask &task,
                                const Term &term, Value segment,
                                Value sequence) {
  Value zero = b.index(0);
  Value start = b.mul(segment, term.length);
  Value length = b.min(term.length, b.sub(sequence, start));
  AttentionClass rows;
  rows.base = b.add(start, term.offset);
  rows.rate = term.rate;
  // real = max(0, ceil((len - o)/r)), and the rows i whose position
  // base + r*i is in [blockStart, blockStart + blockSize).
  rows.numKeys = b.ceilDiv(b.max(b.sub(length, term.offset), zero), term.rate);
  Value before = b.max(b.sub(task.blockStart, rows.base), zero);
  Value end = b.add(task.blockStart, task.blockSize);
  Value upTo = b.max(b.sub(end, rows.base), zero);
  rows.first = b.ceilDiv(before, term.rate);
  rows.last = b.min(b.ceilDiv(upTo, term.rate), rows.numKeys);
  rows.logMultiplicity = term.logMultiplicity;
  // (S5) n0 = L - real; a causal row lies before all of them.
  if (task.signature.pattern.getPadding() == Padding::NullKeys &&
      !task.signature.causal) {
    Value nulls = b.sub(term.classSize, rows.numKeys);
    if (term.multiplicity)
      nulls = b.mul(nulls, term.multiplicity);
    rows.nulls = b.cast(nulls, task.compute);
  }
  return rows;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// All keys of a class for the rows of the block, in chunks that are packed
/// once and then used by every tile.
static void emitAttendClass(KernelBuilder &b, AttentionTask &task,
                            const AttentionClass &rows) {
  int64_t blockKeys = task.tiling.blockKeys;
  Value zero = b.index(0);
  Value numTiles = b.ceilDiv(b.sub(rows.last, rows.first), b.index(task.width));
  b.forLoop(zero, numTiles, 1,
            [&](Value tile) { emitGatherTile(b, task, rows, tile); });
  // (S4) Keys j <= i only: none beyond the last row.
  Value numKeys = task.signature.causal ? rows.last : rows.numKeys;
  b.forLoop(zero, numKeys, blockKeys, [&](Value start) {
    Value count = b.min(b.index(blockKeys), b.sub(numKeys, start));
    emitPackKeys(b, task, rows, start, count);
    b.forLoop(zero, numTiles, 1, [&](Value tile) {
      emitUpdateTile(b, task, rows, tile, start, count);
    });
  });
  b.forLoop(zero, numTiles, 1,
            [&](Value tile) { emitScatterTile(b, task, tile); });
}

static void emitBlock(KernelBuilder &b, AttentionTask &task, Value sequence,
                      Value numHeads) {
  Value zero = b.index(0), one = b.index(1);
  task.allocate(b);
  emitClearRows(b, task);
  Value numTerms = b.index(task.signature.pattern.getTerms().size());
  b.forLoop(zero, numTerms, 1, [&](Value index) {
    Term term = emitTerm(b, task, index, sequence, numHeads);
    Value lastRow = b.sub(b.add(task.blockStart, task.blockSize), one);
    Value firstSegment = b.div(task.blockStart, term.length);
    Value endSegment = b.add(b.div(lastRow, term.length), one);
    b.forLoop(firstSegment, endSegment, 1, [&](Value segment) {
      AttentionClass rows = emitClass(b, task, term, segment, sequence);
      b.ifThen(b.less(rows.first, rows.last),
               [&] { emitAttendClass(b, task, rows); });
    });
  });
  emitWriteRows(b, task);
  task.free(b);
}

void mlir::dilated::emitAttentionKernel(func::FuncOp kernel,
                                        const AttentionSignature &signature,
                                        const AttentionTiling &tiling) {
  KernelBuilder b(kernel.getLoc(), kernel.getContext());
  Block *entry = kernel.addEntryBlock();
  b.setInsertionPointToStart(entry);

  AttentionTask task(signature, tiling);
  task.query = RowAccess::create(b, entry->getArgument(0));
  task.key = RowAccess::create(b, entry->getArgument(1));
  task.value = RowAccess::create(b, entry->getArgument(2));
  task.out = RowAccess::create(b, entry->getArgument(3));
  if (signature.lse)
    task.lse = entry->getArgument(4);

  Value query = task.query.memref;
  Value batches = b.dim(query, 0), sequence = b.dim(query, 1);
  Value numHeads = b.dim(query, 2);
  // (C4) Query head h reads head h div (H/Hkv); without heads there is no task.
  Value numKvHeads = b.max(b.dim(task.key.memref, 2), b.index(1));
  Value group = b.max(b.div(numHeads, numKvHeads), b.index(1));
  Value blockRows = b.index(tiling.blockRows);
  Value numBlocks = b.ceilDiv(sequence, blockRows);

  auto tasks = scf::ForallOp::create(
      b, SmallVector<OpFoldResult>{batches, numHeads, numBlocks}, ValueRange{},
      /*mapping=*/std::nullopt);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(tasks.getBody());
    task.batch = tasks.getInductionVar(0);
    task.head = tasks.getInductionVar(1);
    task.kvHead = b.div(task.head, group);
    task.blockStart = b.mul(tasks.getInductionVar(2), blockRows);
    task.blockSize = b.min(blockRows, b.sub(sequence, task.blockStart));
    emitBlock(b, task, sequence, numHeads);
  }
  func::ReturnOp::create(b);
}
