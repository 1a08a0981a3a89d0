//===- ExecAddress.cpp - cvta, isspacep -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Execute.h"

using namespace dilated::emulator;

namespace {

uint64_t windowOf(Space space) {
  switch (space) {
  case Space::Shared:
    return sharedWindow;
  case Space::Local:
    return localWindow;
  case Space::Param:
    return paramWindow;
  default:
    return 0;
  }
}

void executeAddress(Warp &w, const Instruction &i) {
  uint64_t bits[warpSize];
  w.sourceBits(w.operand(i, 1), bits);
  uint64_t window = windowOf(i.space);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    bits[lane] = i.variant ? bits[lane] - window : bits[lane] + window;
  w.writeBits(w.operand(i, 0), bits);
}

std::string readSpace(const Modifiers &m, Instruction &i) {
  for (std::string_view word : m.words)
    if (std::optional<Space> space = parseSpace(word)) {
      i.space = *space;
      return {};
    }
  return "needs a state space";
}

std::string selectAddress(const Modifiers &m, Instruction &i) {
  if (i.type != ScalarType::U64)
    return unsupportedType("cvta", i.type);
  i.variant = m.has("to");
  i.handler = executeAddress;
  return readSpace(m, i);
}

void executeIsSpace(Warp &w, const Instruction &i) {
  uint64_t bits[warpSize];
  w.sourceBits(w.operand(i, 1), bits);
  uint32_t truth = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint64_t window = bits[lane] & windowMask;
    bool is = window == windowOf(i.space);
    if (i.space == Space::Const || (i.space == Space::Global && is)) {
      const GlobalMemory::Allocation *found =
          w.block.state.memory->find(bits[lane], 1);
      is = found ? found->isConstant == (i.space == Space::Const)
                 : i.space == Space::Global;
    }
    truth |= uint32_t(is) << lane;
  }
  w.writePredicate(w.operand(i, 0), truth);
}

std::string selectIsSpace(const Modifiers &m, Instruction &i) {
  i.handler = executeIsSpace;
  return readSpace(m, i);
}

} // namespace

static constexpr Opcode opcodes[] = {
    {"cvta", "ds", "to $", 1, 1, InstructionClass::Conversion, selectAddress},
    {"isspacep", "pg", "$", 0, 0, InstructionClass::Compare, selectIsSpace},
};

std::span<const Opcode> dilated::emulator::getAddressOpcodes() {
  return opcodes;
}
