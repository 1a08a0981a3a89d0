//===- Team.cpp - the threads of one run ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Team.h"

#include <dlfcn.h>
#include <omp.h>
#include <unistd.h>

using namespace dilated::runtime;

/// Looks at an atomic that is about to change, before sleeping: some tens of
/// microseconds, the time between two loops of a model.
static constexpr int kSpins = 2000;

/// Beyond that more threads only cost memory and time.
static constexpr int32_t kThreadsPerProcessor = 4;

static void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// The OpenMP library keeps its threads: it must not be unloaded beneath them
/// when a program closes the last library that uses it.
static void keepOpenMPLoaded() {
  Dl_info info;
  auto address = reinterpret_cast<const void *>(&omp_get_max_threads);
  if (dladdr(address, &info) && info.dli_fname)
    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/// The process whose OpenMP threads exist; 0 before there are any.
static std::atomic<pid_t> owner = 0;

int32_t dilated::runtime::limitThreads(int32_t threads) {
  pid_t process = owner.load();
  if (process != 0 && process != getpid())
    return 1;
  int32_t limit = kThreadsPerProcessor * omp_get_num_procs();
  return threads < limit ? threads : limit;
}

void Team::Loop::work() {
  for (;;) {
    int64_t i = next.fetch_add(1, std::memory_order_relaxed);
    if (i >= count)
      return;
    task(context, i);
  }
}

/// A helper: into every loop that it notices in time, until the end.
void Team::waitForLoops() {
  int64_t seen = 0;
  for (;;) {
    for (int i = 0; i < kSpins && generation.load() == seen; ++i)
      relax();
    pthread_mutex_lock(&lock);
    while (generation.load() == seen)
      pthread_cond_wait(&wake, &lock);
    seen = generation.load();
    Loop *current = loop;
    if (current)
      helpers.fetch_add(1);
    bool over = isOver;
    pthread_mutex_unlock(&lock);
    if (over)
      return;
    if (!current)
      continue;
    current->work();
    pthread_mutex_lock(&lock);
    if (helpers.fetch_sub(1) == 1)
      pthread_cond_signal(&idle);
    pthread_mutex_unlock(&lock);
  }
}

void Team::runLoop(dilated_rt_task task, void *context, int64_t count) {
  Loop current = {task, context, count, 0};
  pthread_mutex_lock(&lock);
  loop = &current;
  generation.fetch_add(1);
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&lock);
  current.work();
  // Nobody enters any more; those inside are at their last task.
  pthread_mutex_lock(&lock);
  loop = nullptr;
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < kSpins && helpers.load() != 0; ++i)
    relax();
  pthread_mutex_lock(&lock);
  while (helpers.load() != 0)
    pthread_cond_wait(&idle, &lock);
  pthread_mutex_unlock(&lock);
}

void Team::call(int32_t threads, void (*function)(void *), void *context) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, keepOpenMPLoaded);
  owner = getpid();
#pragma omp parallel num_threads(threads)
  {
    if (omp_get_thread_num() != 0) {
      waitForLoops();
    } else {
      function(context);
      pthread_mutex_lock(&lock);
      isOver = true;
      generation.fetch_add(1);
      pthread_cond_broadcast(&wake);
      pthread_mutex_unlock(&lock);
    }
  }
}
