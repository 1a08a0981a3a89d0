//===- Emulator.cpp - loading a module, launching a kernel ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Emulator.h"
#include "Block.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

#ifdef _OPENMP
#include <omp.h>
#else // one host thread, as in the fuzzers
static int omp_get_max_threads() { return 1; }
static int omp_get_thread_num() { return 0; }
#endif

using namespace dilated::emulator;

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

Program::Program(const Module &module, GlobalMemory &memory)
    : module(module), memory(memory) {
  const ModuleData &data = module.getData();
  for (const VariableDescription &variable : data.variables)
    variables.push_back(
        memory.allocate(variable.bytes, variable.name, variable.isConstant));
  // Names inside initial values: of variables, or of functions.
  auto addressOf = [&](std::string_view name) -> uint64_t {
    if (uint64_t address = findSymbol(name))
      return address;
    for (size_t i = 0; i < data.functions.size(); ++i)
      if (data.functions[i].name == name)
        return functionWindow + i * 16;
    return 0;
  };
  for (size_t i = 0; i < variables.size(); ++i) {
    const Variable &variable = data.symbols[data.variableSymbols[i]];
    if (!variables[i])
      continue;
    memory.write(variables[i], variable.initializer.data(),
                 variable.initializer.size());
    for (const Variable::Relocation &relocation : variable.relocations) {
      uint64_t address = addressOf(relocation.symbol);
      if (relocation.bytes == 1)
        address >>= relocation.addend;
      else
        address += uint64_t(relocation.addend);
      memory.write(variables[i] + relocation.offset, &address,
                   std::min(relocation.bytes, 8u));
    }
  }
}

Program::~Program() {
  for (uint64_t address : variables)
    if (address)
      memory.free(address);
}

uint64_t Program::findSymbol(std::string_view name) const {
  const ModuleData &data = module.getData();
  for (size_t i = 0; i < variables.size(); ++i)
    if (data.variables[i].name == name)
      return variables[i];
  return 0;
}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

/// What a driver refuses before anything runs; empty when it would run.
static std::string checkLaunch(const KernelDescription &kernel,
                               const Launch &launch, LaunchState &state) {
  const Dim3 &block = launch.block, &grid = launch.grid;
  if (block.x == 0 || block.y == 0 || block.z == 0 || grid.x == 0 ||
      grid.y == 0 || grid.z == 0)
    return "the grid and the block must not be empty";
  if (block.x > 1024 || block.y > 1024 || block.z > 64 || block.count() > 1024)
    return fmt::format("a block of {} x {} x {} threads, the most is 1024",
                       block.x, block.y, block.z);
  if (grid.x > INT32_MAX || grid.y > 65535 || grid.z > 65535)
    return fmt::format("a grid of {} x {} x {} blocks is too large", grid.x,
                       grid.y, grid.z);
  const uint32_t *required = kernel.requiredThreads;
  if (required[0] && (required[0] != block.x || required[1] != block.y ||
                      required[2] != block.z))
    return fmt::format("'{}' requires blocks of {} x {} x {} threads, not {} x "
                       "{} x {}",
                       kernel.name, required[0], required[1], required[2],
                       block.x, block.y, block.z);
  const uint32_t *most = kernel.maximalThreads;
  if (most[0] && block.count() > uint64_t(most[0]) * most[1] * most[2])
    return fmt::format("'{}' takes at most {} threads in a block, not {}",
                       kernel.name, uint64_t(most[0]) * most[1] * most[2],
                       block.count());
  if (launch.arguments.size() != kernel.parameters.size())
    return fmt::format("'{}' takes {} arguments, not {}", kernel.name,
                       kernel.parameters.size(), launch.arguments.size());
  state.parameters.resize(kernel.parameterBytes);
  for (size_t i = 0; i < launch.arguments.size(); ++i) {
    const Parameter &parameter = kernel.parameters[i];
    const std::vector<std::byte> &bytes = launch.arguments[i];
    bool fits = parameter.isArray ? bytes.size() <= parameter.bytes
                                  : bytes.size() == parameter.bytes;
    if (!fits)
      return fmt::format("argument {} of '{}' has {} bytes, parameter '{}' has "
                         "{}",
                         i, kernel.name, bytes.size(), parameter.name,
                         parameter.bytes);
    std::copy(bytes.begin(), bytes.end(),
              state.parameters.begin() + parameter.offset);
  }
  return {};
}

/// Offsets of the shared variables that the kernel reaches, as
/// describeKernels counted them; addresses of the others.
static void placeVariables(const Function &kernel, const ModuleData &module,
                           const std::vector<uint64_t> &variables,
                           LaunchState &state) {
  state.symbolAddresses.assign(module.symbols.size(), 0);
  for (size_t i = 0; i < variables.size(); ++i)
    state.symbolAddresses[module.variableSymbols[i]] = variables[i];
  uint64_t used = 0;
  for (uint32_t symbol : kernel.sharedSymbols) {
    const Variable &variable = module.symbols[symbol];
    if (variable.isDynamicShared) {
      state.symbolAddresses[symbol] = kernel.description.staticSharedBytes;
      continue;
    }
    used = (used + variable.alignment - 1) / variable.alignment *
           variable.alignment;
    state.symbolAddresses[symbol] = used;
    used += variable.bytes;
  }
}

static void reportLimit(LaunchState &state, const Function &kernel,
                        std::string message) {
  Report report;
  report.kind = ReportKind::ResourceLimit;
  report.message = std::move(message);
  Instruction at;
  at.line = kernel.line;
  state.reports->add(*state.module, &at, std::move(report), 0);
}

