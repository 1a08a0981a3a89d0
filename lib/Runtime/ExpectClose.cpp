//===- ExpectClose.cpp - numeric checks from generated code -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// check.expect_close ends here: a test states its expectation in IR, the
// program that runs it asks for the number of failures afterwards.
//
//===----------------------------------------------------------------------===//

#include "Descriptor.h"
#include "dilated-mlir/Runtime/Compare.h"

#include <atomic>
#include <stdio.h>

using namespace dilated::runtime;

static std::atomic<int64_t> checks{0};
static std::atomic<int64_t> failures{0};

static StridedView viewOf(int32_t type, const Descriptor &memref) {
  return {type, memref.rank, memref.data + memref.offset * elementBytes(type),
          memref.sizes, memref.strides};
}

/// Writes "[1, 20, 3]", cut where it does not fit.
static void formatList(char *text, size_t size, const int64_t *values,
                       int64_t count) {
  size_t at = 0;
  auto append = [&](const char *format, long long value) {
    if (at >= size)
      return;
    int written = snprintf(text + at, size - at, format, value);
    at += written > 0 ? static_cast<size_t>(written) : 0;
  };
  append("[", 0);
  for (int64_t i = 0; i < count; ++i)
    append(i ? ", %lld" : "%lld", static_cast<long long>(values[i]));
  append("]", 0);
}

static void printIndex(char *text, size_t size, int64_t linear,
                       const Descriptor &memref) {
  int64_t index[kMaxRank] = {};
  for (int64_t d = memref.rank - 1; d >= 0 && linear > 0; --d) {
    index[d] = linear % memref.sizes[d];
    linear /= memref.sizes[d];
  }
  formatList(text, size, index, memref.rank);
}

int32_t dilated_rt_expect_close(int32_t type, int64_t actualRank,
                                const void *actual, int64_t expectedRank,
                                const void *expected, double rtol, double atol,
                                const char *what) {
  ++checks;
  Descriptor a(actualRank, actual), e(expectedRank, expected);
  const char *name = what ? what : "expect_close";
  if (elementBytes(type) == 0) {
    ++failures;
    fprintf(stderr, "%s: failed: unknown element type %d\n", name, type);
    return 0;
  }
  Comparison result;
  char first[256], second[256];
  if (!compare(viewOf(type, a), viewOf(type, e), rtol, atol, result)) {
    ++failures;
    formatList(first, sizeof(first), a.sizes, a.rank);
    formatList(second, sizeof(second), e.sizes, e.rank);
    fprintf(stderr, "%s: failed: shape %s, expected shape %s\n", name, first,
            second);
    return 0;
  }
  if (result.mismatches == 0)
    return 1;
  ++failures;
  printIndex(first, sizeof(first), result.largestIndex, a);
  fprintf(stderr,
          "%s: failed: largest error %g at %s: %.9g, expected %.9g; %lld of "
          "%lld elements beyond rtol %g, atol %g\n",
          name, result.largestError, first, result.actual, result.expected,
          static_cast<long long>(result.mismatches),
          static_cast<long long>(result.elements), rtol, atol);
  return 0;
}

int64_t dilated_rt_expect_count() { return checks; }

int64_t dilated_rt_expect_failures() { return failures; }
