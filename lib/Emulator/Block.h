//===- Block.h - the warps of a block and what they share -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_BLOCK_H
#define DILATED_LIB_EMULATOR_BLOCK_H

#include "Warp.h"
#include "dilated-mlir/Emulator/Chip.h"
#include "dilated-mlir/Emulator/Emulator.h"

#include <atomic>
#include <mutex>

namespace dilated::emulator {

/// Generic addresses of what is not global memory.
inline constexpr uint64_t sharedWindow = uint64_t(1) << 56;
inline constexpr uint64_t localWindow = uint64_t(2) << 56;
inline constexpr uint64_t paramWindow = uint64_t(3) << 56;
inline constexpr uint64_t functionWindow = uint64_t(4) << 56;
inline constexpr uint64_t windowMask = ~((uint64_t(1) << 56) - 1);

/// Collects findings of all blocks; one per kind and instruction.
class ReportSink {
public:
  explicit ReportSink(unsigned limit) : limit(limit) {}

  void add(const ModuleData &module, const Instruction *i, Report report,
           uint64_t blockIndex);
  /// By place in the text.
  std::vector<Report> take();

private:
  struct Entry {
    Report report;
    uint64_t blockIndex;
  };
  std::mutex mutex;
  std::map<std::pair<uint32_t, uint8_t>, Entry> entries; // by line and kind
  unsigned limit;
};

/// What one host thread counts.
struct RawCounters {
  std::vector<InstructionCounts> instructions;
  std::array<uint64_t, numCountedSpaces> bytesRead = {}, bytesWritten = {};
  uint64_t globalRequests = 0, globalSectors = 0;
  uint64_t sharedRequests = 0, sharedWavefronts = 0, sharedIdeal = 0;
  uint64_t branches = 0, divergentBranches = 0, barriers = 0, flops = 0;
};

/// Sums what the host threads counted.
void mergeCounters(const ModuleData &module,
                   const std::vector<RawCounters> &parts, Counters &counters);

/// What all blocks of a launch have in common.
struct LaunchState {
  const ModuleData *module = nullptr;
  const Function *kernel = nullptr;
  const Launch *launch = nullptr;
  GlobalMemory *memory = nullptr;
  std::vector<uint64_t> symbolAddresses; // by symbol
  std::vector<std::byte> parameters;
  uint32_t sharedBytes = 0, dynamicSharedBytes = 0;
  bool checks = true, count = true;
  ReportSink *reports = nullptr;
  std::atomic<bool> stop = false;
};

/// A barrier of a block: 16 of them, by number.
struct Barrier {
  uint32_t expected = 0; // threads; 0: all of the block
  uint32_t arrivedThreads = 0;
  uint32_t arrivedWarps = 0; // bits
  uint32_t waitingWarps = 0; // of those, the ones that wait
  std::array<uint32_t, maximalWarps> partial = {}; // lanes of incomplete warps
  std::array<uint32_t, maximalWarps> seen = {};    // the union of the clocks
  uint32_t population = 0;                         // bar.red
  bool allTrue = true, anyTrue = false;
  uint32_t firstLine = 0;
};

class Block {
public:
  Block(LaunchState &state, RawCounters &counters)
      : state(state), counters(counters) {}

  void run(Dim3 index, uint64_t linearIndex, std::string &output);

  LaunchState &state;
  RawCounters &counters;
  Dim3 blockIndex;
  uint64_t linearIndex = 0;
  std::vector<std::byte> shared;
  SharedShadow shadow;
  std::array<Barrier, 16> barriers;
  std::string output; // of printf

  uint32_t numThreads() const { return uint32_t(state.launch->block.count()); }
  uint32_t numWarps() const { return (numThreads() + 31) / 32; }

  /// Lanes of a warp reach a barrier; Warp::release is called when it opens.
  void arrive(Warp &warp, const Instruction &i, uint32_t number,
              uint32_t expected, uint32_t lanes, uint32_t truth, bool waits);
  /// A warp has lost lanes: barriers may have become complete.
  void lanesLeft();
  void reportDeadlock();

private:
  void complete(uint32_t number);
  bool isComplete(const Barrier &barrier) const;

  std::vector<std::unique_ptr<Warp>> warps;
};

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_BLOCK_H
