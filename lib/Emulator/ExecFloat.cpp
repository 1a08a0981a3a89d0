//===- ExecFloat.cpp - f32 and f64 arithmetic -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Results are those of IEEE 754 in the rounding mode asked for; f32 has one
// NaN, 0x7fffffff. With .ftz denormal sources and results become zeros of the
// same sign.
//
//===----------------------------------------------------------------------===//

#include "Execute.h"
#include "FloatFormats.h"

#include <bit>
#include <cfenv>

using namespace dilated::emulator;

namespace {

struct Add {
  template <typename T>
  static T apply(T a, T b, T) {
    return a + b;
  }
};
struct Sub {
  template <typename T>
  static T apply(T a, T b, T) {
    return a - b;
  }
};
struct Mul {
  template <typename T>
  static T apply(T a, T b, T) {
    return a * b;
  }
};
struct Div {
  template <typename T>
  static T apply(T a, T b, T) {
    return a / b;
  }
};
struct Fma {
  template <typename T>
  static T apply(T a, T b, T c) {
    return __builtin_fma(a, b, c);
  }
  static float apply(float a, float b, float c) {
    return __builtin_fmaf(a, b, c);
  }
};

float finish(float value, const Instruction &i) {
  value = canonical(value);
  if (i.flush)
    value = flushDenormal(value);
  if (i.saturate) // NaN becomes 0
    value = value > 0 ? (value < 1 ? value : 1.0f) : 0.0f;
  return value;
}
double finish(double value, const Instruction &) { return value; }

int hostRounding(Rounding rounding) {
  switch (rounding) {
  case Rounding::Zero:
    return FE_TOWARDZERO;
  case Rounding::Down:
    return FE_DOWNWARD;
  case Rounding::Up:
    return FE_UPWARD;
  default:
    return FE_TONEAREST;
  }
}

template <typename Operation, typename T>
void loop(const T *a, const T *b, const T *c, T *result) {
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = Operation::apply(a[lane], b[lane], c[lane]);
}

/// The same, called through a pointer that the compiler can't see through, so
/// that nothing moves across the change of the rounding mode.
template <typename Operation, typename T>
void loopRounded(const T *a, const T *b, const T *c, T *result, int mode) {
  void (*volatile body)(const T *, const T *, const T *, T *) =
      loop<Operation, T>;
  std::fesetround(mode);
  body(a, b, c, result);
  std::fesetround(FE_TONEAREST);
}

/// f32x2: two numbers in 64 bits, one after the other.
template <typename Operation, unsigned count>
void executePair(Warp &w, const Instruction &i) {
  uint64_t scratch[warpSize], result[warpSize] = {};
  float halves[2][3][warpSize], sums[warpSize];
  for (unsigned n = 0; n < count; ++n) {
    const uint64_t *source = w.source<uint64_t>(w.operand(i, n + 1), scratch);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned half = 0; half < 2; ++half) {
        float value = std::bit_cast<float>(uint32_t(source[lane] >> 32 * half));
        halves[half][n][lane] = i.flush ? flushDenormal(value) : value;
      }
  }
  for (unsigned half = 0; half < 2; ++half) {
    const float *a = halves[half][0], *b = halves[half][1];
    const float *c = count > 2 ? halves[half][2] : a;
    if (i.rounding == Rounding::Nearest)
      loop<Operation, float>(a, b, c, sums);
    else
      loopRounded<Operation, float>(a, b, c, sums, hostRounding(i.rounding));
    for (unsigned lane = 0; lane < warpSize; ++lane)
      result[lane] |= uint64_t(std::bit_cast<uint32_t>(finish(sums[lane], i)))
                      << 32 * half;
  }
  w.write<uint64_t>(w.operand(i, 0), result);
}

template <typename Operation, typename T, unsigned count>
void executeFloat(Warp &w, const Instruction &i) {
  T scratch[3][warpSize], flushed[3][warpSize];
  T result[warpSize];
  const T *sources[3];
  for (unsigned n = 0; n < count; ++n) {
    sources[n] = w.source<T>(w.operand(i, n + 1), scratch[n]);
    if constexpr (sizeof(T) == 4)
      if (i.flush) {
        for (unsigned lane = 0; lane < warpSize; ++lane)
          flushed[n][lane] = flushDenormal(sources[n][lane]);
        sources[n] = flushed[n];
      }
  }
  for (unsigned n = count; n < 3; ++n)
    sources[n] = sources[0];
  if (i.rounding == Rounding::Nearest)
    loop<Operation, T>(sources[0], sources[1], sources[2], result);
  else
    loopRounded<Operation, T>(sources[0], sources[1], sources[2], result,
                              hostRounding(i.rounding));
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = finish(result[lane], i);
  w.write<T>(w.operand(i, 0), result);
}

