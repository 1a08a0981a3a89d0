//===- Outcome.cpp - is an output what it should be? ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outcome.h"

#include "dilated-mlir/Runtime/Compare.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::dilated;
namespace runtime = ::dilated::runtime;

namespace {

struct Tolerance {
  double rtol, atol;
};

} // namespace

static Tolerance defaultTolerance(dilated_rt_type type) {
  switch (type) {
  case DILATED_RT_F32:
  case DILATED_RT_F64:
    return {1e-3, 1e-4};
  case DILATED_RT_F16:
    return {1e-2, 1e-2};
  case DILATED_RT_BF16:
    return {6e-2, 6e-2};
  default:
    return {0.0, 0.0};
  }
}

static runtime::StridedView stridedView(const TensorView &view) {
  return {view.type, static_cast<int64_t>(view.shape.size()), view.data,
          view.shape.data(), view.strides.data()};
}

Outcome mlir::dilated::compareOutput(const HostTensor &actual,
                                     const HostTensor &expected,
                                     const RunOptions &options) {
  Outcome outcome;
  llvm::raw_string_ostream stream(outcome.text);
  if (actual.getType() != expected.getType() ||
      actual.getShape() != expected.getShape()) {
    outcome.largestError = std::numeric_limits<double>::infinity();
    stream << "is " << formatType(actual.getShape(), actual.getType())
           << ", expected "
           << formatType(expected.getShape(), expected.getType());
    return outcome;
  }
  Tolerance tolerance = defaultTolerance(actual.getType());
  tolerance.rtol = options.rtol.value_or(tolerance.rtol);
  tolerance.atol = options.atol.value_or(tolerance.atol);
  TensorView actualView = actual.view(), expectedView = expected.view();
  runtime::Comparison result;
  runtime::compare(stridedView(actualView), stridedView(expectedView),
                   tolerance.rtol, tolerance.atol, result);

  outcome.passed = result.mismatches == 0;
  outcome.largestError = result.largestError;
  stream << "largest error " << llvm::format("%.2e", result.largestError);
  if (result.largestIndex >= 0)
    stream << " at " << formatIndex(result.largestIndex, actual.getShape());
  if (!outcome.passed)
    stream << ": " << llvm::format("%.9g", result.actual) << ", expected "
           << llvm::format("%.9g", result.expected) << "; " << result.mismatches
           << " of " << result.elements << " elements beyond rtol "
           << llvm::format("%g", tolerance.rtol) << ", atol "
           << llvm::format("%g", tolerance.atol);
  return outcome;
}

std::string mlir::dilated::summarise(const HostTensor &tensor) {
  constexpr int64_t fewElements = 16;
  std::string text = formatType(tensor.getShape(), tensor.getType());
  llvm::raw_string_ostream stream(text);
  int64_t count = tensor.getNumElements();
  if (count == 0)
    return text;
  const char *data = static_cast<const char *>(tensor.data());
  int64_t bytes = runtime::elementBytes(tensor.getType());
  auto at = [&](int64_t i) {
    return runtime::loadAsDouble(tensor.getType(), data + i * bytes);
  };
  if (count <= fewElements) {
    stream << " =";
    for (int64_t i = 0; i < count; ++i)
      stream << ' ' << llvm::format("%.7g", at(i));
    return text;
  }
  double min = std::numeric_limits<double>::infinity(), max = -min, sum = 0;
  int64_t notFinite = 0;
  for (int64_t i = 0; i < count; ++i) {
    double value = at(i);
    if (!std::isfinite(value)) {
      ++notFinite;
      continue;
    }
    min = std::min(min, value);
    max = std::max(max, value);
    sum += value;
  }
  if (notFinite < count)
    stream << ", min " << llvm::format("%.6g", min) << ", max "
           << llvm::format("%.6g", max) << ", mean "
           << llvm::format("%.6g",
                           sum / static_cast<double>(count - notFinite));
  if (notFinite > 0)
    stream << ", " << notFinite << " not finite";
  return text;
}
