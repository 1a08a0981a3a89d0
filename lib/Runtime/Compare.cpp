//===- Compare.cpp - element-wise comparison of tensors ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/Compare.h"
#include "Descriptor.h"
#include "dilated-mlir/Runtime/NarrowFloat.h"

#include <math.h>

using namespace dilated::runtime;

int64_t dilated::runtime::elementBytes(int32_t type) {
  switch (type) {
  case DILATED_RT_BOOL:
  case DILATED_RT_I8:
    return 1;
  case DILATED_RT_F16:
  case DILATED_RT_BF16:
  case DILATED_RT_I16:
    return 2;
  case DILATED_RT_F32:
  case DILATED_RT_I32:
    return 4;
  case DILATED_RT_F64:
  case DILATED_RT_I64:
    return 8;
  }
  return 0;
}

const char *dilated::runtime::elementName(int32_t type) {
  switch (type) {
  case DILATED_RT_BOOL:
    return "bool";
  case DILATED_RT_I8:
    return "i8";
  case DILATED_RT_I16:
    return "i16";
  case DILATED_RT_I32:
    return "i32";
  case DILATED_RT_I64:
    return "i64";
  case DILATED_RT_F16:
    return "f16";
  case DILATED_RT_BF16:
    return "bf16";
  case DILATED_RT_F32:
    return "f32";
  case DILATED_RT_F64:
    return "f64";
  }
  return "?";
}

namespace {

/// One element: exact as an integer, or as a double (every float type fits).
struct Element {
  bool isInteger;
  int64_t integer;
  double number;
};

} // namespace

template <typename T>
static T read(const char *data, int64_t index) {
  T value;
  memcpy(&value, data + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

static Element integerElement(int64_t value) {
  return {true, value, static_cast<double>(value)};
}

static Element load(const StridedView &view, int64_t index) {
  const char *data = static_cast<const char *>(view.data);
  switch (view.type) {
  case DILATED_RT_BOOL:
    return integerElement(read<uint8_t>(data, index) != 0);
  case DILATED_RT_I8:
    return integerElement(read<int8_t>(data, index));
  case DILATED_RT_I16:
    return integerElement(read<int16_t>(data, index));
  case DILATED_RT_I32:
    return integerElement(read<int32_t>(data, index));
  case DILATED_RT_I64:
    return integerElement(read<int64_t>(data, index));
  case DILATED_RT_F16:
    return {false, 0, f16ToF32(read<uint16_t>(data, index))};
  case DILATED_RT_BF16:
    return {false, 0, bf16ToF32(read<uint16_t>(data, index))};
  case DILATED_RT_F32:
    return {false, 0, read<float>(data, index)};
  default:
    return {false, 0, read<double>(data, index)};
  }
}

double dilated::runtime::loadAsDouble(int32_t type, const void *address) {
  return load({type, 0, address, nullptr, nullptr}, 0).number;
}

/// |actual - expected|; 0 for equal infinities and two NaN, infinite where one
/// side alone is not finite.
static double errorOf(const Element &actual, const Element &expected) {
  if (actual.isInteger && expected.isInteger) {
    // In unsigned arithmetic: the difference of two int64 needs 64 bits.
    uint64_t a = static_cast<uint64_t>(actual.integer);
    uint64_t e = static_cast<uint64_t>(expected.integer);
    return static_cast<double>(actual.integer < expected.integer ? e - a
                                                                 : a - e);
  }
  if (actual.number == expected.number ||
      (isnan(actual.number) && isnan(expected.number)))
    return 0.0;
  double error = fabs(actual.number - expected.number);
  return isnan(error) ? HUGE_VAL : error;
}

bool dilated::runtime::compare(const StridedView &actual,
                               const StridedView &expected, double rtol,
                               double atol, Comparison &result) {
  result = Comparison();
  if (actual.rank != expected.rank || actual.rank > kMaxRank)
    return false;
  int64_t elements = 1;
  for (int64_t i = 0; i < actual.rank; ++i) {
    if (actual.sizes[i] != expected.sizes[i])
      return false;
    elements *= actual.sizes[i];
  }
  result.elements = elements;

  int64_t index[kMaxRank] = {};
  int64_t atActual = 0, atExpected = 0;
  for (int64_t linear = 0; linear < elements; ++linear) {
    Element a = load(actual, atActual);
    Element e = load(expected, atExpected);
    double error = errorOf(a, e);
    // An infinite reference must be met exactly: rtol * inf would allow
    // anything.
    double allowed = isfinite(e.number) ? atol + rtol * fabs(e.number) : 0.0;
    bool mismatch = !(error <= allowed);
    bool firstMismatch = mismatch && result.mismatches == 0;
    result.mismatches += mismatch;
    bool counts = mismatch || result.mismatches == 0;
    if (firstMismatch || (counts && error > result.largestError)) {
      result.largestError = error;
      result.largestIndex = linear;
      result.actual = a.number;
      result.expected = e.number;
    }
    for (int64_t d = actual.rank - 1; d >= 0; --d) {
      atActual += actual.strides[d];
      atExpected += expected.strides[d];
      if (++index[d] < actual.sizes[d])
        break;
      atActual -= index[d] * actual.strides[d];
      atExpected -= index[d] * expected.strides[d];
      index[d] = 0;
    }
  }
  return true;
}
