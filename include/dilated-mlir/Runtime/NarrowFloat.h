//===- NarrowFloat.h - f16 and bf16 by their bits ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conversions between the 16-bit floating-point formats and f32/f64, by integer
// arithmetic, rounding to nearest even, subnormals and NaN kept. They are what
// the compiler's helper calls (__truncsfbf2 and so on) are made of, hence
// written without any narrow type: a conversion here must not become such a
// call.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_NARROWFLOAT_H
#define DILATED_MLIR_RUNTIME_NARROWFLOAT_H

#include <stdint.h>
#include <string.h>

namespace dilated::runtime {

inline float bf16ToF32(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  memcpy(&value, &wide, sizeof(value));
  return value;
}

/// bf16 is the upper half of f32: add half a unit in the last place, and one
/// less when the last kept bit is even. NaN stays a (quiet) NaN.
inline uint16_t f32ToBf16(float value) {
  uint32_t wide;
  memcpy(&wide, &value, sizeof(wide));
  if ((wide & 0x7fffffffu) > 0x7f800000u)
    return static_cast<uint16_t>((wide >> 16) | 0x40u);
  return static_cast<uint16_t>((wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16);
}

float f16ToF32(uint16_t bits);
uint16_t f32ToF16(float value);

/// From f64 directly: through f32 the value would be rounded twice.
uint16_t f64ToF16(double value);
uint16_t f64ToBf16(double value);

} // namespace dilated::runtime

#endif // DILATED_MLIR_RUNTIME_NARROWFLOAT_H
