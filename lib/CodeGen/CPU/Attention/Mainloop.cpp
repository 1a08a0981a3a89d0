//===- Mainloop.cpp - key ranges, chunks, blocks of keys ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The keys of a range are packed in chunks, which all tiles of the task meet
// one after the other. A chunk is one block of keys, or several ones where the
// engine has stages.
//
//===----------------------------------------------------------------------===//

#include "Softmax.h"
#include "Task.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Multiplicities
//===----------------------------------------------------------------------===//

/// What keys that count `times`, a number or a vector of them, have added to
/// their scores in base 2.
static Value emitBias(KernelBuilder &b, AttentionTask &task, Value times) {
  Type type = task.compute;
  if (isa<VectorType>(times.getType()))
    type = task.vector;
  return math::Log2Op::create(b, arith::SIToFPOp::create(b, type, times));
}

/// The biases of the range's keys for tiles that deduplicate none.
static void emitUniformBias(KernelBuilder &b, AttentionTask &task,
                            const AttentionKeys &keys) {
  Value bias = b.splat(emitBias(b, task, keys.multiplicity), task.vector);
  b.forLoop(b.index(0), b.index(task.tiling.packedKeys), task.lanes,
            [&](Value key) { b.store(bias, task.biases, {b.index(0), key}); });
}

/// The biases of a chunk's keys for one tile that deduplicates some. Keys that
/// are missing in the last group have one too: it is added to -inf.
static void emitDeduplicatedBias(KernelBuilder &b, AttentionTask &task,
                                 const AttentionKeys &keys, Value tile,
                                 Value start, Value count) {
  Value end = b.roundUp(count, task.engine->getKeyGroup());
  task.schedule.emitMultiplicities(b, keys, tile, start, end,
                                   task.multiplicities);
  auto counts = VectorType::get(task.lanes, b.getI64Type());
  b.forLoop(b.index(0), end, task.lanes, [&](Value key) {
    Value times = b.load(counts, task.multiplicities, key);
    b.store(emitBias(b, task, times), task.biases, {b.index(1), key});
  });
}

//===----------------------------------------------------------------------===//
// Chunks
//===----------------------------------------------------------------------===//

/// Keys that all rows see in stages, the others block by block: the first ones
/// of rows without a maximum, those around the diagonal, what is left at the
/// end, and all with the online softmax.
static void emitMeetByStages(KernelBuilder &b, AttentionTask &task,
                             Value biasRow, Value tile, Value start,
                             Value count, Value online) {
  Value zero = b.index(0), blockKeys = b.index(task.tiling.blockKeys);
  Value stageKeys = b.index(task.tiling.stageKeys);
  TileLimits limits(b, task, tile, start, count);
  Value fullEnd = b.min(count, limits.fullEnd);
  Type index = b.getIndexType();
  auto loop = scf::WhileOp::create(
      b, index, b.mul(b.div(limits.keyBegin, blockKeys), blockKeys));
  OpBuilder::InsertionGuard guard(b);
  Block *test = b.createBlock(&loop.getBefore(), {}, index, b.getLoc());
  Value reached = test->getArgument(0);
  scf::ConditionOp::create(b, b.less(reached, limits.keyEnd), reached);

  Block *body = b.createBlock(&loop.getAfter(), {}, index, b.getLoc());
  Value first = body->getArgument(0);
  BlockSoftmax softmax(b, task, biasRow, tile, start, first,
                       b.min(b.sub(count, first), blockKeys), online);
  Value isOnline = softmax.emitIsOnline();
  Value blocks = b.div(b.max(b.sub(fullEnd, first), zero), stageKeys);
  blocks = b.select(b.less(first, limits.fullBegin), zero, blocks);
  Value several = b.less(b.index(1), blocks);
  Value next = b.ifThenElse(
      b.select(isOnline, b.boolean(false), several),
      [&]() -> SmallVector<Value> {
        task.engine->emitStages(b, biasRow, tile, first, blocks);
        return {b.add(first, b.mul(blocks, stageKeys))};
      },
      [&]() -> SmallVector<Value> {
        b.ifThen(softmax.emitSeesKeys(), [&] { softmax.emit(isOnline); });
        return {b.add(first, blockKeys)};
      })[0];
  scf::YieldOp::create(b, next);
}

