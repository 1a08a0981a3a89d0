//===- Output.cpp - where results of a model go -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sizes of an output may be known only when the code asks for its memory:
// then it is checked against what the caller brought, or allocated.
//
//===----------------------------------------------------------------------===//

#include "DeviceRun.h"
#include "Frame.h"
#include "Run.h"
#include "TensorCheck.h"

#include <inttypes.h>
#include <stdio.h>

using namespace dilated::runtime;

template <typename... Args>
[[noreturn]] static void failWith(dilated_status status, const char *format,
                                  Args... arguments) {
  char message[kMaxMessage];
  snprintf(message, sizeof(message), format, arguments...);
  fail(status, message);
}

static bool overlaps(const char *a, int64_t aBytes, const char *b,
                     int64_t bBytes) {
  auto aStart = reinterpret_cast<uintptr_t>(a);
  auto bStart = reinterpret_cast<uintptr_t>(b);
  return aStart < bStart + static_cast<uintptr_t>(bBytes) &&
         bStart < aStart + static_cast<uintptr_t>(aBytes);
}

static void checkOverlap(const Run &run, int64_t index, int64_t bytes) {
  const auto *data = static_cast<const char *>(run.outputs[index].data);
  const char *name = run.outputInfos[index].name;
  for (int32_t i = 0; i < run.inputCount; ++i) {
    Extent extent;
    getExtent(run.inputs[i], extent); // verified before the run
    const char *start = static_cast<const char *>(run.inputs[i].data);
    if (overlaps(data, bytes, start + extent.low, extent.high - extent.low))
      failWith(DILATED_INVALID_ARGUMENT,
               "output '%s' (%" PRId64 " bytes at %p) overlaps input '%s' "
               "(%" PRId64 " bytes at %p)",
               name, bytes, static_cast<const void *>(data),
               run.inputInfos[i].name, extent.high - extent.low,
               static_cast<const void *>(start + extent.low));
  }
  for (int32_t i = 0; i < run.outputCount; ++i) {
    if (i == index || !run.produced[i])
      continue;
    Extent extent;
    getExtent(run.outputs[i], extent);
    if (overlaps(data, bytes, static_cast<const char *>(run.outputs[i].data),
                 extent.high))
      failWith(DILATED_INVALID_ARGUMENT,
               "output '%s' (%" PRId64 " bytes at %p) overlaps output '%s' "
               "(%" PRId64 " bytes at %p)",
               name, bytes, static_cast<const void *>(data),
               run.outputInfos[i].name, extent.high, run.outputs[i].data);
  }
}

/// The memory of an output, and its bytes.
static void *place(int64_t index, int64_t rank, const int64_t *sizes,
                   int64_t &bytes) {
  Run *run = Run::current();
  if (!run || index < 0 || index >= run->outputCount ||
      rank != run->outputInfos[index].rank || run->produced[index])
    fail(DILATED_FAILED, "the model's code does not fit its description");
  const dilated_tensor_info &info = run->outputInfos[index];
  dilated_tensor &output = run->outputs[index];
  output.type = info.type;
  for (int64_t i = 0; i < rank; ++i)
    output.sizes[i] = sizes[i];
  Extent extent;
  if (!getExtent(output, extent))
    failWith(DILATED_OUT_OF_MEMORY, "output '%s' is larger than any memory",
             info.name);
  bytes = extent.high;

  if (output.data) {
    if (output.bytes < static_cast<size_t>(bytes))
      failWith(DILATED_BUFFER_TOO_SMALL,
               "output '%s' needs %" PRId64 " bytes, %zu are given", info.name,
               bytes, output.bytes);
    checkOverlap(*run, index, bytes);
  } else {
    output.data = run->allocator.get(static_cast<size_t>(bytes));
    if (!output.data)
      failWith(DILATED_OUT_OF_MEMORY,
               "cannot allocate the %" PRId64 " bytes of output '%s'", bytes,
               info.name);
    output.bytes = static_cast<size_t>(bytes);
    run->allocated[index] = true;
  }
  run->produced[index] = true;
  return output.data;
}

void *dilated_rt_output(int64_t index, int64_t rank, const int64_t *sizes) {
  int64_t bytes;
  void *memory = place(index, rank, sizes, bytes);
  Run &run = *Run::current();
  return isOnDevice(run, memory) ? stageOutput(run, index, bytes) : memory;
}

void *dilated_rt_device_output(int64_t index, int64_t rank,
                               const int64_t *sizes) {
  int64_t bytes;
  return place(index, rank, sizes, bytes);
}
