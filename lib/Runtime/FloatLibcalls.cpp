//===- FloatLibcalls.cpp - helper calls of generated code -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On processors without the matching instructions LLVM turns a conversion to or
// from bf16 and f16 into these calls. libgcc has the bf16 ones only from gcc 13
// on, and a linked model must not depend on libgcc: so they are here, weak,
// under their standard names. _Float16 stands for "16 bits in a floating-point
// register"; no arithmetic is done in it.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/NarrowFloat.h"

using namespace dilated::runtime;

#define DILATED_LIBCALL extern "C" __attribute__((weak))

static _Float16 inRegister(uint16_t bits) {
  _Float16 value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

static uint16_t bitsOf(_Float16 value) {
  uint16_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return bits;
}

DILATED_LIBCALL _Float16 __truncsfbf2(float value) {
  return inRegister(f32ToBf16(value));
}

DILATED_LIBCALL _Float16 __truncdfbf2(double value) {
  return inRegister(f64ToBf16(value));
}

DILATED_LIBCALL _Float16 __truncsfhf2(float value) {
  return inRegister(f32ToF16(value));
}

DILATED_LIBCALL _Float16 __truncdfhf2(double value) {
  return inRegister(f64ToF16(value));
}

DILATED_LIBCALL float __extendhfsf2(_Float16 value) {
  return f16ToF32(bitsOf(value));
}

DILATED_LIBCALL double __extendhfdf2(_Float16 value) {
  return f16ToF32(bitsOf(value));
}
