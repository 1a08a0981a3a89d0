//===- Chip.h - limits of a GPU, by compute capability ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_EMULATOR_CHIP_H
#define DILATED_MLIR_EMULATOR_CHIP_H

#include "dilated-mlir/Emulator/Counters.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace dilated::emulator {

/// Sizes in bytes, registers of 32 bits.
struct Chip {
  std::string_view name; // "sm_80"
  uint32_t warpsPerProcessor;
  uint32_t blocksPerProcessor;
  uint32_t registersPerProcessor;
  uint32_t registersPerBlock;
  uint32_t registersPerThread;
  uint32_t registerUnit; // a warp gets a multiple of this
  uint32_t sharedPerProcessor;
  uint32_t sharedPerBlock;         // opt-in maximum, static and dynamic
  uint32_t sharedPerBlockStatic;   // 48 KiB without opting in
  uint32_t sharedReservedPerBlock; // taken by the system from each block
  uint32_t sharedUnit;             // a block gets a multiple of this
  uint32_t threadsPerBlock;
};

std::span<const Chip> getChips();
/// "sm_90a" and "sm_90" are the same chip. Null for one that is not in the
/// table.
const Chip *findChip(std::string_view name);

Occupancy computeOccupancy(const Chip &chip, uint32_t threadsPerBlock,
                           uint32_t registersPerThread, uint32_t sharedBytes);

} // namespace dilated::emulator

#endif // DILATED_MLIR_EMULATOR_CHIP_H
