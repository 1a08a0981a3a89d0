//===- Kernel.cpp - tasks and tiles ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loops of the attention kernel. The mixture of the terms of a pattern is
// one softmax over all their keys (S6), so a row has one maximum, one
// denominator and one accumulator, and meets its key ranges one after the
// other:
//
//   for all (batch, head, block of positions, share of its tiles):   a task
//     rows of the tiles                                        (Schedule)
//     load the queries, lanes becoming rows                     (Engines)
//     for each strided key range, such as a segment of a term: (Mainloop)
//       which of its keys each row sees                        (Schedule)
//       for each chunk of its keys:
//         pack its keys and values                              (Engines)
//         for each tile: scores, softmax, values       (Softmax, Engines)
//     add null keys, normalize, write                          (Epilogue)
//
// In a tile the lanes of a vector are query rows. Then the maximum, the
// denominator and the limits of a row are lanes too: no horizontal operation is
// left in the kernel, and keys and values are scalars that are broadcast.
//
//===----------------------------------------------------------------------===//

#include "Task.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::dilated;

int64_t mlir::dilated::getBlockRows(int64_t rowBytes, int64_t blockBytes) {
  int64_t rows = 64;
  while (rows < 1024 && 2 * rows * rowBytes <= blockBytes)
    rows *= 2;
  return rows;
}

/// Tiles [first, first + count). With a fixed maximum once, and those with a
/// row that has left its range once more with the online softmax: a loop, so
/// that there is one copy of the code.
static void emitTiles(KernelBuilder &b, AttentionTask &task, Value first,
                      Value count) {
  task.schedule.emitRows(b, first, count);
  task.engine->emitLoadQueries(b, count);
  Value never = b.boolean(false), always = b.boolean(true);
  b.forLoop(b.index(0), count, 1,
            [&](Value tile) { b.store(always, task.retries, tile); });
  if (task.signature.softmax == SoftmaxForm::Online) {
    emitMainloop(b, task, first, count, always);
  } else {
    Type flag = b.getI1Type();
    auto loop = scf::WhileOp::create(b, flag, never);
    OpBuilder::InsertionGuard guard(b);
    Block *attempt = b.createBlock(&loop.getBefore(), {}, flag, b.getLoc());
    Value online = attempt->getArgument(0);
    emitMainloop(b, task, first, count, online);
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
  task.schedule.emitTask(b, index);
  task.batch = task.schedule.getBatch(b);
  task.head = task.schedule.getHead(b);
  task.kvHead = b.div(task.head, group);
  Value end = task.schedule.getEndTile(b), most = b.index(task.numTiles);
  b.forLoop(task.schedule.getFirstTile(b), end, task.numTiles,
            [&](Value first) {
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

  Value numTasks = task.schedule.emitBegin(b, batches, numHeads, sequence);
  auto tasks = scf::ForallOp::create(b, SmallVector<OpFoldResult>{numTasks},
                                     ValueRange{}, /*mapping=*/std::nullopt);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(tasks.getBody());
    emitBlock(b, task, tasks.getInductionVar(0), group);
  }
  func::ReturnOp::create(b);
}
