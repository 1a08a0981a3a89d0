//===- ExecInteger.cpp - integer arithmetic ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execute.h"

#include <algorithm>
#include <limits>
#include <type_traits>

using namespace dilated::emulator;

namespace {

template <typename T>
using Unsigned = std::make_unsigned_t<T>;

// Arithmetic modulo 2^n, in a type that int does not swallow.
template <typename T>
T wrap(uint64_t value) {
  return T(Unsigned<T>(value));
}

struct Add {
  template <typename T>
  static T apply(T a, T b) {
    return wrap<T>(uint64_t(a) + uint64_t(b));
  }
};
struct Sub {
  template <typename T>
  static T apply(T a, T b) {
    return wrap<T>(uint64_t(a) - uint64_t(b));
  }
};
struct AddSaturated {
  static int32_t apply(int32_t a, int32_t b) {
    int64_t sum = int64_t(a) + b;
    return int32_t(
        std::min<int64_t>(std::max<int64_t>(sum, INT32_MIN), INT32_MAX));
  }
};
struct SubSaturated {
  static int32_t apply(int32_t a, int32_t b) {
    int64_t sum = int64_t(a) - b;
    return int32_t(
        std::min<int64_t>(std::max<int64_t>(sum, INT32_MIN), INT32_MAX));
  }
};
struct MulLow {
  template <typename T>
  static T apply(T a, T b) {
    return wrap<T>(uint64_t(a) * uint64_t(b));
  }
};
struct MulHigh {
  template <typename T>
  static T apply(T a, T b) {
    using Wide =
        std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>;
    return T((Wide(a) * Wide(b)) >> (8 * sizeof(T)));
  }
};
template <typename R>
struct MulWide {
  template <typename T>
  static R apply(T a, T b) {
    return R(Unsigned<R>(R(a)) * Unsigned<R>(R(b)));
  }
};
struct MadLow {
  template <typename T>
  static T apply(T a, T b, T c) {
    return wrap<T>(uint64_t(a) * uint64_t(b) + uint64_t(c));
  }
};
struct MadHigh {
  template <typename T>
  static T apply(T a, T b, T c) {
    return wrap<T>(uint64_t(MulHigh::apply(a, b)) + uint64_t(c));
  }
};
struct MadHighSaturated {
  static int32_t apply(int32_t a, int32_t b, int32_t c) {
    return AddSaturated::apply(MulHigh::apply(a, b), c);
  }
};
template <typename R>
struct MadWide {
  template <typename T>
  static R apply(T a, T b, R c) {
    return R(Unsigned<R>(R(a)) * Unsigned<R>(R(b)) + Unsigned<R>(c));
  }
};
struct Div {
  template <typename T>
  static T apply(T a, T b) {
    if (b == 0) // unspecified by the ISA; what devices give
      return wrap<T>(~uint64_t(0));
    if (std::is_signed_v<T> && b == T(-1))
      return wrap<T>(uint64_t(0) - uint64_t(a));
    return T(a / b);
  }
};
struct Rem {
  template <typename T>
  static T apply(T a, T b) {
    if (b == 0)
      return a;
    if (std::is_signed_v<T> && b == T(-1))
      return 0;
    return T(a % b);
  }
};
struct Min {
  template <typename T>
  static T apply(T a, T b) {
    return a < b ? a : b;
  }
};
struct Max {
  template <typename T>
  static T apply(T a, T b) {
    return a > b ? a : b;
  }
};
struct MinRelu {
  static int32_t apply(int32_t a, int32_t b) {
    return std::max(0, std::min(a, b));
  }
};
struct MaxRelu {
  static int32_t apply(int32_t a, int32_t b) { return std::max({0, a, b}); }
};
struct Abs {
  template <typename T>
  static T apply(T a) {
    return a < 0 ? wrap<T>(uint64_t(0) - uint64_t(a)) : a;
  }
};
struct Neg {
  template <typename T>
  static T apply(T a) {
    return wrap<T>(uint64_t(0) - uint64_t(a));
  }
};
struct Sad {
  template <typename T>
  static T apply(T a, T b, T c) {
    uint64_t difference =
        a > b ? uint64_t(a) - uint64_t(b) : uint64_t(b) - uint64_t(a);
    return wrap<T>(difference + uint64_t(c));
  }
};

template <typename T>
int64_t low24(T a) {
  return std::is_signed_v<T> ? int64_t(int32_t(uint32_t(a) << 8) >> 8)
                             : int64_t(uint32_t(a) & 0xffffff);
}
struct Mul24Low {
  template <typename T>
  static T apply(T a, T b) {
    return T(low24(a) * low24(b));
  }
};
struct Mul24High {
  template <typename T>
  static T apply(T a, T b) {
    return T((low24(a) * low24(b)) >> 16);
  }
};
struct Mad24Low {
  template <typename T>
  static T apply(T a, T b, T c) {
    return wrap<T>(uint64_t(low24(a) * low24(b)) + uint64_t(c));
  }
};
struct Mad24High {
  template <typename T>
  static T apply(T a, T b, T c) {
    return wrap<T>(uint64_t((low24(a) * low24(b)) >> 16) + uint64_t(c));
  }
};

/// The operation on each half of 32 bits.
template <typename Operation, typename T>
struct OnPairs {
  static uint32_t apply(uint32_t a, uint32_t b) {
    uint16_t low = uint16_t(Operation::apply(T(a), T(b)));
    uint16_t high = uint16_t(Operation::apply(T(a >> 16), T(b >> 16)));
    return uint32_t(high) << 16 | low;
  }
};

template <typename Operation>
Handler binary(ScalarType type) {
  switch (type) {
  case ScalarType::U16:
    return executeBinary<Operation, uint16_t>;
  case ScalarType::S16:
    return executeBinary<Operation, int16_t>;
  case ScalarType::U32:
    return executeBinary<Operation, uint32_t>;
  case ScalarType::S32:
    return executeBinary<Operation, int32_t>;
  case ScalarType::U64:
    return executeBinary<Operation, uint64_t>;
  case ScalarType::S64:
    return executeBinary<Operation, int64_t>;
  case ScalarType::U16x2:
    return executeBinary<OnPairs<Operation, uint16_t>, uint32_t>;
  case ScalarType::S16x2:
    return executeBinary<OnPairs<Operation, int16_t>, uint32_t>;
  default:
    return nullptr;
  }
}

template <typename Operation>
Handler unary(ScalarType type) {
  switch (type) {
  case ScalarType::S16:
    return executeUnary<Operation, int16_t>;
  case ScalarType::S32:
    return executeUnary<Operation, int32_t>;
  case ScalarType::S64:
    return executeUnary<Operation, int64_t>;
  default:
    return nullptr;
  }
}

template <typename Operation>
Handler ternary(ScalarType type) {
  switch (type) {
  case ScalarType::U16:
    return executeTernary<Operation, uint16_t>;
  case ScalarType::S16:
    return executeTernary<Operation, int16_t>;
  case ScalarType::U32:
    return executeTernary<Operation, uint32_t>;
  case ScalarType::S32:
    return executeTernary<Operation, int32_t>;
  case ScalarType::U64:
    return executeTernary<Operation, uint64_t>;
  case ScalarType::S64:
    return executeTernary<Operation, int64_t>;
  default:
    return nullptr;
  }
}

bool isPair(ScalarType type) {
  return type == ScalarType::U16x2 || type == ScalarType::S16x2;
}

//===----------------------------------------------------------------------===//
// The carry
//===----------------------------------------------------------------------===//

enum CarryOperation : uint8_t { CarryAdd, CarrySub, CarryMadLow, CarryMadHigh };
enum CarryUse : uint8_t { CarryIn = 1, CarryOut = 2 };

template <typename T>
void executeCarry(Warp &w, const Instruction &i) {
  using Signed = std::make_signed_t<T>;
  T scratchA[warpSize], scratchB[warpSize], scratchC[warpSize];
  T result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratchA);
  const T *b = w.source<T>(w.operand(i, 2), scratchB);
  const T *c = i.numOperands > 3 ? w.source<T>(w.operand(i, 3), scratchC) : b;
  uint32_t carry = w.frame->carry, carryOut = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    bool in = (i.variant & CarryIn) && (carry >> lane & 1);
    T x = a[lane], y = b[lane];
    if (i.operation == CarryMadLow) {
      x = T(uint64_t(a[lane]) * b[lane]);
      y = c[lane];
    } else if (i.operation == CarryMadHigh) {
      x = isSignedInteger(i.type)
              ? T(MulHigh::apply(Signed(a[lane]), Signed(b[lane])))
              : MulHigh::apply(a[lane], b[lane]);
      y = c[lane];
    }
    bool out;
    if (i.operation == CarrySub) {
      // The carry of a subtraction is its borrow.
      result[lane] = T(x - y - T(in));
      out = x < y || (in && x == y);
    } else {
      T sum = T(x + y);
      result[lane] = T(sum + T(in));
      out = sum < x || (in && result[lane] == 0);
    }
    carryOut |= uint32_t(out) << lane;
  }
  if (i.variant & CarryOut)
    w.frame->carry = (carry & ~w.active) | (carryOut & w.active);
  w.write<T>(w.operand(i, 0), result);
}

