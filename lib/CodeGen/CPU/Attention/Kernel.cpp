//===- Kernel.cpp - tasks, key ranges, chunks --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loops of the attention kernel. The mixture of the branches of a pattern
// is one softmax over all their keys (S6), so a row has one maximum, one
// denominator and one accumulator, and meets its key ranges one after the
// other:
//
//   for all (batch, head, block of positions):             one task or several
//     rows of the tiles, by the branches that cover them          (lib/Plan)
//     load the queries, lanes becoming rows                (AttentionState)
//     for each strided key range, such as a segment of a branch:
//       which of its keys each row sees                           (lib/Plan)
//       for each chunk of its keys:
//         pack its keys and values                          (AttentionPack)
//         for each tile: scores, softmax, values          (AttentionUpdate)
//     add null keys, normalise, write                   (AttentionEpilogue)
//
// In a tile the lanes of a vector are query rows. Then the maximum, the
// denominator and the limit of a row are lanes too: no horizontal operation is
// left in the kernel, and keys and values are scalars that are broadcast.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
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

static VectorType getVector(const AttentionSignature &signature,
                            const AttentionTiling &tiling) {
  Type compute = signature.getComputeType();
  int64_t bits = compute.getIntOrFloatBitWidth();
  return VectorType::get(tiling.vectorBytes * 8 / bits, compute);
}

int64_t mlir::dilated::getBlockRows(int64_t rowBytes, int64_t blockBytes) {
  int64_t rows = 64;
  while (rows < 1024 && 2 * rows * rowBytes <= blockBytes)
    rows *= 2;
  return rows;
}

/// A block has its rows in sets by the branches that cover them, and the last
/// tile of a set is not full: room for some more than the rows fill.
static int64_t getNumTiles(int64_t blockRows, int64_t width) {
  int64_t full = llvm::divideCeil(blockRows, width);
  return full + llvm::divideCeil(full, 4) + 4;
}

AttentionTask::AttentionTask(SymbolTable &symbols,
                             const AttentionSignature &signature,
                             const AttentionTiling &tiling)
    : signature(signature), tiling(tiling), compute(signature.getComputeType()),
      vector(getVector(signature, tiling)), lanes(vector.getNumElements()),
      width(lanes * tiling.tile.columns),
      numTiles(getNumTiles(tiling.blockRows, width)),
      noMaximum(compute.isF64() ? std::numeric_limits<double>::lowest()
                                : std::numeric_limits<float>::lowest()),
      products(tiling.products, vector),
      plan(symbols, signature.pattern, signature.causal, width,
           tiling.blockRows, numTiles, tiling.packedKeys) {
  int64_t headDim = signature.query.getShape().back();
  queryOperands = llvm::divideCeil(headDim, products.getStep());
  keyDepth = llvm::alignTo(queryOperands, lanes);
  valueDim = llvm::alignTo(signature.value.getShape().back(), lanes);
}

double AttentionTask::getScoreFactor() const {
  double least = compute.isF64() ? std::numeric_limits<double>::min()
                                 : std::numeric_limits<float>::min();
  return std::clamp(std::abs(signature.scale) / std::log(2.0), least,
                    -noMaximum);
}

/// Memory for `words` f32 or operands, to be seen as one or the other.
static Value allocateWords(KernelBuilder &b, int64_t words) {
  return b.alloc(words * 4, b.getI8Type());
}

static Value emitView(KernelBuilder &b, Value bytes, ArrayRef<int64_t> shape,
                      Type type) {
  return memref::ViewOp::create(b, MemRefType::get(shape, type), bytes,
                                b.index(0), ValueRange());
}

/// A buffer of i32 that can be read as pairs of bf16, too: `rows` of `columns`
/// pairs. Returns the bytes.
static Value allocatePairs(KernelBuilder &b, ArrayRef<int64_t> shape,
                           Value &operands, Value &pairs) {
  int64_t rows = llvm::product_of(shape.drop_back());
  int64_t columns = shape.back();
  Value bytes = allocateWords(b, rows * columns);
  operands = emitView(b, bytes, shape, b.getI32Type());
  pairs = emitView(b, bytes, {rows, 2 * columns}, b.getBF16Type());
  return bytes;
}

