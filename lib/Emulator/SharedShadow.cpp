//===- SharedShadow.cpp - who touched shared memory, and when ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SharedShadow.h"

#include <algorithm>
#include <cstring>

using namespace dilated::emulator;

void WarpClock::synchronizeLanes(uint32_t lanes, uint32_t live) {
  if ((live & ~lanes) == 0) {
    seenLanes = now++;
    return;
  }
  if (seenPairs.empty())
    seenPairs.resize(32);
  for (unsigned i = 0; i < 32; ++i)
    if (lanes >> i & 1)
      for (unsigned j = 0; j < 32; ++j)
        if (lanes >> j & 1)
          seenPairs[i][j] = now;
  ++now;
}

void SharedShadow::reset(uint32_t bytes) {
  size_t count = (size_t(bytes) + 3) / 4;
  words.assign(count, Record());
  splits.assign(count, -1);
  parts.clear();
  freeParts.clear();
  states.assign(count * 4, Unwritten);
}

bool SharedShadow::isOrdered(uint16_t thread, uint32_t clock,
                             const Access &access) {
  const WarpClock &mine = *access.clock;
  uint16_t other = thread & ~severalLanes;
  if (other / 32 != access.thread / 32)
    return mine.seen[other / 32] >= clock;
  if (thread == access.thread || mine.seenLanes >= clock)
    return true;
  return !(thread & severalLanes) && !mine.seenPairs.empty() &&
         mine.seenPairs[access.thread % 32][other % 32] >= clock;
}

SharedShadow::Finding SharedShadow::checkOlder(const Record &record,
                                               Conflict conflict,
                                               const Access &access) {
  if (!record.olderClock || (record.olderStrong && access.strong) ||
      isOrdered(record.older, record.olderClock, access))
    return {};
  return {conflict, record.older, false, record.olderCounter, 0};
}

SharedShadow::Finding SharedShadow::checkRead(Record &record,
                                              const Access &access) {
  Finding finding;
  if (record.pending)
    finding = {Conflict::PendingRead, record.writer, false, record.writeCounter,
               0};
  else if (record.writeClock && !(record.writeStrong && access.strong) &&
           !isOrdered(record.writer, record.writeClock, access))
    finding = {Conflict::ReadAfterWrite, record.writer, false,
               record.writeCounter, 0};
  else
    finding = checkOlder(record, Conflict::ReadAfterWrite, access);

  // A reader that this one follows need not be kept: who is ordered behind
  // this one is ordered behind that one too.
  uint32_t now = access.clock->now;
  record.readStrong =
      access.strong && (record.readStrong || record.readClock[0] == 0);
  for (unsigned k = 0; k < 2; ++k) {
    uint16_t other = record.reader[k] & ~severalLanes;
    if (record.readClock[k] && other / 32 == access.thread / 32 &&
        record.readClock[k] == now) {
      if (record.reader[k] != access.thread)
        record.reader[k] |= severalLanes;
      record.readCounter[k] = access.counter;
      return finding;
    }
  }
  unsigned slot = 1;
  for (unsigned k = 0; k < 2; ++k)
    if (record.readClock[k] == 0 ||
        isOrdered(record.reader[k], record.readClock[k], access)) {
      slot = k;
      break;
    }
  record.reader[slot] = access.thread;
  record.readClock[slot] = now;
  record.readCounter[slot] = access.counter;
  return finding;
}

SharedShadow::Finding SharedShadow::checkWrite(Record &record,
                                               const Access &access) {
  Finding finding;
  if (record.pending) {
    finding = {Conflict::PendingWrite, record.writer, false,
               record.writeCounter, 0};
  } else if (record.writeClock && !(record.writeStrong && access.strong) &&
             !isOrdered(record.writer, record.writeClock, access) &&
             // Lanes of one instruction that store the same value.
             !(access.sameValue && record.writeCounter == access.counter &&
               record.writer / 32 == access.thread / 32)) {
    finding = {Conflict::WriteAfterWrite, record.writer, false,
               record.writeCounter, 0};
  } else {
    finding = checkOlder(record, Conflict::WriteAfterWrite, access);
    for (unsigned k = 0; k < 2 && finding.conflict == Conflict::None; ++k)
      if (record.readClock[k] && !(record.readStrong && access.strong) &&
          !isOrdered(record.reader[k], record.readClock[k], access))
        finding = {Conflict::WriteAfterRead,
                   uint16_t(record.reader[k] & ~severalLanes),
                   (record.reader[k] & severalLanes) != 0,
                   record.readCounter[k], 0};
  }
  Record last = record;
  record = Record();
  if (access.strong && last.writeClock) {
    // One that is not strong counts for everybody, one that is for those that
    // are not ordered behind this write.
    bool keepLast =
        !last.writeStrong || ((!last.olderClock || last.olderStrong) &&
                              !isOrdered(last.writer, last.writeClock, access));
    record.older = keepLast ? last.writer : last.older;
    record.olderClock = keepLast ? last.writeClock : last.olderClock;
    record.olderCounter = keepLast ? last.writeCounter : last.olderCounter;
    record.olderStrong = keepLast ? last.writeStrong : last.olderStrong;
  }
  record.writer = access.thread;
  record.writeClock = access.clock->now;
  record.writeCounter = access.counter;
  record.writeStrong = access.strong;
  return finding;
}

