//===- ExecField.cpp - bit fields, masks, extensions ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execute.h"

#include <algorithm>

using namespace dilated::emulator;

namespace {

template <typename T>
void executeExtract(Warp &w, const Instruction &i) {
  T scratch[warpSize], result[warpSize];
  uint32_t scratchB[warpSize], scratchC[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratch);
  const uint32_t *b = w.source<uint32_t>(w.operand(i, 2), scratchB);
  const uint32_t *c = w.source<uint32_t>(w.operand(i, 3), scratchC);
  constexpr unsigned width = 8 * sizeof(T);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    unsigned position = b[lane] & 0xff, length = c[lane] & 0xff;
    uint64_t bits = std::make_unsigned_t<T>(a[lane]);
    bool negative = false;
    if (std::is_signed_v<T> && length)
      negative = bits >> std::min(position + length - 1, width - 1) & 1;
    uint64_t field = position < width ? bits >> position : 0;
    unsigned present =
        position < width ? std::min(length, width - position) : 0;
    uint64_t keep = present >= 64 ? ~uint64_t(0) : (uint64_t(1) << present) - 1;
    result[lane] = T((field & keep) | (negative ? ~keep : 0));
  }
  w.write<T>(w.operand(i, 0), result);
}

template <typename T>
void executeInsert(Warp &w, const Instruction &i) {
  T scratchA[warpSize], scratchB[warpSize], result[warpSize];
  uint32_t scratchC[warpSize], scratchD[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratchA);
  const T *b = w.source<T>(w.operand(i, 2), scratchB);
  const uint32_t *c = w.source<uint32_t>(w.operand(i, 3), scratchC);
  const uint32_t *d = w.source<uint32_t>(w.operand(i, 4), scratchD);
  constexpr unsigned width = 8 * sizeof(T);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    unsigned position = c[lane] & 0xff, length = d[lane] & 0xff;
    T mask = 0;
    if (position < width && length) {
      unsigned present = std::min(length, width - position);
      T ones = present >= width ? T(~T(0)) : T((T(1) << present) - 1);
      mask = T(ones << position);
    }
    T moved = position < width ? T(a[lane] << position) : T(0);
    result[lane] = T((b[lane] & ~mask) | (moved & mask));
  }
  w.write<T>(w.operand(i, 0), result);
}

std::string selectExtract(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Extract;
  switch (i.type) {
  case ScalarType::U32:
    i.handler = executeExtract<uint32_t>;
    return {};
  case ScalarType::S32:
    i.handler = executeExtract<int32_t>;
    return {};
  case ScalarType::U64:
    i.handler = executeExtract<uint64_t>;
    return {};
  case ScalarType::S64:
    i.handler = executeExtract<int64_t>;
    return {};
  default:
    return unsupportedType("bfe", i.type);
  }
}

std::string selectInsert(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Insert;
  if (getTypeBytes(i.type) == 4)
    i.handler = executeInsert<uint32_t>;
  else if (getTypeBytes(i.type) == 8)
    i.handler = executeInsert<uint64_t>;
  else
    return unsupportedType("bfi", i.type);
  return {};
}

struct BitMask {
  static uint32_t apply(uint32_t start, uint32_t length) {
    uint64_t a = std::min(start, 32u), b = std::min(length, 32u);
    return uint32_t(((uint64_t(1) << b) - 1) << a);
  }
};
struct BitMaskWrap {
  static uint32_t apply(uint32_t start, uint32_t length) {
    return uint32_t(((uint64_t(1) << (length & 31)) - 1) << (start & 31));
  }
};
std::string selectBitMask(const Modifiers &m, Instruction &i) {
  i.handler = m.has("wrap") ? executeBinary<BitMaskWrap, uint32_t>
                            : executeBinary<BitMask, uint32_t>;
  return {};
}

template <bool isSigned, bool wrap>
struct SignExtend {
  static uint32_t apply(uint32_t a, uint32_t b) {
    uint32_t n = wrap ? b & 31 : std::min(b, 32u);
    if (n >= 32)
      return a;
    if (n == 0)
      return 0;
    uint32_t kept = a & ((1u << n) - 1);
    return isSigned && (a >> (n - 1) & 1) ? kept | ~((1u << n) - 1) : kept;
  }
};
std::string selectSignExtend(const Modifiers &m, Instruction &i) {
  bool isSigned = i.type == ScalarType::S32;
  i.shadowRule = ShadowRule::SignExtend;
  i.variant = m.has("wrap");
  if (i.variant)
    i.handler = isSigned ? executeBinary<SignExtend<true, true>, uint32_t>
                         : executeBinary<SignExtend<false, true>, uint32_t>;
  else
    i.handler = isSigned ? executeBinary<SignExtend<true, false>, uint32_t>
                         : executeBinary<SignExtend<false, false>, uint32_t>;
  return {};
}

} // namespace

static constexpr InstructionClass logic = InstructionClass::Logic;

static constexpr Opcode opcodes[] = {
    {"bfe", "dsuu", "", 1, 1, logic, selectExtract},
    {"bfi", "dssuu", "", 1, 1, logic, selectInsert},
    {"bmsk", "dss", "clamp wrap", 1, 1, logic, selectBitMask},
    {"szext", "dss", "clamp wrap", 1, 1, logic, selectSignExtend},
};

std::span<const Opcode> dilated::emulator::getFieldOpcodes() { return opcodes; }
