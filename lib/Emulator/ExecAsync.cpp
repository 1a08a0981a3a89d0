//===- ExecAsync.cpp - cp.async and its groups ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A copy moves its bytes when its thread waits for it, as late as the ISA
// allows: who reads too early gets old data, and is reported.
//
//===----------------------------------------------------------------------===//

#include "Access.h"
#include "Execute.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

using namespace dilated::emulator;

namespace {

// Operands: [destination], [source], size, size of the source, policy.
void executeCopy(Warp &w, const Instruction &i) {
  uint64_t destinations[warpSize], sources[warpSize];
  uint64_t sizes[warpSize], sourceSizes[warpSize];
  computeAddresses(w, w.operand(i, 0), destinations);
  computeAddresses(w, w.operand(i, 1), sources);
  w.sourceBits(w.operand(i, 2), sizes);
  if (w.operand(i, 3).kind == OperandKind::None)
    std::copy_n(sizes, warpSize, sourceSizes);
  else
    w.sourceBits(w.operand(i, 3), sourceSizes);
  unsigned size = unsigned(sizes[std::countr_zero(w.active)]);
  if (size != 4 && size != 8 && size != 16) {
    w.report(i, ReportKind::InvalidInstruction, w.active,
             fmt::format("a copy of {} bytes, not of 4, 8 or 16", size));
    return;
  }
  Access to, from;
  beginAccess(w, i, Space::Shared, destinations, size, AccessKind::Write, to);
  // A source of no bytes is not read: its address may be anything.
  uint32_t all = w.active;
  uint32_t tooLarge = 0, reads = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    tooLarge |= uint32_t(sourceSizes[lane] > size) << lane;
    reads |= uint32_t(sourceSizes[lane] != 0) << lane;
  }
  if (tooLarge & all)
    w.report(i, ReportKind::InvalidInstruction, tooLarge & all,
             fmt::format("the source has more bytes than the copy ({})", size));
  from.host.fill(nullptr);
  w.active = all & reads & ~tooLarge;
  if (w.active) {
    // Only the bytes that are read must exist.
    for (unsigned bytes = 1; bytes <= size; ++bytes) {
      w.active = 0;
      for (unsigned lane = 0; lane < warpSize; ++lane)
        if ((all & ~tooLarge) >> lane & 1 && sourceSizes[lane] == bytes)
          w.active |= 1u << lane;
      if (!w.active)
        continue;
      Access part;
      beginAccess(w, i, Space::Generic, sources, bytes, AccessKind::Read, part);
      for (unsigned lane = 0; lane < warpSize; ++lane)
        if (w.active >> lane & 1)
          from.host[lane] = part.host[lane];
    }
  }
  w.active = all;
  SharedFindings findings;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    bool readable = sourceSizes[lane] == 0 || from.host[lane];
    if (!to.host[lane] || !readable || (tooLarge >> lane & 1))
      continue;
    uint32_t address = uint32_t(to.addresses[lane]);
    if (w.block.state.checks) {
      SharedShadow::Access access;
      access.thread = uint16_t(w.threadOf(lane));
      access.counter = i.counter;
      access.clock = &w.clock;
      SharedShadow::Finding finding =
          w.block.shadow.beginAsync(address, size, access);
      if (finding.conflict != SharedShadow::Conflict::None) {
        if (!findings.lanes)
          findings.first = finding;
        findings.lanes |= 1u << lane;
      }
    }
    w.asyncCopies.push_back({lane, address, from.host[lane], size,
                             uint32_t(sourceSizes[lane]), w.asyncGroups[lane],
                             &i});
  }
  finishShared(w, i, AccessKind::Write, findings);
}

/// Completes the copies of active lanes that lie in groups below `limit`.
template <typename Limit>
void completeCopies(Warp &w, Limit limit) {
  for (const AsyncCopy &copy : w.asyncCopies) {
    if (!(w.active >> copy.lane & 1) || copy.group >= limit(copy.lane))
      continue;
    std::byte *to = w.block.shared.data() + copy.destination;
    if (copy.sourceBytes)
      std::memcpy(to, copy.source, copy.sourceBytes);
    std::memset(to + copy.sourceBytes, 0, copy.bytes - copy.sourceBytes);
    if (!w.block.state.checks)
      continue;
    SharedShadow::Access access;
    access.thread = uint16_t(w.threadOf(copy.lane));
    access.clock = &w.clock;
    w.block.shadow.completeAsync(copy.destination, copy.bytes, access);
  }
  std::erase_if(w.asyncCopies, [&](const AsyncCopy &copy) {
    return (w.active >> copy.lane & 1) && copy.group < limit(copy.lane);
  });
}

void executeCommit(Warp &w, const Instruction &) {
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (w.active >> lane & 1)
      ++w.asyncGroups[lane];
}

void executeWaitGroup(Warp &w, const Instruction &i) {
  uint64_t open[warpSize];
  w.sourceBits(w.operand(i, 0), open);
  // Group numbers count from 0; the latest `open` committed ones may remain.
  completeCopies(w, [&](unsigned lane) {
    uint64_t committed = w.asyncGroups[lane];
    return committed > open[lane] ? committed - open[lane] : 0;
  });
}

void executeWaitAll(Warp &w, const Instruction &) {
  completeCopies(w, [](unsigned) { return UINT64_MAX; });
}

std::string selectCopy(const Modifiers &m, Instruction &i) {
  if (!m.has("shared") && !m.has("shared::cta"))
    return "copies to .shared only";
  i.shadowRule = ShadowRule::Strict; // the size of the source, too
  i.handler = executeCopy;
  return {};
}

template <Handler handler>
std::string selectGroup(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Strict;
  i.handler = handler;
  return {};
}

} // namespace

static constexpr InstructionClass async = InstructionClass::Async;

static constexpr Opcode opcodes[] = {
    {"cp.async.ca", "mmuu?g?", "$", 0, 0, async, selectCopy},
    {"cp.async.cg", "mmuu?g?", "$", 0, 0, async, selectCopy},
    {"cp.async.commit_group", "", "", 0, 0, async, selectGroup<executeCommit>},
    {"cp.async.wait_group", "u", "", 0, 0, async,
     selectGroup<executeWaitGroup>},
    {"cp.async.wait_all", "", "", 0, 0, async, selectGroup<executeWaitAll>},
};

std::span<const Opcode> dilated::emulator::getAsyncOpcodes() { return opcodes; }
