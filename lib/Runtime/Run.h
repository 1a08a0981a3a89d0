//===- Run.h - the state of one run of a model ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What generated code asks the run-time library for depends on who runs it: the
// allocator, the threads, the memory of the outputs. A thread finds its run
// through a thread-local pointer; tasks inherit it from the thread that called
// parallel_for. Nothing here has a destructor: failing is a jump (Frame.h).
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_RUN_H
#define DILATED_MLIR_LIB_RUNTIME_RUN_H

#include "Team.h"
#include "dilated-mlir/Runtime/Allocator.h"
#include "dilated-mlir/Runtime/Runtime.h"
#include "dilated-mlir/Runtime/TileLists.h"

#include <atomic>
#include <pthread.h>

namespace dilated::runtime {

constexpr size_t alignUp(size_t bytes, size_t alignment = kAlignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

/// Whether a * b and a + b are beyond what an object in memory may have.
bool overflowsMultiply(int64_t a, int64_t b, int64_t &product);
bool overflowsAdd(int64_t a, int64_t b, int64_t &sum);

/// In front of every block of dilated_rt_alloc.
struct BlockHeader;

/// Memory of the device that a run has asked for.
struct DeviceBlock;

/// One thread's share of the scratch memory. Used like a stack.
struct TaskScratch {
  char *base = nullptr;
  size_t capacity = 0;
  size_t used = 0;
};

struct Run {
  Allocator allocator;
  int32_t threads = 1;
  dilated_parallel_for_fn parallelFor = nullptr;
  void *parallelForUser = nullptr;
  Team *team = nullptr; // null with one thread or with parallelFor
  const volatile int32_t *cancel = nullptr;
  dilated_progress_fn progress = nullptr;
  void *progressUser = nullptr;

  // The scratch block: [arena][task scratch of thread 0][of thread 1]…
  char *arena = nullptr;
  int64_t arenaBytes = 0;
  char *taskScratch = nullptr;
  size_t taskScratchBytes = 0;        // of one thread
  std::atomic<bool> *taken = nullptr; // [threads]: shares in use

  const dilated_tensor_info *inputInfos = nullptr;
  const dilated_tensor *inputs = nullptr;
  int32_t inputCount = 0;
  const dilated_tensor_info *outputInfos = nullptr;
  dilated_tensor *outputs = nullptr;
  int32_t outputCount = 0;
  bool *produced = nullptr;  // [outputCount]
  bool *allocated = nullptr; // [outputCount]: by us

  // GPU kernels; `device` is null for a model without any.
  const dilated_device *device = nullptr;
  void *kernels = nullptr; // the loaded module
  void *stream = nullptr;
  DeviceBlock *deviceBlocks = nullptr;
  TileLists tileLists;
  bool deviceWaits = false; // for the stream, before the run ends
  void **staged = nullptr;  // [outputCount]: host memory in an output's place

  int64_t loops = 0;                                // parallel loops so far
  BlockHeader *blocks = nullptr;                    // not yet freed
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of `blocks`
  std::atomic<bool> inProgress = false;
  int64_t lastProgress = 0; // nanoseconds

  /// The run of this thread, null outside of any.
  static Run *current();
  static void setCurrent(Run *run);

  bool isCancelled() const { return cancel && *cancel != 0; }
};

/// The scratch memory of the task that this thread runs.
TaskScratch &taskScratch();

/// A free share of the run's task scratch; an empty one when all are taken.
TaskScratch takeTaskScratch(Run &run);
void returnTaskScratch(Run &run, const TaskScratch &scratch);

/// Frees what dilated_rt_alloc gave to this run and nobody freed.
void freeBlocks(Run &run);

/// Tells the caller how far a loop is, now and then; `last` always.
void reportProgress(Run &run, int64_t loop, int64_t done, int64_t count,
                    bool last);

} // namespace dilated::runtime

#endif // DILATED_MLIR_LIB_RUNTIME_RUN_H
