//===- KeyRuns.cpp - which keys the block's rows attend to -------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For a term (w, r) of the pattern, head h and a sequence of N (S1 to S5):
//
//   w' = min(w, N), r' = min(r, w'), o = o(h), L = ceil(w'/r')
//   segment g: keys at g*w' + o + r'*j, j < n = ceil((min(w', N - g*w') -
//   o)/r') a row at position p of it: x = p - g*w' - o; it is covered when x >=
//   0 is a multiple of r', and then sees n keys, causal x/r' + 1 null keys of a
//   covered row: L - n, none when causal
//
// Runs go by term, then by segment, from the segment of the block's first row
// to that of its last; one that no row is covered by is skipped.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "TileRows.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {

/// An entry of the table of terms.
struct TermEntry {
  Value length, rate, offset, classRows, multiplicity;
};

} // namespace

//===----------------------------------------------------------------------===//
// Terms
//===----------------------------------------------------------------------===//

/// Entry `index` of values that are no memory.
static Value emitSelect(TileBuilder &b, Value index, ArrayRef<Value> values) {
  Value result = values.front();
  for (auto [i, value] : llvm::enumerate(values.drop_front()))
    result = b.select(b.equal(index, b.i32(i + 1)), value, result);
  return result;
}

void mlir::dilated::emitTermTable(TileBuilder &b, AttentionBlock &block) {
  // Thread i computes entry i.
  Value thread = b.thread();
  b.ifThen(b.less(thread, b.i32(block.signature.numTerms)), [&] {
    Value writtenRate = emitSelect(b, thread, block.rates);
    TermEntry term;
    term.length = b.min(emitSelect(b, thread, block.lengths), block.length);
    term.rate = b.min(writtenRate, term.length);
    // An offset of w' or more covers no row: clamped so that sums don't
    // overflow.
    term.offset = b.min(emitHeadOffset(b, block.signature.offset, block.head,
                                       block.heads, writtenRate),
                        term.length);
    term.classRows = b.ceilQuotient(term.length, term.rate);
    term.multiplicity = emitSelect(b, thread, block.multiplicities);
    Value entry = b.mul(thread, b.i32(8 * kTermWords));
    Value words[kTermWords] = {term.length, term.rate, term.offset,
                               term.classRows, term.multiplicity};
    for (auto [i, word] : llvm::enumerate(words))
      b.storeShared(word, block.terms, b.add(entry, b.i32(8 * i)));
  });
}

static TermEntry emitLoadTerm(TileBuilder &b, AttentionBlock &block,
                              Value index) {
  Value entry = b.mul(b.narrow(index), b.i32(8 * kTermWords));
  auto word = [&](int64_t i) {
    return b.loadShared(block.terms, b.add(entry, b.i32(8 * i)),
                        b.getI64Type());
  };
  return {word(0), word(1), word(2), word(3), word(4)};
}

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

namespace {

/// A segment of a term.
struct Segment {
  Segment(TileBuilder &b, AttentionBlock &block, const TermEntry &term,
          Value index)
      : causal(block.signature.causal), rate(term.rate) {
    Value start = b.mul(index, term.length);
    base = b.add(start, term.offset);
    end = b.add(start, b.min(term.length, b.sub(block.length, start)));
    // At least 1: without keys no row is covered, and nobody asks.
    keys = b.ceilQuotient(b.max(b.sub(end, base), b.i64(1)), rate);
  }

  /// Keys that a row at `position` sees: 0 when it is not covered.
  Value getLimit(TileBuilder &b, Value position) const {
    Value x = b.sub(position, base);
    Value quotient = b.div(x, rate);
    Value inside = b.both(b.atLeast(x, b.i64(0)), b.less(position, end));
    Value inClass = b.equal(b.mul(quotient, rate), x);
    return b.select(b.both(inside, inClass),
                    causal ? b.add(quotient, b.i64(1)) : keys, b.i64(0));
  }

  bool causal;
  Value rate, base, end, keys;
};

} // namespace

/// The first run at or after (term, segment).
static KeyRun emitSearch(TileBuilder &b, AttentionBlock &block, Value term,
                         Value segment) {
  Type i64 = b.getI64Type();
  Value numTerms = b.i64(block.signature.numTerms);
  Value lastTerm = b.sub(numTerms, b.i64(1));
  SmallVector<Type> candidate(2, i64), found(5, i64);
  SmallVector<Location> locs(5, b.getLoc());
  auto loop = scf::WhileOp::create(b, found, ValueRange{term, segment});
  OpBuilder::InsertionGuard guard(b);

  Block *before = b.createBlock(&loop.getBefore(), {}, candidate,
                                ArrayRef(locs).take_front(2));
  Value index = before->getArgument(0);
  TermEntry entry = emitLoadTerm(b, block, b.min(index, lastTerm));
  Segment keys(b, block, entry, before->getArgument(1));
  // A lane has two of the block's rows.
  auto limit = [&](int64_t behind) {
    Value row = b.add(b.lane(), b.i32(behind));
    return keys.getLimit(
        b, b.loadShared(block.positions, b.mul(row, b.i32(8)), i64));
  };
  Value limits = b.max(limit(0), limit(32));
  Value count = b.reduceWarp(tile::Reduction::Max, limits);
  Value more = b.less(index, numTerms);
  Value none = b.equal(count, b.i64(0));
  count = b.select(more, count, b.i64(0));
  scf::ConditionOp::create(
      b, b.both(more, none),
      ValueRange{index, before->getArgument(1), keys.base, keys.rate, count});

  // No row is covered: the next segment, or the next term's first.
  Block *after = b.createBlock(&loop.getAfter(), {}, found, locs);
  Value current = after->getArgument(0), next = b.add(current, b.i64(1));
  Value length = emitLoadTerm(b, block, current).length;
  Value nextLength = emitLoadTerm(b, block, b.min(next, lastTerm)).length;
  Value last = b.div(emitReadNote(b, block, Note::LastPosition), length);
  Value stays = b.less(after->getArgument(1), last);
  scf::YieldOp::create(
      b, ValueRange{b.select(stays, current, next),
                    b.select(stays, b.add(after->getArgument(1), b.i64(1)),
                             b.div(emitReadNote(b, block, Note::FirstPosition),
                                   nextLength))});
  return {loop.getResult(0), loop.getResult(1), loop.getResult(2),
          loop.getResult(3), loop.getResult(4)};
}