void AttentionTask::allocate(KernelBuilder &b) {
  int64_t step = products.getStep(), rows = tiling.tile.rows;
  int64_t depth = llvm::divideCeil(tiling.blockKeys, step);
  int64_t panels = llvm::divideCeil(valueDim, rows);
  Type operand = products.getOperandType();
  plan.allocate(b);
  tileOut = b.alloc({numTiles, valueDim, width}, compute);
  tileMax = b.alloc({numTiles, width}, compute);
  tileSum = b.alloc({numTiles, width}, compute);
  retries = b.alloc(numTiles, b.getI1Type());
  if (plan.isWeighted()) {
    int64_t keys = llvm::alignTo(tiling.packedKeys, lanes); // whole vectors
    biases = b.alloc({2, keys}, compute);
    multiplicities = b.alloc(keys, b.getI64Type());
  }
  if (products.isTiled()) {
    int64_t groups = tiling.packedKeys / (2 * kTilePairs);
    // Two blocks of a stage's keys, and a tile of sums.
    int64_t scored =
        std::max(tiling.blockKeys, 2 * tiling.stageKeys + kTilePairs);
    Value bytes = allocateWords(b, scored * width);
    scores = emitView(b, bytes, {scored, width}, compute);
    stagePairs = emitView(b, bytes, {scored / 2, 4 * width}, b.getBF16Type());
    pairBuffers = {
        bytes,
        allocatePairs(b, {numTiles, keyDepth, width}, tileQuery, queryPairs),
        allocatePairs(b, {tiling.packedKeys, keyDepth}, keys, keyPairs),
        allocatePairs(b, {groups, valueDim, kTilePairs}, values, valuePairs),
        allocatePairs(b, {depth, width}, weights, weightPairs),
        allocatePairs(b, {kTilePairs, kTilePairs}, ones, onePairs),
        b.alloc({kTilePairs, valueDim}, operand)};
    stagedValues = pairBuffers.back();
  } else {
    tileQuery = b.alloc({numTiles, keyDepth, width}, operand);
    keys = b.alloc({tiling.blockKeys, keyDepth}, operand);
    values = b.alloc({panels, depth, rows}, operand);
    scores = b.alloc({tiling.blockKeys, width}, compute);
    // Where an operand is a number, weights take the place of their scores.
    weights = step == 1 ? scores : b.alloc({depth, width}, operand);
  }
  stagedQuery = b.alloc({lanes, keyDepth}, operand);
  stagedOut = b.alloc({lanes, valueDim}, compute);
}

void AttentionTask::free(KernelBuilder &b) {
  for (Value memref :
       {tileOut, tileMax, tileSum, retries, stagedQuery, stagedOut})
    b.free(memref);
  if (plan.isWeighted()) {
    b.free(biases);
    b.free(multiplicities);
  }
  if (products.isTiled()) {
    for (Value memref : pairBuffers)
      b.free(memref);
  } else {
    for (Value memref : {tileQuery, keys, values, scores})
      b.free(memref);
    if (weights != scores)
      b.free(weights);
  }
  plan.free(b);
}

//===----------------------------------------------------------------------===//
// Loops
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
  Value end = b.roundUp(count, task.getKeyGroup());
  task.plan.emitMultiplicities(b, keys, tile, start, end, task.multiplicities);
  auto counts = VectorType::get(task.lanes, b.getI64Type());
  b.forLoop(b.index(0), end, task.lanes, [&](Value key) {
    Value times = b.load(counts, task.multiplicities, key);
    b.store(emitBias(b, task, times), task.biases, {b.index(1), key});
  });
}

