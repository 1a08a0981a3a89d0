//===- ExecSelect.cpp - selp, slct ------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execute.h"
#include "FloatFormats.h"

#include <bit>

using namespace dilated::emulator;

namespace {

template <typename T>
void executeSelp(Warp &w, const Instruction &i) {
  T scratchA[warpSize], scratchB[warpSize], result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratchA);
  const T *b = w.source<T>(w.operand(i, 2), scratchB);
  uint32_t truth = w.predicate(w.operand(i, 3));
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = truth >> lane & 1 ? a[lane] : b[lane];
  w.write<T>(w.operand(i, 0), result);
}

template <typename T>
void executeSlct(Warp &w, const Instruction &i) {
  T scratchA[warpSize], scratchB[warpSize], result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratchA);
  const T *b = w.source<T>(w.operand(i, 2), scratchB);
  uint64_t c[warpSize];
  w.sourceBits(w.operand(i, 3), c);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    bool first = int32_t(c[lane]) >= 0;
    if (i.sourceType == ScalarType::F32) {
      float value = std::bit_cast<float>(uint32_t(c[lane]));
      first = (i.flush ? flushDenormal(value) : value) >= 0;
    }
    result[lane] = first ? a[lane] : b[lane];
  }
  w.write<T>(w.operand(i, 0), result);
}

std::string selectSelp(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Select;
  switch (getTypeBytes(i.type)) {
  case 2:
    i.handler = executeSelp<uint16_t>;
    return {};
  case 4:
    i.handler = executeSelp<uint32_t>;
    return {};
  case 8:
    i.handler = executeSelp<uint64_t>;
    return {};
  }
  return unsupportedType("selp", i.type);
}

std::string selectSlct(const Modifiers &m, Instruction &i) {
  i.flush = m.has("ftz");
  switch (getTypeBytes(i.type)) {
  case 2:
    i.handler = executeSlct<uint16_t>;
    return {};
  case 4:
    i.handler = executeSlct<uint32_t>;
    return {};
  case 8:
    i.handler = executeSlct<uint64_t>;
    return {};
  }
  return unsupportedType("slct", i.type);
}

} // namespace

static constexpr Opcode opcodes[] = {
    {"selp", "dssP", "", 1, 1, InstructionClass::Compare, selectSelp},
    {"slct", "dssS", "ftz", 2, 2, InstructionClass::Compare, selectSlct},
};

std::span<const Opcode> dilated::emulator::getSelectOpcodes() {
  return opcodes;
}