//===----------------------------------------------------------------------===//
// Minimum, maximum, signs
//===----------------------------------------------------------------------===//

/// -0 is less than +0; a NaN loses against a number, unless .NaN is given.
template <typename T>
T minimum(T a, T b) {
  if (a != a)
    return b;
  if (b != b)
    return a;
  if (a == b)
    return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <typename T>
T maximum(T a, T b) {
  if (a != a)
    return b;
  if (b != b)
    return a;
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

enum Variant : uint8_t { PropagateNan = 1, XorSign = 2, AbsSource = 4 };

template <bool isMin, typename T>
void executeExtremum(Warp &w, const Instruction &i) {
  T scratchA[warpSize], scratchB[warpSize], scratchC[warpSize];
  T result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratchA);
  const T *b = w.source<T>(w.operand(i, 2), scratchB);
  const T *c = i.numOperands > 3 && w.operand(i, 3).kind != OperandKind::None
                   ? w.source<T>(w.operand(i, 3), scratchC)
                   : nullptr;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    T x = a[lane], y = b[lane];
    if constexpr (sizeof(T) == 4)
      if (i.flush) {
        x = flushDenormal(x);
        y = flushDenormal(y);
      }
    bool negative = std::signbit(x) != std::signbit(y);
    if (i.variant & AbsSource) {
      x = std::fabs(x);
      y = std::fabs(y);
    }
    T value = isMin ? minimum(x, y) : maximum(x, y);
    bool isNan = x != x || y != y;
    if (c) {
      T z = c[lane];
      value = isMin ? minimum(value, z) : maximum(value, z);
      isNan |= z != z;
    }
    if ((i.variant & PropagateNan) && isNan)
      value = std::numeric_limits<T>::quiet_NaN();
    if (i.variant & XorSign)
      value = std::copysign(value, negative ? T(-1) : T(1));
    if constexpr (sizeof(T) == 4)
      value = canonical(value);
    result[lane] = value;
  }
  w.write<T>(w.operand(i, 0), result);
}

template <typename T>
void executeAbs(Warp &w, const Instruction &i) {
  T scratch[warpSize], result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratch);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    result[lane] = std::fabs(a[lane]);
    if constexpr (sizeof(T) == 4)
      if (i.flush)
        result[lane] = flushDenormal(result[lane]);
  }
  w.write<T>(w.operand(i, 0), result);
}

template <typename T>
void executeNeg(Warp &w, const Instruction &i) {
  T scratch[warpSize], result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratch);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    result[lane] = -a[lane];
    if constexpr (sizeof(T) == 4)
      if (i.flush)
        result[lane] = flushDenormal(result[lane]);
  }
  w.write<T>(w.operand(i, 0), result);
}

void readRounding(const Modifiers &m, Instruction &i) {
  static constexpr std::string_view modes[] = {"rn", "rz", "rm", "rp"};
  static constexpr Rounding roundings[] = {Rounding::Nearest, Rounding::Zero,
                                           Rounding::Down, Rounding::Up};
  int mode = m.indexOf(modes);
  i.rounding = mode < 0 ? Rounding::Nearest : roundings[mode];
}

template <typename Operation, unsigned count>
Handler pick(bool isDouble) {
  return isDouble ? executeFloat<Operation, double, count>
                  : executeFloat<Operation, float, count>;
}

} // namespace

