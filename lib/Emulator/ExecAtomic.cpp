//===- ExecAtomic.cpp - atom, red -------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lanes go one after the other, lowest first. Global memory is shared with the
// blocks that other host threads run, so those updates are atomic on the host;
// the order of blocks, and with it sums of floats, may differ between runs
// unless one host thread is asked for.
//
//===----------------------------------------------------------------------===//

#include "Access.h"
#include "Execute.h"
#include "FloatFormats.h"

#include <algorithm>
#include <atomic>

using namespace dilated::emulator;

namespace {

enum Operation : uint8_t { And, Or, Xor, Exch, Cas, Add, Inc, Dec, Min, Max };

constexpr std::string_view operationNames[] = {
    "and", "or", "xor", "exch", "cas", "add", "inc", "dec", "min", "max"};

uint16_t addHalf(uint16_t a, uint16_t b) {
  return uint16_t(roundDouble(double(halfToFloat(a)) + double(halfToFloat(b)),
                              Rounding::Nearest, halfFormat));
}
uint16_t addBfloat(uint16_t a, uint16_t b) {
  double sum =
      fusedToOdd(double(bfloatToFloat(a)), 1.0, double(bfloatToFloat(b)));
  return uint16_t(roundDouble(sum, Rounding::Nearest, bfloatFormat));
}

template <typename T>
T update(const Instruction &i, T old, T b, T c) {
  using Signed = std::make_signed_t<T>;
  switch (i.operation) {
  case And:
    return old & b;
  case Or:
    return old | b;
  case Xor:
    return old ^ b;
  case Exch:
    return b;
  case Cas:
    return old == b ? c : old;
  case Inc:
    return old >= b ? T(0) : T(old + 1);
  case Dec:
    return old == 0 || old > b ? b : T(old - 1);
  case Min:
    if (isSignedInteger(i.type))
      return T(std::min(Signed(old), Signed(b)));
    return std::min(old, b);
  case Max:
    if (isSignedInteger(i.type))
      return T(std::max(Signed(old), Signed(b)));
    return std::max(old, b);
  default:
    break;
  }
  switch (i.type) {
  case ScalarType::F32: {
    if constexpr (sizeof(T) == 4) {
      float x = std::bit_cast<float>(old), y = std::bit_cast<float>(b);
      // In global memory denormals are flushed, in shared memory not; the
      // instruction has one behaviour here, the one without.
      return std::bit_cast<uint32_t>(canonical(x + y));
    }
    break;
  }
  case ScalarType::F64:
    if constexpr (sizeof(T) == 8)
      return std::bit_cast<uint64_t>(std::bit_cast<double>(old) +
                                     std::bit_cast<double>(b));
    break;
  case ScalarType::F16:
    return T(addHalf(uint16_t(old), uint16_t(b)));
  case ScalarType::BF16:
    return T(addBfloat(uint16_t(old), uint16_t(b)));
  case ScalarType::F16x2:
  case ScalarType::BF16x2: {
    auto add = i.type == ScalarType::F16x2 ? addHalf : addBfloat;
    uint32_t x = uint32_t(old), y = uint32_t(b);
    return T(uint32_t(add(uint16_t(x >> 16), uint16_t(y >> 16))) << 16 |
             add(uint16_t(x), uint16_t(y)));
  }
  default:
    break;
  }
  return T(old + b);
}

/// Operands of atom: d, [a], b, c; of red: none, [a], b.
template <typename T>
void executeAtomic(Warp &w, const Instruction &i) {
  uint64_t addresses[warpSize], b[warpSize], c[warpSize] = {};
  uint64_t result[warpSize] = {};
  computeAddresses(w, w.operand(i, 1), addresses);
  w.sourceBits(w.operand(i, 2), b);
  if (i.operation == Cas)
    w.sourceBits(w.operand(i, 3), c);
  Access access;
  beginAccess(w, i, i.space, addresses, sizeof(T), AccessKind::Atomic, access);
  if (w.sawUndefined && w.block.state.checks)
    for (unsigned n = 2; n < i.numOperands; ++n) {
      const Operand &each = w.operand(i, n);
      if (each.kind == OperandKind::Register)
        w.reportUndefined(i, each, w.active & ~w.frame->defined[each.slot],
                          "is an operand of an atomic operation");
    }
  SharedFindings findings;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!access.host[lane])
      continue;
    if (access.spaces[lane] == Space::Shared)
      checkShared(w, i, lane, uint32_t(access.addresses[lane]), sizeof(T),
                  AccessKind::Write, nullptr, findings);
    if (w.block.state.checks) {
      if (undefinedBytes(w, access, lane, 0, sizeof(T)) && i.operation != Exch)
        w.report(i,
                 isUnwritten(w, access, lane, 0, sizeof(T))
                     ? ReportKind::UninitializedShared
                     : ReportKind::UninitializedRegister,
                 1u << lane,
                 "the word that the atomic operation updates has no value");
      defineBytes(w, access, lane, 0, sizeof(T), 0);
    }
    std::atomic_ref<T> word(*reinterpret_cast<T *>(access.host[lane]));
    T old = word.load(std::memory_order_relaxed);
    while (!word.compare_exchange_weak(
        old, update<T>(i, old, T(b[lane]), T(c[lane])),
        std::memory_order_acq_rel))
      ;
    result[lane] = old;
  }
  finishShared(w, i, AccessKind::Atomic, findings);
  w.writeBits(w.operand(i, 0), result);
}

