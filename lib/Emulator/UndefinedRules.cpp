//===- UndefinedRules.cpp - undefined bits through instructions -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UndefinedRules.h"

#include "Execute.h"

#include <algorithm>
#include <bit>

using namespace dilated::emulator;

namespace {

constexpr uint64_t allBits = ~uint64_t(0);

/// The lowest `count` bits.
uint64_t getLow(unsigned count) {
  return count >= 64 ? allBits : (uint64_t(1) << count) - 1;
}

unsigned getWidth(ScalarType type) { return 8 * getTypeBytes(type); }

//===----------------------------------------------------------------------===//
// Logic
//===----------------------------------------------------------------------===//

uint64_t followAnd(SourceBits a, SourceBits b) {
  return (a.undefined & (b.value | b.undefined)) |
         (b.undefined & (a.value | a.undefined));
}

uint64_t followOr(SourceBits a, SourceBits b) {
  return (a.undefined & (~b.value | b.undefined)) |
         (b.undefined & (~a.value | a.undefined));
}

/// lop3 a, b, c, table: a bit is undefined where both zeros and ones of the
/// table can be met.
uint64_t followLogic3(const SourceArray &sources) {
  uint64_t canBe[2] = {};
  for (unsigned k = 0; k < 8; ++k) {
    uint64_t met = allBits;
    for (unsigned n = 0; n < 3; ++n) {
      uint64_t value = sources[n].value;
      met &= (k >> (2 - n) & 1 ? value : ~value) | sources[n].undefined;
    }
    canBe[sources[3].value >> k & 1] |= met;
  }
  return canBe[0] & canBe[1];
}

uint64_t followSelect(SourceBits a, SourceBits b, SourceBits condition) {
  if (!(condition.undefined & 1))
    return (condition.value & 1 ? a : b).undefined;
  return (a.value ^ b.value) | a.undefined | b.undefined;
}

//===----------------------------------------------------------------------===//
// Places of bits
//===----------------------------------------------------------------------===//

uint64_t followShiftLeft(SourceBits a, SourceBits amount, ScalarType type) {
  if (amount.undefined)
    return allBits;
  return amount.value >= getWidth(type) ? 0 : a.undefined << amount.value;
}

uint64_t followShiftRight(SourceBits a, SourceBits amount, ScalarType type) {
  unsigned width = getWidth(type);
  if (amount.undefined)
    return allBits;
  bool isSignUndefined =
      isSignedInteger(type) && (a.undefined >> (width - 1) & 1);
  if (amount.value >= width)
    return isSignUndefined ? allBits : 0;
  uint64_t shifted = a.undefined >> amount.value;
  return isSignUndefined ? shifted | ~getLow(width - amount.value) : shifted;
}

/// shf: 32 bits of the 64 of b and a.
uint64_t followFunnel(const Instruction &i, const SourceArray &sources) {
  if (sources[2].undefined)
    return allBits;
  uint64_t amount = i.variant ? sources[2].value & 31
                              : std::min<uint64_t>(sources[2].value, 32);
  uint64_t both = sources[1].undefined << 32 | sources[0].undefined;
  return i.operation ? (both << amount) >> 32 : both >> amount;
}

uint64_t followReverse(SourceBits a, ScalarType type) {
  unsigned width = getWidth(type);
  uint64_t reversed = 0;
  for (unsigned k = 0; k < width; ++k)
    reversed |= (a.undefined >> k & 1) << (width - 1 - k);
  return reversed;
}

uint64_t followPermute(const Instruction &i, const SourceArray &sources) {
  if (sources[2].undefined & (i.variant ? 3 : 0xffff))
    return allBits;
  uint32_t selector = getPermuteSelector(i.variant, uint32_t(sources[2].value));
  uint64_t both = sources[1].undefined << 32 | sources[0].undefined;
  uint64_t result = 0;
  for (unsigned k = 0; k < 4; ++k) {
    unsigned nibble = selector >> (4 * k) & 15;
    uint64_t byte = both >> (8 * (nibble & 7)) & 255;
    if (nibble & 8) // the sign of a byte, eight times
      byte = byte & 128 ? 255 : 0;
    result |= byte << (8 * k);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Fields and widths
//===----------------------------------------------------------------------===//

/// The lowest `count` bits, and where they are extended by their sign, all
/// above if that is undefined.
uint64_t extend(uint64_t undefined, unsigned count, bool isSigned) {
  uint64_t kept = undefined & getLow(count);
  bool isSignUndefined = isSigned && count && (kept >> (count - 1) & 1);
  return isSignUndefined ? kept | ~getLow(count) : kept;
}

/// bfe a, position, length
uint64_t followExtract(const Instruction &i, const SourceArray &sources) {
  if (sources[1].undefined || sources[2].undefined)
    return allBits;
  unsigned width = getWidth(i.type);
  unsigned position = sources[1].value & 255, length = sources[2].value & 255;
  bool isSigned = isSignedInteger(i.type);
  if (position >= width || length == 0)
    return isSigned && length && (sources[0].undefined >> (width - 1) & 1)
               ? allBits
               : 0;
  return extend(sources[0].undefined >> position,
                std::min(length, width - position), isSigned);
}

/// bfi a, b, position, length: undefined bits of a inside the field, of b
/// outside.
uint64_t followInsert(const Instruction &i, const SourceArray &sources) {
  if (sources[2].undefined || sources[3].undefined)
    return allBits;
  unsigned width = getWidth(i.type);
  unsigned position = sources[2].value & 255, length = sources[3].value & 255;
  if (position >= width || length == 0)
    return sources[1].undefined;
  uint64_t field = getLow(std::min(length, width - position)) << position;
  return (sources[1].undefined & ~field) |
         (sources[0].undefined << position & field);
}

/// szext a, count
uint64_t followSignExtend(const Instruction &i, const SourceArray &sources) {
  if (sources[1].undefined)
    return allBits;
  unsigned count = i.variant
                       ? sources[1].value & 31
                       : unsigned(std::min<uint64_t>(sources[1].value, 32));
  return extend(sources[0].undefined, count, isSignedInteger(i.type));
}

//===----------------------------------------------------------------------===//
// Arithmetic: carries go up, so what is below the lowest undefined bit stays
//===----------------------------------------------------------------------===//

unsigned getLowest(SourceBits a) { return std::countr_zero(a.undefined); }
uint64_t getFrom(unsigned lowest) { return ~getLow(lowest); }

uint64_t followSum(const SourceArray &sources) {
  return getFrom(std::min(getLowest(sources[0]), getLowest(sources[1])));
}

/// a * b + c
uint64_t followProduct(const SourceArray &sources) {
  auto countZeros = [](SourceBits a) {
    return unsigned(std::countr_zero(a.value | a.undefined));
  };
  SourceBits a = sources[0], b = sources[1];
  return getFrom(
      std::min({getLowest(a) + countZeros(b), getLowest(b) + countZeros(a),
                getLowest(sources[2])}));
}

//===----------------------------------------------------------------------===//
// Several numbers in one register
//===----------------------------------------------------------------------===//

/// Element by element.
uint64_t followPacked(const Instruction &i, const SourceArray &sources) {
  unsigned width = i.type == ScalarType::F32x2 ? 32 : 16;
  uint64_t result = 0;
  for (unsigned at = 0; at < 64; at += width)
    for (const SourceBits &source : sources)
      if (source.undefined >> at & getLow(width))
        result |= getLow(width) << at;
  return result;
}

/// cvt of two sources, the first of which becomes the upper element; cvt.pack
/// has a third, above both.
uint64_t followPack(const Instruction &i, const SourceArray &sources) {
  unsigned width = isFloat(i.type) ? 16 : getWidth(i.type);
  uint64_t low = sources[1].undefined ? getLow(width) : 0;
  uint64_t high = sources[0].undefined ? getLow(width) : 0;
  return sources[2].undefined << (2 * width) | high << width | low;
}

} // namespace

uint64_t dilated::emulator::getUndefinedResult(const Instruction &i,
                                               const SourceArray &sources) {
  switch (i.shadowRule) {
  case ShadowRule::Move:
    return sources[0].undefined;
  case ShadowRule::And:
    return followAnd(sources[0], sources[1]);
  case ShadowRule::Or:
    return followOr(sources[0], sources[1]);
  case ShadowRule::Xor:
    return sources[0].undefined | sources[1].undefined;
  case ShadowRule::Logic3:
    return followLogic3(sources);
  case ShadowRule::ShiftLeft:
    return followShiftLeft(sources[0], sources[1], i.type);
  case ShadowRule::ShiftRight:
    return followShiftRight(sources[0], sources[1], i.type);
  case ShadowRule::Funnel:
    return followFunnel(i, sources);
  case ShadowRule::Reverse:
    return followReverse(sources[0], i.type);
  case ShadowRule::Select:
    return followSelect(sources[0], sources[1], sources[2]);
  case ShadowRule::Permute:
    return followPermute(i, sources);
  case ShadowRule::Extract:
    return followExtract(i, sources);
  case ShadowRule::Insert:
    return followInsert(i, sources);
  case ShadowRule::SignExtend:
    return followSignExtend(i, sources);
  case ShadowRule::Convert:
    return extend(sources[0].undefined, getWidth(i.sourceType),
                  isSignedInteger(i.sourceType));
  case ShadowRule::Sum:
    return followSum(sources);
  case ShadowRule::Product:
    return followProduct(sources);
  case ShadowRule::Packed:
    return followPacked(i, sources);
  case ShadowRule::Pack:
    return followPack(i, sources);
  default:
    return allBits;
  }
}
