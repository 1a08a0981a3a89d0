//===- ParallelTest.cpp - parallel_for and failing --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/Runtime.h"

#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

/// Restores what a test changed for the whole process.
class Parallel : public testing::Test {
protected:
  void TearDown() override { dilated_rt_set_num_threads(0); }
};

using Counts = std::vector<std::atomic<int>>;

void countTask(void *context, int64_t index) {
  ++(*static_cast<Counts *>(context))[index];
}

} // namespace

TEST_F(Parallel, RunsEveryIndexOnce) {
  for (int threads : {1, 2, 5}) {
    dilated_rt_set_num_threads(threads);
    EXPECT_EQ(dilated_rt_num_threads(), threads);
    for (int64_t count : {0, 1, 3, 1000}) {
      Counts counts(count);
      dilated_rt_parallel_for(countTask, &counts, count);
      for (const std::atomic<int> &n : counts)
        EXPECT_EQ(n, 1);
    }
  }
}

TEST_F(Parallel, NegativeCountRunsNothing) {
  Counts counts(1);
  dilated_rt_parallel_for(countTask, &counts, -5);
  EXPECT_EQ(counts[0], 0);
}

TEST_F(Parallel, NestedCallsRunInline) {
  dilated_rt_set_num_threads(3);
  Counts counts(64);
  dilated_rt_parallel_for(
      [](void *context, int64_t outer) {
        struct Inner {
          void *counts;
          int64_t base, next;
        } inner = {context, outer * 8, 0};
        dilated_rt_parallel_for(
            [](void *context, int64_t index) {
              auto *inner = static_cast<Inner *>(context);
              // In order, hence without a race, only if it runs inline.
              EXPECT_EQ(inner->next++, index);
              countTask(inner->counts, inner->base + index);
            },
            &inner, 8);
      },
      &counts, 8);
  for (const std::atomic<int> &n : counts)
    EXPECT_EQ(n, 1);
}

//===----------------------------------------------------------------------===//
// Failing
//===----------------------------------------------------------------------===//

TEST_F(Parallel, CallReturnsTheMessage) {
  const char *message = "untouched";
  EXPECT_EQ(dilated_rt_call([](void *) {}, nullptr, &message), 0);
  EXPECT_EQ(message, nullptr);
  EXPECT_EQ(dilated_rt_call([](void *) { dilated_rt_fail("N is 3, not 4"); },
                            nullptr, &message),
            1);
  EXPECT_STREQ(message, "N is 3, not 4");
  EXPECT_EQ(dilated_rt_call([](void *) { dilated_rt_fail(nullptr); }, nullptr,
                            nullptr),
            1);
}

TEST_F(Parallel, LongMessagesAreCut) {
  std::string text(5000, 'x');
  const char *message = nullptr;
  dilated_rt_call(
      [](void *text) {
        dilated_rt_fail(static_cast<std::string *>(text)->c_str());
      },
      &text, &message);
  EXPECT_EQ(std::string(message), std::string(1023, 'x'));
}

TEST_F(Parallel, CallsNest) {
  static int reached;
  reached = 0;
  const char *message = nullptr;
  int32_t failed = dilated_rt_call(
      [](void *) {
        const char *inner = nullptr;
        EXPECT_EQ(dilated_rt_call([](void *) { dilated_rt_fail("inner"); },
                                  nullptr, &inner),
                  1);
        EXPECT_STREQ(inner, "inner");
        ++reached;
        dilated_rt_fail("outer");
      },
      nullptr, &message);
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(reached, 1);
  EXPECT_STREQ(message, "outer");
}

TEST_F(Parallel, FailingTaskFailsTheCall) {
  for (int threads : {1, 4}) {
    dilated_rt_set_num_threads(threads);
    const char *message = nullptr;
    int32_t failed = dilated_rt_call(
        [](void *) {
          dilated_rt_parallel_for(
              [](void *, int64_t index) {
                if (index == 17)
                  dilated_rt_fail("task 17");
              },
              nullptr, 100);
          ADD_FAILURE() << "the call goes on after a failed task";
        },
        nullptr, &message);
    EXPECT_EQ(failed, 1);
    EXPECT_STREQ(message, "task 17");
    // The runtime is usable afterwards, in parallel.
    Counts counts(10);
    dilated_rt_parallel_for(countTask, &counts, 10);
    for (const std::atomic<int> &n : counts)
      EXPECT_EQ(n, 1);
  }
}
