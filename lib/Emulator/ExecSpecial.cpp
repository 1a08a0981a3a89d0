//===- ExecSpecial.cpp - square roots, exponentials, angles -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The .approx instructions have a documented error; here their results are at
// most one unit in the last place off, which is within it. They agree with a
// device to that error, not bit by bit.
//
//===----------------------------------------------------------------------===//

#include "Execute.h"
#include "FloatFormats.h"

#include <cfenv>

using namespace dilated::emulator;

namespace {

enum Function : uint8_t { Rcp, Sqrt, Rsqrt, Ex2, Lg2, Sin, Cos, Tanh };

double evaluate(uint8_t function, double x) {
  switch (function) {
  case Rcp:
    return 1.0 / x;
  case Sqrt:
    return std::sqrt(x);
  case Rsqrt:
    return 1.0 / std::sqrt(x);
  case Ex2:
    return std::exp2(x);
  case Lg2:
    return std::log2(x);
  case Sin:
    return std::sin(x);
  case Cos:
    return std::cos(x);
  default:
    return std::tanh(x);
  }
}

float evaluateFloat(uint8_t function, float x) {
  switch (function) {
  case Ex2:
    return std::exp2(x);
  case Lg2:
    return std::log2(x);
  default:
    return float(evaluate(function, x));
  }
}

/// rcp and sqrt of f32, rounded once in the mode: a double holds the quotient
/// and the root with more than twice the digits.
float rounded(uint8_t function, float x, Rounding rounding) {
  if (function == Sqrt && x > 0 && std::isfinite(x)) {
    // Towards zero and so on need to know on which side the double lies.
    double root = std::sqrt(double(x));
    double error = std::fma(-root, root, double(x));
    if (error != 0 && !(std::bit_cast<uint64_t>(root) & 1))
      root = std::bit_cast<double>(std::bit_cast<uint64_t>(root) +
                                   (error > 0 ? 1 : -1));
    return std::bit_cast<float>(
        uint32_t(roundDouble(root, rounding, floatFormat)));
  }
  if (function == Rcp && x != 0 && std::isfinite(x)) {
    double quotient = 1.0 / double(x);
    double error = std::fma(-quotient, double(x), 1.0);
    // 1 - quotient * x is positive where the quotient is too small in size,
    // whichever sign they have.
    if (error != 0 && !(std::bit_cast<uint64_t>(quotient) & 1))
      quotient = std::bit_cast<double>(std::bit_cast<uint64_t>(quotient) +
                                       (error > 0 ? 1 : -1));
    return std::bit_cast<float>(
        uint32_t(roundDouble(quotient, rounding, floatFormat)));
  }
  return float(evaluate(function, double(x)));
}

void executeSpecialFloat(Warp &w, const Instruction &i) {
  float scratch[warpSize], result[warpSize];
  const float *a = w.source<float>(w.operand(i, 1), scratch);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(w.active >> lane & 1))
      continue;
    float x = i.flush ? flushDenormal(a[lane]) : a[lane];
    float value = i.variant ? rounded(i.operation, x, i.rounding)
                            : evaluateFloat(i.operation, x);
    value = canonical(value);
    result[lane] = i.flush ? flushDenormal(value) : value;
  }
  w.write<float>(w.operand(i, 0), result);
}

void executeSpecialDouble(Warp &w, const Instruction &i) {
  double scratch[warpSize], result[warpSize];
  const double *a = w.source<double>(w.operand(i, 1), scratch);
  static constexpr int modes[] = {FE_TONEAREST, FE_TONEAREST, FE_TOWARDZERO,
                                  FE_DOWNWARD, FE_UPWARD};
  double (*volatile function)(uint8_t, double) = evaluate;
  std::fesetround(modes[unsigned(i.rounding)]);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (w.active >> lane & 1)
      result[lane] = function(i.operation, a[lane]);
  std::fesetround(FE_TONEAREST);
  if (!i.variant) // .approx.ftz.f64 gives the upper half of the bits
    for (unsigned lane = 0; lane < warpSize; ++lane)
      result[lane] = std::bit_cast<double>(
          std::bit_cast<uint64_t>(result[lane]) & ~uint64_t(0xffffffff));
  w.write<double>(w.operand(i, 0), result);
}

