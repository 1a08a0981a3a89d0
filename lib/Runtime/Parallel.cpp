//===- Parallel.cpp - parallel_for of the run-time --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Generated code makes one call per parallel region; this file decides who runs
// it: the caller's thread pool, the team of the model's run, or, outside of any
// run, a team of its own. Indices are handed out one at a time: tasks of an
// attention differ in work by the number of branches that cover them.
//
//===----------------------------------------------------------------------===//

#include "Frame.h"
#include "Run.h"

#include <omp.h>

using namespace dilated::runtime;

namespace {

/// What the tasks of one parallel_for share.
struct Region {
  dilated_rt_task task;
  void *context;
  int64_t count;
  Run *run; // null outside of a model's run
  int64_t loop;
  std::atomic<int64_t> done;
  std::atomic<bool> failed;
  dilated_status status;
  char message[kMaxMessage];
};

} // namespace

static std::atomic<int32_t> requestedThreads{0};

static void noteFailure(Region &region, dilated_status status,
                        const char *message) {
  if (region.failed.exchange(true))
    return;
  region.status = status;
  copyMessage(region.message, message);
}

/// One task in a frame of its own: a failure must not jump across the backend's
/// stack, so it is noted here and raised again by the thread that called.
static void runTask(void *context, int64_t index) {
  auto &region = *static_cast<Region *>(context);
  if (region.failed.load(std::memory_order_relaxed))
    return;
  Run *run = region.run;
  if (run && run->isCancelled())
    return noteFailure(region, DILATED_CANCELLED, "the run was cancelled");

  Run *outerRun = Run::current();
  TaskScratch outerScratch = taskScratch();
  Run::setCurrent(run);
  TaskScratch scratch = run ? takeTaskScratch(*run) : TaskScratch();
  taskScratch() = scratch;
  Frame frame;
  frame.enter(/*insideTask=*/true);
  if (_setjmp(frame.jump) == 0)
    region.task(region.context, index);
  else
    noteFailure(region, lastStatus(), lastMessage());
  frame.leave();
  if (run)
    returnTaskScratch(*run, scratch);
  taskScratch() = outerScratch;
  Run::setCurrent(outerRun);

  int64_t done = region.done.fetch_add(1, std::memory_order_relaxed) + 1;
  if (run)
    reportProgress(*run, region.loop, done, region.count, /*last=*/false);
}

/// A loop outside of any run.
static void runInTeamOfItsOwn(Region &region, int32_t threads) {
  Team team;
  struct Work {
    Team &team;
    Region &region;
  } work = {team, region};
  team.call(
      threads,
      [](void *context) {
        auto &work = *static_cast<Work *>(context);
        work.team.runLoop(runTask, &work.region, work.region.count);
      },
      &work);
}

void dilated_rt_parallel_for(dilated_rt_task task, void *context,
                             int64_t count) {
  if (count <= 0)
    return;
  if (Frame::insideTask()) {
    for (int64_t i = 0; i < count; ++i) {
      size_t used = taskScratch().used;
      task(context, i);
      taskScratch().used = used;
    }
    return;
  }

  Run *run = Run::current();
  int32_t threads = run ? run->threads : limitThreads(dilated_rt_num_threads());
  if (threads > count)
    threads = static_cast<int32_t>(count);
  Region region;
  region.task = task;
  region.context = context;
  region.count = count;
  region.run = run;
  region.loop = run ? run->loops++ : 0;
  region.done = 0;
  region.failed = false;
  if (run && run->parallelFor)
    run->parallelFor(run->parallelForUser, runTask, &region, count, threads);
  else if (threads > 1 && run && run->team)
    run->team->runLoop(runTask, &region, count);
  else if (threads > 1)
    runInTeamOfItsOwn(region, threads);
  else
    for (int64_t i = 0; i < count; ++i)
      runTask(&region, i);
  if (region.failed)
    fail(region.status, region.message);
  if (run)
    reportProgress(*run, region.loop, count, count, /*last=*/true);
}

void dilated_rt_set_num_threads(int32_t n) { requestedThreads = n > 0 ? n : 0; }

int32_t dilated_rt_num_threads() {
  int32_t n = requestedThreads.load(std::memory_order_relaxed);
  return n > 0 ? n : omp_get_max_threads();
}
