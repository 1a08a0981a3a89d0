//===- ModelTest.cpp - the C interface of a model ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model written by hand, with the calls that generated code makes: y[i] =
// a[i, 0] + b[i], computed in parallel through the arena and task scratch.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/ModelDescription.h"
#include "dilated-mlir/Runtime/Runtime.h"

#include <atomic>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace dilated::runtime;

namespace {

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

/// A rank-2 and a rank-1 memref descriptor.
struct Matrix {
  float *allocated, *aligned;
  int64_t offset, sizes[2], strides[2];
};
struct Vector {
  float *allocated, *aligned;
  int64_t offset, sizes[1], strides[1];
};

struct Task {
  const Matrix *a;
  const Vector *b;
  float *sums;
};

void addOne(void *context, int64_t i) {
  auto *task = static_cast<Task *>(context);
  auto *scratch = static_cast<float *>(dilated_rt_task_scratch(100));
  scratch[0] = task->a->aligned[i * task->a->strides[0]];
  scratch[24] = task->b->aligned[i * task->b->strides[0]];
  task->sums[i] = scratch[0] + scratch[24];
}

std::atomic<bool> failsInTask, leaks, asksForTooMuch;

void entry(void *arguments) {
  auto **pointers = static_cast<void **>(arguments);
  auto *a = static_cast<const Matrix *>(pointers[0]);
  auto *b = static_cast<const Vector *>(pointers[1]);
  int64_t n = a->sizes[0];
  if (n == 0)
    dilated_rt_fail("the sequence is empty");
  auto *sums = static_cast<float *>(
      dilated_rt_scratch(n * 4 + (asksForTooMuch ? 100 : 0)));
  if (leaks)
    dilated_rt_alloc(1000, 64);
  Task task = {a, b, sums};
  dilated_rt_parallel_for(addOne, &task, n);
  if (failsInTask)
    dilated_rt_parallel_for(
        [](void *, int64_t) {
          dilated_rt_alloc(10, 64);
          dilated_rt_fail("a task failed");
        },
        nullptr, 4);
  auto *y = static_cast<float *>(dilated_rt_output(0, 1, &n));
  for (int64_t i = 0; i < n; ++i)
    y[i] = sums[i];
}

int64_t scratchBytes(void *arguments) {
  auto *a = static_cast<const Matrix *>(static_cast<void **>(arguments)[0]);
  return a->sizes[0] * 4;
}

const int64_t kSizesA[] = {-1, 3}, kSizesB[] = {-1};
const char *const kSymbolsA[] = {"n", ""}, *const kSymbolsB[] = {"n"};
const dilated_tensor_info kInputs[] = {
    {"a", DILATED_RT_F32, 2, kSizesA, kSymbolsA},
    {"b", DILATED_RT_F32, 1, kSizesB, kSymbolsB}};
const dilated_tensor_info kOutputs[] = {
    {"y", DILATED_RT_F32, 1, kSizesB, kSymbolsB}};

/// `b` is taken row-major only, `a` with any strides.
ModelDescription makeDescription() {
  static const uint8_t rowMajor[] = {0, 1};
  return {kDescriptionVersion,
          2,
          1,
          0,
          /*cpuFeatures=*/0,
          kInputs,
          kOutputs,
          rowMajor,
          "a test",
          "no-cpu",
          entry,
          scratchBytes,
          /*taskScratch=*/100,
          nullptr,
          /*weights=*/0,
          /*kernels=*/nullptr,
          /*kernelBytes=*/0,
          /*deviceInputs=*/nullptr};
}

//===----------------------------------------------------------------------===//
// The caller
//===----------------------------------------------------------------------===//

/// Counts blocks, and fails at the allocation number `failAt` (from 1).
struct CountingAllocator {
  std::atomic<int> calls = 0, live = 0;
  int failAt = 0;

  static void *allocate(void *user, size_t bytes, size_t alignment) {
    auto *self = static_cast<CountingAllocator *>(user);
    EXPECT_GT(bytes, 0u);
    EXPECT_EQ(alignment % 64, 0u);
    if (++self->calls == self->failAt)
      return nullptr;
    ++self->live;
    return aligned_alloc(alignment,
                         (bytes + alignment - 1) / alignment * alignment);
  }
  static void deallocate(void *user, void *pointer) {
    --static_cast<CountingAllocator *>(user)->live;
    free(pointer);
  }
};

class Model : public testing::Test {
protected:
  Model() {
    failsInTask = leaks = asksForTooMuch = false;
    EXPECT_EQ(makeApi(library, DILATED_ABI_VERSION, api, &error), DILATED_OK);
    options.struct_size = sizeof(options);
    options.allocate = CountingAllocator::allocate;
    options.deallocate = CountingAllocator::deallocate;
    options.allocator_user = &allocator;
    options.threads = 2;
    create();
  }
  ~Model() override {
    api.destroy(model);
    EXPECT_EQ(allocator.live, 0);
  }

