//===- Measure.h - time and memory of a compiled model ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_BENCH_MEASURE_H
#define DILATED_MLIR_TOOLS_DILATED_BENCH_MEASURE_H

#include "dilated-mlir/Target/Executable.h"

#include <chrono>

namespace mlir::dilated {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start);

/// What one case showed. Nothing where a number does not apply.
struct Measurement {
  std::string name;
  double secondsMedian = 0, secondsMin = 0, secondsMax = 0;
  int64_t runs = 0;
  std::optional<double> usefulFlops;
  std::optional<int64_t> usefulPairs, executedPairs;
  int64_t bytes = 0; // of all inputs and outputs, each once
  int64_t peakRssBytes = 0;
  double compileSeconds = 0;
  int32_t threads = 1;
  std::optional<double> gemmFlopsPerSecond;
};

/// Calls `runOnce` once to warm up and `repeat` times under the clock.
llvm::Error measureRuns(llvm::function_ref<llvm::Error()> runOnce,
                        int64_t repeat, Measurement &measurement);

/// Runs once to warm up and `repeat` times under the clock.
llvm::Error measureRuns(Executable &executable, ArrayRef<TensorView> inputs,
                        int64_t repeat, Measurement &measurement);

/// The most memory this process has had resident so far.
int64_t peakRssBytes();

/// "AMD EPYC 9B45, 2 CPUs, avx512f": what a number was measured on.
std::string describeMachine();

/// A line for people: time, rate, share of a matrix product's rate, memory.
void printText(const Measurement &measurement, raw_ostream &os);

/// One JSON object on one line; null for what does not apply.
void printJson(const Measurement &measurement, raw_ostream &os);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_BENCH_MEASURE_H
