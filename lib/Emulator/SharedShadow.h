//===- SharedShadow.h - who touched shared memory, and when -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One record per word of shared memory (per byte where threads touch parts of
// a word): the last writer and up to two readers that no barrier orders. Time
// is a clock per warp that advances at barriers; what a warp has seen of the
// others is a vector clock, so that named barriers between some of the warps
// order exactly those.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_SHAREDSHADOW_H
#define DILATED_LIB_EMULATOR_SHAREDSHADOW_H

#include <array>
#include <cstdint>
#include <vector>

namespace dilated::emulator {

inline constexpr unsigned maximalWarps = 32;

/// What one warp knows of the accesses of its own lanes and of other warps.
struct WarpClock {
  uint32_t now = 1;
  /// Accesses of warp w up to seen[w] happened before whatever this one does.
  std::array<uint32_t, maximalWarps> seen = {};
  /// Accesses of any lane of this warp up to here precede those of any other.
  uint32_t seenLanes = 0;
  /// After bar.warp.sync of a part: by reader lane, then by the other lane.
  std::vector<std::array<uint32_t, 32>> seenPairs;

  void synchronizeLanes(uint32_t lanes, uint32_t live);
};

class SharedShadow {
public:
  enum class Conflict : uint8_t {
    None,
    ReadAfterWrite,
    WriteAfterRead,
    WriteAfterWrite,
    PendingRead,  // of bytes that a cp.async has yet to write
    PendingWrite, // to such bytes
  };
  struct Finding {
    Conflict conflict = Conflict::None;
    uint16_t thread = 0;  // the other one
    bool lanes = false;   // several lanes of its warp
    uint32_t counter = 0; // its instruction
    uint32_t address = 0;
  };
  struct Access {
    uint16_t thread = 0;
    bool strong = false;    // atomic or volatile: meant to meet others
    bool sameValue = false; // a write of what is there already
    uint32_t counter = 0;
    const WarpClock *clock = nullptr;
  };

  void reset(uint32_t bytes);

  /// Each returns the first conflict. Ranges lie inside the memory.
  Finding read(uint32_t address, uint32_t bytes, const Access &access);
  Finding write(uint32_t address, uint32_t bytes, const Access &access);
  /// A copy begins: as a write, and the bytes are pending until complete().
  Finding beginAsync(uint32_t address, uint32_t bytes, const Access &access);
  void completeAsync(uint32_t address, uint32_t bytes, const Access &access);

  /// Bit i: byte address + i was never written. bytes <= 32.
  uint32_t getUndefined(uint32_t address, uint32_t bytes) const;
  void setDefined(uint32_t address, uint32_t bytes, uint32_t undefined);
  /// Was an undefined value stored there, rather than nothing?
  bool holdsUndefined(uint32_t address, uint32_t bytes) const;

private:
  struct Record {
    uint32_t writeClock = 0;
    uint32_t readClock[2] = {0, 0}; // 0: no such reader
    uint32_t writeCounter = 0;
    uint32_t readCounter[2] = {0, 0};
    uint16_t writer = 0;
    uint16_t reader[2] = {0, 0}; // bit 15: several lanes of the warp
    bool writeStrong = false, readStrong = false, pending = false;
    // An earlier write that a later strong one must not hide: strong accesses
    // are not held against each other, but against this one they are.
    bool olderStrong = false;
    uint16_t older = 0;
    uint32_t olderClock = 0; // 0: none
    uint32_t olderCounter = 0;
  };
  static constexpr uint16_t severalLanes = 0x8000;

  template <typename Visit>
  Finding visit(uint32_t address, uint32_t bytes, bool unify, Visit check);
  static bool isOrdered(uint16_t thread, uint32_t clock, const Access &access);
  static Finding checkOlder(const Record &record, Conflict conflict,
                            const Access &access);
  static Finding checkRead(Record &record, const Access &access);
  static Finding checkWrite(Record &record, const Access &access);

  std::vector<Record> words;
  std::vector<int32_t> splits; // by word: into parts, -1 whole
  std::vector<std::array<Record, 4>> parts;
  std::vector<int32_t> freeParts;
  enum State : uint8_t { Unwritten, Defined, Undefined };
  std::vector<uint8_t> states; // by byte
};

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_SHAREDSHADOW_H