std::string selectCarry(CarryOperation operation, uint8_t use, Instruction &i) {
  unsigned bytes = getTypeBytes(i.type);
  if (!isIntegerLike(i.type) || bytes < 4)
    return unsupportedType("the carry", i.type);
  i.operation = operation;
  i.variant = use;
  i.handler = bytes == 4 ? executeCarry<uint32_t> : executeCarry<uint64_t>;
  return {};
}

template <CarryOperation operation>
std::string selectWithCarry(const Modifiers &m, Instruction &i) {
  return selectCarry(operation,
                     uint8_t(m.has("cc") ? CarryIn | CarryOut : CarryIn), i);
}

std::string finish(std::string_view name, Handler handler, Instruction &i) {
  i.handler = handler;
  return handler ? std::string() : unsupportedType(name, i.type);
}

std::string selectMulLow(const Modifiers &, Instruction &i) {
  i.shadowRule = isPair(i.type) ? ShadowRule::Packed : ShadowRule::Product;
  return finish("mul.lo", binary<MulLow>(i.type), i);
}
std::string selectMulHigh(const Modifiers &, Instruction &i) {
  return finish("mul.hi", binary<MulHigh>(i.type), i);
}

std::string selectMulWide(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Product;
  switch (i.type) {
  case ScalarType::U16:
    i.handler = executeBinary<MulWide<uint32_t>, uint16_t, uint32_t>;
    return {};
  case ScalarType::S16:
    i.handler = executeBinary<MulWide<int32_t>, int16_t, int32_t>;
    return {};
  case ScalarType::U32:
    i.handler = executeBinary<MulWide<uint64_t>, uint32_t, uint64_t>;
    return {};
  case ScalarType::S32:
    i.handler = executeBinary<MulWide<int64_t>, int32_t, int64_t>;
    return {};
  default:
    return unsupportedType("mul.wide", i.type);
  }
}

