//===- AccessCounts.cpp - what requests to memory cost ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Access.h"

#include <algorithm>
#include <array>

using namespace dilated::emulator;

CountedSpace dilated::emulator::countedSpace(Space space) {
  switch (space) {
  case Space::Shared:
    return CountedSpace::Shared;
  case Space::Local:
    return CountedSpace::Local;
  case Space::Const:
    return CountedSpace::Const;
  case Space::Param:
    return CountedSpace::Param;
  default:
    return CountedSpace::Global;
  }
}

static void countGlobalRequest(Warp &w, const Instruction &i,
                               const uint64_t *addresses, uint32_t lanes,
                               unsigned bytes) {
  std::array<uint64_t, 2 * warpSize> sectors;
  unsigned count = 0;
  bool isSorted = true;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(lanes >> lane & 1))
      continue;
    uint64_t first = addresses[lane] / 32;
    uint64_t last = (addresses[lane] + bytes - 1) / 32;
    for (uint64_t sector = first; sector <= last; ++sector) {
      if (count && sectors[count - 1] == sector)
        continue;
      isSorted &= !count || sectors[count - 1] < sector;
      sectors[count++] = sector;
    }
  }
  if (!isSorted) {
    std::sort(sectors.begin(), sectors.begin() + count);
    count = unsigned(std::unique(sectors.begin(), sectors.begin() + count) -
                     sectors.begin());
  }
  RawCounters &counters = w.block.counters;
  ++counters.globalRequests;
  counters.globalSectors += count;
  counters.instructions[i.counter].sectors += count;
}

void dilated::emulator::countSharedRequest(Warp &w, const Instruction &i,
                                           const uint64_t *offsets,
                                           uint32_t lanes, unsigned bytes) {
  // 128 bytes move at a time: of wide accesses, by fewer lanes.
  unsigned group = bytes <= 4 ? warpSize : std::max(1u, 128 / bytes);
  unsigned total = 0, ideal = 0;
  for (unsigned begin = 0; begin < warpSize; begin += group) {
    uint8_t used[32] = {};
    uint32_t words[32][32];
    unsigned most = 0;
    for (unsigned lane = begin; lane < std::min(begin + group, warpSize);
         ++lane) {
      if (!(lanes >> lane & 1))
        continue;
      uint32_t first = uint32_t(offsets[lane] / 4);
      uint32_t last = uint32_t((offsets[lane] + bytes - 1) / 4);
      for (uint32_t word = first; word <= last; ++word) {
        unsigned bank = word % 32;
        bool known = false;
        for (unsigned k = 0; k < used[bank] && !known; ++k)
          known = words[bank][k] == word;
        if (known || used[bank] == 32)
          continue;
        words[bank][used[bank]++] = word;
        most = std::max<unsigned>(most, used[bank]);
      }
    }
    total += most;
    ideal += most != 0;
  }
  RawCounters &counters = w.block.counters;
  ++counters.sharedRequests;
  counters.sharedWavefronts += total;
  counters.sharedIdeal += ideal;
  counters.instructions[i.counter].wavefronts += total;
  counters.instructions[i.counter].idealWavefronts += ideal;
}

void dilated::emulator::countAccess(Warp &w, const Instruction &i,
                                    const Access &access) {
  // One request per space; mixed generic addresses count where each goes.
  uint32_t global = 0, shared = 0;
  RawCounters &counters = w.block.counters;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(access.lanes >> lane & 1))
      continue;
    Space each = access.spaces[lane];
    global |= uint32_t(each == Space::Global) << lane;
    shared |= uint32_t(each == Space::Shared) << lane;
    unsigned index = unsigned(countedSpace(each));
    if (access.kind != AccessKind::Write)
      counters.bytesRead[index] += access.bytes;
    if (access.kind != AccessKind::Read)
      counters.bytesWritten[index] += access.bytes;
  }
  if (global)
    countGlobalRequest(w, i, access.addresses.data(), global, access.bytes);
  if (shared)
    countSharedRequest(w, i, access.addresses.data(), shared, access.bytes);
}
