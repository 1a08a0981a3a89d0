//===- Chip.cpp - limits of GPUs and occupancy ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Chip.h"

#include <algorithm>

using namespace dilated::emulator;

// The table "technical specifications per compute capability" of the CUDA
// programming guide.
static constexpr uint32_t kib = 1024;
static constexpr Chip chips[] = {
    {"sm_80", 64, 32, 65536, 65536, 255, 256, 164 * kib, 163 * kib, 48 * kib,
     1 * kib, 128, 1024},
    {"sm_86", 48, 16, 65536, 65536, 255, 256, 100 * kib, 99 * kib, 48 * kib,
     1 * kib, 128, 1024},
    {"sm_89", 48, 24, 65536, 65536, 255, 256, 100 * kib, 99 * kib, 48 * kib,
     1 * kib, 128, 1024},
    {"sm_90", 64, 32, 65536, 65536, 255, 256, 228 * kib, 227 * kib, 48 * kib,
     1 * kib, 128, 1024},
    {"sm_100", 64, 32, 65536, 65536, 255, 256, 228 * kib, 227 * kib, 48 * kib,
     1 * kib, 128, 1024},
    {"sm_120", 48, 24, 65536, 65536, 255, 256, 100 * kib, 99 * kib, 48 * kib,
     1 * kib, 128, 1024},
};

std::span<const Chip> dilated::emulator::getChips() { return chips; }

const Chip *dilated::emulator::findChip(std::string_view name) {
  // sm_90a: features of one architecture, sm_100f: of a family.
  while (!name.empty() && (name.back() == 'a' || name.back() == 'f'))
    name.remove_suffix(1);
  for (const Chip &chip : chips)
    if (chip.name == name)
      return &chip;
  return nullptr;
}

static uint32_t roundUp(uint32_t value, uint32_t unit) {
  return (value + unit - 1) / unit * unit;
}

Occupancy dilated::emulator::computeOccupancy(const Chip &chip,
                                              uint32_t threadsPerBlock,
                                              uint32_t registersPerThread,
                                              uint32_t sharedBytes) {
  Occupancy occupancy;
  occupancy.chip = chip.name;
  occupancy.registersPerThread = registersPerThread;
  occupancy.sharedBytes = sharedBytes;
  occupancy.maximalWarps = chip.warpsPerProcessor;

  uint32_t warps = std::max<uint32_t>(1, (threadsPerBlock + 31) / 32);
  uint32_t byThreads = chip.warpsPerProcessor / warps;
  uint32_t byBlocks = chip.blocksPerProcessor;
  // Registers go to warps in units; each of the four partitions of a processor
  // hosts whole warps.
  uint32_t perWarp =
      roundUp(std::max(registersPerThread, 1u) * 32, chip.registerUnit);
  uint32_t warpsByRegisters = chip.registersPerProcessor / 4 / perWarp * 4;
  uint32_t byRegisters = warpsByRegisters / warps;
  uint32_t shared =
      roundUp(sharedBytes + chip.sharedReservedPerBlock, chip.sharedUnit);
  uint32_t byShared = chip.sharedPerProcessor / shared;

  uint32_t blocks = std::min({byThreads, byBlocks, byRegisters, byShared});
  occupancy.blocksPerProcessor = blocks;
  occupancy.warpsPerProcessor = blocks * warps;
  if (blocks == byThreads)
    occupancy.limiter = "threads";
  else if (blocks == byRegisters)
    occupancy.limiter = "registers";
  else if (blocks == byShared)
    occupancy.limiter = "shared memory";
  else
    occupancy.limiter = "blocks";
  return occupancy;
}
