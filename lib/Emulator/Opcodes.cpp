//===- Opcodes.cpp - looking up instructions --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Opcodes.h"

#include <algorithm>

using namespace dilated::emulator;

bool Modifiers::has(std::string_view word) const {
  return std::find(words.begin(), words.end(), word) != words.end();
}

int Modifiers::indexOf(std::span<const std::string_view> choices) const {
  for (size_t i = 0; i < choices.size(); ++i)
    if (has(choices[i]))
      return int(i);
  return -1;
}

using OpcodeMap = std::unordered_map<std::string_view, const Opcode *>;

static OpcodeMap makeOpcodeMap() {
  OpcodeMap map;
  for (std::span<const Opcode> family :
       {getIntegerOpcodes(), getBitOpcodes(), getFieldOpcodes(),
        getFloatOpcodes(), getSpecialOpcodes(), getCompareOpcodes(),
        getSelectOpcodes(), getConvertOpcodes(), getAddressOpcodes(),
        getMoveOpcodes(), getMemoryOpcodes(), getAtomicOpcodes(),
        getAsyncOpcodes(), getWarpOpcodes(), getMatrixOpcodes(),
        getWmmaOpcodes(), getControlOpcodes()})
    for (const Opcode &opcode : family)
      map.emplace(opcode.name, &opcode);
  return map;
}

const Opcode *dilated::emulator::findOpcode(std::string_view name) {
  static const OpcodeMap map = makeOpcodeMap();
  auto found = map.find(name);
  return found == map.end() ? nullptr : found->second;
}