std::string dilated::emulator::selectFloat(Arithmetic operation,
                                           const Modifiers &m, Instruction &i) {
  bool isDouble = i.type == ScalarType::F64;
  i.instructionClass =
      isDouble ? InstructionClass::Float64 : InstructionClass::Float32;
  i.flush = m.has("ftz");
  i.saturate = m.has("sat");
  if (isDouble && (i.flush || i.saturate))
    return unsupportedType(i.flush ? ".ftz" : ".sat", i.type);
  readRounding(m, i);
  switch (operation) {
  case Arithmetic::Add:
    i.handler = pick<Add, 2>(isDouble);
    return {};
  case Arithmetic::Sub:
    i.handler = pick<Sub, 2>(isDouble);
    return {};
  case Arithmetic::Mul:
    i.handler = pick<Mul, 2>(isDouble);
    return {};
  case Arithmetic::Fma:
    i.handler = pick<Fma, 3>(isDouble);
    return {};
  case Arithmetic::Div:
    // .approx and .full are allowed 2 ulp; here they are exact.
    i.handler = pick<Div, 2>(isDouble);
    return {};
  case Arithmetic::Min:
  case Arithmetic::Max:
    i.variant = uint8_t((m.has("NaN") ? PropagateNan : 0) |
                        (m.has("xorsign") ? XorSign : 0) |
                        (m.has("abs") ? AbsSource : 0));
    if (operation == Arithmetic::Min)
      i.handler = isDouble ? executeExtremum<true, double>
                           : executeExtremum<true, float>;
    else
      i.handler = isDouble ? executeExtremum<false, double>
                           : executeExtremum<false, float>;
    return {};
  case Arithmetic::Abs:
    i.handler = isDouble ? executeAbs<double> : executeAbs<float>;
    return {};
  case Arithmetic::Neg:
    i.handler = isDouble ? executeNeg<double> : executeNeg<float>;
    return {};
  }
  return "unknown operation";
}

static std::string selectPair(Arithmetic operation, const Modifiers &m,
                              Instruction &i) {
  i.instructionClass = InstructionClass::Float32;
  i.flush = m.has("ftz");
  readRounding(m, i);
  if (m.has("sat"))
    return unsupportedType(".sat", i.type);
  i.shadowRule = ShadowRule::Packed;
  switch (operation) {
  case Arithmetic::Add:
    i.handler = executePair<Add, 2>;
    return {};
  case Arithmetic::Sub:
    i.handler = executePair<Sub, 2>;
    return {};
  case Arithmetic::Mul:
    i.handler = executePair<Mul, 2>;
    return {};
  case Arithmetic::Fma:
    i.handler = executePair<Fma, 3>;
    return {};
  default:
    return unsupportedType("this", i.type);
  }
}

template <Arithmetic operation>
static std::string select(const Modifiers &m, Instruction &i) {
  switch (i.type) {
  case ScalarType::F32:
  case ScalarType::F64:
    return selectFloat(operation, m, i);
  case ScalarType::F32x2:
    return selectPair(operation, m, i);
  case ScalarType::F16:
  case ScalarType::F16x2:
  case ScalarType::BF16:
  case ScalarType::BF16x2:
    return selectHalf(operation, m, i);
  default:
    if (m.numOperands > (operation == Arithmetic::Fma ? 4u : 3u))
      return "too many operands";
    return selectInteger(operation, m, i);
  }
}

static constexpr InstructionClass integer = InstructionClass::Integer;

// Shared by integers and floats: the type decides.
static constexpr Opcode opcodes[] = {
    {"add", "dss", "rn rz rm rp ftz sat cc", 1, 1, integer,
     select<Arithmetic::Add>},
    {"sub", "dss", "rn rz rm rp ftz sat cc", 1, 1, integer,
     select<Arithmetic::Sub>},
    {"mul", "dss", "rn rz rm rp ftz sat", 1, 1, integer,
     select<Arithmetic::Mul>},
    {"fma", "dsss", "rn rz rm rp ftz sat relu oob", 1, 1, integer,
     select<Arithmetic::Fma>},
    {"mad", "dsss", "rn rz rm rp ftz sat", 1, 1, integer,
     select<Arithmetic::Fma>},
    {"div", "dss", "rn rz rm rp ftz approx full", 1, 1, integer,
     select<Arithmetic::Div>},
    {"min", "dsss?", "ftz NaN xorsign abs relu", 1, 1, integer,
     select<Arithmetic::Min>},
    {"max", "dsss?", "ftz NaN xorsign abs relu", 1, 1, integer,
     select<Arithmetic::Max>},
    {"abs", "ds", "ftz", 1, 1, integer, select<Arithmetic::Abs>},
    {"neg", "ds", "ftz", 1, 1, integer, select<Arithmetic::Neg>},
};

std::span<const Opcode> dilated::emulator::getFloatOpcodes() { return opcodes; }