template <bool isPair, bool isBfloat>
void executeSpecialHalf(Warp &w, const Instruction &i) {
  using Word = std::conditional_t<isPair, uint32_t, uint16_t>;
  Word scratch[warpSize], result[warpSize];
  const Word *a = w.source<Word>(w.operand(i, 1), scratch);
  auto one = [&](uint16_t bits) {
    float x = isBfloat ? bfloatToFloat(bits) : halfToFloat(bits);
    if (i.flush && isBfloat)
      x = flushDenormal(x);
    double value = evaluate(i.operation, double(x));
    return uint16_t(roundDouble(value, Rounding::Nearest,
                                isBfloat ? bfloatFormat : halfFormat));
  };
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(w.active >> lane & 1))
      continue;
    uint32_t value = one(uint16_t(a[lane]));
    if constexpr (isPair)
      value |= uint32_t(one(uint16_t(a[lane] >> 16))) << 16;
    result[lane] = Word(value);
  }
  w.write<Word>(w.operand(i, 0), result);
}

template <Function function>
std::string select(const Modifiers &m, Instruction &i) {
  static constexpr std::string_view modes[] = {"rn", "rz", "rm", "rp"};
  static constexpr Rounding roundings[] = {Rounding::Nearest, Rounding::Zero,
                                           Rounding::Down, Rounding::Up};
  int mode = m.indexOf(modes);
  if (mode >= 0 && function != Rcp && function != Sqrt)
    return "takes no rounding";
  if (mode < 0 && !m.has("approx"))
    return "needs .approx or a rounding";
  i.rounding = mode < 0 ? Rounding::Nearest : roundings[mode];
  i.variant = mode >= 0;
  i.operation = function;
  i.flush = m.has("ftz");
  switch (i.type) {
  case ScalarType::F32:
    i.handler = executeSpecialFloat;
    return {};
  case ScalarType::F64:
    if (function > Rsqrt)
      break;
    i.handler = executeSpecialDouble;
    return {};
  case ScalarType::F16:
  case ScalarType::F16x2:
  case ScalarType::BF16:
  case ScalarType::BF16x2:
    if (function != Ex2 && function != Tanh)
      break;
    if (getTypeBytes(i.type) == 4)
      i.shadowRule = ShadowRule::Packed;
    i.handler = i.type == ScalarType::F16     ? executeSpecialHalf<false, false>
                : i.type == ScalarType::F16x2 ? executeSpecialHalf<true, false>
                : i.type == ScalarType::BF16  ? executeSpecialHalf<false, true>
                                              : executeSpecialHalf<true, true>;
    return {};
  default:
    break;
  }
  return unsupportedType("this function", i.type);
}

/// copysign d, a, b: the sign of a, the magnitude of b.
template <typename T>
void executeCopysign(Warp &w, const Instruction &i) {
  T scratchA[warpSize], scratchB[warpSize], result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratchA);
  const T *b = w.source<T>(w.operand(i, 2), scratchB);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = std::copysign(b[lane], a[lane]);
  w.write<T>(w.operand(i, 0), result);
}

std::string selectCopysign(const Modifiers &, Instruction &i) {
  if (i.type == ScalarType::F32)
    i.handler = executeCopysign<float>;
  else if (i.type == ScalarType::F64)
    i.handler = executeCopysign<double>;
  else
    return unsupportedType("copysign", i.type);
  return {};
}

} // namespace

static constexpr InstructionClass special = InstructionClass::Special;

static constexpr Opcode opcodes[] = {
    {"rcp", "ds", "approx rn rz rm rp ftz", 1, 1, special, select<Rcp>},
    {"sqrt", "ds", "approx rn rz rm rp ftz", 1, 1, special, select<Sqrt>},
    {"rsqrt", "ds", "approx ftz", 1, 1, special, select<Rsqrt>},
    {"ex2", "ds", "approx ftz", 1, 1, special, select<Ex2>},
    {"lg2", "ds", "approx ftz", 1, 1, special, select<Lg2>},
    {"sin", "ds", "approx ftz", 1, 1, special, select<Sin>},
    {"cos", "ds", "approx ftz", 1, 1, special, select<Cos>},
    {"tanh", "ds", "approx", 1, 1, special, select<Tanh>},
    {"copysign", "dss", "", 1, 1, InstructionClass::Logic, selectCopysign},
};

std::span<const Opcode> dilated::emulator::getSpecialOpcodes() {
  return opcodes;
}
