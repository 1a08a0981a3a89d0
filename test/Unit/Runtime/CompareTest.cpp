//===- CompareTest.cpp - closeness of tensors -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/Compare.h"

#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

using namespace dilated::runtime;

static StridedView view(int32_t type, const void *data,
                        const std::vector<int64_t> &sizes,
                        const std::vector<int64_t> &strides) {
  return {type, static_cast<int64_t>(sizes.size()), data, sizes.data(),
          strides.data()};
}

/// Compares two vectors of f32.
static Comparison compareFloats(const std::vector<float> &actual,
                                const std::vector<float> &expected, double rtol,
                                double atol) {
  std::vector<int64_t> sizes = {static_cast<int64_t>(actual.size())}, one = {1};
  Comparison result;
  EXPECT_TRUE(compare(view(DILATED_RT_F32, actual.data(), sizes, one),
                      view(DILATED_RT_F32, expected.data(), sizes, one), rtol,
                      atol, result));
  return result;
}

TEST(Compare, UsesTheExpectedValueForRtol) {
  EXPECT_EQ(compareFloats({110}, {100}, 0.1, 0).mismatches, 0);
  EXPECT_EQ(compareFloats({100}, {89}, 0.1, 0).mismatches, 1);
  EXPECT_EQ(compareFloats({0.5f}, {0}, 0.1, 0.5).mismatches, 0);
}

TEST(Compare, NanAndInfinityAreEqualOnlyToThemselves) {
  float nan = NAN, inf = HUGE_VALF;
  EXPECT_EQ(compareFloats({nan, inf, -inf}, {nan, inf, -inf}, 0, 0).mismatches,
            0);
  for (auto [actual, expected] : {std::pair(nan, 1.0f),
                                  {1.0f, nan},
                                  {inf, 1.0f},
                                  {1.0f, inf},
                                  {inf, -inf}}) {
    Comparison result = compareFloats({0, actual}, {0, expected}, 1, 1e30);
    EXPECT_EQ(result.mismatches, 1) << actual << " " << expected;
    EXPECT_EQ(result.largestError, HUGE_VAL);
    EXPECT_EQ(result.largestIndex, 1);
  }
}

TEST(Compare, TheLargestErrorIsAMismatchIfThereIsOne) {
  // 1000 off by 5 is allowed by rtol; 1 off by 0.5 is not.
  Comparison result = compareFloats({1005, 1.5f, 2}, {1000, 1, 2}, 0.01, 0);
  EXPECT_EQ(result.mismatches, 1);
  EXPECT_EQ(result.largestIndex, 1);
  EXPECT_EQ(result.largestError, 0.5);
  EXPECT_EQ(result.actual, 1.5);
  result = compareFloats({1005, 1}, {1000, 1}, 0.01, 0);
  EXPECT_EQ(result.largestIndex, 0);
  EXPECT_EQ(result.largestError, 5);
}

TEST(Compare, IntegersAreExact) {
  constexpr int64_t large = std::numeric_limits<int64_t>::max();
  std::vector<int64_t> actual = {large, -1, large};
  std::vector<int64_t> expected = {large - 1, -1,
                                   std::numeric_limits<int64_t>::min()};
  std::vector<int64_t> sizes = {3}, one = {1};
  Comparison result;
  ASSERT_TRUE(compare(view(DILATED_RT_I64, actual.data(), sizes, one),
                      view(DILATED_RT_I64, expected.data(), sizes, one), 0, 0,
                      result));
  EXPECT_EQ(result.mismatches, 2);
  EXPECT_EQ(result.largestIndex, 2);
}

TEST(Compare, StridesAndMixedTypes) {
  std::vector<float> rows = {1, 2, 3, 4, 5, 6};
  std::vector<double> columns = {1, 4, 2, 5, 3, 6};
  std::vector<int64_t> sizes = {2, 3}, rowMajor = {3, 1}, columnMajor = {1, 2};
  Comparison result;
  ASSERT_TRUE(compare(view(DILATED_RT_F32, rows.data(), sizes, rowMajor),
                      view(DILATED_RT_F64, columns.data(), sizes, columnMajor),
                      0, 0, result));
  EXPECT_EQ(result.elements, 6);
  EXPECT_EQ(result.mismatches, 0);
  EXPECT_EQ(result.largestIndex, -1);
}

TEST(Compare, NarrowTypes) {
  std::vector<uint16_t> halves = {0x3c00}, brains = {0x3f80};
  std::vector<uint8_t> bools = {7};
  std::vector<int8_t> bytes = {-3};
  EXPECT_EQ(loadAsDouble(DILATED_RT_F16, halves.data()), 1.0);
  EXPECT_EQ(loadAsDouble(DILATED_RT_BF16, brains.data()), 1.0);
  EXPECT_EQ(loadAsDouble(DILATED_RT_BOOL, bools.data()), 1.0);
  EXPECT_EQ(loadAsDouble(DILATED_RT_I8, bytes.data()), -3.0);
}

TEST(Compare, ShapesMustAgree) {
  float data[6] = {};
  std::vector<int64_t> a = {2, 3}, b = {3, 2}, c = {6}, one = {1}, two = {3, 1};
  Comparison result;
  EXPECT_FALSE(compare(view(DILATED_RT_F32, data, a, two),
                       view(DILATED_RT_F32, data, b, two), 0, 0, result));
  EXPECT_FALSE(compare(view(DILATED_RT_F32, data, a, two),
                       view(DILATED_RT_F32, data, c, one), 0, 0, result));
}

//===----------------------------------------------------------------------===//
// expect_close
//===----------------------------------------------------------------------===//

namespace {

struct Matrix {
  const float *allocated, *aligned;
  int64_t offset, sizes[2], strides[2];
};

int32_t expectClose(const Matrix &actual, const Matrix &expected, double atol) {
  return dilated_rt_expect_close(DILATED_RT_F32, 2, &actual, 2, &expected, 0,
                                 atol, "check at test.mlir:7");
}

} // namespace

TEST(ExpectClose, CountsAndPrintsFailures) {
  float zeros[6] = {}, values[8] = {9, 9, 0, 0, 0, 0, 0.5f, 0};
  Matrix expected = {zeros, zeros, 0, {2, 3}, {3, 1}};
  Matrix actual = {values, values, 2, {2, 3}, {3, 1}};
  int64_t checks = dilated_rt_expect_count();
  int64_t failures = dilated_rt_expect_failures();
  EXPECT_EQ(expectClose(actual, expected, 0.5), 1);
  testing::internal::CaptureStderr();
  EXPECT_EQ(expectClose(actual, expected, 0.25), 0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "check at test.mlir:7: failed: largest error 0.5 at [1, 1]: 0.5, "
            "expected 0; 1 of 6 elements beyond rtol 0, atol 0.25\n");
  EXPECT_EQ(dilated_rt_expect_count(), checks + 2);
  EXPECT_EQ(dilated_rt_expect_failures(), failures + 1);
}

TEST(ExpectClose, ShapesAreNamed) {
  float zeros[6] = {};
  Matrix expected = {zeros, zeros, 0, {2, 3}, {3, 1}};
  Matrix actual = {zeros, zeros, 0, {3, 2}, {2, 1}};
  testing::internal::CaptureStderr();
  EXPECT_EQ(expectClose(actual, expected, 1), 0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "check at test.mlir:7: failed: shape [3, 2], expected shape [2, "
            "3]\n");
}