bool isAllowed(uint8_t operation, ScalarType type) {
  unsigned bytes = getTypeBytes(type);
  switch (operation) {
  case And:
  case Or:
  case Xor:
  case Exch:
    return isIntegerLike(type) && bytes >= 4;
  case Cas:
    return isIntegerLike(type) && bytes >= 2;
  case Inc:
  case Dec:
    return type == ScalarType::U32;
  case Min:
  case Max:
    return isIntegerLike(type) && bytes >= 4;
  default:
    return (isIntegerLike(type) && bytes >= 4) || type == ScalarType::F32 ||
           type == ScalarType::F64 || type == ScalarType::F16 ||
           type == ScalarType::F16x2 || type == ScalarType::BF16 ||
           type == ScalarType::BF16x2;
  }
}

std::string select(const Modifiers &m, Instruction &i) {
  int operation = m.indexOf(operationNames);
  if (operation < 0)
    return "needs an operation";
  i.operation = uint8_t(operation);
  if (!isAllowed(i.operation, i.type))
    return unsupportedType(operationNames[operation], i.type);
  unsigned operands = i.operation == Cas ? 4 : 3;
  if (m.numOperands != (i.numOperands == 3 ? 2 : operands))
    return "wrong number of operands";
  for (std::string_view word : m.words)
    if (std::optional<Space> space = parseSpace(word))
      i.space = *space;
  i.strong = true;
  i.shadowRule = ShadowRule::Memory;
  switch (getTypeBytes(i.type)) {
  case 2:
    i.handler = executeAtomic<uint16_t>;
    return {};
  case 4:
    i.handler = executeAtomic<uint32_t>;
    return {};
  case 8:
    i.handler = executeAtomic<uint64_t>;
    return {};
  }
  return unsupportedType("an atomic operation", i.type);
}

} // namespace

static constexpr std::string_view words =
    "$ relaxed acquire release acq_rel cta cluster gpu sys noftz and or xor "
    "exch cas add inc dec min max";

static constexpr Opcode opcodes[] = {
    {"atom", "dmss?", words, 1, 1, InstructionClass::Atomic, select},
    {"red", "-ms", words, 1, 1, InstructionClass::Atomic, select},
};

std::span<const Opcode> dilated::emulator::getAtomicOpcodes() {
  return opcodes;
}
