//===- Access.h - lanes that touch memory -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_ACCESS_H
#define DILATED_LIB_EMULATOR_ACCESS_H

#include "Block.h"
#include "Warp.h"

namespace dilated::emulator {

enum class AccessKind : uint8_t { Read, Write, Atomic };

/// One request of a warp: where each lane's bytes are on the host.
struct Access {
  unsigned bytes = 0; // per lane
  AccessKind kind = AccessKind::Read;
  uint32_t lanes = 0;                       // those whose access is good
  std::array<uint64_t, warpSize> addresses; // in the lane's space
  std::array<std::byte *, warpSize> host;
  std::array<Space, warpSize> spaces; // never Generic
};

/// Addresses of an operand, as the text means them.
void computeAddresses(const Warp &w, const Operand &operand,
                      uint64_t *addresses);

/// Resolves, checks bounds and alignment, reports, counts.
void beginAccess(Warp &w, const Instruction &i, Space space,
                 const uint64_t *addresses, unsigned bytes, AccessKind kind,
                 Access &access);

/// What the detectors of shared memory say of one lane's access; `data` is what
/// is about to be written. Reports are made by finishShared.
struct SharedFindings {
  uint32_t lanes = 0;
  SharedShadow::Finding first;
};
void checkShared(Warp &w, const Instruction &i, unsigned lane, uint32_t address,
                 unsigned bytes, AccessKind kind, const std::byte *data,
                 SharedFindings &findings);
void finishShared(Warp &w, const Instruction &i, AccessKind kind,
                  const SharedFindings &findings);

/// Bit k: byte k of what the lane reads was never written.
uint32_t undefinedBytes(const Warp &w, const Access &access, unsigned lane,
                        unsigned offset, unsigned bytes);
/// Is it shared memory that nobody wrote? (Not a value that was undefined
/// before it was stored.)
bool isUnwritten(const Warp &w, const Access &access, unsigned lane,
                 unsigned offset, unsigned bytes);
/// Remembers which bytes a store left undefined.
void defineBytes(Warp &w, const Access &access, unsigned lane, unsigned offset,
                 unsigned bytes, uint32_t undefined);

/// What counters call a space.
CountedSpace countedSpace(Space space);

/// Bytes and requests of an access, by the space that each lane goes to.
void countAccess(Warp &w, const Instruction &i, const Access &access);

/// Passes over the banks that a request to shared memory takes.
void countSharedRequest(Warp &w, const Instruction &i, const uint64_t *offsets,
                        uint32_t lanes, unsigned bytes);

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_ACCESS_H
