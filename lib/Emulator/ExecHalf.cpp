//===- ExecHalf.cpp - f16 and bf16 arithmetic -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One rounding to the format per instruction. Sums and products of halves are
// computed in double, where they are exact or rounded to odd, and rounded once.
//
//===----------------------------------------------------------------------===//

#include "Execute.h"
#include "FloatFormats.h"

using namespace dilated::emulator;

namespace {

struct HalfTraits {
  static float load(uint16_t bits) { return halfToFloat(bits); }
  static uint16_t round(double value) {
    return uint16_t(roundDouble(value, Rounding::Nearest, halfFormat));
  }
  static bool isDenormal(uint16_t bits) {
    return (bits & 0x7c00) == 0 && (bits & 0x3ff);
  }
};
struct BfloatTraits {
  static float load(uint16_t bits) { return bfloatToFloat(bits); }
  static uint16_t round(double value) {
    return uint16_t(roundDouble(value, Rounding::Nearest, bfloatFormat));
  }
  static bool isDenormal(uint16_t bits) {
    return (bits & 0x7f80) == 0 && (bits & 0x7f);
  }
};

bool isNan(double value) { return value != value; }

enum Variant : uint8_t {
  PropagateNan = 1,
  XorSign = 2,
  AbsSource = 4,
  Relu = 8
};

template <typename Traits>
uint16_t compute(Arithmetic operation, const Instruction &i, uint16_t a,
                 uint16_t b, uint16_t c) {
  if (i.flush) {
    a = Traits::isDenormal(a) ? a & 0x8000 : a;
    b = Traits::isDenormal(b) ? b & 0x8000 : b;
    c = Traits::isDenormal(c) ? c & 0x8000 : c;
  }
  double x = double(Traits::load(a)), y = double(Traits::load(b)),
         z = double(Traits::load(c));
  uint16_t result = 0;
  switch (operation) {
  case Arithmetic::Add:
    result = Traits::round(fusedToOdd(x, 1.0, y));
    break;
  case Arithmetic::Sub:
    result = Traits::round(fusedToOdd(x, 1.0, -y));
    break;
  case Arithmetic::Mul:
    result = Traits::round(x * y);
    break;
  case Arithmetic::Fma:
    result = Traits::round(fusedToOdd(x, y, z));
    break;
  case Arithmetic::Div:
    result = Traits::round(x / y);
    break;
  case Arithmetic::Abs:
    return a & 0x7fff;
  case Arithmetic::Neg:
    return a ^ 0x8000;
  case Arithmetic::Min:
  case Arithmetic::Max: {
    bool negative = (a ^ b) & 0x8000;
    if (i.variant & AbsSource) {
      a &= 0x7fff;
      b &= 0x7fff;
      x = std::fabs(x);
      y = std::fabs(y);
    }
    bool firstLess = x < y || (x == y && std::signbit(x));
    if (isNan(x) && isNan(y))
      result = 0x7fff;
    else if (isNan(x) || isNan(y))
      result = i.variant & PropagateNan ? 0x7fff : isNan(x) ? b : a;
    else
      result = firstLess == (operation == Arithmetic::Min) ? a : b;
    if (i.variant & XorSign)
      result = uint16_t((result & 0x7fff) | (negative ? 0x8000 : 0));
    return result;
  }
  }
  if (i.flush && Traits::isDenormal(result))
    result &= 0x8000;
  double value = double(Traits::load(result));
  if (i.saturate)
    result = value > 0 ? (value < 1 ? result : Traits::round(1.0)) : 0;
  if ((i.variant & Relu) && !isNan(value) && (value < 0 || result == 0x8000))
    result = 0;
  return result;
}

template <typename Traits, Arithmetic operation, bool isPair>
void executeHalf(Warp &w, const Instruction &i) {
  using Word = std::conditional_t<isPair, uint32_t, uint16_t>;
  Word scratch[3][warpSize], result[warpSize];
  const Word *sources[3];
  unsigned count = std::min(i.numOperands - 1u, 3u);
  for (unsigned n = 0; n < 3; ++n)
    sources[n] = n < count && w.operand(i, n + 1).kind != OperandKind::None
                     ? w.source<Word>(w.operand(i, n + 1), scratch[n])
                     : sources[0];
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(w.active >> lane & 1))
      continue;
    uint32_t a = sources[0][lane], b = sources[1][lane], c = sources[2][lane];
    uint32_t low =
        compute<Traits>(operation, i, uint16_t(a), uint16_t(b), uint16_t(c));
    if constexpr (isPair)
      low |= uint32_t(compute<Traits>(operation, i, uint16_t(a >> 16),
                                      uint16_t(b >> 16), uint16_t(c >> 16)))
             << 16;
    result[lane] = Word(low);
  }
  w.write<Word>(w.operand(i, 0), result);
}

template <typename Traits, bool isPair>
Handler pick(Arithmetic operation) {
  switch (operation) {
  case Arithmetic::Add:
    return executeHalf<Traits, Arithmetic::Add, isPair>;
  case Arithmetic::Sub:
    return executeHalf<Traits, Arithmetic::Sub, isPair>;
  case Arithmetic::Mul:
    return executeHalf<Traits, Arithmetic::Mul, isPair>;
  case Arithmetic::Fma:
    return executeHalf<Traits, Arithmetic::Fma, isPair>;
  case Arithmetic::Div:
    return nullptr;
  case Arithmetic::Min:
    return executeHalf<Traits, Arithmetic::Min, isPair>;
  case Arithmetic::Max:
    return executeHalf<Traits, Arithmetic::Max, isPair>;
  case Arithmetic::Abs:
    return executeHalf<Traits, Arithmetic::Abs, isPair>;
  case Arithmetic::Neg:
    return executeHalf<Traits, Arithmetic::Neg, isPair>;
  }
  return nullptr;
}

} // namespace

std::string dilated::emulator::selectHalf(Arithmetic operation,
                                          const Modifiers &m, Instruction &i) {
  i.instructionClass = InstructionClass::Half;
  i.flush = m.has("ftz");
  i.saturate = m.has("sat");
  i.variant = uint8_t(
      (m.has("NaN") ? PropagateNan : 0) | (m.has("xorsign") ? XorSign : 0) |
      (m.has("abs") ? AbsSource : 0) | (m.has("relu") ? Relu : 0));
  if (m.has("rz") || m.has("rm") || m.has("rp") || m.has("oob"))
    return unsupportedType("this rounding", i.type);
  if (m.numOperands > (operation == Arithmetic::Fma ? 4u : 3u))
    return "too many operands";
  switch (i.type) {
  case ScalarType::F16:
    i.handler = pick<HalfTraits, false>(operation);
    break;
  case ScalarType::F16x2:
    i.shadowRule = ShadowRule::Packed;
    i.handler = pick<HalfTraits, true>(operation);
    break;
  case ScalarType::BF16:
    i.handler = pick<BfloatTraits, false>(operation);
    break;
  default:
    i.shadowRule = ShadowRule::Packed;
    i.handler = pick<BfloatTraits, true>(operation);
  }
  return i.handler ? std::string() : unsupportedType("div", i.type);
}