template <typename Visit>
SharedShadow::Finding SharedShadow::visit(uint32_t address, uint32_t bytes,
                                          bool unify, Visit check) {
  Finding first;
  auto keep = [&](const Finding &finding, uint32_t at) {
    if (first.conflict == Conflict::None &&
        finding.conflict != Conflict::None) {
      first = finding;
      first.address = at;
    }
  };
  uint32_t end = address + bytes;
  for (uint32_t at = address; at < end;) {
    uint32_t word = at / 4;
    uint32_t next = std::min(end, (word + 1) * 4);
    bool whole = next - at == 4;
    if (whole && splits[word] < 0) {
      keep(check(words[word]), at);
      at = next;
      continue;
    }
    if (splits[word] < 0) {
      int32_t part = int32_t(parts.size());
      if (freeParts.empty()) {
        parts.emplace_back();
      } else {
        part = freeParts.back();
        freeParts.pop_back();
      }
      parts[part].fill(words[word]);
      splits[word] = part;
    }
    for (uint32_t byte = at; byte < next; ++byte)
      keep(check(parts[splits[word]][byte % 4]), byte);
    if (whole && unify) {
      words[word] = parts[splits[word]][0];
      freeParts.push_back(splits[word]);
      splits[word] = -1;
    }
    at = next;
  }
  return first;
}

SharedShadow::Finding SharedShadow::read(uint32_t address, uint32_t bytes,
                                         const Access &access) {
  return visit(address, bytes, false,
               [&](Record &record) { return checkRead(record, access); });
}

SharedShadow::Finding SharedShadow::write(uint32_t address, uint32_t bytes,
                                          const Access &access) {
  return visit(address, bytes, true,
               [&](Record &record) { return checkWrite(record, access); });
}

SharedShadow::Finding SharedShadow::beginAsync(uint32_t address, uint32_t bytes,
                                               const Access &access) {
  return visit(address, bytes, true, [&](Record &record) {
    Finding finding = checkWrite(record, access);
    record.pending = true;
    return finding;
  });
}

void SharedShadow::completeAsync(uint32_t address, uint32_t bytes,
                                 const Access &access) {
  visit(address, bytes, true, [&](Record &record) {
    // Someone may have written over it; then that is the last write.
    if (record.pending && record.writer == access.thread) {
      record.pending = false;
      record.writeClock = access.clock->now;
      record.readClock[0] = record.readClock[1] = 0;
    }
    return Finding();
  });
  std::memset(&states[address], Defined, bytes);
}

uint32_t SharedShadow::getUndefined(uint32_t address, uint32_t bytes) const {
  // Eight bytes at a time as long as all of them are defined.
  uint32_t begin = 0;
  for (; begin + 8 <= bytes; begin += 8) {
    uint64_t eight;
    std::memcpy(&eight, &states[address + begin], 8);
    if (eight != 0x0101010101010101u * Defined)
      break;
  }
  uint32_t undefined = 0;
  for (uint32_t i = begin; i < bytes; ++i)
    undefined |= uint32_t(states[address + i] != Defined) << i;
  return undefined;
}

void SharedShadow::setDefined(uint32_t address, uint32_t bytes,
                              uint32_t undefined) {
  if (undefined == 0) {
    std::memset(&states[address], Defined, bytes);
    return;
  }
  for (uint32_t i = 0; i < bytes; ++i)
    states[address + i] = undefined >> i & 1 ? Undefined : Defined;
}

bool SharedShadow::holdsUndefined(uint32_t address, uint32_t bytes) const {
  for (uint32_t i = 0; i < bytes; ++i)
    if (states[address + i] == Undefined)
      return true;
  return false;
}
