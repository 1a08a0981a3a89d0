//===- Run.cpp - the state of one run of a model ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

#include <stdlib.h>
#include <time.h>

using namespace dilated::runtime;

static thread_local Run *currentRun = nullptr;
static thread_local TaskScratch currentScratch;

Run *Run::current() { return currentRun; }
void Run::setCurrent(Run *run) { currentRun = run; }

TaskScratch &dilated::runtime::taskScratch() { return currentScratch; }

bool dilated::runtime::overflowsMultiply(int64_t a, int64_t b,
                                         int64_t &product) {
  return __builtin_mul_overflow(a, b, &product);
}

bool dilated::runtime::overflowsAdd(int64_t a, int64_t b, int64_t &sum) {
  return __builtin_add_overflow(a, b, &sum);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void *Allocator::get(size_t bytes, size_t alignment) const {
  if (bytes > static_cast<size_t>(PTRDIFF_MAX) - alignment)
    return nullptr;
  if (bytes == 0)
    bytes = 1;
  if (allocate)
    return allocate(user, bytes, alignment);
  void *pointer = nullptr;
  return posix_memalign(&pointer, alignment, bytes) == 0 ? pointer : nullptr;
}

void Allocator::put(void *pointer) const {
  if (!pointer)
    return;
  if (deallocate)
    deallocate(user, pointer);
  else
    free(pointer);
}

TaskScratch dilated::runtime::takeTaskScratch(Run &run) {
  if (run.taskScratchBytes == 0)
    return {};
  for (int32_t i = 0; i < run.threads; ++i)
    if (!run.taken[i].load(std::memory_order_relaxed) &&
        !run.taken[i].exchange(true, std::memory_order_acquire))
      return {run.taskScratch + static_cast<size_t>(i) * run.taskScratchBytes,
              run.taskScratchBytes, 0};
  return {}; // a thread pool with more threads than it was told
}

void dilated::runtime::returnTaskScratch(Run &run, const TaskScratch &scratch) {
  if (!scratch.base)
    return;
  size_t i = static_cast<size_t>(scratch.base - run.taskScratch) /
             run.taskScratchBytes;
  run.taken[i].store(false, std::memory_order_release);
}

//===----------------------------------------------------------------------===//
// Progress
//===----------------------------------------------------------------------===//

/// The least time between two reports: a person reads them.
static constexpr int64_t kProgressNanoseconds = 50'000'000;

static int64_t now() {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

void dilated::runtime::reportProgress(Run &run, int64_t loop, int64_t done,
                                      int64_t count, bool last) {
  if (!run.progress || run.inProgress.exchange(true))
    return;
  int64_t time = now();
  if (last || time - run.lastProgress >= kProgressNanoseconds) {
    run.lastProgress = time;
    run.progress(run.progressUser, loop, done, count);
  }
  run.inProgress = false;
}
