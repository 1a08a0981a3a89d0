//===- Report.cpp - collecting and printing findings ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Report.h"
#include "Block.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

using namespace dilated::emulator;

std::string_view dilated::emulator::getReportName(ReportKind kind) {
  switch (kind) {
  case ReportKind::OutOfBounds:
    return "out of bounds";
  case ReportKind::Misaligned:
    return "misaligned access";
  case ReportKind::UninitializedShared:
    return "uninitialised shared memory";
  case ReportKind::UninitializedRegister:
    return "uninitialised register";
  case ReportKind::Race:
    return "race";
  case ReportKind::DivergentBarrier:
    return "divergent barrier";
  case ReportKind::MismatchedBarrier:
    return "mismatched barrier";
  case ReportKind::Deadlock:
    return "deadlock";
  case ReportKind::AsyncBeforeWait:
    return "cp.async data used before its wait";
  case ReportKind::AsyncAtExit:
    return "exit with open cp.async";
  case ReportKind::ResourceLimit:
    return "over the chip's limits";
  case ReportKind::InvalidInstruction:
    return "invalid instruction";
  case ReportKind::InstructionLimit:
    return "instruction limit";
  }
  return "?";
}

/// "3, 5-7".
static std::string formatThreads(const std::vector<uint32_t> &threads) {
  std::string text;
  for (size_t i = 0; i < threads.size();) {
    size_t end = i + 1;
    while (end < threads.size() && threads[end] == threads[end - 1] + 1)
      ++end;
    text += text.empty() ? "" : ", ";
    text += end - i == 1 ? fmt::format("{}", threads[i])
                         : fmt::format("{}-{}", threads[i], threads[end - 1]);
    i = end;
  }
  return text;
}

std::string Report::format(std::string_view file) const {
  std::string text =
      line ? fmt::format("{}:{}: {}: {}", file, line, getReportName(kind),
                         message)
           : fmt::format("{}: {}: {}", file, getReportName(kind), message);
  if (!instruction.empty())
    text += fmt::format("\n  {}", instruction);
  if (!location.file.empty())
    text += fmt::format("\n  from {}:{}:{}", location.file, location.line,
                        location.column);
  if (!threads.empty())
    text += fmt::format("\n  block ({}, {}, {}), thread{} {}", block.x, block.y,
                        block.z, threads.size() > 1 ? "s" : "",
                        formatThreads(threads));
  if (otherLine)
    text += fmt::format("\n  the other access: line {}, thread{} {}", otherLine,
                        otherThreads.size() > 1 ? "s" : "",
                        formatThreads(otherThreads));
  if (occurrences > 1)
    text += fmt::format("\n  {} executions of a thread in all", occurrences);
  return text;
}

void ReportSink::add(const ModuleData &module, const Instruction *i,
                     Report report, uint64_t blockIndex) {
  if (i) {
    report.line = i->line;
    report.location = module.locations[i->location];
    if (i->line && i->line <= module.lines.size()) {
      std::string_view text = module.lines[i->line - 1];
      size_t begin = text.find_first_not_of(" \t");
      size_t end = text.find_last_not_of(" \t\r");
      if (begin != std::string_view::npos)
        report.instruction = text.substr(begin, end - begin + 1);
    }
  }
  std::lock_guard<std::mutex> lock(mutex);
  auto [entry, isNew] = entries.try_emplace({report.line, uint8_t(report.kind)},
                                            Entry{report, blockIndex});
  if (isNew)
    return;
  // The report of the first block, whichever host thread was faster.
  Entry &known = entry->second;
  uint64_t total = known.report.occurrences + report.occurrences;
  if (blockIndex < known.blockIndex)
    known = {std::move(report), blockIndex};
  known.report.occurrences = total;
}

std::vector<Report> ReportSink::take() {
  std::vector<Report> reports;
  for (auto &[key, entry] : entries)
    if (reports.size() < limit)
      reports.push_back(std::move(entry.report));
  return reports;
}

void Warp::report(const Instruction &i, ReportKind kind, uint32_t lanes,
                  std::string message) const {
  Report report;
  report.kind = kind;
  report.message = std::move(message);
  report.block = block.blockIndex;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (lanes >> lane & 1)
      report.threads.push_back(threadOf(lane));
  report.occurrences = std::max(1, std::popcount(lanes));
  block.state.reports->add(*block.state.module, &i, std::move(report),
                           block.linearIndex);
}
