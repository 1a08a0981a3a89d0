//===- ExecMemory.cpp - ld, ldu, st, prefetch -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Access.h"
#include "Execute.h"

#include <bit>

using namespace dilated::emulator;

namespace {

/// Bits of a register from a mask of bytes.
uint64_t spread(uint32_t bytes) {
  uint64_t bits = 0;
  for (unsigned k = 0; k < 8; ++k)
    if (bytes >> k & 1)
      bits |= uint64_t(0xff) << (8 * k);
  return bits;
}

template <typename T>
void gather(const Access &access, unsigned offset, uint64_t *values) {
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    T value = 0;
    if (access.host[lane])
      std::memcpy(&value, access.host[lane] + offset, sizeof(T));
    values[lane] = uint64_t(int64_t(value));
  }
}

void executeLoad(Warp &w, const Instruction &i) {
  unsigned bytes = getTypeBytes(i.type);
  uint64_t addresses[warpSize];
  computeAddresses(w, w.operand(i, 1), addresses);
  Access access;
  beginAccess(w, i, i.space, addresses, bytes * i.vectorSize, AccessKind::Read,
              access);
  bool checks = w.block.state.checks;
  SharedFindings findings;
  for (unsigned lane = 0; checks && lane < warpSize; ++lane)
    if (access.host[lane] && access.spaces[lane] == Space::Shared)
      checkShared(w, i, lane, uint32_t(access.addresses[lane]), access.bytes,
                  AccessKind::Read, nullptr, findings);
  finishShared(w, i, AccessKind::Read, findings);
  const Operand &destination = w.operand(i, 0);
  for (unsigned k = 0; k < i.vectorSize; ++k) {
    const Operand &element = destination.kind == OperandKind::Vector
                                 ? w.element(destination, k)
                                 : destination;
    uint64_t values[warpSize];
    bool isSigned = isSignedInteger(i.type);
    switch (bytes) {
    case 1:
      isSigned ? gather<int8_t>(access, k, values)
               : gather<uint8_t>(access, k, values);
      break;
    case 2:
      isSigned ? gather<int16_t>(access, k * 2, values)
               : gather<uint16_t>(access, k * 2, values);
      break;
    case 4:
      isSigned ? gather<int32_t>(access, k * 4, values)
               : gather<uint32_t>(access, k * 4, values);
      break;
    default:
      gather<uint64_t>(access, k * 8, values);
    }
    w.writeBits(element, values);
    for (unsigned lane = 0; checks && lane < warpSize; ++lane) {
      if (!access.host[lane] || access.spaces[lane] == Space::Global)
        continue;
      if (uint32_t undefined =
              undefinedBytes(w, access, lane, k * bytes, bytes))
        w.markUndefined(element, lane, spread(undefined), i.line,
                        isUnwritten(w, access, lane, k * bytes, bytes));
    }
  }
}

/// Bytes of an element any bit of which is undefined.
uint32_t undefinedStoredBytes(uint64_t bits, unsigned bytes) {
  uint32_t undefined = 0;
  for (unsigned k = 0; k < bytes; ++k)
    undefined |= uint32_t((bits >> (8 * k) & 0xff) != 0) << k;
  return undefined;
}

