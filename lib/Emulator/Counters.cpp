//===- Counters.cpp - counts as text ----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Counters.h"
#include "dilated-mlir/Emulator/Module.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <map>

using namespace dilated::emulator;

std::string_view dilated::emulator::getClassName(InstructionClass kind) {
  switch (kind) {
  case InstructionClass::Integer:
    return "integer";
  case InstructionClass::Logic:
    return "logic";
  case InstructionClass::Float32:
    return "float32";
  case InstructionClass::Float64:
    return "float64";
  case InstructionClass::Half:
    return "half";
  case InstructionClass::Special:
    return "special";
  case InstructionClass::Conversion:
    return "conversion";
  case InstructionClass::Compare:
    return "compare";
  case InstructionClass::Move:
    return "move";
  case InstructionClass::Memory:
    return "memory";
  case InstructionClass::Atomic:
    return "atomic";
  case InstructionClass::Async:
    return "async";
  case InstructionClass::Matrix:
    return "matrix";
  case InstructionClass::Warp:
    return "warp";
  case InstructionClass::Barrier:
    return "barrier";
  case InstructionClass::Control:
    return "control";
  }
  return "?";
}

std::string_view dilated::emulator::getSpaceName(CountedSpace space) {
  switch (space) {
  case CountedSpace::Global:
    return "global";
  case CountedSpace::Shared:
    return "shared";
  case CountedSpace::Local:
    return "local";
  case CountedSpace::Const:
    return "const";
  case CountedSpace::Param:
    return "param";
  }
  return "?";
}

static double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0.0;
}

//===----------------------------------------------------------------------===//
// A table
//===----------------------------------------------------------------------===//

std::string Counters::formatTable() const {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{} blocks, {} warps, {} threads; {:.3f} s on the host\n",
                 blocks, warps, threads, seconds);

  fmt::format_to(out, "\n{:<14}{:>16}{:>18}{:>14}\n", "instructions",
                 "by warps", "by threads", "threads/warp");
  auto row = [&](std::string_view name, uint64_t byWarps, uint64_t byLanes) {
    fmt::format_to(out, "{:<14}{:>16}{:>18}{:>14.1f}\n", name, byWarps, byLanes,
                   ratio(double(byLanes), double(byWarps)));
  };
  for (unsigned i = 0; i < numInstructionClasses; ++i)
    if (warpByClass[i])
      row(getClassName(InstructionClass(i)), warpByClass[i], laneByClass[i]);
  row("all", warpInstructions, laneInstructions);

  fmt::format_to(out, "\n{:<14}{:>16}{:>18}\n", "bytes", "read", "written");
  for (unsigned i = 0; i < numCountedSpaces; ++i)
    if (bytesRead[i] || bytesWritten[i])
      fmt::format_to(out, "{:<14}{:>16}{:>18}\n", getSpaceName(CountedSpace(i)),
                     bytesRead[i], bytesWritten[i]);

  fmt::format_to(out, "\n");
  if (globalRequests)
    fmt::format_to(out,
                   "global memory: {} requests of a warp, {:.2f} sectors of 32 "
                   "bytes each\n",
                   globalRequests,
                   ratio(double(globalSectors), double(globalRequests)));
  if (sharedRequests)
    fmt::format_to(
        out,
        "shared memory: {} requests of a warp, {} passes over the "
        "banks, {} without conflicts ({:.2f} times)\n",
        sharedRequests, sharedWavefronts, sharedIdealWavefronts,
        ratio(double(sharedWavefronts), double(sharedIdealWavefronts)));
  fmt::format_to(out, "branches: {} conditional, {} of them split a warp\n",
                 branches, divergentBranches);
  if (barriers)
    fmt::format_to(out, "barriers: {} by a warp\n", barriers);
  if (matrixFlops)
    fmt::format_to(out, "matrix instructions: {} floating-point operations\n",
                   matrixFlops);
  if (!occupancy.chip.empty())
    fmt::format_to(out,
                   "occupancy on {}: {} blocks and {} of {} warps per "
                   "processor, limited by {} ({} registers per thread, {} "
                   "bytes of shared memory)\n",
                   occupancy.chip, occupancy.blocksPerProcessor,
                   occupancy.warpsPerProcessor, occupancy.maximalWarps,
                   occupancy.limiter, occupancy.registersPerThread,
                   occupancy.sharedBytes);
  return text;
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

/// The strings of the counters are names: no character needs an escape but
/// these.
static std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + '"';
}

