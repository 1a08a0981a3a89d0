//===- Evaluate.h - run a few instructions of PTX ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_TEST_UNIT_EMULATOR_EVALUATE_H
#define DILATED_TEST_UNIT_EMULATOR_EVALUATE_H

#include "dilated-mlir/Emulator/Emulator.h"

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dilated::emulator::test {

using Inputs = std::array<uint64_t, 4>;

/// Runs `body` once per thread. Before it, input k stands in %x<k> (64 bits),
/// %r<k> (its low 32) and %h<k> (its low 16), k = 0 … 3; the result is what
/// `body` leaves in %x8, %r8, %h8 or %p8, as `result` says ('x', 'r', 'h',
/// 'p'). The other registers up to 15 are free. Fails the test on an error or a
/// report.
std::vector<uint64_t> evaluateAll(std::string_view body, char result,
                                  const std::vector<Inputs> &inputs);

/// One thread.
uint64_t evaluate(std::string_view body, char result, Inputs inputs = {});

inline uint32_t bitsOf(float value) { return std::bit_cast<uint32_t>(value); }
inline uint64_t bitsOf(double value) { return std::bit_cast<uint64_t>(value); }
inline float asFloat(uint64_t bits) {
  return std::bit_cast<float>(uint32_t(bits));
}

/// A module with one kernel 'k' of one parameter, the address of memory. The
/// registers %p<16>, %h<16>, %r<32>, %x<16> are declared, and %x0 holds the
/// address, %r0 the thread.
std::string makeKernel(std::string_view body, std::string_view variables = {});

struct Ran {
  LaunchResult result;
  std::vector<uint32_t> memory;
};

/// Launches 'k' of the text on `words` words of zeros.
Ran run(std::string_view text, unsigned threads, unsigned words,
        unsigned blocks = 1, uint32_t dynamicShared = 0);

bool has(const LaunchResult &result, ReportKind kind);

} // namespace dilated::emulator::test

#endif // DILATED_TEST_UNIT_EMULATOR_EVALUATE_H