void executeStore(Warp &w, const Instruction &i) {
  unsigned bytes = getTypeBytes(i.type);
  uint64_t addresses[warpSize];
  computeAddresses(w, w.operand(i, 0), addresses);
  Access access;
  beginAccess(w, i, i.space, addresses, bytes * i.vectorSize, AccessKind::Write,
              access);
  const Operand &source = w.operand(i, 1);
  std::byte data[warpSize][32];
  uint32_t undefined[warpSize] = {};
  for (unsigned k = 0; k < i.vectorSize; ++k) {
    const Operand &element =
        source.kind == OperandKind::Vector ? w.element(source, k) : source;
    uint64_t values[warpSize];
    w.sourceBits(element, values);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      std::memcpy(&data[lane][k * bytes], &values[lane], bytes);
    if (!w.sawUndefined || !w.block.state.checks)
      continue;
    uint32_t reported = 0;
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      if (!access.host[lane])
        continue;
      uint32_t each =
          undefinedStoredBytes(w.undefinedBits(element, lane), bytes);
      undefined[lane] |= each << (k * bytes);
      // Padding is copied byte by byte, or as a part of an element.
      if (access.spaces[lane] == Space::Global && bytes > 1 &&
          each == (1u << bytes) - 1)
        reported |= 1u << lane;
    }
    w.reportUndefined(i, element, reported, "is stored to global memory");
  }
  SharedFindings findings;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!access.host[lane])
      continue;
    if (access.spaces[lane] == Space::Shared)
      checkShared(w, i, lane, uint32_t(access.addresses[lane]), access.bytes,
                  AccessKind::Write, data[lane], findings);
    std::memcpy(access.host[lane], data[lane], access.bytes);
    if (w.block.state.checks)
      defineBytes(w, access, lane, 0, access.bytes, undefined[lane]);
  }
  finishShared(w, i, AccessKind::Write, findings);
}

void readSpace(const Modifiers &m, Instruction &i) {
  for (std::string_view word : m.words)
    if (std::optional<Space> space = parseSpace(word))
      i.space = *space;
  for (std::string_view word :
       {"volatile", "relaxed", "acquire", "release", "mmio"})
    i.strong |= m.has(word);
}

std::string readVector(const Modifiers &m, Instruction &i) {
  static constexpr std::string_view sizes[] = {"v2", "v4", "v8"};
  int size = m.indexOf(sizes);
  i.vectorSize = uint8_t(size < 0 ? 1 : 2 << size);
  unsigned bytes = getTypeBytes(i.type);
  if (bytes == 0 || bytes > 8)
    return unsupportedType("an access to memory", i.type);
  if (bytes * i.vectorSize > 32)
    return "a vector of more than 32 bytes";
  return {};
}

std::string selectLoad(const Modifiers &m, Instruction &i) {
  readSpace(m, i);
  i.shadowRule = ShadowRule::Memory;
  i.handler = executeLoad;
  std::string problem = readVector(m, i);
  i.elements[0] = i.vectorSize;
  return problem;
}

std::string selectStore(const Modifiers &m, Instruction &i) {
  readSpace(m, i);
  i.shadowRule = ShadowRule::Memory;
  i.handler = executeStore;
  std::string problem = readVector(m, i);
  i.elements[1] = i.vectorSize;
  return problem;
}

void executeNothing(Warp &, const Instruction &) {}

std::string selectNothing(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Handler;
  i.handler = executeNothing;
  return {};
}

} // namespace

static constexpr std::string_view loadWords =
    "$ v2 v4 v8 volatile relaxed acquire weak mmio cta cluster gpu sys ca cg "
    "cs lu cv nc unified";
static constexpr std::string_view storeWords =
    "$ v2 v4 v8 volatile relaxed release weak mmio cta cluster gpu sys wb cg "
    "cs wt";

static constexpr InstructionClass memory = InstructionClass::Memory;

static constexpr Opcode opcodes[] = {
    {"ld", "vmg?", loadWords, 1, 1, memory, selectLoad},
    {"ldu", "vm", "$ v2 v4", 1, 1, memory, selectLoad},
    {"st", "mVg?", storeWords, 1, 1, memory, selectStore},
    {"prefetch", "m", "$", 0, 0, memory, selectNothing},
    {"prefetchu", "m", "", 0, 0, memory, selectNothing},
    {"discard", "mu", "$", 0, 0, memory, selectNothing},
    {"applypriority", "mu", "$", 0, 0, memory, selectNothing},
};

std::span<const Opcode> dilated::emulator::getMemoryOpcodes() {
  return opcodes;
}
