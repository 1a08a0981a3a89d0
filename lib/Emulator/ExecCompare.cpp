//===- ExecCompare.cpp - comparisons and tests ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execute.h"
#include "FloatFormats.h"

#include <cmath>

using namespace dilated::emulator;

namespace {

template <typename T>
bool compare(Comparison comparison, T a, T b) {
  bool unordered = a != a || b != b;
  switch (comparison) {
  case Comparison::Eq:
    return a == b;
  case Comparison::Ne:
    return !unordered && a != b;
  case Comparison::Lt:
    return a < b;
  case Comparison::Le:
    return a <= b;
  case Comparison::Gt:
    return a > b;
  case Comparison::Ge:
    return a >= b;
  case Comparison::Equ:
    return unordered || a == b;
  case Comparison::Neu:
    return unordered || a != b;
  case Comparison::Ltu:
    return unordered || a < b;
  case Comparison::Leu:
    return unordered || a <= b;
  case Comparison::Gtu:
    return unordered || a > b;
  case Comparison::Geu:
    return unordered || a >= b;
  case Comparison::Num:
    return !unordered;
  case Comparison::Nan:
    return unordered;
  }
  return false;
}

template <typename T>
uint32_t compareLanes(Comparison comparison, const T *a, const T *b) {
  uint32_t truth = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    truth |= uint32_t(compare(comparison, a[lane], b[lane])) << lane;
  return truth;
}

/// The comparisons of two sources, by the type at `type`: of f16x2 and bf16x2
/// one per half.
struct Truth {
  uint32_t low = 0, high = 0;
};

template <typename T>
uint32_t compareOperands(Warp &w, const Instruction &i, unsigned first) {
  T scratchA[warpSize], scratchB[warpSize];
  const T *a = w.source<T>(w.operand(i, first), scratchA);
  const T *b = w.source<T>(w.operand(i, first + 1), scratchB);
  // The common cases, as loops that vectorise.
  uint32_t truth = 0;
  switch (i.comparison) {
  case Comparison::Eq:
    for (unsigned lane = 0; lane < warpSize; ++lane)
      truth |= uint32_t(a[lane] == b[lane]) << lane;
    return truth;
  case Comparison::Lt:
    for (unsigned lane = 0; lane < warpSize; ++lane)
      truth |= uint32_t(a[lane] < b[lane]) << lane;
    return truth;
  default:
    return compareLanes(i.comparison, a, b);
  }
}

Truth compareHalves(Warp &w, const Instruction &i, unsigned first,
                    ScalarType type) {
  bool isPair = type == ScalarType::F16x2 || type == ScalarType::BF16x2;
  bool isBfloat = type == ScalarType::BF16 || type == ScalarType::BF16x2;
  uint64_t a[warpSize], b[warpSize];
  w.sourceBits(w.operand(i, first), a);
  w.sourceBits(w.operand(i, first + 1), b);
  Truth truth;
  for (unsigned half = 0; half < (isPair ? 2u : 1u); ++half) {
    float x[warpSize], y[warpSize];
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      uint16_t p = uint16_t(a[lane] >> (16 * half));
      uint16_t q = uint16_t(b[lane] >> (16 * half));
      x[lane] = isBfloat ? bfloatToFloat(p) : halfToFloat(p);
      y[lane] = isBfloat ? bfloatToFloat(q) : halfToFloat(q);
      if (i.flush && !isBfloat) {
        x[lane] = std::fabs(x[lane]) < 0x1p-14f ? 0 : x[lane];
        y[lane] = std::fabs(y[lane]) < 0x1p-14f ? 0 : y[lane];
      }
    }
    (half ? truth.high : truth.low) = compareLanes(i.comparison, x, y);
  }
  return truth;
}

uint32_t compareFlushed(Warp &w, const Instruction &i, unsigned first) {
  float scratchA[warpSize], scratchB[warpSize], x[warpSize], y[warpSize];
  const float *a = w.source<float>(w.operand(i, first), scratchA);
  const float *b = w.source<float>(w.operand(i, first + 1), scratchB);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    x[lane] = flushDenormal(a[lane]);
    y[lane] = flushDenormal(b[lane]);
  }
  return compareLanes(i.comparison, x, y);
}