  void create() {
    api.destroy(model);
    ASSERT_EQ(api.create(&api, &options, &model, &error), DILATED_OK)
        << error.message;
  }

  /// Runs with what the members describe; the message on failure, else "".
  std::string run() {
    dilated_tensor inputs[] = {a, b};
    status = api.run(model, inputs, inputCount, &y, 1, runOptions, &error);
    EXPECT_EQ(status == DILATED_OK, error.message[0] == '\0');
    return error.message;
  }

  /// After a failure: nothing is left behind, and the next run works.
  void expectUsable() {
    y.data = results;
    y.bytes = sizeof(results);
    EXPECT_EQ(run(), "");
    for (int64_t i = 0; i < n; ++i)
      EXPECT_EQ(results[i], float(3 * i + 100 + i));
  }

  static constexpr int64_t n = 5;
  ModelDescription description = makeDescription();
  Library library = {&description, nullptr};
  dilated_api api = {};
  dilated_create_options options = {};
  dilated_run_options *runOptions = nullptr;
  CountingAllocator allocator;
  dilated_model *model = nullptr;
  dilated_error error = {};
  dilated_status status = DILATED_OK;

  float aData[15] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  float bData[10] = {100, 101, 102, 103, 104};
  float results[8] = {};
  int64_t aSizes[2] = {n, 3}, bSizes[1] = {n}, ySizes[1] = {};
  int32_t inputCount = 2;
  dilated_tensor a = {aData, 0, DILATED_RT_F32, 2, aSizes, nullptr};
  dilated_tensor b = {bData, 0, DILATED_RT_F32, 1, bSizes, nullptr};
  dilated_tensor y = {results, sizeof(results), 0, 1, ySizes, nullptr};
};

} // namespace

TEST_F(Model, RunsIntoTheCallersMemory) {
  expectUsable();
  EXPECT_EQ(y.type, DILATED_RT_F32);
  EXPECT_EQ(ySizes[0], n);
  EXPECT_EQ(y.data, results);
}

TEST_F(Model, AllocatesOutputs) {
  y = {nullptr, 0, 0, 1, ySizes, nullptr};
  EXPECT_EQ(run(), "");
  ASSERT_NE(y.data, nullptr);
  EXPECT_EQ(y.bytes, 20u);
  EXPECT_EQ(static_cast<float *>(y.data)[4], 116);
  api.release(model, &y);
  EXPECT_EQ(y.data, nullptr);
  api.release(model, &y);
  api.release(model, nullptr);
}

TEST_F(Model, StridesAreTakenOrCopied) {
  // Columns of a [3, n] matrix, and b backwards: b is copied, a is not.
  float transposed[15];
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < 3; ++j)
      transposed[j * n + i] = aData[i * 3 + j];
  float backwards[10];
  for (int64_t i = 0; i < n; ++i)
    backwards[8 - 2 * i] = bData[i];
  int64_t aStrides[] = {1, n}, bStrides[] = {-2};
  a = {transposed, 0, DILATED_RT_F32, 2, aSizes, aStrides};
  b = {backwards + 8, 0, DILATED_RT_F32, 1, bSizes, bStrides};
  int before = allocator.calls;
  expectUsable();
  EXPECT_EQ(allocator.calls - before, 3); // arguments, scratch, the copy of b
}

//===----------------------------------------------------------------------===//
// Bad input
//===----------------------------------------------------------------------===//