std::string Counters::formatJson() const {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out,
                 "{{\"seconds\": {}, \"blocks\": {}, \"warps\": {}, "
                 "\"threads\": {}, \"warp_instructions\": {}, "
                 "\"lane_instructions\": {}",
                 std::isfinite(seconds) ? seconds : 0.0, blocks, warps, threads,
                 warpInstructions, laneInstructions);
  fmt::format_to(out, ", \"classes\": {{");
  for (unsigned i = 0; i < numInstructionClasses; ++i)
    fmt::format_to(out, "{}{}: {{\"warps\": {}, \"lanes\": {}}}", i ? ", " : "",
                   quote(getClassName(InstructionClass(i))), warpByClass[i],
                   laneByClass[i]);
  fmt::format_to(out, "}}, \"bytes\": {{");
  for (unsigned i = 0; i < numCountedSpaces; ++i)
    fmt::format_to(out, "{}{}: {{\"read\": {}, \"written\": {}}}",
                   i ? ", " : "", quote(getSpaceName(CountedSpace(i))),
                   bytesRead[i], bytesWritten[i]);
  fmt::format_to(out,
                 "}}, \"global_requests\": {}, \"global_sectors\": {}, "
                 "\"shared_requests\": {}, \"shared_wavefronts\": {}, "
                 "\"shared_ideal_wavefronts\": {}, \"branches\": {}, "
                 "\"divergent_branches\": {}, \"barriers\": {}, "
                 "\"matrix_flops\": {}",
                 globalRequests, globalSectors, sharedRequests,
                 sharedWavefronts, sharedIdealWavefronts, branches,
                 divergentBranches, barriers, matrixFlops);
  fmt::format_to(out,
                 ", \"occupancy\": {{\"chip\": {}, \"blocks_per_processor\": "
                 "{}, \"warps_per_processor\": {}, \"maximal_warps\": {}, "
                 "\"registers_per_thread\": {}, \"shared_bytes\": {}, "
                 "\"limiter\": {}}}",
                 quote(occupancy.chip), occupancy.blocksPerProcessor,
                 occupancy.warpsPerProcessor, occupancy.maximalWarps,
                 occupancy.registersPerThread, occupancy.sharedBytes,
                 quote(occupancy.limiter));
  fmt::format_to(out, ", \"lines\": [");
  bool isFirst = true;
  for (const LineCounters &line : lines) {
    if (!line.warps)
      continue;
    fmt::format_to(out,
                   "{}{{\"line\": {}, \"warps\": {}, \"lanes\": {}, "
                   "\"divergences\": {}, \"sectors\": {}, \"wavefronts\": {}, "
                   "\"ideal_wavefronts\": {}}}",
                   isFirst ? "" : ", ", line.line, line.warps, line.lanes,
                   line.divergences, line.sectors, line.wavefronts,
                   line.idealWavefronts);
    isFirst = false;
  }
  return text + "]}\n";
}

//===----------------------------------------------------------------------===//
// The text with counts
//===----------------------------------------------------------------------===//

std::string Counters::formatListing(const Module &module) const {
  // Several instructions may share a line.
  std::map<unsigned, InstructionCounts> byLine;
  for (const LineCounters &each : lines)
    byLine[each.line] += each;
  std::string text;
  auto out = std::back_inserter(text);
  // What stands in front of a line that is no instruction is blank; so is a
  // count that an instruction does not have.
  auto field = [&](uint64_t value, int width) {
    if (value)
      fmt::format_to(out, "{:>{}} ", value, width);
    else
      fmt::format_to(out, "{:>{}} ", "", width);
  };
  fmt::format_to(out, "{:>12} {:>14} {:>8} {:>12} {:>12} {:>6}\n", "warps",
                 "threads", "splits", "sectors", "conflicts", "line");
  const std::vector<std::string> &source = module.getLines();
  for (size_t n = 0; n < source.size(); ++n) {
    auto found = byLine.find(static_cast<unsigned>(n + 1));
    InstructionCounts counts =
        found == byLine.end() ? InstructionCounts() : found->second;
    field(counts.warps, 12);
    field(counts.lanes, 14);
    field(counts.divergences, 8);
    field(counts.sectors, 12);
    field(counts.wavefronts -
              std::min(counts.wavefronts, counts.idealWavefronts),
          12);
    std::string_view line = source[n];
    size_t end = line.find_last_not_of(" \t\r");
    line = line.substr(0, end == std::string_view::npos ? 0 : end + 1);
    fmt::format_to(out, "{:>6}  {}\n", n + 1, line);
  }
  return text;
}
