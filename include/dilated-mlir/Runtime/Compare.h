//===- Compare.h - are two tensors close? -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One comparison for tests inside generated code (dilated_rt_expect_close) and
// for dilated-run --expected.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_COMPARE_H
#define DILATED_MLIR_RUNTIME_COMPARE_H

#include "dilated-mlir/Runtime/Runtime.h"

namespace dilated::runtime {

/// Bytes of one element, 0 for a code that is not a dilated_rt_type.
int64_t elementBytes(int32_t type);

/// The usual short name ("f32", "bf16", "i64", "bool"), "?" when unknown.
const char *elementName(int32_t type);

/// The element at `address`; int64 beyond 2^53 are rounded.
double loadAsDouble(int32_t type, const void *address);

/// Elements that lie at data + (sum of index * stride), strides in elements.
struct StridedView {
  int32_t type;
  int64_t rank;
  const void *data;
  const int64_t *sizes;
  const int64_t *strides;
};

struct Comparison {
  int64_t elements = 0;
  int64_t mismatches = 0;
  /// The largest |actual - expected|, among the mismatches when there are any;
  /// infinite where one side alone is NaN or infinite.
  double largestError = 0.0;
  int64_t largestIndex = -1; // row-major; -1 when every error is 0
  double actual = 0.0, expected = 0.0;
};

/// Compares element by element like numpy.allclose(actual, expected, rtol,
/// atol, equal_nan=True); integers exactly when both tolerances are 0. Element
/// types may differ (f32 results against f64 references). False, with nothing
/// compared, when ranks or sizes differ.
bool compare(const StridedView &actual, const StridedView &expected,
             double rtol, double atol, Comparison &result);

} // namespace dilated::runtime

#endif // DILATED_MLIR_RUNTIME_COMPARE_H