static void checkLimits(LaunchState &state, const Function &kernel,
                        const Chip &chip, uint32_t registers) {
  if (state.sharedBytes > chip.sharedPerBlock)
    reportLimit(state, kernel,
                fmt::format("a block needs {} bytes of shared memory, {} has "
                            "{}",
                            state.sharedBytes, chip.name, chip.sharedPerBlock));
  else if (kernel.description.staticSharedBytes > chip.sharedPerBlockStatic)
    reportLimit(state, kernel,
                fmt::format("a block declares {} bytes of shared memory "
                            "statically, the most is {}",
                            kernel.description.staticSharedBytes,
                            chip.sharedPerBlockStatic));
  uint64_t warps = (state.launch->block.count() + 31) / 32;
  uint64_t perWarp = (uint64_t(registers) * 32 + chip.registerUnit - 1) /
                     chip.registerUnit * chip.registerUnit;
  // A lower bound can't be spilled away by ptxas only where it was given.
  bool given = state.launch->registersPerThread != 0;
  if (given && registers > chip.registersPerThread)
    reportLimit(state, kernel,
                fmt::format("a thread needs {} registers, {} has {}", registers,
                            chip.name, chip.registersPerThread));
  else if (given && warps * perWarp > chip.registersPerBlock)
    reportLimit(state, kernel,
                fmt::format("a block needs {} registers, {} has {}",
                            warps * perWarp, chip.name,
                            chip.registersPerBlock));
}

/// All blocks of the launch, shared out among `counters.size()` threads of the
/// host. Returns what they printed, in the order of the blocks.
static std::string runBlocks(LaunchState &state, const Dim3 &grid,
                             std::vector<RawCounters> &counters) {
  std::map<uint64_t, std::string> outputs;
  std::mutex outputMutex;
  uint64_t blocks = grid.count();
#pragma omp parallel num_threads(int(counters.size()))
  {
    Block block(state, counters[size_t(omp_get_thread_num())]);
    std::string text;
#pragma omp for schedule(dynamic, 1)
    for (uint64_t index = 0; index < blocks; ++index) {
      if (state.stop)
        continue;
      Dim3 at;
      at.x = uint32_t(index % grid.x);
      at.y = uint32_t(index / grid.x % grid.y);
      at.z = uint32_t(index / grid.x / grid.y);
      block.run(at, index, text);
      if (text.empty())
        continue;
      std::lock_guard<std::mutex> lock(outputMutex);
      outputs[index] = std::move(text);
    }
  }
  std::string together;
  for (auto &[index, text] : outputs)
    together += text;
  return together;
}

/// Threads of the host for a launch, each with counters of its own.
static std::vector<RawCounters> makeCounters(const Launch &launch,
                                             const ModuleData &data) {
  int threads =
      launch.hostThreads ? int(launch.hostThreads) : omp_get_max_threads();
  uint64_t count =
      std::min<uint64_t>(uint64_t(std::max(threads, 1)), launch.grid.count());
  std::vector<RawCounters> counters;
  counters.resize(size_t(count));
  for (RawCounters &each : counters)
    each.instructions.resize(data.numCounters);
  return counters;
}

/// What a thread takes, by the launch or by the kernel.
static uint32_t getRegisters(const Launch &launch,
                             const KernelDescription &description) {
  if (launch.registersPerThread)
    return launch.registersPerThread;
  uint32_t registers = std::max(description.liveRegisters, 1u);
  if (description.maximalRegisters)
    registers = std::min(registers, description.maximalRegisters);
  return registers;
}

LaunchResult Program::launch(const Launch &launch) const {
  LaunchResult result;
  const ModuleData &data = module.getData();
  const KernelDescription *description = module.findKernel(launch.kernel);
  if (!description) {
    result.error = fmt::format("there is no kernel '{}'", launch.kernel);
    return result;
  }
  const Function &kernel = *data.findFunction(launch.kernel);
  std::string_view chipName = launch.chip.empty() ? data.target : launch.chip;
  const Chip *chip = findChip(chipName);
  if (!chip && !launch.chip.empty()) {
    result.error = fmt::format("unknown chip '{}'", launch.chip);
    return result;
  }
  if (!chip) // a target that is in no table runs with the smallest limits
    chip = findChip("sm_80");

  ReportSink reports(launch.maximalReports);
  LaunchState state;
  state.module = &data;
  state.kernel = &kernel;
  state.launch = &launch;
  state.memory = &memory;
  state.checks = launch.checks == Checks::All;
  state.count = launch.count;
  state.reports = &reports;
  result.error = checkLaunch(*description, launch, state);
  if (!result.error.empty())
    return result;
  uint64_t sharedBytes =
      uint64_t(description->staticSharedBytes) + launch.dynamicSharedBytes;
  if (sharedBytes > uint64_t(1) << 24) {
    result.error =
        fmt::format("{} bytes of shared memory per block", sharedBytes);
    return result;
  }
  state.sharedBytes = uint32_t(sharedBytes);
  state.dynamicSharedBytes = launch.dynamicSharedBytes;
  placeVariables(kernel, data, variables, state);
  uint32_t registers = getRegisters(launch, *description);
  checkLimits(state, kernel, *chip, registers);

  auto start = std::chrono::steady_clock::now();
  std::vector<RawCounters> counters = makeCounters(launch, data);
  result.output = runBlocks(state, launch.grid, counters);
  result.reports = reports.take();
  mergeCounters(data, counters, result.counters);
  uint64_t blocks = launch.grid.count(), threads = launch.block.count();
  result.counters.blocks = blocks;
  result.counters.threads = blocks * threads;
  result.counters.warps = blocks * ((threads + 31) / 32);
  result.counters.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  result.counters.occupancy =
      computeOccupancy(*chip, uint32_t(threads), registers, state.sharedBytes);
  return result;
}
