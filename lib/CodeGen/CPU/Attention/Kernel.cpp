//===- Kernel.cpp - tasks, runs, chunks of keys --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loops of the attention kernel. The mixture of the branches of a pattern
// is one softmax over all their keys (S6), so a row has one maximum, one
// denominator and one accumulator, and meets its runs of keys one after the
// other:
//
//   for all (batch, head, block of positions):                   one task each
//     rows of the tiles, by the branches that cover them          (lib/Plan)
//     load the queries, lanes becoming rows                (AttentionState)
//     for each run, a segment of a branch:
//       how many of its keys each row sees                        (lib/Plan)
//       for each chunk of the run's keys:
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
           tiling.blockRows, numTiles) {
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
  for (Value memref : {tileOut, tileMax, tileSum, stagedQuery, stagedOut})
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

/// The biases of the run's keys for tiles that merge none.
static void emitUniformBias(KernelBuilder &b, AttentionTask &task,
                            const AttentionRun &run) {
  Value bias = b.splat(emitBias(b, task, run.multiplicity), task.vector);
  b.forLoop(b.index(0), b.index(task.tiling.packedKeys), task.lanes,
            [&](Value key) { b.store(bias, task.biases, {b.index(0), key}); });
}

/// The biases of a chunk's keys for one tile that merges some. Keys that are
/// missing in the last group have one too: it is added to -inf.
static void emitMergedBias(KernelBuilder &b, AttentionTask &task,
                           const AttentionRun &run, Value tile, Value start,
                           Value count) {
  Value end = b.roundUp(count, task.getKeyGroup());
  task.plan.emitMultiplicities(b, run, tile, start, end, task.multiplicities);
  auto counts = VectorType::get(task.lanes, b.getI64Type());
  b.forLoop(b.index(0), end, task.lanes, [&](Value key) {
    Value times = b.load(counts, task.multiplicities, key);
    b.store(emitBias(b, task, times), task.biases, {b.index(1), key});
  });
}

/// All keys of a run for tiles [first, first + count), in chunks that are
/// packed once.
static void emitAttendRun(KernelBuilder &b, AttentionTask &task,
                          const AttentionRun &run, Value first, Value count,
                          Value online) {
  Value zero = b.index(0), packedKeys = b.index(task.tiling.packedKeys);
  if (task.biases)
    emitUniformBias(b, task, run);
  b.forLoop(zero, run.keys, task.tiling.packedKeys, [&](Value start) {
    Value keys = b.min(packedKeys, b.sub(run.keys, start));
    emitPackKeys(b, task, run, start, keys);
    b.forLoop(zero, count, 1, [&](Value tile) {
      Value biasRow;
      if (task.biases) {
        // A tile that merges none, or sees none of the chunk, needs no call.
        Value end = b.cast(b.load(task.plan.ends, tile), b.getIndexType());
        Value merges =
            arith::AndIOp::create(b, b.less(start, end),
                                  b.less(b.integer(b.getI64Type(), 0),
                                         b.load(task.plan.merged, tile)));
        b.ifThen(merges, [&] {
          emitMergedBias(b, task, run, b.add(first, tile), start, keys);
        });
        biasRow = b.select(merges, b.index(1), zero);
      }
      emitUpdateTile(b, task, biasRow, tile, start, keys, online);
    });
  });
}

static void emitAttendTiles(KernelBuilder &b, AttentionTask &task, Value first,
                            Value count, Value online) {
  emitClearTiles(b, task, count);
  b.forLoop(b.index(0), task.plan.getNumRuns(b), 1, [&](Value index) {
    AttentionRun run = task.plan.emitRun(b, index, first, count);
    emitAttendRun(b, task, run, first, count, online);
  });
}

/// Tiles [first, first + count). In the reference form once, and once more in
/// the online form if a row has left the range: a loop, so that there is one
/// copy of the code.
static void emitTiles(KernelBuilder &b, AttentionTask &task, Value first,
                      Value count) {
  task.plan.emitRows(b, first, count);
  emitLoadTiles(b, task, count);
  Value never = b.boolean(false), always = b.boolean(true);
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
  Value numTiles = task.plan.getNumTiles(b), most = b.index(task.numTiles);
  b.forLoop(b.index(0), numTiles, task.numTiles, [&](Value first) {
    emitTiles(b, task, first, b.min(most, b.sub(numTiles, first)));
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