Truth compareTyped(Warp &w, const Instruction &i, unsigned first,
                   ScalarType type) {
  switch (type) {
  case ScalarType::B16:
  case ScalarType::U16:
    return {compareOperands<uint16_t>(w, i, first), 0};
  case ScalarType::S16:
    return {compareOperands<int16_t>(w, i, first), 0};
  case ScalarType::B32:
  case ScalarType::U32:
    return {compareOperands<uint32_t>(w, i, first), 0};
  case ScalarType::S32:
    return {compareOperands<int32_t>(w, i, first), 0};
  case ScalarType::B64:
  case ScalarType::U64:
    return {compareOperands<uint64_t>(w, i, first), 0};
  case ScalarType::S64:
    return {compareOperands<int64_t>(w, i, first), 0};
  case ScalarType::F32:
    return {i.flush ? compareFlushed(w, i, first)
                    : compareOperands<float>(w, i, first),
            0};
  case ScalarType::F64:
    return {compareOperands<double>(w, i, first), 0};
  default:
    return compareHalves(w, i, first, type);
  }
}

enum BoolOperation : uint8_t { BoolNone, BoolAnd, BoolOr, BoolXor };

uint32_t combine(uint8_t operation, uint32_t truth, uint32_t other) {
  switch (operation) {
  case BoolAnd:
    return truth & other;
  case BoolOr:
    return truth | other;
  case BoolXor:
    return truth ^ other;
  }
  return truth;
}

// Operands: p, q, a, b, c.
void executeSetp(Warp &w, const Instruction &i) {
  Truth truth = compareTyped(w, i, 2, i.type);
  uint32_t other = i.operation ? w.predicate(w.operand(i, 4)) : 0;
  bool isPair = i.type == ScalarType::F16x2 || i.type == ScalarType::BF16x2;
  uint32_t second = isPair ? truth.high : ~truth.low;
  w.writePredicate(w.operand(i, 0), combine(i.operation, truth.low, other));
  w.writePredicate(w.operand(i, 1), combine(i.operation, second, other));
}

// Operands: d, a, b, c; the first type is the result's.
void executeSet(Warp &w, const Instruction &i) {
  Truth truth = compareTyped(w, i, 1, i.sourceType);
  uint32_t other = i.operation ? w.predicate(w.operand(i, 3)) : 0;
  truth.low = combine(i.operation, truth.low, other);
  truth.high = combine(i.operation, truth.high, other);
  uint64_t result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    bool low = truth.low >> lane & 1, high = truth.high >> lane & 1;
    switch (i.type) {
    case ScalarType::F32:
      result[lane] = low ? 0x3f800000 : 0;
      break;
    case ScalarType::F16:
      result[lane] = low ? 0x3c00 : 0;
      break;
    case ScalarType::BF16:
      result[lane] = low ? 0x3f80 : 0;
      break;
    case ScalarType::F16x2:
      result[lane] = (low ? 0x3c00u : 0) | (high ? 0x3c000000u : 0);
      break;
    case ScalarType::BF16x2:
      result[lane] = (low ? 0x3f80u : 0) | (high ? 0x3f800000u : 0);
      break;
    default:
      result[lane] = low ? ~uint64_t(0) : 0;
      if (i.sourceType == ScalarType::F16x2 ||
          i.sourceType == ScalarType::BF16x2)
        result[lane] = (low ? 0xffffu : 0) | (high ? 0xffff0000u : 0);
    }
  }
  w.writeBits(w.operand(i, 0), result);
}

bool isPair(ScalarType type) {
  return type == ScalarType::F16x2 || type == ScalarType::BF16x2;
}

bool isCompared(ScalarType type) {
  switch (type) {
  case ScalarType::B16:
  case ScalarType::U16:
  case ScalarType::S16:
  case ScalarType::B32:
  case ScalarType::U32:
  case ScalarType::S32:
  case ScalarType::B64:
  case ScalarType::U64:
  case ScalarType::S64:
  case ScalarType::F32:
  case ScalarType::F64:
  case ScalarType::F16:
  case ScalarType::F16x2:
  case ScalarType::BF16:
  case ScalarType::BF16x2:
    return true;
  default:
    return false;
  }
}