KeyRun mlir::dilated::emitFirstRun(TileBuilder &b, AttentionBlock &block) {
  Value length = emitLoadTerm(b, block, b.i64(0)).length;
  return emitSearch(b, block, b.i64(0),
                    b.div(emitReadNote(b, block, Note::FirstPosition), length));
}

void mlir::dilated::emitNoteNextRun(TileBuilder &b, AttentionBlock &block,
                                    const KeyRun &run) {
  Value term = run.term, following = b.add(term, b.i64(1));
  Value lastTerm = b.i64(block.signature.numTerms - 1);
  Value length = emitLoadTerm(b, block, term).length;
  Value nextLength = emitLoadTerm(b, block, b.min(following, lastTerm)).length;
  Value last = b.div(emitReadNote(b, block, Note::LastPosition), length);
  Value first = b.div(emitReadNote(b, block, Note::FirstPosition), nextLength);
  Value stays = b.less(run.segment, last);
  KeyRun next =
      emitSearch(b, block, b.select(stays, term, following),
                 b.select(stays, b.add(run.segment, b.i64(1)), first));
  emitWriteNotes(b, block, Note::NextTerm,
                 {next.term, next.segment, next.base, next.rate, next.count});
}

KeyRun mlir::dilated::emitReadNextRun(TileBuilder &b, AttentionBlock &block) {
  auto read = [&](Note note) { return emitReadNote(b, block, note); };
  return {read(Note::NextTerm), read(Note::NextSegment), read(Note::NextBase),
          read(Note::NextRate), read(Note::NextCount)};
}

RowLimits mlir::dilated::emitRowLimits(TileBuilder &b, AttentionBlock &block,
                                       const KeyRun &run, Value &nulls) {
  Type i32 = b.getI32Type(), i64 = b.getI64Type(), f32 = b.getF32Type();
  Value zero = b.i64(0), keys = b.i64(block.tiling.keys);
  TermEntry term = emitLoadTerm(b, block, run.term);
  Segment segment(b, block, term, run.segment);
  auto isCovered = [&](Value limit) { return b.less(zero, limit); };
  Value limits = b.map(b.rows(i64), emitRowPositions(b, block),
                       [&](ArrayRef<Value> position) {
                         return segment.getLimit(b, position[0]);
                       });

  // The blocks that some row sees, and those that all covered rows do.
  RowLimits rows;
  Value most = tile::ReduceRowsOp::create(b, i64, tile::Reduction::Max, limits);
  Value covered = b.map(b.rows(i64), limits, [&](ArrayRef<Value> limit) {
    return b.select(isCovered(limit[0]), limit[0], most);
  });
  Value least =
      tile::ReduceRowsOp::create(b, i64, tile::Reduction::Min, covered);
  rows.endBlock = b.narrow(b.div(b.add(most, b.sub(keys, b.i64(1))), keys));
  Value fullBlock = b.div(least, keys);
  rows.fullBlock = b.narrow(fullBlock);
  // Covered rows differ by no more than their positions do.
  Value start = b.mul(fullBlock, keys);
  rows.limits = b.map(b.rows(i32), covered, [&](ArrayRef<Value> limit) {
    return b.narrow(b.sub(limit[0], start));
  });

  // (S6) A term of multiplicity m adds log2(m) to its scores.
  Value multiplicity = b.toFloat32(term.multiplicity);
  Value logMultiplicity = b.log2(multiplicity);
  Value hidden = b.constant(f32, -std::numeric_limits<double>::infinity());
  rows.bias = b.map(b.rows(f32), limits, [&](ArrayRef<Value> limit) {
    return b.select(isCovered(limit[0]), logMultiplicity, hidden);
  });
  if (block.signature.padding == Padding::NullKeys && !block.signature.causal) {
    // (S5) n0 = L - n for each covered row.
    Value count =
        b.mul(b.toFloat32(b.sub(term.classRows, segment.keys)), multiplicity);
    nulls =
        b.map(b.rows(f32), {nulls, limits}, [&](ArrayRef<Value> row) -> Value {
          return b.select(isCovered(row[1]), b.add(row[0], count), row[0]);
        });
  }
  return rows;
}