TEST_F(Model, WrongInputs) {
  inputCount = 1;
  EXPECT_EQ(run(), "the model has 2 inputs, 1 are given");
  EXPECT_EQ(status, DILATED_WRONG_TENSOR);
  inputCount = 2;
  b.type = DILATED_RT_F64;
  EXPECT_EQ(run(), "input 'b' has element type f64; [n] f32 is expected");
  b.type = 77;
  EXPECT_EQ(run(), "input 'b' has element type ?; [n] f32 is expected");
  b.type = DILATED_RT_F32;
  a.rank = 1;
  EXPECT_EQ(run(), "input 'a' has rank 1; [n, 3] f32 is expected");
  a.rank = 2;
  aSizes[1] = 4;
  EXPECT_EQ(run(),
            "input 'a' has size 4 in dimension 1; [n, 3] f32 is expected");
  aSizes[1] = 3;
  bSizes[0] = 4;
  EXPECT_EQ(run(), "input 'b' has size 4 in dimension 0 ('n'), but input 'a' "
                   "has 5 for 'n'");
  bSizes[0] = -1;
  EXPECT_EQ(run(), "input 'b' has size -1 in dimension 0; [n] f32 is expected");
  bSizes[0] = n;
  aSizes[0] = INT64_MAX / 8;
  EXPECT_EQ(run(), "input 'a' has sizes and strides beyond any memory; [n, 3] "
                   "f32 is expected");
  EXPECT_EQ(status, DILATED_WRONG_TENSOR);
  aSizes[0] = n;
  int64_t strides[] = {INT64_MAX / 2, 1};
  a.strides = strides;
  EXPECT_EQ(run(), "input 'a' has sizes and strides beyond any memory; [n, 3] "
                   "f32 is expected");
  a.strides = nullptr;
  expectUsable();
}

TEST_F(Model, NullAndUnalignedPointers) {
  a.data = nullptr;
  EXPECT_EQ(run(), "input 'a' has data NULL; [n, 3] f32 is expected");
  EXPECT_EQ(status, DILATED_INVALID_ARGUMENT);
  a.data = reinterpret_cast<char *>(aData) + 2;
  EXPECT_NE(run().find("not aligned to the 4 bytes of an element of [n, 3] "
                       "f32"),
            std::string::npos);
  a.data = aData;
  a.sizes = nullptr;
  EXPECT_EQ(run(), "input 'a' has sizes NULL for rank 2");
  a.sizes = aSizes;
  y.sizes = nullptr;
  EXPECT_EQ(run(), "output 'y' has sizes NULL for rank 1");
  y.sizes = ySizes;
  y.data = reinterpret_cast<char *>(results) + 1;
  EXPECT_NE(run().find("output 'y' lies at"), std::string::npos);

  dilated_tensor inputs[] = {a, b};
  EXPECT_EQ(api.run(nullptr, inputs, 2, &y, 1, nullptr, &error),
            DILATED_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "model is NULL");
  EXPECT_EQ(api.run(model, nullptr, 2, &y, 1, nullptr, &error),
            DILATED_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "inputs is NULL, the model has 2");
  EXPECT_EQ(api.run(model, inputs, 2, nullptr, 1, nullptr, nullptr),
            DILATED_INVALID_ARGUMENT);
  EXPECT_EQ(api.create(&api, nullptr, nullptr, &error),
            DILATED_INVALID_ARGUMENT);
  api.destroy(nullptr);
  expectUsable();
}

TEST_F(Model, WrongOutputs) {
  y.type = DILATED_RT_I64;
  EXPECT_EQ(run(), "output 'y' has element type i64; the model gives [n] f32");
  y.type = 0;
  y.rank = 2;
  EXPECT_EQ(run(), "output 'y' has rank 2; the model gives [n] f32");
  y.rank = 1;
  int64_t stride = 2;
  y.strides = &stride;
  EXPECT_EQ(run(), "output 'y' has strides; outputs are row-major");
  y.strides = nullptr;
  y.bytes = 19;
  EXPECT_EQ(run(), "output 'y' needs 20 bytes, 19 are given");
  EXPECT_EQ(status, DILATED_BUFFER_TOO_SMALL);
  EXPECT_EQ(ySizes[0], n);
  expectUsable();
}

TEST_F(Model, OverlapsAreRefused) {
  y.data = aData + 14; // the last element of a
  y.bytes = 20;
  EXPECT_NE(run().find("output 'y' (20 bytes at"), std::string::npos);
  EXPECT_NE(run().find("overlaps input 'a' (60 bytes at"), std::string::npos);
  EXPECT_EQ(status, DILATED_INVALID_ARGUMENT);
  y.data = bData + 5; // just behind b
  EXPECT_EQ(run(), "");
  // Inputs may share memory.
  b.data = aData;
  y.data = results;
  EXPECT_EQ(run(), "");
}

