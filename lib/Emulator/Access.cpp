//===- Access.cpp - lanes that touch memory ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Access.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

using namespace dilated::emulator;

void dilated::emulator::computeAddresses(const Warp &w, const Operand &operand,
                                         uint64_t *addresses) {
  if (operand.base == OperandKind::Register) {
    Operand base = operand;
    base.kind = OperandKind::Register;
    w.sourceBits(base, addresses);
  } else {
    std::fill_n(addresses, warpSize,
                operand.base == OperandKind::Symbol
                    ? w.symbolAddress(operand.symbol)
                    : 0);
  }
  for (unsigned lane = 0; lane < warpSize; ++lane)
    addresses[lane] += uint64_t(operand.value);
}

/// The space of a generic address, and the address in it.
static Space splitGeneric(uint64_t &address) {
  Space space = Space::Global;
  switch (address & windowMask) {
  case sharedWindow:
    space = Space::Shared;
    break;
  case localWindow:
    space = Space::Local;
    break;
  case paramWindow:
    space = Space::Param;
    break;
  default:
    return space;
  }
  address &= ~windowMask;
  return space;
}

std::byte *Warp::resolve(Space space, uint64_t address, uint64_t bytes,
                         unsigned lane) const {
  if (space == Space::Generic)
    space = splitGeneric(address);
  auto inside = [&](uint64_t size) {
    return address <= size && bytes <= size - address;
  };
  switch (space) {
  case Space::Shared:
    return inside(block.shared.size()) ? block.shared.data() + address
                                       : nullptr;
  case Space::Local: {
    std::byte *base = const_cast<std::byte *>(local.data());
    // What is above the frame at hand is nobody's: the storage of calls that
    // have returned, or room to grow.
    uint64_t used =
        frame ? uint64_t(frame->localBase) + frame->function->localBytes
              : localStride;
    return inside(std::min<uint64_t>(used, localStride))
               ? base + size_t(lane) * localStride + address
               : nullptr;
  }
  case Space::Param:
    return inside(block.state.parameters.size())
               ? block.state.parameters.data() + address
               : nullptr;
  default: {
    const GlobalMemory::Allocation *found =
        block.state.memory->find(address, bytes);
    return found ? found->data + (address - found->address) : nullptr;
  }
  }
}

//===----------------------------------------------------------------------===//
// Bounds
//===----------------------------------------------------------------------===//

static std::string describeFault(const Warp &w, Space space, uint64_t address,
                                 unsigned bytes, AccessKind kind) {
  const char *verb = kind == AccessKind::Read    ? "read"
                     : kind == AccessKind::Write ? "write"
                                                 : "atomic operation";
  std::string_view name = getSpaceName(countedSpace(space));
  std::string text = fmt::format("{} of {} bytes at 0x{:x} of {} memory", verb,
                                 bytes, address, name);
  switch (space) {
  case Space::Shared:
    return text + fmt::format(", which has {} bytes", w.block.shared.size());
  case Space::Local:
    return text +
           fmt::format(", of which {} bytes are in use",
                       w.frame->localBase + w.frame->function->localBytes);
  case Space::Param:
    return text +
           fmt::format(", which has {} bytes", w.block.state.parameters.size());
  default:
    break;
  }
  const GlobalMemory::Allocation *near = w.block.state.memory->nearest(address);
  if (!near)
    return text + ", which has no allocation";
  std::string what =
      near->name.empty()
          ? fmt::format("the allocation at 0x{:x}", near->address)
          : fmt::format("'{}'", near->name);
  if (address < near->address)
    return text + fmt::format(", {} bytes before {} of {} bytes",
                              near->address - address, what, near->bytes);
  return text + fmt::format(", at offset {} of {} of {} bytes",
                            address - near->address, what, near->bytes);
}

/// The lanes of one request whose access is not as it should be.
struct FaultyLanes {
  uint32_t outside = 0, misaligned = 0, constant = 0;
};

/// Where the bytes of a lane are; null outside of memory, and where constants
/// would be written.
static std::byte *findBytes(Warp &w, const Access &access, unsigned lane,
                            const GlobalMemory::Allocation *&last,
                            FaultyLanes &faulty) {
  uint64_t address = access.addresses[lane];
  Space space = access.spaces[lane];
  std::byte *host = nullptr;
  bool isConstant = space == Space::Param;
  if (space == Space::Global || space == Space::Const) {
    // The lanes of a request mostly fall into one allocation.
    if (!last || address - last->address >= last->bytes ||
        last->bytes - (address - last->address) < access.bytes)
      last = w.block.state.memory->find(address, access.bytes);
    if (last && last->bytes)
      host = last->data + (address - last->address);
    isConstant = host && last->isConstant;
  } else {
    host = w.resolve(space, address, access.bytes, lane);
  }
  if (!host || !isConstant || access.kind == AccessKind::Read)
    return host;
  faulty.constant |= 1u << lane;
  return nullptr;
}

static void reportFaulty(Warp &w, const Instruction &i, const Access &access,
                         unsigned alignment, const FaultyLanes &faulty) {
  if (faulty.misaligned) {
    unsigned lane = unsigned(std::countr_zero(faulty.misaligned));
    w.report(
        i, ReportKind::Misaligned, faulty.misaligned,
        fmt::format("access of {} bytes at 0x{:x}, which is not a multiple "
                    "of {}",
                    access.bytes, access.addresses[lane], alignment));
  }
  if (uint32_t outside = faulty.outside & ~faulty.constant) {
    unsigned lane = unsigned(std::countr_zero(outside));
    w.report(i, ReportKind::OutOfBounds, outside,
             describeFault(w, access.spaces[lane], access.addresses[lane],
                           access.bytes, access.kind));
  }
  if (faulty.constant)
    w.report(i, ReportKind::OutOfBounds, faulty.constant,
             "write to memory that is constant");
}