std::string selectMadLow(const Modifiers &m, Instruction &i) {
  if (m.has("cc"))
    return selectCarry(CarryMadLow, CarryOut, i);
  i.shadowRule = ShadowRule::Product;
  return finish("mad.lo", ternary<MadLow>(i.type), i);
}
std::string selectMadHigh(const Modifiers &m, Instruction &i) {
  if (m.has("cc"))
    return selectCarry(CarryMadHigh, CarryOut, i);
  if (m.has("sat")) {
    if (i.type != ScalarType::S32)
      return unsupportedType("mad.hi.sat", i.type);
    i.handler = executeTernary<MadHighSaturated, int32_t>;
    return {};
  }
  return finish("mad.hi", ternary<MadHigh>(i.type), i);
}

std::string selectMadWide(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Product;
  switch (i.type) {
  case ScalarType::U16:
    i.handler = executeTernary<MadWide<uint32_t>, uint16_t, uint32_t>;
    return {};
  case ScalarType::S16:
    i.handler = executeTernary<MadWide<int32_t>, int16_t, int32_t>;
    return {};
  case ScalarType::U32:
    i.handler = executeTernary<MadWide<uint64_t>, uint32_t, uint64_t>;
    return {};
  case ScalarType::S32:
    i.handler = executeTernary<MadWide<int64_t>, int32_t, int64_t>;
    return {};
  default:
    return unsupportedType("mad.wide", i.type);
  }
}

