//===- TileRowsParts.h - what the parts of TileRows share -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILEROWSPARTS_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILEROWSPARTS_H

#include "../Builders/LaneBuilder.h"
#include "TileRows.h"

namespace mlir::dilated {

/// A LaneBuilder with arrays in shared memory, which is addressed by a pointer
/// and bytes (i32).
class ThreadBuilder : public LaneBuilder {
public:
  using LaneBuilder::LaneBuilder;

  Value clamp(Value a, int64_t most); // i64 to i32, at most `most`

  /// An array of elements of `bytes` in shared memory.
  struct Array {
    Value pointer;
    int64_t offset;
    Type type;
  };
  Value load(const Array &array, Value index);
  void store(const Array &array, Value index, Value value);
  enum class Update { Add, Min };
  /// Returns the value before.
  Value update(Update kind, const Array &array, Value index, Value value);
  /// Stores `value` where -1 was; returns the value before.
  Value claim(const Array &array, Value index, Value value);

private:
  Value address(const Array &array, Value index);
};

//===----------------------------------------------------------------------===//
// The block
//===----------------------------------------------------------------------===//

/// Offsets in a block, i32, are below this; what lies farther is there.
inline constexpr int64_t kFarOffset = int64_t(1) << 14;

/// A branch of the block's head. Offsets are relative to the block's first
/// position, and clamped.
struct RowsBranch {
  // i64: clamped (S1), o(h), and the first segment of the block.
  Value length, rate, offset, segment, boundary;
  Value isActive; // covers some row, and is the first of equal ones
  // i32 offsets: the second segment, its length, stride, and where the class
  // begins in a segment and in the first one.
  Value boundaryOffset, lengthOffset, stride, classOffset, firstRow;
  Value inverseLength, inverseStride; // f32, of the i32
};

struct RowsBlock {
  RowsBlock(const TileRowsShape &shape) : shape(shape) {}

  const TileRowsShape &shape;
  Value rows;                         // !llvm.ptr<3>
  Value sequence, batch, head, first; // i64
  Value length, slot;                 // i32
  Value period; // i32: residues that are looked at in a cell, 0 for all
  SmallVector<RowsBranch> branches;

  // Shared memory. Sets are in a hash table; an entry's key is its cell's
  // offset, shifted, and its mask.
  ThreadBuilder::Array keys;              // i64[kTableSize], -1 is empty
  ThreadBuilder::Array firsts;            // i32: first row
  ThreadBuilder::Array residues;          // i32: rows in a period
  ThreadBuilder::Array counts;            // i32: rows
  ThreadBuilder::Array costs;             // i64[kMaxSets], as listed
  ThreadBuilder::Array listed, sorted;    // i32[kMaxSets], entries of the table
  ThreadBuilder::Array tailTiles;         // i32[kMaxSets], by sorted
  ThreadBuilder::Array filled;            // i32[kMaxSets], rows of tail tiles
  ThreadBuilder::Array warps;             // i32[4]
  ThreadBuilder::Array numSets, numTails; // i32[1]
};

inline constexpr int64_t kMaxSets = 256, kTableSize = 512;

/// Batch, head, first position, length, slot and period.
void emitPlace(ThreadBuilder &b, RowsBlock &block, const TileRowsCall &call);
/// The branches at the block's place.
void emitBranches(ThreadBuilder &b, RowsBlock &block, const TileRowsCall &call);

/// A cell, all i32: it ends where some branch's segment ends.
struct RowsCell {
  Value begin, end;
  Value period;                 // of the residues, at most its length
  SmallVector<Value> firstRows; // per branch, first row of the class
};
RowsCell emitCell(ThreadBuilder &b, RowsBlock &block, Value begin);
/// Which branches cover the row, i32.
Value emitMask(ThreadBuilder &b, RowsBlock &block, const RowsCell &cell,
               Value row);
/// Which of the branch's segments that meet the block the row is in, i32; and
/// the offset of its beginning, if that is not the first one.
struct RowsSegment {
  Value number, isLater, offset;
};
RowsSegment emitSegment(ThreadBuilder &b, const RowsBranch &branch, Value row);

/// Fills the table of sets. Returns their number, more than kMaxSets when they
/// don't fit.
Value emitSets(ThreadBuilder &b, RowsBlock &block);
/// Fills `sorted`: costliest first.
void emitSort(ThreadBuilder &b, RowsBlock &block, Value numSets);
/// Rows of the tile from the sorted sets. Returns how many there are.
Value emitShare(ThreadBuilder &b, RowsBlock &block, Value numSets);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILEROWSPARTS_H