/// Whether the tile sees keys of [start, start + count).
static Value emitSeesChunk(KernelBuilder &b, AttentionTask &task, Value tile,
                           Value start, Value count) {
  using Word = AttentionSchedule::TileWord;
  Value begin = task.plan.loadTileWord(b, tile, Word::Begin);
  Value end = task.plan.loadTileWord(b, tile, Word::End);
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
    return b.less(b.index(0), task.plan.loadTileWord(b, tile, word));
  };
  Value biasRow;
  if (task.biases) {
    Value takes = has(Word::Takes);
    b.ifThen(takes, [&] {
      emitDeduplicatedBias(b, task, keys, b.add(first, tile), start, count);
    });
    biasRow = b.select(takes, b.index(1), b.index(0));
  }
  if (task.plan.isMasked())
    b.ifThen(has(Word::Masked), [&] {
      task.plan.emitMasks(b, keys, b.add(first, tile), start, count);
    });
  emitUpdateTile(b, task, biasRow, tile, start, count, online);
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
    emitPackKeys(b, task, keys, start, packed);
    b.forLoop(b.index(0), count, 1, [&](Value tile) {
      b.ifThen(emitSeesChunk(b, task, tile, start, packed), [&] {
        emitAttendTile(b, task, keys, first, tile, start, packed, online);
      });
    });
  });
}

static void emitAttendTiles(KernelBuilder &b, AttentionTask &task, Value first,
                            Value count, Value online) {
  emitClearTiles(b, task, count);
  b.forLoop(b.index(0), task.plan.getNumRanges(b), 1, [&](Value index) {
    AttentionKeys keys = task.plan.emitKeys(b, index, first, count);
    emitAttendKeys(b, task, keys, first, count, online);
  });
}

/// Tiles [first, first + count). In the reference form once, and those with a
/// row that has left its range once more in the online form: a loop, so that
/// there is one copy of the code.
static void emitTiles(KernelBuilder &b, AttentionTask &task, Value first,
                      Value count) {
  task.plan.emitRows(b, first, count);
  emitLoadTiles(b, task, count);
  Value never = b.boolean(false), always = b.boolean(true);
  b.forLoop(b.index(0), count, 1,
            [&](Value tile) { b.store(always, task.retries, tile); });
  if (task.signature.softmax == SoftmaxForm::Online) {
    emitAttendTiles(b, task, first, count, always);
  } else {
    Type flag = b.getI1Type();
    auto loop = scf::WhileOp::create(b, flag, never);
    OpBuilder::InsertionGuard guard(b);
    Block *attempt = b.createBlock(&loop.getBefore(), {}, flag, b.getLoc());
    Value online = attempt->getArgument(0);
    emitAttendTiles(b, task, first, count, online);
    Value again = b.select(online, never, emitFindOverflow(b, task, count));
    scf::ConditionOp::create(b, again, always);
    Block *next = b.createBlock(&loop.getAfter(), {}, flag, b.getLoc());
    scf::YieldOp::create(b, next->getArgument(0));
  }
  emitWriteTiles(b, task, count);
}

static void emitBlock(KernelBuilder &b, AttentionTask &task, Value index,
                      Value group) {
  task.allocate(b);
  task.plan.emitTask(b, index);
  task.batch = task.plan.getBatch(b);
  task.head = task.plan.getHead(b);
  task.kvHead = b.div(task.head, group);
  Value end = task.plan.getEndTile(b), most = b.index(task.numTiles);
  b.forLoop(task.plan.getFirstTile(b), end, task.numTiles, [&](Value first) {
    emitTiles(b, task, first, b.min(most, b.sub(end, first)));
  });
  task.free(b);
}

void mlir::dilated::emitAttentionKernel(func::FuncOp kernel,
                                        SymbolTable &symbols,
                                        const AttentionSignature &signature,
                                        const AttentionTiling &tiling) {
  KernelBuilder b(kernel.getLoc(), kernel.getContext());
  Block *entry = kernel.addEntryBlock();
  b.setInsertionPointToStart(entry);

  AttentionTask task(symbols, signature, tiling);
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

  Value numTasks = task.plan.emitBegin(b, batches, numHeads, sequence);
  auto tasks = scf::ForallOp::create(b, SmallVector<OpFoldResult>{numTasks},
                                     ValueRange{}, /*mapping=*/std::nullopt);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(tasks.getBody());
    emitBlock(b, task, tasks.getInductionVar(0), group);
  }
  func::ReturnOp::create(b);
}
