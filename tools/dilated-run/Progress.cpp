//===- Progress.cpp - what a tool is busy with ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Progress.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::dilated;

static constexpr std::chrono::seconds kPatience(2);

Progress::Progress() : watcher([this] { watch(); }) {}

Progress::~Progress() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    done = true;
  }
  changed.notify_one();
  watcher.join();
}

void Progress::begin(std::string name) {
  std::lock_guard<std::mutex> lock(mutex);
  subject = std::move(name);
  subjectStart = Clock::now();
}

void Progress::step(std::string name) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    current = std::move(name);
    stepStart = Clock::now();
    reported = false;
  }
  changed.notify_one();
}

void Progress::idle() { step(""); }

void Progress::report() {
  std::chrono::duration<double> elapsed = Clock::now() - subjectStart;
  llvm::errs() << llvm::format("[%6.1f s] ", elapsed.count()) << subject << ": "
               << current << '\n';
  reported = true;
}

void Progress::watch() {
  std::unique_lock<std::mutex> lock(mutex);
  while (!done) {
    if (current.empty() || reported) {
      changed.wait(lock);
      continue;
    }
    // A step is worth a line when it lasts; so is each one after a slow start.
    if (Clock::now() >= stepStart + kPatience)
      report();
    else
      changed.wait_until(lock, stepStart + kPatience);
  }
}
