//===- Matrix.cpp - fragments and small matrices ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Matrix.h"

#include <algorithm>

using namespace dilated::emulator;

template <unsigned columns>
static void multiplyColumns(SmallMatrices &m, unsigned rows, unsigned depth) {
  for (unsigned row = 0; row < rows; ++row) {
    float sums[columns];
    for (unsigned n = 0; n < columns; ++n)
      sums[n] = m.d[row][n];
    for (unsigned k = 0; k < depth; ++k) {
      float factor = m.a[row][k];
      for (unsigned n = 0; n < columns; ++n)
        sums[n] += factor * m.b[k][n];
    }
    for (unsigned n = 0; n < columns; ++n)
      m.d[row][n] = sums[n];
  }
}

void SmallMatrices::multiply(unsigned rows, unsigned columns, unsigned depth) {
  switch (columns) {
  case 8:
    return multiplyColumns<8>(*this, rows, depth);
  case 16:
    return multiplyColumns<16>(*this, rows, depth);
  case 32:
    return multiplyColumns<32>(*this, rows, depth);
  }
}

void SmallIntegerMatrices::multiply(unsigned rows, unsigned columns,
                                    unsigned depth, bool saturates) {
  for (unsigned row = 0; row < rows; ++row)
    for (unsigned n = 0; n < columns; ++n) {
      int64_t sum = d[row][n];
      for (unsigned k = 0; k < depth; ++k)
        sum += int64_t(a[row][k]) * b[k][n];
      if (saturates)
        sum = std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX);
      d[row][n] = int32_t(uint32_t(uint64_t(sum)));
    }
}
