//===- Progress.h - what a tool is busy with --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_RUN_PROGRESS_H
#define DILATED_MLIR_TOOLS_DILATED_RUN_PROGRESS_H

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace mlir::dilated {

/// Prints to stderr what is going on once it has taken more than two seconds,
/// and nothing when all is quick.
class Progress {
public:
  Progress();
  ~Progress();

  /// What follows belongs to `subject` (a model, a test case).
  void begin(std::string subject);
  /// A step of it begins.
  void step(std::string name);
  /// Nothing is going on.
  void idle();

private:
  using Clock = std::chrono::steady_clock;
  void watch();
  void report();

  std::mutex mutex;
  std::condition_variable changed;
  std::string subject, current;
  Clock::time_point subjectStart, stepStart;
  bool reported = false, done = false;
  std::thread watcher;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_RUN_PROGRESS_H
