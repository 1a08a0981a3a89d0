//===- ExecConvert.cpp - conversions of numbers -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every source is exact as a double or as a 64-bit integer; each result is
// rounded once from there.
//
//===----------------------------------------------------------------------===//

#include "Execute.h"
#include "FloatFormats.h"

#include <algorithm>

using namespace dilated::emulator;

namespace {

enum Variant : uint8_t {
  IntegerRounding = 1, // .rni, .rzi, .rmi, .rpi
  Relu = 2,
  SaturateFinite = 4,
};

FloatFormat formatOf(ScalarType type) {
  switch (type) {
  case ScalarType::F16:
  case ScalarType::F16x2:
    return halfFormat;
  case ScalarType::BF16:
  case ScalarType::BF16x2:
    return bfloatFormat;
  case ScalarType::TF32:
    return tf32Format;
  case ScalarType::F64:
    return doubleFormat;
  default:
    return floatFormat;
  }
}

bool isFloatType(ScalarType type) {
  return type == ScalarType::F16 || type == ScalarType::BF16 ||
         type == ScalarType::F32 || type == ScalarType::F64 ||
         type == ScalarType::TF32;
}

double loadFloat(ScalarType type, uint64_t bits, bool flush) {
  switch (type) {
  case ScalarType::F16:
    return double(halfToFloat(uint16_t(bits)));
  case ScalarType::BF16:
    return double(bfloatToFloat(uint16_t(bits)));
  case ScalarType::F64:
    return std::bit_cast<double>(bits);
  default: {
    float value = std::bit_cast<float>(uint32_t(bits));
    return double(flush ? flushDenormal(value) : value);
  }
  }
}

double roundToIntegral(double value, Rounding rounding) {
  switch (rounding) {
  case Rounding::Zero:
    return std::trunc(value);
  case Rounding::Down:
    return std::floor(value);
  case Rounding::Up:
    return std::ceil(value);
  default:
    return std::nearbyint(value);
  }
}

uint64_t storeFloat(const Instruction &i, ScalarType type, double value) {
  FloatFormat format = formatOf(type);
  uint64_t bits = roundDouble(value, i.rounding, format);
  unsigned width = format.mantissaBits + format.exponentBits;
  uint64_t infinity = ((uint64_t(1) << format.exponentBits) - 1)
                      << format.mantissaBits;
  uint64_t sign = uint64_t(1) << width;
  if (type == ScalarType::F32 && i.flush &&
      (bits & (sign - 1)) < (uint64_t(1) << 23))
    bits &= sign;
  bool isNan = (bits & (sign - 1)) > infinity;
  if (i.saturate) {
    uint64_t one = roundDouble(1.0, Rounding::Nearest, format);
    if (isNan || (bits & sign))
      bits = 0;
    else if (bits > one)
      bits = one;
  }
  if ((i.variant & Relu) && !isNan && (bits & sign))
    bits = 0;
  if ((i.variant & SaturateFinite) && (bits & (sign - 1)) == infinity)
    bits = (bits & sign) | (infinity - 1);
  if (type == ScalarType::TF32) // lies in the upper bits of an f32
    bits = isNan ? 0x7fffffff : bits << 13;
  return bits;
}

uint64_t floatToInteger(const Instruction &i, double value) {
  unsigned width = 8 * getTypeBytes(i.type);
  bool isSigned = isSignedInteger(i.type);
  if (value != value) // 0, but 0x80… where 64 bits are on either side
    return i.sourceType == ScalarType::F64 || width == 64
               ? uint64_t(1) << (width - 1)
               : 0;
  double whole = roundToIntegral(value, i.rounding);
  double high = std::ldexp(1.0, int(width) - (isSigned ? 1 : 0));
  if (whole >= high)
    return isSigned ? (uint64_t(1) << (width - 1)) - 1
                    : ~uint64_t(0) >> (64 - width);
  double low = isSigned ? -high : 0.0;
  if (whole < low)
    return isSigned ? ~uint64_t(0) << (width - 1) : 0;
  return isSigned ? uint64_t(int64_t(whole)) : uint64_t(whole);
}

int64_t signExtend(uint64_t bits, unsigned bytes) {
  unsigned shift = 64 - 8 * bytes;
  return int64_t(bits << shift) >> shift;
}

uint64_t integerToFloat(const Instruction &i, uint64_t bits) {
  unsigned bytes = getTypeBytes(i.sourceType);
  bool negative = false;
  uint64_t magnitude =
      bytes == 8 ? bits : bits & ((uint64_t(1) << (8 * bytes)) - 1);
  if (isSignedInteger(i.sourceType)) {
    int64_t value = signExtend(bits, bytes);
    negative = value < 0;
    magnitude = negative ? uint64_t(0) - uint64_t(value) : uint64_t(value);
  }
  FloatFormat format = formatOf(i.type);
  uint64_t result = roundMagnitude(negative, magnitude, 0, i.rounding, format);
  if (i.saturate) {
    uint64_t one = roundDouble(1.0, Rounding::Nearest, format);
    result = negative ? 0 : std::min(result, one);
  }
  return result;
}

uint64_t integerToInteger(const Instruction &i, uint64_t bits) {
  unsigned from = getTypeBytes(i.sourceType), to = getTypeBytes(i.type);
  bool fromSigned = isSignedInteger(i.sourceType);
  uint64_t value = fromSigned  ? uint64_t(signExtend(bits, from))
                   : from == 8 ? bits
                               : bits & ((uint64_t(1) << (8 * from)) - 1);
  if (i.saturate) {
    bool toSigned = isSignedInteger(i.type);
    uint64_t highest = toSigned ? (uint64_t(1) << (8 * to - 1)) - 1
                                : ~uint64_t(0) >> (64 - 8 * to);
    int64_t lowest = toSigned ? -int64_t(highest) - 1 : 0;
    if (fromSigned && int64_t(value) < 0)
      value = int64_t(value) < lowest ? uint64_t(lowest) : value;
    else
      value = std::min(value, highest);
  }
  // A register wider than the type gets the extended value.
  return isSignedInteger(i.type) ? uint64_t(signExtend(value, to))
         : to == 8               ? value
                                 : value & ((uint64_t(1) << (8 * to)) - 1);
}

void executeConvert(Warp &w, const Instruction &i) {
  uint64_t bits[warpSize], result[warpSize];
  w.sourceBits(w.operand(i, 1), bits);
  bool fromFloat = isFloatType(i.sourceType), toFloat = isFloatType(i.type);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(w.active >> lane & 1))
      continue;
    if (fromFloat) {
      double value = loadFloat(i.sourceType, bits[lane], i.flush);
      if (!toFloat) {
        uint64_t whole = floatToInteger(i, value);
        result[lane] = isSignedInteger(i.type)
                           ? uint64_t(signExtend(whole, getTypeBytes(i.type)))
                           : whole;
        continue;
      }
      if (i.variant & IntegerRounding)
        value = roundToIntegral(value, i.rounding);
      // f64 keeps the payload of a NaN.
      result[lane] = i.type == ScalarType::F64 && value != value &&
                             i.sourceType == ScalarType::F64
                         ? bits[lane]
                         : storeFloat(i, i.type, value);
    } else {
      result[lane] = toFloat ? integerToFloat(i, bits[lane])
                             : integerToInteger(i, bits[lane]);
    }
  }
  w.writeBits(w.operand(i, 0), result);
}

