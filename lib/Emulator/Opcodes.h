//===- Opcodes.h - the table of instructions --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One row per opcode: which operands it takes, which modifiers it may carry,
// and a function that chooses the handler for the types at hand. Each Exec
// file holds the rows of its family.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_OPCODES_H
#define DILATED_LIB_EMULATOR_OPCODES_H

#include "Instruction.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dilated::emulator {

/// The words behind the dots of an instruction, in order.
struct Modifiers {
  std::vector<std::string_view> words;
  std::vector<ScalarType> types;
  unsigned numOperands = 0;

  bool has(std::string_view word) const;
  /// The index in `choices` of the one that is present, -1 for none.
  int indexOf(std::span<const std::string_view> choices) const;
};

/// Fills in the instruction: handler, classes, fields. Returns what is wrong,
/// or an empty string.
using Selector = std::string (*)(const Modifiers &, Instruction &);

struct Opcode {
  std::string_view name;
  // clang-format off
  /// One letter per operand, '?' behind an optional one. Destinations and
  /// sources:
  ///   d  s  of the first type
  ///   x     of the first type, or wider (ld, cvt)
  ///      y  of the last type, or wider
  ///   D  S  of the last type
  ///   W  w  of twice the first type
  ///   U  u  of 32 bits
  ///   v  V  scalar or vector of the first type
  ///   k  K  the same, packed into the first type (mov)
  ///   f  F  vector of 32-bit registers
  ///   p  P  predicate
  /// Destinations:
  ///   q     a predicate, or p|q
  ///   r     of the first type, or d|p
  /// Sources:
  ///   g     64 bits
  ///   b     16, 32 or 64 bits as the register has
  ///   m     an address
  ///   c     32 bits, may be left out
  ///   -     none
  // clang-format on
  std::string_view operands;
  /// The modifiers it may carry, apart from types and, if '$' is among them,
  /// state spaces; separated by blanks.
  std::string_view modifiers;
  unsigned minTypes, maxTypes;
  InstructionClass instructionClass;
  Selector select;
};

/// A mov without vectors is a copy of a row. Called once its operands are
/// known.
void specializeMove(const Operand &to, const Operand &from, Instruction &i);

/// Null for an unknown name.
const Opcode *findOpcode(std::string_view name);

std::span<const Opcode> getIntegerOpcodes();
std::span<const Opcode> getBitOpcodes();
std::span<const Opcode> getFieldOpcodes();
std::span<const Opcode> getFloatOpcodes();
std::span<const Opcode> getSpecialOpcodes();
std::span<const Opcode> getCompareOpcodes();
std::span<const Opcode> getSelectOpcodes();
std::span<const Opcode> getConvertOpcodes();
std::span<const Opcode> getAddressOpcodes();
std::span<const Opcode> getMoveOpcodes();
std::span<const Opcode> getMemoryOpcodes();
std::span<const Opcode> getAtomicOpcodes();
std::span<const Opcode> getAsyncOpcodes();
std::span<const Opcode> getWarpOpcodes();
std::span<const Opcode> getMatrixOpcodes();
std::span<const Opcode> getWmmaOpcodes();
std::span<const Opcode> getControlOpcodes();

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_OPCODES_H