std::string selectRem(const Modifiers &, Instruction &i) {
  return finish("rem", binary<Rem>(i.type), i);
}
std::string selectSad(const Modifiers &, Instruction &i) {
  return finish("sad", ternary<Sad>(i.type), i);
}

template <typename Binary>
std::string select24(const Modifiers &, Instruction &i) {
  if (i.type == ScalarType::U32)
    i.handler = executeBinary<Binary, uint32_t>;
  else if (i.type == ScalarType::S32)
    i.handler = executeBinary<Binary, int32_t>;
  else
    return unsupportedType("mul24", i.type);
  return {};
}
template <typename Ternary>
std::string selectMad24(const Modifiers &, Instruction &i) {
  if (i.type == ScalarType::U32)
    i.handler = executeTernary<Ternary, uint32_t>;
  else if (i.type == ScalarType::S32)
    i.handler = executeTernary<Ternary, int32_t>;
  else
    return unsupportedType("mad24", i.type);
  return {};
}

//===----------------------------------------------------------------------===//
// Dot products of bytes
//===----------------------------------------------------------------------===//

void executeDot(Warp &w, const Instruction &i) {
  uint32_t scratch[3][warpSize], result[warpSize];
  const uint32_t *a = w.source<uint32_t>(w.operand(i, 1), scratch[0]);
  const uint32_t *b = w.source<uint32_t>(w.operand(i, 2), scratch[1]);
  const uint32_t *c = w.source<uint32_t>(w.operand(i, 3), scratch[2]);
  bool signedA = i.type == ScalarType::S32;
  bool signedB = i.sourceType == ScalarType::S32;
  auto byteOf = [](uint32_t word, unsigned k, bool isSigned) {
    uint8_t byte = uint8_t(word >> (8 * k));
    return isSigned ? int32_t(int8_t(byte)) : int32_t(byte);
  };
  auto halfOf = [](uint32_t word, unsigned k, bool isSigned) {
    uint16_t half = uint16_t(word >> (16 * k));
    return isSigned ? int32_t(int16_t(half)) : int32_t(half);
  };
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint32_t sum = c[lane];
    if (i.operation == 4)
      for (unsigned k = 0; k < 4; ++k)
        sum +=
            uint32_t(byteOf(a[lane], k, signedA) * byteOf(b[lane], k, signedB));
    else // dp2a: two halves of a, two bytes of b
      for (unsigned k = 0; k < 2; ++k)
        sum += uint32_t(halfOf(a[lane], k, signedA) *
                        byteOf(b[lane], k + i.variant, signedB));
    result[lane] = sum;
  }
  w.write<uint32_t>(w.operand(i, 0), result);
}

std::string selectDot4(const Modifiers &, Instruction &i) {
  i.operation = 4;
  i.handler = executeDot;
  return {};
}
template <unsigned firstByte>
std::string selectDot2(const Modifiers &, Instruction &i) {
  i.operation = 2;
  i.variant = firstByte;
  i.handler = executeDot;
  return {};
}

} // namespace