// The conversions of every attention kernel, as loops without branches.

void convertHalfToFloat(Warp &w, const Instruction &i) {
  uint16_t scratch[warpSize];
  float result[warpSize];
  const uint16_t *a = w.source<uint16_t>(w.operand(i, 1), scratch);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = canonical(halfToFloat(a[lane]));
  w.write<float>(w.operand(i, 0), result);
}

void convertFloatToHalf(Warp &w, const Instruction &i) {
  float scratch[warpSize];
  uint16_t result[warpSize];
  const float *a = w.source<float>(w.operand(i, 1), scratch);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = floatToHalf(a[lane]);
  w.write<uint16_t>(w.operand(i, 0), result);
}

template <uint16_t (*convert)(float)>
void convertPair(Warp &w, const Instruction &i) {
  float scratchA[warpSize], scratchB[warpSize];
  uint32_t result[warpSize];
  const float *a = w.source<float>(w.operand(i, 1), scratchA);
  const float *b = w.source<float>(w.operand(i, 2), scratchB);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = uint32_t(convert(a[lane])) << 16 | convert(b[lane]);
  w.write<uint32_t>(w.operand(i, 0), result);
}

/// cvt.…x2.f32 d, a, b: a becomes the upper half.
void executeConvertPair(Warp &w, const Instruction &i) {
  float scratchA[warpSize], scratchB[warpSize];
  uint32_t result[warpSize];
  const float *a = w.source<float>(w.operand(i, 1), scratchA);
  const float *b = w.source<float>(w.operand(i, 2), scratchB);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint64_t high = storeFloat(i, i.type, double(a[lane]));
    uint64_t low = storeFloat(i, i.type, double(b[lane]));
    result[lane] = uint32_t(high << 16 | low);
  }
  w.write<uint32_t>(w.operand(i, 0), result);
}

