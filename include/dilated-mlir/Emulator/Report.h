//===- Report.h - what a detector found -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_EMULATOR_REPORT_H
#define DILATED_MLIR_EMULATOR_REPORT_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dilated::emulator {

struct Dim3 {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t(x) * y * z; }
};

enum class ReportKind : uint8_t {
  OutOfBounds,           // "out of bounds"
  Misaligned,            // "misaligned access"
  UninitializedShared,   // "uninitialised shared memory"
  UninitializedRegister, // "uninitialised register"
  Race,                  // "race"
  DivergentBarrier,      // "divergent barrier"
  MismatchedBarrier,     // "mismatched barrier"
  Deadlock,              // "deadlock"
  AsyncBeforeWait,       // "cp.async data used before its wait"
  AsyncAtExit,           // "exit with open cp.async"
  ResourceLimit,         // "over the chip's limits"
  InvalidInstruction,    // "invalid instruction": undefined operands, trap
  InstructionLimit,      // "instruction limit"
};

/// The words in the comments above.
std::string_view getReportName(ReportKind kind);

/// A line of the program that the PTX was compiled from (.loc).
struct SourceLocation {
  std::string file; // empty: the PTX has no line information there
  unsigned line = 0;
  unsigned column = 0;
};

/// One finding. A fault in many threads or many blocks at one instruction is
/// one report with a count.
struct Report {
  ReportKind kind = ReportKind::InvalidInstruction;
  std::string message;     // the whole finding, without kind and place
  std::string instruction; // the PTX text of the line
  unsigned line = 0;       // of the PTX text; 0: of the launch as a whole
  SourceLocation location;
  Dim3 block = {0, 0, 0};        // the first block that met it
  std::vector<uint32_t> threads; // linear indices in the block, at most 32
  unsigned otherLine = 0;        // races: the other access
  std::vector<uint32_t> otherThreads;
  uint64_t occurrences = 1; // lane executions that met it

  /// "kernel.ptx:17: race: …", several lines; `file` names the PTX.
  std::string format(std::string_view file) const;
};

} // namespace dilated::emulator

#endif // DILATED_MLIR_EMULATOR_REPORT_H
