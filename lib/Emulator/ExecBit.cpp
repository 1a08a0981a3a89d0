//===- ExecBit.cpp - logic, shifts, counts of bits --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execute.h"

#include <algorithm>
#include <bit>

using namespace dilated::emulator;

namespace {

struct And {
  template <typename T>
  static T apply(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <typename T>
  static T apply(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <typename T>
  static T apply(T a, T b) {
    return a ^ b;
  }
};
struct Not {
  template <typename T>
  static T apply(T a) {
    return T(~a);
  }
};
struct Cnot {
  template <typename T>
  static T apply(T a) {
    return a == 0;
  }
};

template <typename Operation>
void executePredicateBinary(Warp &w, const Instruction &i) {
  w.writePredicate(w.operand(i, 0),
                   Operation::apply(w.predicate(w.operand(i, 1)),
                                    w.predicate(w.operand(i, 2))));
}

void executePredicateNot(Warp &w, const Instruction &i) {
  w.writePredicate(w.operand(i, 0), ~w.predicate(w.operand(i, 1)));
}

template <typename Operation, ShadowRule rule>
std::string selectLogic(const Modifiers &, Instruction &i) {
  i.shadowRule = rule;
  switch (getTypeBytes(i.type)) {
  case 0:
    i.handler = executePredicateBinary<Operation>;
    return {};
  case 2:
    i.handler = executeBinary<Operation, uint16_t>;
    return {};
  case 4:
    i.handler = executeBinary<Operation, uint32_t>;
    return {};
  case 8:
    i.handler = executeBinary<Operation, uint64_t>;
    return {};
  }
  return unsupportedType("this instruction", i.type);
}

std::string selectNot(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Move;
  switch (getTypeBytes(i.type)) {
  case 0:
    i.handler = executePredicateNot;
    return {};
  case 2:
    i.handler = executeUnary<Not, uint16_t>;
    return {};
  case 4:
    i.handler = executeUnary<Not, uint32_t>;
    return {};
  case 8:
    i.handler = executeUnary<Not, uint64_t>;
    return {};
  }
  return unsupportedType("not", i.type);
}

template <typename Operation>
Handler unaryBits(ScalarType type) {
  switch (getTypeBytes(type)) {
  case 2:
    return executeUnary<Operation, uint16_t>;
  case 4:
    return executeUnary<Operation, uint32_t>;
  case 8:
    return executeUnary<Operation, uint64_t>;
  }
  return nullptr;
}

std::string selectCnot(const Modifiers &, Instruction &i) {
  i.handler = unaryBits<Cnot>(i.type);
  return i.handler ? std::string() : unsupportedType("cnot", i.type);
}

//===----------------------------------------------------------------------===//
// Shifts: the amount is 32 bits wide and clamped to the width
//===----------------------------------------------------------------------===//

struct ShiftLeft {
  template <typename T>
  static T apply(T a, uint32_t n) {
    return n >= 8 * sizeof(T) ? T(0) : T(a << n);
  }
};
struct ShiftRight {
  template <typename T>
  static T apply(T a, uint32_t n) {
    if (n >= 8 * sizeof(T))
      return a < 0 ? T(-1) : T(0);
    return T(a >> n);
  }
};

template <typename Operation, typename T>
void executeShift(Warp &w, const Instruction &i) {
  T scratch[warpSize], result[warpSize];
  uint32_t scratchAmount[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratch);
  const uint32_t *n = w.source<uint32_t>(w.operand(i, 2), scratchAmount);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = Operation::apply(a[lane], n[lane]);
  w.write<T>(w.operand(i, 0), result);
}

template <typename Operation, ShadowRule rule>
std::string selectShift(const Modifiers &, Instruction &i) {
  i.shadowRule = rule;
  bool isSigned = isSignedInteger(i.type);
  switch (getTypeBytes(i.type)) {
  case 2:
    i.handler = isSigned ? executeShift<Operation, int16_t>
                         : executeShift<Operation, uint16_t>;
    return {};
  case 4:
    i.handler = isSigned ? executeShift<Operation, int32_t>
                         : executeShift<Operation, uint32_t>;
    return {};
  case 8:
    i.handler = isSigned ? executeShift<Operation, int64_t>
                         : executeShift<Operation, uint64_t>;
    return {};
  }
  return unsupportedType("a shift", i.type);
}

template <bool left, bool wrap>
struct FunnelShift {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    uint32_t n = wrap ? c & 31 : std::min(c, 32u);
    uint64_t both = uint64_t(b) << 32 | a;
    return left ? uint32_t((both << n) >> 32) : uint32_t(both >> n);
  }
};

template <bool left>
std::string selectFunnel(const Modifiers &m, Instruction &i) {
  i.shadowRule = ShadowRule::Funnel;
  i.operation = left;
  i.variant = m.has("wrap");
  if (m.has("wrap"))
    i.handler = executeTernary<FunnelShift<left, true>, uint32_t>;
  else if (m.has("clamp"))
    i.handler = executeTernary<FunnelShift<left, false>, uint32_t>;
  else
    return "shf needs .wrap or .clamp";
  return {};
}

//===----------------------------------------------------------------------===//
// Counting and reversing
//===----------------------------------------------------------------------===//

struct PopulationCount {
  template <typename T>
  static uint32_t apply(T a) {
    return uint32_t(std::popcount(a));
  }
};
struct CountLeadingZeros {
  template <typename T>
  static uint32_t apply(T a) {
    return uint32_t(std::countl_zero(a));
  }
};
struct Reverse {
  template <typename T>
  static T apply(T a) {
    T result = 0;
    for (unsigned k = 0; k < 8 * sizeof(T); ++k)
      result |= T(a >> k & 1) << (8 * sizeof(T) - 1 - k);
    return result;
  }
};

/// The highest bit that differs from the sign, or -1.
template <bool shiftAmount>
struct FindHighest {
  template <typename T>
  static uint32_t apply(T a) {
    std::make_unsigned_t<T> bits = a < 0 ? ~a : a;
    if (bits == 0)
      return ~0u;
    unsigned zeros = unsigned(std::countl_zero(bits));
    return shiftAmount ? zeros : 8 * sizeof(T) - 1 - zeros;
  }
};

template <typename Operation>
std::string selectCount(const Modifiers &, Instruction &i) {
  if (getTypeBytes(i.type) == 4)
    i.handler = executeUnary<Operation, uint32_t, uint32_t>;
  else if (getTypeBytes(i.type) == 8)
    i.handler = executeUnary<Operation, uint64_t, uint32_t>;
  else
    return unsupportedType("counting bits", i.type);
  return {};
}

std::string selectReverse(const Modifiers &, Instruction &i) {
  if (getTypeBytes(i.type) < 4)
    return unsupportedType("brev", i.type);
  i.shadowRule = ShadowRule::Reverse;
  i.handler = unaryBits<Reverse>(i.type);
  return {};
}

template <bool shiftAmount>
Handler findHighest(ScalarType type) {
  using Operation = FindHighest<shiftAmount>;
  switch (type) {
  case ScalarType::U32:
    return executeUnary<Operation, uint32_t, uint32_t>;
  case ScalarType::S32:
    return executeUnary<Operation, int32_t, uint32_t>;
  case ScalarType::U64:
    return executeUnary<Operation, uint64_t, uint32_t>;
  case ScalarType::S64:
    return executeUnary<Operation, int64_t, uint32_t>;
  default:
    return nullptr;
  }
}

std::string selectFind(const Modifiers &m, Instruction &i) {
  i.handler = m.has("shiftamt") ? findHighest<true>(i.type)
                                : findHighest<false>(i.type);
  return i.handler ? std::string() : unsupportedType("bfind", i.type);
}

/// The position of the n-th set bit, counted from `base` up (n > 0) or down.
struct FindNth {
  static uint32_t apply(uint32_t mask, uint32_t base, int32_t offset) {
    if (base > 31)
      return ~0u;
    if (offset == 0)
      return mask >> base & 1 ? base : ~0u;
    int32_t step = offset > 0 ? 1 : -1;
    int32_t left = offset > 0 ? offset : -offset;
    for (int32_t at = int32_t(base); at >= 0 && at < 32; at += step)
      if ((mask >> at & 1) && --left == 0)
        return uint32_t(at);
    return ~0u;
  }
};

std::string selectFns(const Modifiers &, Instruction &i) {
  i.handler = executeTernary<FindNth, uint32_t, int32_t, uint32_t>;
  return {};
}

void executeLogic3(Warp &w, const Instruction &i) {
  uint32_t scratch[4][warpSize], result[warpSize];
  const uint32_t *a = w.source<uint32_t>(w.operand(i, 1), scratch[0]);
  const uint32_t *b = w.source<uint32_t>(w.operand(i, 2), scratch[1]);
  const uint32_t *c = w.source<uint32_t>(w.operand(i, 3), scratch[2]);
  const uint32_t *t = w.source<uint32_t>(w.operand(i, 4), scratch[3]);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint32_t value = 0;
    for (unsigned k = 0; k < 8; ++k)
      if (t[0] >> k & 1)
        value |= (k & 4 ? a[lane] : ~a[lane]) & (k & 2 ? b[lane] : ~b[lane]) &
                 (k & 1 ? c[lane] : ~c[lane]);
    result[lane] = value;
  }
  w.write<uint32_t>(w.operand(i, 0), result);
}

std::string selectLogic3(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Logic3;
  i.handler = executeLogic3;
  return {};
}

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

void executePermute(Warp &w, const Instruction &i) {
  uint32_t scratch[3][warpSize], result[warpSize];
  const uint32_t *a = w.source<uint32_t>(w.operand(i, 1), scratch[0]);
  const uint32_t *b = w.source<uint32_t>(w.operand(i, 2), scratch[1]);
  const uint32_t *c = w.source<uint32_t>(w.operand(i, 3), scratch[2]);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint64_t both = uint64_t(b[lane]) << 32 | a[lane];
    uint32_t selector = getPermuteSelector(i.variant, c[lane]);
    uint32_t value = 0;
    for (unsigned k = 0; k < 4; ++k) {
      uint32_t nibble = selector >> (4 * k) & 15;
      uint32_t byte = uint32_t(both >> (8 * (nibble & 7))) & 0xff;
      if (nibble & 8)
        byte = byte & 0x80 ? 0xff : 0;
      value |= byte << (8 * k);
    }
    result[lane] = value;
  }
  w.write<uint32_t>(w.operand(i, 0), result);
}

