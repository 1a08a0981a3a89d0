//===- Parallel.cpp - parallel_for of the run-time --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Generated code makes one call per parallel region; this file decides who runs
// it. OpenMP is compiled in here and nowhere else, with a dynamic schedule:
// tasks of an attention differ in work by the number of branches that cover
// them.
//
//===----------------------------------------------------------------------===//

#include "Frame.h"

#include <atomic>
#include <omp.h>

using namespace dilated::runtime;

namespace {

/// What the tasks of one parallel_for share.
struct Region {
  dilated_rt_task task;
  void *context;
  std::atomic<bool> failed;
  char message[kMaxMessage];
};

} // namespace

static std::atomic<dilated_rt_parallel_for_fn> backendHook{nullptr};
static std::atomic<int32_t> requestedThreads{0};

static void runOnOpenMP(dilated_rt_task task, void *context, int64_t count,
                        int32_t threads) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
  for (int64_t i = 0; i < count; ++i)
    task(context, i);
}

/// One task in a frame of its own: a failure must not jump across the backend's
/// stack, so it is noted here and raised again by the thread that called.
static void runTask(void *context, int64_t index) {
  auto *region = static_cast<Region *>(context);
  if (region->failed.load(std::memory_order_relaxed))
    return;
  Frame frame;
  frame.enter(/*insideTask=*/true);
  if (_setjmp(frame.jump) == 0)
    region->task(region->context, index);
  else if (!region->failed.exchange(true))
    copyMessage(region->message, lastMessage());
  frame.leave();
}

void dilated_rt_parallel_for(dilated_rt_task task, void *context,
                             int64_t count) {
  if (count <= 0)
    return;
  int32_t threads = dilated_rt_num_threads();
  if (threads > count)
    threads = static_cast<int32_t>(count);
  if (threads == 1 || Frame::insideTask()) {
    for (int64_t i = 0; i < count; ++i)
      task(context, i);
    return;
  }

  Region region;
  region.task = task;
  region.context = context;
  region.failed = false;
  dilated_rt_parallel_for_fn backend = backendHook.load();
  (backend ? backend : runOnOpenMP)(runTask, &region, count, threads);
  if (region.failed)
    dilated_rt_fail(region.message);
}

void dilated_rt_set_parallel_for(dilated_rt_parallel_for_fn backend) {
  backendHook = backend;
}

void dilated_rt_set_num_threads(int32_t n) { requestedThreads = n > 0 ? n : 0; }

int32_t dilated_rt_num_threads() {
  int32_t n = requestedThreads.load(std::memory_order_relaxed);
  return n > 0 ? n : omp_get_max_threads();
}
