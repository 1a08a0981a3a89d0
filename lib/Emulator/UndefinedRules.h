//===- UndefinedRules.h - undefined bits through instructions ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which bits of a result are undefined where some bits of the sources are. A
// bit that is called defined has the same value for every choice of the
// undefined ones; the reverse need not hold.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_UNDEFINEDRULES_H
#define DILATED_LIB_EMULATOR_UNDEFINEDRULES_H

#include "Instruction.h"

#include <array>

namespace dilated::emulator {

/// A source as one lane reads it.
struct SourceBits {
  uint64_t value = 0, undefined = 0;
};
using SourceArray = std::array<SourceBits, 4>;

/// By the rule of the instruction, which is one that follows bits; sources are
/// the operands behind the result. What is beyond the width of the result
/// means nothing.
uint64_t getUndefinedResult(const Instruction &i, const SourceArray &sources);

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_UNDEFINEDRULES_H