void dilated::emulator::beginAccess(Warp &w, const Instruction &i, Space space,
                                    const uint64_t *addresses, unsigned bytes,
                                    AccessKind kind, Access &access) {
  access.bytes = bytes;
  access.kind = kind;
  access.lanes = 0;
  FaultyLanes faulty;
  const GlobalMemory::Allocation *last = nullptr;
  unsigned alignment = std::bit_floor(std::max(bytes, 1u));
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    access.host[lane] = nullptr;
    if (!(w.active >> lane & 1))
      continue;
    uint64_t address = addresses[lane];
    access.spaces[lane] =
        space == Space::Generic ? splitGeneric(address) : space;
    access.addresses[lane] = address;
    std::byte *host = findBytes(w, access, lane, last, faulty);
    if (address & (alignment - 1)) {
      faulty.misaligned |= 1u << lane;
      continue;
    }
    if (!host) {
      faulty.outside |= 1u << lane;
      continue;
    }
    access.host[lane] = host;
    access.lanes |= 1u << lane;
  }
  reportFaulty(w, i, access, alignment, faulty);
  if (w.block.state.count && access.lanes)
    countAccess(w, i, access);
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

void dilated::emulator::checkShared(Warp &w, const Instruction &i,
                                    unsigned lane, uint32_t address,
                                    unsigned bytes, AccessKind kind,
                                    const std::byte *data,
                                    SharedFindings &findings) {
  if (!w.block.state.checks)
    return;
  SharedShadow::Access access;
  access.thread = uint16_t(w.threadOf(lane));
  access.strong = i.strong;
  access.counter = i.counter;
  access.clock = &w.clock;
  SharedShadow::Finding finding;
  if (kind == AccessKind::Read) {
    finding = w.block.shadow.read(address, bytes, access);
  } else {
    access.sameValue =
        data && !std::memcmp(w.block.shared.data() + address, data, bytes);
    finding = w.block.shadow.write(address, bytes, access);
  }
  if (finding.conflict == SharedShadow::Conflict::None)
    return;
  if (!findings.lanes)
    findings.first = finding;
  findings.lanes |= 1u << lane;
}

void dilated::emulator::finishShared(Warp &w, const Instruction &i,
                                     AccessKind kind,
                                     const SharedFindings &findings) {
  if (!findings.lanes)
    return;
  using Conflict = SharedShadow::Conflict;
  const SharedShadow::Finding &first = findings.first;
  Report report;
  report.kind = ReportKind::Race;
  switch (first.conflict) {
  case Conflict::PendingRead:
    report.kind = ReportKind::AsyncBeforeWait;
    report.message = fmt::format(
        "shared memory at 0x{:x} is read while a cp.async writes it",
        first.address);
    break;
  case Conflict::PendingWrite:
    report.message = fmt::format(
        "shared memory at 0x{:x} is written while a cp.async writes it",
        first.address);
    break;
  case Conflict::ReadAfterWrite:
    report.message = fmt::format("shared memory at 0x{:x} is read, and written "
                                 "by another thread without a barrier between",
                                 first.address);
    break;
  case Conflict::WriteAfterRead:
    report.message = fmt::format("shared memory at 0x{:x} is written, and read "
                                 "by another thread without a barrier between",
                                 first.address);
    break;
  default:
    report.message = fmt::format("shared memory at 0x{:x} is written by two "
                                 "threads without a barrier between",
                                 first.address);
    break;
  }
  (void)kind;
  report.block = w.block.blockIndex;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (findings.lanes >> lane & 1)
      report.threads.push_back(w.threadOf(lane));
  report.occurrences = uint64_t(std::popcount(findings.lanes));
  report.otherLine = w.block.state.module->counterLines[first.counter];
  report.otherThreads = {first.thread};
  w.block.state.reports->add(*w.block.state.module, &i, std::move(report),
                             w.block.linearIndex);
}

uint32_t dilated::emulator::undefinedBytes(const Warp &w, const Access &access,
                                           unsigned lane, unsigned offset,
                                           unsigned bytes) {
  uint64_t address = access.addresses[lane] + offset;
  if (access.spaces[lane] == Space::Shared)
    return w.block.shadow.getUndefined(uint32_t(address), bytes);
  if (access.spaces[lane] != Space::Local)
    return 0;
  const uint8_t *defined =
      &w.localDefined[size_t(lane) * w.localStride + address];
  uint32_t undefined = 0;
  for (unsigned k = 0; k < bytes; ++k)
    undefined |= uint32_t(!defined[k]) << k;
  return undefined;
}

bool dilated::emulator::isUnwritten(const Warp &w, const Access &access,
                                    unsigned lane, unsigned offset,
                                    unsigned bytes) {
  return access.spaces[lane] == Space::Shared &&
         !w.block.shadow.holdsUndefined(
             uint32_t(access.addresses[lane] + offset), bytes);
}

void dilated::emulator::defineBytes(Warp &w, const Access &access,
                                    unsigned lane, unsigned offset,
                                    unsigned bytes, uint32_t undefined) {
  uint64_t address = access.addresses[lane] + offset;
  if (access.spaces[lane] == Space::Shared) {
    w.block.shadow.setDefined(uint32_t(address), bytes, undefined);
  } else if (access.spaces[lane] == Space::Local) {
    uint8_t *defined = &w.localDefined[size_t(lane) * w.localStride + address];
    for (unsigned k = 0; k < bytes; ++k)
      defined[k] = !(undefined >> k & 1);
  }
}
