//===- ExecMove.cpp - mov ---------------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execute.h"

using namespace dilated::emulator;

namespace {

template <typename T>
void executeMove(Warp &w, const Instruction &i) {
  T scratch[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratch);
  w.write<T>(w.operand(i, 0), a);
}

void executeMovePredicate(Warp &w, const Instruction &i) {
  w.writePredicate(w.operand(i, 0), w.predicate(w.operand(i, 1)));
}

/// {a, b} to one register and back: elements from the lowest bits up.
void executePackUnpack(Warp &w, const Instruction &i) {
  const Operand &to = w.operand(i, 0), &from = w.operand(i, 1);
  uint64_t bits[warpSize] = {};
  if (from.kind == OperandKind::Vector) {
    for (uint32_t k = 0; k < from.count; ++k) {
      uint64_t part[warpSize];
      w.sourceBits(w.element(from, k), part);
      uint64_t mask = from.bytes >= 8 ? ~uint64_t(0)
                                      : (uint64_t(1) << (8 * from.bytes)) - 1;
      for (unsigned lane = 0; lane < warpSize; ++lane)
        bits[lane] |= (part[lane] & mask) << (8 * from.bytes * k);
    }
  } else {
    w.sourceBits(from, bits);
  }
  if (to.kind == OperandKind::Vector) {
    for (uint32_t k = 0; k < to.count; ++k) {
      uint64_t part[warpSize];
      for (unsigned lane = 0; lane < warpSize; ++lane)
        part[lane] = bits[lane] >> (8 * to.bytes * k);
      w.writeBits(w.element(to, k), part);
    }
  } else {
    w.writeBits(to, bits);
  }
}

/// 128 bits are moved in halves.
void executeMoveWide(Warp &w, const Instruction &i) {
  const Operand &to = w.operand(i, 0), &from = w.operand(i, 1);
  uint64_t parts[2][warpSize] = {};
  if (from.kind == OperandKind::Vector) {
    for (uint32_t k = 0; k < 2; ++k)
      w.sourceBits(w.element(from, k), parts[k]);
  } else {
    const std::byte *row = w.frame->registers.get() + from.offset;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned k = 0; k < 2; ++k)
        std::memcpy(&parts[k][lane], row + lane * 16 + k * 8, 8);
  }
  if (to.kind == OperandKind::Vector) {
    for (uint32_t k = 0; k < 2; ++k)
      w.writeBits(w.element(to, k), parts[k]);
  } else if (to.kind == OperandKind::Register) {
    std::byte *row = w.frame->registers.get() + to.offset;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if (w.active >> lane & 1)
        for (unsigned k = 0; k < 2; ++k)
          std::memcpy(row + lane * 16 + k * 8, &parts[k][lane], 8);
  }
}

std::string selectMove(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Move;
  switch (getTypeBytes(i.type)) {
  case 0:
    i.handler = executeMovePredicate;
    return {};
  case 2:
  case 4:
  case 8:
    i.handler = executePackUnpack;
    return {};
  case 16:
    i.shadowRule = ShadowRule::Any;
    i.handler = executeMoveWide;
    return {};
  }
  return unsupportedType("mov", i.type);
}

} // namespace

void dilated::emulator::specializeMove(const Operand &to, const Operand &from,
                                       Instruction &i) {
  if (i.handler != executePackUnpack || to.kind == OperandKind::Vector ||
      from.kind == OperandKind::Vector)
    return;
  switch (getTypeBytes(i.type)) {
  case 2:
    i.handler = executeMove<uint16_t>;
    return;
  case 4:
    i.handler = executeMove<uint32_t>;
    return;
  case 8:
    i.handler = executeMove<uint64_t>;
    return;
  }
}

static constexpr Opcode opcodes[] = {
    {"mov", "kK", "", 1, 1, InstructionClass::Move, selectMove},
};

std::span<const Opcode> dilated::emulator::getMoveOpcodes() { return opcodes; }