std::string readComparison(const Modifiers &m, Instruction &i,
                           ScalarType type) {
  bool found = false;
  for (std::string_view word : m.words) {
    if (std::optional<Comparison> comparison = parseComparison(word)) {
      if (found)
        return "more than one comparison";
      i.comparison = *comparison;
      found = true;
    }
  }
  if (!found)
    return "no comparison";
  if (!isCompared(type))
    return unsupportedType("a comparison", type);
  static constexpr std::string_view operations[] = {"and", "or", "xor"};
  i.operation = uint8_t(m.indexOf(operations) + 1);
  i.flush = m.has("ftz");
  return {};
}

std::string selectSetp(const Modifiers &m, Instruction &i) {
  i.handler = executeSetp;
  std::string problem = readComparison(m, i, i.type);
  i.shadowRule = ShadowRule::Compare;
  if (problem.empty() && (i.operation != BoolNone) != (m.numOperands == 4))
    return "a boolean operation takes a fourth operand";
  return problem;
}

std::string selectSet(const Modifiers &m, Instruction &i) {
  i.handler = executeSet;
  std::string problem = readComparison(m, i, i.sourceType);
  // One result per half, as far as no predicate decides about both.
  bool hasHalves = isPair(i.type) || isIntegerLike(i.type);
  if (isPair(i.sourceType) && hasHalves && i.operation == BoolNone)
    i.shadowRule = ShadowRule::Packed;
  if (problem.empty() && (i.operation != BoolNone) != (m.numOperands == 4))
    return "a boolean operation takes a fourth operand";
  return problem;
}

enum Test : uint8_t { Finite, Infinite, Number, NotANumber, Normal, Subnormal };

void executeTest(Warp &w, const Instruction &i) {
  uint64_t bits[warpSize];
  w.sourceBits(w.operand(i, 1), bits);
  uint32_t truth = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    int kind = i.type == ScalarType::F32
                   ? std::fpclassify(std::bit_cast<float>(uint32_t(bits[lane])))
                   : std::fpclassify(std::bit_cast<double>(bits[lane]));
    bool result = false;
    switch (i.operation) {
    case Finite:
      result = kind != FP_INFINITE && kind != FP_NAN;
      break;
    case Infinite:
      result = kind == FP_INFINITE;
      break;
    case Number:
      result = kind != FP_NAN;
      break;
    case NotANumber:
      result = kind == FP_NAN;
      break;
    case Normal: // zero counts as normal
      result = kind == FP_NORMAL || kind == FP_ZERO;
      break;
    case Subnormal:
      result = kind == FP_SUBNORMAL;
      break;
    }
    truth |= uint32_t(result) << lane;
  }
  w.writePredicate(w.operand(i, 0), truth);
}

std::string selectTest(const Modifiers &m, Instruction &i) {
  static constexpr std::string_view tests[] = {
      "finite", "infinite", "number", "notanumber", "normal", "subnormal"};
  int test = m.indexOf(tests);
  if (test < 0)
    return "testp needs a test";
  if (i.type != ScalarType::F32 && i.type != ScalarType::F64)
    return unsupportedType("testp", i.type);
  i.operation = uint8_t(test);
  i.handler = executeTest;
  return {};
}

} // namespace

static constexpr std::string_view comparisonWords =
    "eq ne lt le gt ge lo ls hi hs equ neu ltu leu gtu geu num nan and or xor "
    "ftz";

static constexpr Opcode opcodes[] = {
    {"setp", "qssP?", comparisonWords, 1, 1, InstructionClass::Compare,
     selectSetp},
    {"set", "dSSP?", comparisonWords, 2, 2, InstructionClass::Compare,
     selectSet},
    {"testp", "ps", "finite infinite number notanumber normal subnormal", 1, 1,
     InstructionClass::Compare, selectTest},
};

std::span<const Opcode> dilated::emulator::getCompareOpcodes() {
  return opcodes;
}
