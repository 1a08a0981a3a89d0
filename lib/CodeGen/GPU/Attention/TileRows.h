//===- TileRows.h - the rows of a thread block, found by itself -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tile plan (lib/Plan) as device code: from the number of a thread block to
// the rows of its tile, for sizes, segments and rates that are known when the
// kernel runs. The result is that of plan::makeTiles for the same TileOptions,
// row by row.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILEROWS_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILEROWS_H

#include "../Builders/LaneBuilder.h"
#include "dialects/Dilated/Dilated.h"
#include "dilated-mlir/Plan/TileGrid.h"

namespace mlir::dilated {

/// Threads that find the rows together: all of the block, in one dimension.
inline constexpr int64_t kTileRowsThreads = 128;

/// More terms than that have no masks here.
inline constexpr int64_t kTileRowsMaxTerms = 32;

/// What is known when the kernel is compiled. `tiles` is plan::kGpuTiles or
/// smaller: at most 128 rows, 4096 positions and 256 sets, no least number of
/// blocks.
struct TileRowsShape {
  HeadOffsetAttr offset;
  bool causal;
  ::dilated::plan::TileOptions tiles = ::dilated::plan::kGpuTiles;
};

/// What is known when it runs, all i64 and at least 1.
struct TileRowsCall {
  Value batches, heads, sequence;
  SmallVector<Value> lengths, rates; // of the terms, as written
};

/// Where a thread block works; the same in all its threads.
struct TileRowsResult {
  Value batch, head; // i64
  Value isUsed;      // i1: false for a slot without a tile
};

/// o(h) at a rate as written (S3), i64.
Value emitHeadOffset(LaneBuilder &b, HeadOffsetAttr offset, Value head,
                     Value heads, Value rate);

/// Bytes of shared memory, aligned to 8, that are needed meanwhile.
int64_t getTileRowsScratchBytes();

/// Emits code for all threads of the block, which has barriers in it. The grid
/// has one dimension and batches * heads * blocksPerHead * slots blocks
/// (plan::TileGrid); its number counts batches first, then heads, then blocks
/// (from the last one when causal), then slots. `rows` and `scratch` point to
/// shared memory (!llvm.ptr<3>): `rows` gets an i64 for each row of a tile, a
/// position or -1, and is complete, in the first rows, for all threads when the
/// code has been run; `scratch` may be used again.
TileRowsResult emitTileRows(KernelBuilder &builder, const TileRowsShape &shape,
                            const TileRowsCall &call, Value rows,
                            Value scratch);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILEROWS_H
