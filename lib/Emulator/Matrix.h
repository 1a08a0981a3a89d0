//===- Matrix.h - fragments and small matrices ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_MATRIX_H
#define DILATED_LIB_EMULATOR_MATRIX_H

#include "FloatFormats.h"
#include "Warp.h"

namespace dilated::emulator {

/// The shapes of mma and wmma fit in here.
inline constexpr unsigned maximalRows = 32, maximalDepth = 32;

/// d += a * b with the depth in ascending order, every sum rounded to f32.
/// Products of f16, bf16 and tf32 are exact in f32. Rows of 32 floats.
struct SmallMatrices {
  alignas(64) float a[maximalRows][maximalDepth];
  alignas(64) float b[maximalDepth][maximalRows];
  alignas(64) float d[maximalRows][maximalRows];

  void multiply(unsigned rows, unsigned columns, unsigned depth);
};

/// The same for 8-bit integers: exact, modulo 2^32 or saturated.
struct SmallIntegerMatrices {
  int32_t a[maximalRows][maximalDepth];
  int32_t b[maximalDepth][maximalRows];
  int32_t d[maximalRows][maximalRows];

  void multiply(unsigned rows, unsigned columns, unsigned depth,
                bool saturates);
};

/// The f32 that an element of type f16, bf16, tf32 or f32 stands for. Of tf32
/// the lower 13 bits are ignored.
inline float matrixElement(ScalarType type, uint32_t bits) {
  switch (type) {
  case ScalarType::F16:
    return halfToFloat(uint16_t(bits));
  case ScalarType::BF16:
    return bfloatToFloat(uint16_t(bits));
  case ScalarType::TF32:
    return std::bit_cast<float>(bits & 0xffffe000);
  default:
    return std::bit_cast<float>(bits);
  }
}

/// A vector operand's register k; of one register, itself.
inline const Operand &fragmentPart(const Warp &w, const Operand &operand,
                                   unsigned k) {
  return operand.kind == OperandKind::Vector ? w.element(operand, k) : operand;
}

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_MATRIX_H