std::string selectConvert(const Modifiers &m, Instruction &i) {
  i.instructionClass = InstructionClass::Conversion;
  static constexpr std::string_view modes[] = {"rn", "rz", "rm", "rp", "rna"};
  static constexpr std::string_view integerModes[] = {"rni", "rzi", "rmi",
                                                      "rpi"};
  static constexpr Rounding roundings[] = {Rounding::Nearest, Rounding::Zero,
                                           Rounding::Down, Rounding::Up,
                                           Rounding::NearestAway};
  int mode = m.indexOf(modes), integerMode = m.indexOf(integerModes);
  if (mode >= 0 && integerMode >= 0)
    return "two roundings";
  if (mode >= 0)
    i.rounding = roundings[mode];
  if (integerMode >= 0) {
    i.rounding = roundings[integerMode];
    i.variant |= IntegerRounding;
  }
  i.flush = m.has("ftz");
  i.saturate = m.has("sat");
  i.variant |= (m.has("relu") ? Relu : 0);
  i.variant |= (m.has("satfinite") ? SaturateFinite : 0);
  bool plain = !i.saturate && !i.variant && i.rounding == Rounding::Nearest;

  if (i.type == ScalarType::F16x2 || i.type == ScalarType::BF16x2) {
    if (i.sourceType != ScalarType::F32 || m.numOperands != 3)
      return unsupportedType("cvt", i.sourceType);
    if (mode < 0)
      return "needs a rounding";
    i.shadowRule = ShadowRule::Pack;
    i.handler = !plain                        ? executeConvertPair
                : i.type == ScalarType::F16x2 ? convertPair<floatToHalf>
                                              : convertPair<floatToBfloat>;
    return {};
  }
  if (m.numOperands != 2)
    return "too many operands";
  bool fromFloat = isFloatType(i.sourceType), toFloat = isFloatType(i.type);
  if ((!fromFloat && !isIntegerLike(i.sourceType)) ||
      (!toFloat && !isIntegerLike(i.type)))
    return unsupportedType("cvt", fromFloat ? i.type : i.sourceType);
  if (i.sourceType == ScalarType::TF32 ||
      (i.type == ScalarType::TF32 && i.sourceType != ScalarType::F32))
    return unsupportedType("cvt", i.sourceType);
  if (fromFloat && !toFloat && integerMode < 0)
    return "needs .rni, .rzi, .rmi or .rpi";
  if (!fromFloat && toFloat && mode < 0)
    return "needs a rounding";
  if (fromFloat && toFloat && mode < 0 && integerMode < 0 &&
      getTypeBytes(i.type) < getTypeBytes(i.sourceType))
    return "needs a rounding";
  if (!fromFloat && !toFloat) {
    if (mode >= 0 || integerMode >= 0)
      return "takes no rounding";
    if (!i.saturate)
      i.shadowRule = ShadowRule::Convert;
  }
  i.handler = executeConvert;
  if (plain && i.type == ScalarType::F32 && i.sourceType == ScalarType::F16 &&
      !i.flush)
    i.handler = convertHalfToFloat;
  if (plain && i.type == ScalarType::F16 && i.sourceType == ScalarType::F32 &&
      !i.flush)
    i.handler = convertFloatToHalf;
  return {};
}

/// cvt.pack.sat.convertType.abType d, a, b{, c}
void executePack(Warp &w, const Instruction &i) {
  uint64_t a[warpSize], b[warpSize], c[warpSize], result[warpSize];
  w.sourceBits(w.operand(i, 1), a);
  w.sourceBits(w.operand(i, 2), b);
  bool hasC = w.operand(i, 3).kind != OperandKind::None;
  if (hasC)
    w.sourceBits(w.operand(i, 3), c);
  unsigned width = 8 * getTypeBytes(i.type);
  uint64_t mask = (uint64_t(1) << width) - 1;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint64_t low = integerToInteger(i, b[lane]) & mask;
    uint64_t high = integerToInteger(i, a[lane]) & mask;
    uint64_t value = high << width | low;
    if (hasC)
      value |= c[lane] << (2 * width);
    result[lane] = uint32_t(value);
  }
  w.writeBits(w.operand(i, 0), result);
}

std::string selectPack(const Modifiers &m, Instruction &i) {
  i.sourceType = m.types[1];
  if (i.sourceType != ScalarType::S32 || getTypeBytes(i.type) > 2 ||
      !isIntegerLike(i.type))
    return unsupportedType("cvt.pack", i.type);
  i.saturate = true;
  i.shadowRule = ShadowRule::Pack;
  i.handler = executePack;
  return {};
}

} // namespace

static constexpr Opcode opcodes[] = {
    {"cvt", "xyy?", "rn rz rm rp rna rni rzi rmi rpi ftz sat relu satfinite", 2,
     2, InstructionClass::Conversion, selectConvert},
    {"cvt.pack", "Uuuu?", "sat", 2, 3, InstructionClass::Conversion,
     selectPack},
};

std::span<const Opcode> dilated::emulator::getConvertOpcodes() {
  return opcodes;
}