std::string selectPermute(const Modifiers &m, Instruction &i) {
  static constexpr std::string_view modes[] = {"f4e", "b4e", "rc8",
                                               "ecl", "ecr", "rc16"};
  i.variant = uint8_t(m.indexOf(modes) + 1);
  i.shadowRule = ShadowRule::Permute;
  i.handler = executePermute;
  return {};
}

} // namespace

uint32_t dilated::emulator::getPermuteSelector(unsigned mode, uint32_t c) {
  static constexpr uint16_t tables[6][4] = {
      {0x3210, 0x4321, 0x5432, 0x6543}, // f4e
      {0x5670, 0x6701, 0x7012, 0x0123}, // b4e
      {0x0000, 0x1111, 0x2222, 0x3333}, // rc8
      {0x3210, 0x3211, 0x3222, 0x3333}, // ecl
      {0x0000, 0x1110, 0x2210, 0x3210}, // ecr
      {0x1010, 0x3232, 0x1010, 0x3232}, // rc16
  };
  return mode ? tables[mode - 1][c & 3] : c;
}

static constexpr InstructionClass logic = InstructionClass::Logic;

static constexpr Opcode opcodes[] = {
    {"and", "dss", "", 1, 1, logic, selectLogic<And, ShadowRule::And>},
    {"or", "dss", "", 1, 1, logic, selectLogic<Or, ShadowRule::Or>},
    {"xor", "dss", "", 1, 1, logic, selectLogic<Xor, ShadowRule::Xor>},
    {"not", "ds", "", 1, 1, logic, selectNot},
    {"cnot", "ds", "", 1, 1, logic, selectCnot},
    {"lop3", "dssss", "", 1, 1, logic, selectLogic3},
    {"shl", "dsu", "", 1, 1, logic,
     selectShift<ShiftLeft, ShadowRule::ShiftLeft>},
    {"shr", "dsu", "", 1, 1, logic,
     selectShift<ShiftRight, ShadowRule::ShiftRight>},
    {"shf.l", "dsss", "clamp wrap", 1, 1, logic, selectFunnel<true>},
    {"shf.r", "dsss", "clamp wrap", 1, 1, logic, selectFunnel<false>},
    {"popc", "Us", "", 1, 1, logic, selectCount<PopulationCount>},
    {"clz", "Us", "", 1, 1, logic, selectCount<CountLeadingZeros>},
    {"bfind", "Us", "shiftamt", 1, 1, logic, selectFind},
    {"fns", "dsss", "", 1, 1, logic, selectFns},
    {"brev", "ds", "", 1, 1, logic, selectReverse},
    {"prmt", "dsss", "f4e b4e rc8 ecl ecr rc16", 1, 1, logic, selectPermute},
};

std::span<const Opcode> dilated::emulator::getBitOpcodes() { return opcodes; }
