//===- Tiling.cpp - sizes of the attention kernel's tiles -*- C++ -*-=//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tiling.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {

/// For heads of up to `maxDim` (the larger of D and Dv).
struct TileChoice {
  int64_t elementBytes, maxDim;
  int64_t keys;
  bool queryInRegisters;
};

} // namespace

// A lane has 255 registers: 16 x Dv of output take Dv/2, 16 x D of queries D/4
// (f32: D/2), scores keys/2 (f32: keys, with the sums of small products, and 16
// of a product). A block has 99 kB of shared memory on every chip
// from sm_80 on but for what is kept of it.
static constexpr TileChoice kSM80Table[] = {
    {2, 96, 64, true},   // 48 kB at D = 96
    {2, 128, 64, false}, // 64 kB and 16 kB of queries at D = 128
    {2, 192, 32, false}, // 48 kB and 24 kB of queries at D = 192
    {2, 256, 16, false}, // 32 kB and 32 kB of queries
    {4, 64, 32, true},   // 32 kB at D = 64
    {4, 128, 16, false}, // 32 kB and 32 kB of queries at D = 128
    {4, 256, 8, false},  // 32 kB and 64 kB of queries
};

namespace {
/// Tables by the first chip that they are for, the newest first.
struct ChipTable {
  unsigned firstChip;
  ArrayRef<TileChoice> choices;
};
} // namespace

static const ChipTable kTables[] = {{80, kSM80Table}};

static ArrayRef<TileChoice> getTable(StringRef chip) {
  unsigned number = 0;
  chip.consume_front("sm_");
  chip.take_while(llvm::isDigit).getAsInteger(10, number);
  for (const ChipTable &table : kTables)
    if (number >= table.firstChip)
      return table.choices;
  return kSM80Table;
}

AttentionTiling
mlir::dilated::getAttentionTiling(const GPUAttentionSignature &signature) {
  AttentionTiling tiling;
  tiling.elementBytes = signature.element.getIntOrFloatBitWidth() / 8;
  tiling.step = 32 / tiling.elementBytes;
  tiling.headDim = llvm::alignTo(signature.headDim, tiling.step);
  tiling.valueDim = llvm::alignTo(signature.valueDim, tiling.step);
  for (const TileChoice &choice : getTable(signature.chip))
    if (choice.elementBytes == tiling.elementBytes &&
        std::max(signature.headDim, signature.valueDim) <= choice.maxDim) {
      tiling.keys = choice.keys;
      tiling.queryInRegisters = choice.queryInRegisters;
      break;
    }
  tiling.queryBytes =
      AttentionTiling::rows * tiling.headDim * tiling.elementBytes;
  tiling.keyBytes = tiling.keys * tiling.headDim * tiling.elementBytes;
  tiling.valueBytes = tiling.keys * tiling.valueDim * tiling.elementBytes;

  tiling.positionsOffset = 0;
  tiling.notesOffset = AttentionTiling::rows * 8;
  int64_t notesBytes = static_cast<int64_t>(Note::NumNotes) * 8;
  tiling.stagesOffset = llvm::alignTo(tiling.notesOffset + notesBytes, 128);
  int64_t end =
      tiling.stagesOffset + AttentionTiling::stages * tiling.getStageBytes();
  // Queries that go to registers pass through what later is the second stage.
  tiling.queryOffset = tiling.queryInRegisters
                           ? tiling.stagesOffset + tiling.getStageBytes()
                           : end;
  tiling.sharedBytes = std::max(end, tiling.queryOffset + tiling.queryBytes);
  return tiling;
}
