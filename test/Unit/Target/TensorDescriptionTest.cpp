//===- TensorDescriptionTest.cpp - tensors by text --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/Compare.h"
#include "dilated-mlir/Runtime/Runtime.h"
#include "dilated-mlir/Target/HostTensor.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace mlir::dilated;
using ::dilated::runtime::elementBytes;
using ::dilated::runtime::loadAsDouble;

static std::vector<double> valuesOf(llvm::StringRef description) {
  llvm::Expected<HostTensor> tensor = parseTensor(description);
  EXPECT_TRUE(bool(tensor)) << description.str();
  std::vector<double> values;
  if (!tensor) {
    llvm::consumeError(tensor.takeError());
    return values;
  }
  auto *data = static_cast<const char *>(tensor->data());
  for (int64_t i = 0; i < tensor->getNumElements(); ++i)
    values.push_back(loadAsDouble(tensor->getType(),
                                  data + i * elementBytes(tensor->getType())));
  return values;
}

static std::string problem(llvm::StringRef description) {
  llvm::Expected<HostTensor> tensor = parseTensor(description);
  return tensor ? "" : llvm::toString(tensor.takeError());
}

TEST(TensorDescription, Values) {
  using Values = std::vector<double>;
  EXPECT_EQ(valuesOf("2x2xf32=0.5"), (Values{0.5, 0.5, 0.5, 0.5}));
  EXPECT_EQ(valuesOf("3xi64=4,-5, 6"), (Values{4, -5, 6}));
  EXPECT_EQ(valuesOf("f16=1e3"), Values{1000});
  EXPECT_EQ(valuesOf("2xbf16=-inf,1"), (Values{-HUGE_VAL, 1}));
  EXPECT_EQ(valuesOf("2xbool=true,0"), (Values{1, 0}));
  EXPECT_EQ(valuesOf("0x3xf32=1"), Values{});
  EXPECT_TRUE(std::isnan(valuesOf("f64=nan")[0]));
}

TEST(TensorDescription, RandomIsTheSameForAnyNumberOfThreads) {
  dilated_rt_set_num_threads(1);
  std::vector<double> one = valuesOf("300x1000xf32=random:7");
  dilated_rt_set_num_threads(3);
  EXPECT_EQ(valuesOf("300x1000xf32=random:7"), one);
  dilated_rt_set_num_threads(0);
  EXPECT_NE(valuesOf("300x1000xf32=random:8"), one);
  // A stored value: files made from a seed stay what they are.
  EXPECT_FLOAT_EQ(static_cast<float>(one[0]), -0.64806545f);
}

TEST(TensorDescription, Moments) {
  auto moments = [](const std::vector<double> &values) {
    double sum = 0, squares = 0;
    for (double value : values) {
      sum += value;
      squares += value * value;
    }
    double mean = sum / static_cast<double>(values.size());
    return std::pair(mean, squares / static_cast<double>(values.size()) -
                               mean * mean);
  };
  auto [mean, variance] = moments(valuesOf("400000xf64=random:1"));
  EXPECT_NEAR(mean, 0, 0.01);
  EXPECT_NEAR(variance, 1, 0.01);
  auto [uniformMean, uniformVariance] =
      moments(valuesOf("400000xf64=uniform:1"));
  EXPECT_NEAR(uniformMean, 0.5, 0.005);
  EXPECT_NEAR(uniformVariance, 1.0 / 12, 0.002);
  for (double value : valuesOf("1000xi32=random:3")) {
    EXPECT_GE(value, 0);
    EXPECT_LT(value, 16);
  }
}

TEST(TensorDescription, Errors) {
  EXPECT_EQ(problem("2x3xf32"), "'2x3xf32' is not a tensor; write @x.npy, "
                                "@x.pb, 2x3xf32=random:7 or 2x3xf32=0");
  EXPECT_EQ(problem("2x3=0"),
            "'2x3' does not end in an element type; known are f32 f64 f16 bf16 "
            "i64 i32 i16 i8 bool");
  EXPECT_EQ(problem("ax3xf32=0"), "'a' in 'ax3xf32' is not a dimension");
  EXPECT_EQ(problem("-1xf32=0"), "'-1' in '-1xf32' is not a dimension");
  EXPECT_EQ(problem("3xf32=1,2"), "2 values are given, 3xf32 has 3 elements");
  EXPECT_EQ(problem("f32=x"), "'x' is not a number");
  EXPECT_EQ(problem("i8=200"), "'200' does not fit i8");
  EXPECT_EQ(problem("i64=1.5"), "'1.5' is not an integer");
  EXPECT_EQ(problem("f32=random:x"), "'x' is not a seed");
  EXPECT_EQ(problem("@x.txt"), "'x.txt' is neither a .npy nor a .pb file");
  EXPECT_EQ(problem("4611686018427387904x4xf32=0"),
            "tensor 4611686018427387904x4xf32 has no representable size");
  EXPECT_NE(problem("1000000x1000000x1000xf32=0").find("this machine has"),
            std::string::npos);
}

TEST(HostTensor, CopiesAnyStrides) {
  float data[] = {0, 1, 2, 3, 4, 5};
  TensorView view;
  view.type = DILATED_RT_F32;
  view.shape = {3, 2};
  view.strides = {1, 3};
  view.data = data;
  llvm::Expected<HostTensor> copy = copyOf(view);
  ASSERT_TRUE(bool(copy));
  auto *values = static_cast<const float *>(copy->data());
  EXPECT_EQ(std::vector<float>(values, values + 6),
            (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(formatIndex(5, copy->getShape()), "[2, 1]");
  EXPECT_EQ(formatType({-1, 4}, DILATED_RT_BF16), "?x4xbf16");
}
