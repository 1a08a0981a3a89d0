//===- Team.h - the threads of one run --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// OpenMP gives a run its threads once; the loops of the run are shared out
// here. An OpenMP loop of its own for each would end when every thread has
// passed a barrier: on a machine with more runnable threads than cores that is
// a time slice per loop, for threads that find nothing left to do. Here a loop
// ends when its tasks are done, whoever did them.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_TEAM_H
#define DILATED_MLIR_LIB_RUNTIME_TEAM_H

#include "dilated-mlir/Runtime/Model.h"

#include <atomic>
#include <pthread.h>

namespace dilated::runtime {

/// As many threads of the `threads` that are asked for as make sense: a few per
/// processor, and one in a process that was forked after OpenMP had begun to
/// work, whose threads stayed behind.
int32_t limitThreads(int32_t threads);

class Team {
public:
  /// Calls `function(context)` on this thread, with up to `threads` - 1 others
  /// that wait for loops. Returns when it has returned.
  void call(int32_t threads, void (*function)(void *), void *context);

  /// From within `call`, on its thread: runs `task(context, i)` for every i in
  /// [0, count) on the threads of the team. Tasks don't jump out.
  void runLoop(dilated_rt_task task, void *context, int64_t count);

private:
  struct Loop {
    dilated_rt_task task;
    void *context;
    int64_t count;
    std::atomic<int64_t> next;

    void work();
  };

  void waitForLoops();

  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t wake = PTHREAD_COND_INITIALIZER; // a loop, or the end
  pthread_cond_t idle = PTHREAD_COND_INITIALIZER; // no helper inside the loop
  std::atomic<int64_t> generation = 0; // of loops, and one at the end
  std::atomic<int32_t> helpers = 0;    // inside the loop
  Loop *loop = nullptr;                // null between loops
  bool isOver = false;
};

} // namespace dilated::runtime

#endif // DILATED_MLIR_LIB_RUNTIME_TEAM_H
