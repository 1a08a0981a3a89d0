//===- Execute.h - loops over the lanes of a warp ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_EXECUTE_H
#define DILATED_LIB_EMULATOR_EXECUTE_H

#include "Opcodes.h"
#include "Warp.h"

namespace dilated::emulator {

/// Operation: a struct with `template <typename T> static T apply(T…)`.
template <typename Operation, typename T, typename R = T>
void executeUnary(Warp &w, const Instruction &i) {
  T scratch[warpSize];
  R result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratch);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = Operation::apply(a[lane]);
  w.write<R>(w.operand(i, 0), result);
}

template <typename Operation, typename T, typename R = T>
void executeBinary(Warp &w, const Instruction &i) {
  T scratchA[warpSize], scratchB[warpSize];
  R result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratchA);
  const T *b = w.source<T>(w.operand(i, 2), scratchB);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = Operation::apply(a[lane], b[lane]);
  w.write<R>(w.operand(i, 0), result);
}

template <typename Operation, typename T, typename C = T, typename R = C>
void executeTernary(Warp &w, const Instruction &i) {
  T scratchA[warpSize], scratchB[warpSize];
  C scratchC[warpSize];
  R result[warpSize];
  const T *a = w.source<T>(w.operand(i, 1), scratchA);
  const T *b = w.source<T>(w.operand(i, 2), scratchB);
  const C *c = w.source<C>(w.operand(i, 3), scratchC);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = Operation::apply(a[lane], b[lane], c[lane]);
  w.write<R>(w.operand(i, 0), result);
}

/// What a row of the table says when no handler fits.
inline std::string unsupportedType(std::string_view name, ScalarType type) {
  return std::string(name) + " is not supported for type ." +
         std::string(getTypeName(type));
}

/// The selector that a mode of prmt makes of the low bits of its operand; mode
/// 0 takes it as it is.
uint32_t getPermuteSelector(unsigned mode, uint32_t c);

enum class Arithmetic : uint8_t { Add, Sub, Mul, Fma, Div, Min, Max, Abs, Neg };

/// One per family; the rows that they share are in ExecArithmetic.cpp.
std::string selectInteger(Arithmetic operation, const Modifiers &modifiers,
                          Instruction &instruction);
std::string selectFloat(Arithmetic operation, const Modifiers &modifiers,
                        Instruction &instruction);
std::string selectHalf(Arithmetic operation, const Modifiers &modifiers,
                       Instruction &instruction);

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_EXECUTE_H