TEST_F(Model, ChecksInsideTheModelAreMessages) {
  aSizes[0] = bSizes[0] = 0;
  EXPECT_EQ(run(), "the sequence is empty");
  EXPECT_EQ(status, DILATED_FAILED);
  aSizes[0] = bSizes[0] = n;
  failsInTask = true;
  EXPECT_EQ(run(), "a task failed");
  failsInTask = false;
  asksForTooMuch = true;
  EXPECT_EQ(run(), "the model asks for 120 bytes of scratch memory after it "
                   "had asked for 20");
  asksForTooMuch = false;
  expectUsable();
}

TEST_F(Model, WhatCodeForgetsIsFreed) {
  leaks = true;
  expectUsable();
  failsInTask = true;
  EXPECT_EQ(run(), "a task failed");
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

TEST_F(Model, EveryAllocationMayFail) {
  leaks = true;
  b.data = bData + 4; // backwards: the copy is an allocation, too
  int64_t strides[] = {-1};
  b.strides = strides;
  for (int failAt = 1;; ++failAt) {
    create(); // without a spare block
    allocator.calls = 0;
    allocator.failAt = failAt;
    y = {nullptr, 0, 0, 1, ySizes, nullptr};
    int live = allocator.live;
    std::string message = run();
    allocator.failAt = 0;
    if (status == DILATED_OK) {
      EXPECT_GT(failAt, 4); // arguments, scratch, copy, leak, output
      api.release(model, &y);
      break;
    }
    EXPECT_EQ(status, DILATED_OUT_OF_MEMORY);
    EXPECT_EQ(message.find("cannot allocate"), 0u) << message;
    EXPECT_EQ(y.data, nullptr);
    // At most the spare scratch block is new.
    EXPECT_LE(allocator.live, live + 1);
  }
  allocator.calls = 0;
  allocator.failAt = 1;
  dilated_model *other = nullptr;
  EXPECT_EQ(api.create(&api, &options, &other, &error), DILATED_OUT_OF_MEMORY);
  EXPECT_EQ(other, nullptr);
}

TEST_F(Model, ScratchMemoryOfTheCaller) {
  dilated_tensor inputs[] = {a, b};
  size_t bytes = 0;
  ASSERT_EQ(api.scratch_size(model, inputs, 2, 3, &bytes, &error), DILATED_OK);
  EXPECT_EQ(bytes, 64u + 3 * 128); // the sums, and 100 bytes per thread
  inputs[0].data = inputs[1].data = nullptr; // only shapes are looked at
  EXPECT_EQ(api.scratch_size(model, inputs, 2, 0, &bytes, &error), DILATED_OK);
  EXPECT_EQ(bytes, 64u + 2 * 128);
  inputs[0].rank = 3;
  EXPECT_EQ(api.scratch_size(model, inputs, 2, 0, &bytes, &error),
            DILATED_WRONG_TENSOR);
  EXPECT_EQ(bytes, 0u);

  alignas(64) char scratch[512];
  dilated_run_options run = {};
  run.struct_size = sizeof(run);
  run.scratch = scratch;
  run.scratch_bytes = 319;
  runOptions = &run;
  EXPECT_EQ(this->run(),
            "the run needs 320 bytes of scratch memory, 319 are given");
  EXPECT_EQ(status, DILATED_BUFFER_TOO_SMALL);
  run.scratch_bytes = 320;
  int before = allocator.calls;
  expectUsable();
  EXPECT_EQ(allocator.calls - before, 1); // the arguments
  run.scratch = scratch + 8;
  EXPECT_NE(this->run().find("not aligned to 64 bytes"), std::string::npos);
}

TEST_F(Model, ScratchBlockIsKeptForTheNextRun) {
  expectUsable();
  int before = allocator.calls;
  expectUsable();
  EXPECT_EQ(allocator.calls - before, 1); // the arguments
}

//===----------------------------------------------------------------------===//
// Options and versions
//===----------------------------------------------------------------------===//

TEST_F(Model, OtherVersionsAreRefused) {
  dilated_api other;
  EXPECT_EQ(makeApi(library, 7, other, &error), DILATED_WRONG_VERSION);
  EXPECT_STREQ(error.message, "the program uses version 7 of the interface, "
                              "the model has version 1");
  description.version = kDescriptionVersion + 1;
  EXPECT_EQ(makeApi(library, DILATED_ABI_VERSION, other, &error),
            DILATED_WRONG_VERSION);
  description.version = kDescriptionVersion;

  // An older caller's options end earlier, a newer one's are not understood.
  options.struct_size = offsetof(dilated_create_options, threads);
  dilated_model *old = nullptr;
  EXPECT_EQ(api.create(&api, &options, &old, &error), DILATED_OK);
  api.destroy(old);
  options.struct_size = sizeof(options) + 8;
  EXPECT_EQ(api.create(&api, &options, &old, &error), DILATED_INVALID_ARGUMENT);
  dilated_run_options run = {};
  runOptions = &run; // of size 0
  EXPECT_NE(this->run().find("struct_size of the run options is 0"),
            std::string::npos);
}

TEST_F(Model, BadOptionsAreRefused) {
  dilated_model *other = nullptr;
  options.deallocate = nullptr;
  EXPECT_EQ(api.create(&api, &options, &other, &error),
            DILATED_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "deallocate is NULL, but allocate is not; both "
                              "or none are expected");
  options.deallocate = CountingAllocator::deallocate;
  options.threads = -1;
  EXPECT_EQ(api.create(&api, &options, &other, &error),
            DILATED_INVALID_ARGUMENT);
  dilated_run_options run = {};
  run.struct_size = sizeof(run);
  run.threads = -4;
  runOptions = &run;
  EXPECT_EQ(this->run(), "threads is -4; 0 or more are expected");
}

TEST_F(Model, OtherProcessorsAreRefused) {
  description.cpuFeatures = uint64_t(1) << 63;
  dilated_model *other = nullptr;
#if defined(__x86_64__)
  EXPECT_EQ(api.create(&api, &options, &other, &error),
            DILATED_WRONG_PROCESSOR);
  EXPECT_EQ(
      std::string(error.message)
          .find("the model was compiled for no-cpu; this processor lacks"),
      0u);
#endif
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

TEST_F(Model, ThreadPoolCanBeReplaced) {
  static int calls;
  calls = 0;
  options.parallel_for_user = &calls;
  options.parallel_for = [](void *user, dilated_rt_task task, void *context,
                            int64_t count, int32_t threads) {
    EXPECT_EQ(threads, 2);
    ++*static_cast<int *>(user);
    // More threads than agreed: slower, not wrong.
    std::vector<std::thread> pool;
    for (int64_t i = count; i-- > 0;)
      pool.emplace_back([=] { task(context, i); });
    for (std::thread &thread : pool)
      thread.join();
  };
  create();
  expectUsable();
  EXPECT_EQ(calls, 1);
}

TEST_F(Model, RunsAreCancelled) {
  int32_t cancel = 1;
  dilated_run_options run = {};
  run.struct_size = sizeof(run);
  run.cancel = &cancel;
  runOptions = &run;
  EXPECT_EQ(this->run(), "the run was cancelled");
  EXPECT_EQ(status, DILATED_CANCELLED);
  cancel = 0;
  expectUsable();
}

TEST_F(Model, ProgressIsReported) {
  struct Calls {
    int64_t loop = -1, done = -1, count = -1;
  } last;
  dilated_run_options run = {};
  run.struct_size = sizeof(run);
  run.progress_user = &last;
  run.progress = [](void *user, int64_t loop, int64_t done, int64_t count) {
    EXPECT_LE(done, count);
    *static_cast<Calls *>(user) = {loop, done, count};
  };
  runOptions = &run;
  expectUsable();
  EXPECT_EQ(last.loop, 0);
  EXPECT_EQ(last.done, n);
  EXPECT_EQ(last.count, n);
}

TEST_F(Model, RunsAtTheSameTime) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      for (int repeat = 0; repeat < 50; ++repeat) {
        float mine[5];
        for (int64_t i = 0; i < n; ++i)
          mine[i] = float(1000 * t + i);
        float result[5];
        int64_t sizes[1];
        dilated_tensor inputs[] = {
            a, {mine, 0, DILATED_RT_F32, 1, bSizes, nullptr}};
        dilated_tensor output = {result, sizeof(result), 0, 1, sizes, nullptr};
        dilated_error problem;
        ASSERT_EQ(api.run(model, inputs, 2, &output, 1, nullptr, &problem),
                  DILATED_OK)
            << problem.message;
        for (int64_t i = 0; i < n; ++i)
          ASSERT_EQ(result[i], float(3 * i + 1000 * t + i));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}
