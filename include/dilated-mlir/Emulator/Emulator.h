//===- Emulator.h - running PTX on the host ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   ParseError error;
//   auto module = Module::parse(text, error);
//   GlobalMemory memory;
//   Program program(*module, memory);
//   Launch launch{.kernel = "scale", .grid = {4}, .block = {128}};
//   launch.addArgument(memory.allocate(4096));
//   LaunchResult result = program.launch(launch);
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_EMULATOR_EMULATOR_H
#define DILATED_MLIR_EMULATOR_EMULATOR_H

#include "dilated-mlir/Emulator/Counters.h"
#include "dilated-mlir/Emulator/GlobalMemory.h"
#include "dilated-mlir/Emulator/Module.h"
#include "dilated-mlir/Emulator/Report.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace dilated::emulator {

enum class Checks : uint8_t {
  None, // faults that stop a thread are still reported: out of bounds,
        // misaligned, deadlock, limits
  All,
};

struct Launch {
  std::string kernel;
  Dim3 grid, block;
  uint32_t dynamicSharedBytes = 0;
  /// The bytes of each argument in order; as many as the parameter has, or
  /// fewer only when the parameter is a structure.
  std::vector<std::vector<std::byte>> arguments;
  /// Whose limits hold; empty: the module's .target.
  std::string chip;
  Checks checks = Checks::All;
  /// Host threads, 0: as many as OpenMP gives. Blocks run in order with 1.
  unsigned hostThreads = 0;
  /// Distinct findings kept. A finding stops nothing, but for deadlocks, traps
  /// and the instruction limit.
  unsigned maximalReports = 32;
  /// Of one warp; a warp that executes more is reported and stopped. 0: none.
  uint64_t instructionLimit = uint64_t(1) << 32;
  /// What ptxas says, for the occupancy; 0: estimated.
  uint32_t registersPerThread = 0;
  /// Count by class, line and space.
  bool count = true;

  /// Appends the bytes of a number, an address or a plain structure.
  template <typename T>
  void addArgument(const T &value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::vector<std::byte> bytes(sizeof(T));
    std::memcpy(bytes.data(), &value, sizeof(T));
    arguments.push_back(std::move(bytes));
  }
};

struct LaunchResult {
  /// Not empty: nothing ran (no such kernel, wrong arguments, block too large).
  std::string error;
  std::vector<Report> reports;
  Counters counters;
  std::string output; // of printf, by block
  bool ok() const { return error.empty() && reports.empty(); }
};

/// A module loaded into memory: its .global and .const variables are allocated
/// and initialised here, and freed with the program.
class Program {
public:
  /// Both must outlive the program.
  Program(const Module &module, GlobalMemory &memory);
  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  /// The address of a module variable, 0 when there is none of that name.
  uint64_t findSymbol(std::string_view name) const;

  /// Runs to the end. Launches of one memory must not overlap.
  LaunchResult launch(const Launch &launch) const;

private:
  const Module &module;
  GlobalMemory &memory;
  std::vector<uint64_t> variables; // by index in Module::getVariables
};

} // namespace dilated::emulator

#endif // DILATED_MLIR_EMULATOR_EMULATOR_H
