//===- Counters.h - what a launch executed ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_EMULATOR_COUNTERS_H
#define DILATED_MLIR_EMULATOR_COUNTERS_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dilated::emulator {

class Module;

enum class InstructionClass : uint8_t {
  Integer,
  Logic,
  Float32,
  Float64,
  Half,    // f16, bf16 and their pairs
  Special, // ex2, lg2, rcp, rsqrt, sqrt, sin, cos, tanh
  Conversion,
  Compare, // setp, set, selp, slct
  Move,
  Memory, // ld, st, prefetch
  Atomic,
  Async,   // cp.async and its groups
  Matrix,  // mma, wmma, ldmatrix, stmatrix, movmatrix
  Warp,    // shfl, vote, match, redux, activemask
  Barrier, // bar, membar, fence
  Control, // bra, call, ret, exit
};
inline constexpr unsigned numInstructionClasses = 16;
std::string_view getClassName(InstructionClass kind);

enum class CountedSpace : uint8_t { Global, Shared, Local, Const, Param };
inline constexpr unsigned numCountedSpaces = 5;
std::string_view getSpaceName(CountedSpace space);

/// What executions of an instruction cost.
struct InstructionCounts {
  uint64_t warps = 0;       // executions by a warp (or a part of one)
  uint64_t lanes = 0;       // threads that took part, summed over executions
  uint64_t divergences = 0; // branches that split a warp
  uint64_t sectors = 0;     // of 32 bytes in global memory
  uint64_t wavefronts = 0;  // passes over the banks of shared memory
  uint64_t idealWavefronts = 0; // what they would be without a conflict

  InstructionCounts &operator+=(const InstructionCounts &other);
};

/// Of one instruction of the PTX text.
struct LineCounters : InstructionCounts {
  unsigned line = 0;
};

struct Occupancy {
  std::string chip;
  uint32_t registersPerThread = 0; // given, .maxnreg, or the lower bound
  uint32_t sharedBytes = 0;        // static and dynamic, of one block
  uint32_t blocksPerProcessor = 0;
  uint32_t warpsPerProcessor = 0;
  uint32_t maximalWarps = 0;
  std::string limiter; // "registers", "shared memory", "threads", "blocks"
};

struct Counters {
  uint64_t blocks = 0, warps = 0, threads = 0;
  uint64_t warpInstructions = 0;
  uint64_t laneInstructions = 0;
  std::array<uint64_t, numInstructionClasses> warpByClass = {};
  std::array<uint64_t, numInstructionClasses> laneByClass = {};
  std::array<uint64_t, numCountedSpaces> bytesRead = {};
  std::array<uint64_t, numCountedSpaces> bytesWritten = {};
  uint64_t globalRequests = 0; // by a warp
  uint64_t globalSectors = 0;
  uint64_t sharedRequests = 0;
  uint64_t sharedWavefronts = 0;
  uint64_t sharedIdealWavefronts = 0;
  uint64_t branches = 0; // conditional, by a warp
  uint64_t divergentBranches = 0;
  uint64_t barriers = 0;           // by a warp
  uint64_t matrixFlops = 0;        // multiplications and additions of mma
  double seconds = 0.0;            // of the host
  std::vector<LineCounters> lines; // in the order of the text, executed or not
  Occupancy occupancy;

  /// A table for people.
  std::string formatTable() const;
  /// One JSON object.
  std::string formatJson() const;
  /// The PTX text with executions, lanes, sectors and conflicts in front.
  std::string formatListing(const Module &module) const;
};

} // namespace dilated::emulator

#endif // DILATED_MLIR_EMULATOR_COUNTERS_H