static void emitMeetChunk(KernelBuilder &b, AttentionTask &task, Value biasRow,
                          Value tile, Value start, Value count, Value online) {
  if (task.tiling.stageKeys)
    return emitMeetByStages(b, task, biasRow, tile, start, count, online);
  // The tile sees some of the chunk, which is one block of keys.
  BlockSoftmax softmax(b, task, biasRow, tile, start, b.index(0), count,
                       online);
  softmax.emit(softmax.emitIsOnline());
}

//===----------------------------------------------------------------------===//
// Key ranges
//===----------------------------------------------------------------------===//

/// Whether the tile sees keys of [start, start + count).
static Value emitSeesChunk(KernelBuilder &b, AttentionTask &task, Value tile,
                           Value start, Value count) {
  using Word = AttentionSchedule::TileWord;
  Value begin = task.schedule.loadTileWord(b, tile, Word::Begin);
  Value end = task.schedule.loadTileWord(b, tile, Word::End);
  Value isSeen = arith::AndIOp::create(b, b.less(start, end),
                                       b.less(begin, b.add(start, count)));
  Value isComputed = b.load(task.retries, tile);
  return arith::AndIOp::create(b, isSeen, isComputed);
}

/// Tile `tile` of those from `first` on meets a chunk of packed keys.
static void emitAttendTile(KernelBuilder &b, AttentionTask &task,
                           const AttentionKeys &keys, Value first, Value tile,
                           Value start, Value count, Value online) {
  using Word = AttentionSchedule::TileWord;
  auto has = [&](Word word) {
    return b.less(b.index(0), task.schedule.loadTileWord(b, tile, word));
  };
  Value biasRow;
  if (task.biases) {
    Value takes = has(Word::Takes);
    b.ifThen(takes, [&] {
      emitDeduplicatedBias(b, task, keys, b.add(first, tile), start, count);
    });
    biasRow = b.select(takes, b.index(1), b.index(0));
  }
  if (task.schedule.isMasked())
    b.ifThen(has(Word::Masked), [&] {
      task.schedule.emitMasks(b, keys, b.add(first, tile), start, count);
    });
  emitMeetChunk(b, task, biasRow, tile, start, count, online);
}

/// All keys of a range for tiles [first, first + count), in chunks that are
/// packed once. Chunks are counted from the range's first key, so that what is
/// summed up together does not depend on which tiles there are.
static void emitAttendKeys(KernelBuilder &b, AttentionTask &task,
                           const AttentionKeys &keys, Value first, Value count,
                           Value online) {
  int64_t packedKeys = task.tiling.packedKeys;
  if (task.biases)
    emitUniformBias(b, task, keys);
  Value begin =
      b.mul(b.div(keys.begin, b.index(packedKeys)), b.index(packedKeys));
  b.forLoop(begin, keys.end, packedKeys, [&](Value start) {
    Value packed = b.min(b.index(packedKeys), b.sub(keys.end, start));
    task.engine->emitPackKeys(b, keys, start, packed);
    b.forLoop(b.index(0), count, 1, [&](Value tile) {
      b.ifThen(emitSeesChunk(b, task, tile, start, packed), [&] {
        emitAttendTile(b, task, keys, first, tile, start, packed, online);
      });
    });
  });
}

static void emitClearTiles(KernelBuilder &b, AttentionTask &task, Value count) {
  Value zero = b.constant(task.vector, 0);
  Value none = b.constant(task.vector, task.noMaximum);
  Value features = task.getFeatures(b);
  b.forLoop(b.index(0), count, 1, [&](Value tile) {
    b.ifThen(b.load(task.retries, tile), [&] {
      b.forLoop(b.index(0), b.index(task.width), task.lanes, [&](Value lane) {
        b.store(none, task.tileMax, {tile, lane});
        b.store(zero, task.tileSum, {tile, lane});
        b.forLoop(b.index(0), features, 1, [&](Value d) {
          b.store(zero, task.tileOut, {tile, d, lane});
        });
      });
    });
  });
}

void mlir::dilated::emitMainloop(KernelBuilder &b, AttentionTask &task,
                                 Value first, Value count, Value online) {
  emitClearTiles(b, task, count);
  b.forLoop(b.index(0), task.schedule.getNumRanges(b), 1, [&](Value index) {
    AttentionKeys keys = task.schedule.emitKeys(b, index, first, count);
    emitAttendKeys(b, task, keys, first, count, online);
  });
}