std::string dilated::emulator::selectInteger(Arithmetic operation,
                                             const Modifiers &m,
                                             Instruction &i) {
  i.instructionClass = InstructionClass::Integer;
  bool saturates = m.has("sat");
  if (saturates && i.type != ScalarType::S32)
    return unsupportedType(".sat", i.type);
  bool isSum = operation == Arithmetic::Add || operation == Arithmetic::Sub ||
               operation == Arithmetic::Neg;
  if (isPair(i.type))
    i.shadowRule = ShadowRule::Packed;
  else if (isSum && !saturates && !m.has("cc"))
    i.shadowRule = ShadowRule::Sum;
  switch (operation) {
  case Arithmetic::Add:
    if (m.has("cc"))
      return selectCarry(CarryAdd, CarryOut, i);
    return finish("add",
                  saturates ? executeBinary<AddSaturated, int32_t>
                            : binary<Add>(i.type),
                  i);
  case Arithmetic::Sub:
    if (m.has("cc"))
      return selectCarry(CarrySub, CarryOut, i);
    return finish("sub",
                  saturates ? executeBinary<SubSaturated, int32_t>
                            : binary<Sub>(i.type),
                  i);
  case Arithmetic::Div:
    return finish("div", binary<Div>(i.type), i);
  case Arithmetic::Min:
    if (m.has("relu") && i.type == ScalarType::S32)
      return finish("min", executeBinary<MinRelu, int32_t>, i);
    return finish("min", binary<Min>(i.type), i);
  case Arithmetic::Max:
    if (m.has("relu") && i.type == ScalarType::S32)
      return finish("max", executeBinary<MaxRelu, int32_t>, i);
    return finish("max", binary<Max>(i.type), i);
  case Arithmetic::Abs:
    return finish("abs", unary<Abs>(i.type), i);
  case Arithmetic::Neg:
    return finish("neg", unary<Neg>(i.type), i);
  case Arithmetic::Mul:
  case Arithmetic::Fma:
    return "needs .lo, .hi or .wide for integers";
  }
  return "unknown operation";
}

static constexpr Opcode opcodes[] = {
    {"addc", "dss", "cc", 1, 1, InstructionClass::Integer,
     selectWithCarry<CarryAdd>},
    {"subc", "dss", "cc", 1, 1, InstructionClass::Integer,
     selectWithCarry<CarrySub>},
    {"madc.lo", "dsss", "cc", 1, 1, InstructionClass::Integer,
     selectWithCarry<CarryMadLow>},
    {"madc.hi", "dsss", "cc", 1, 1, InstructionClass::Integer,
     selectWithCarry<CarryMadHigh>},
    {"mul.lo", "dss", "", 1, 1, InstructionClass::Integer, selectMulLow},
    {"mul.hi", "dss", "", 1, 1, InstructionClass::Integer, selectMulHigh},
    {"mul.wide", "Wss", "", 1, 1, InstructionClass::Integer, selectMulWide},
    {"mad.lo", "dsss", "cc", 1, 1, InstructionClass::Integer, selectMadLow},
    {"mad.hi", "dsss", "cc sat", 1, 1, InstructionClass::Integer,
     selectMadHigh},
    {"mad.wide", "Wssw", "", 1, 1, InstructionClass::Integer, selectMadWide},
    {"mul24.lo", "dss", "", 1, 1, InstructionClass::Integer,
     select24<Mul24Low>},
    {"mul24.hi", "dss", "", 1, 1, InstructionClass::Integer,
     select24<Mul24High>},
    {"mad24.lo", "dsss", "", 1, 1, InstructionClass::Integer,
     selectMad24<Mad24Low>},
    {"mad24.hi", "dsss", "", 1, 1, InstructionClass::Integer,
     selectMad24<Mad24High>},
    {"rem", "dss", "", 1, 1, InstructionClass::Integer, selectRem},
    {"sad", "dsss", "", 1, 1, InstructionClass::Integer, selectSad},
    {"dp4a", "dsss", "", 2, 2, InstructionClass::Integer, selectDot4},
    {"dp2a.lo", "dsss", "", 2, 2, InstructionClass::Integer, selectDot2<0>},
    {"dp2a.hi", "dsss", "", 2, 2, InstructionClass::Integer, selectDot2<2>},
};

std::span<const Opcode> dilated::emulator::getIntegerOpcodes() {
  return opcodes;
}
