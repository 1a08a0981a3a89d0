//===- DeviceRun.cpp - GPU calls of generated code --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies and launches are put on the run's stream in the order of the program.
// The host waits where it reads what the device wrote, and once at the end of a
// run that used memory of the host or allocated some on the device. Memory that
// the program gives back serves the next request: the stream does one after the
// other.
//
//===----------------------------------------------------------------------===//

#include "DeviceRun.h"

#include "Frame.h"
#include "TensorCheck.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

using namespace dilated::runtime;

struct dilated::runtime::DeviceBlock {
  DeviceBlock *next;
  void *address;
  size_t bytes;
  bool isFree;
};

/// More arguments than a kernel of this compiler has.
static constexpr int kMaxArguments = 512;

[[noreturn]] static void raise(const dilated_error &error) {
  fail(error.status, error.message);
}

/// The run, which has a device.
static Run &currentRun() {
  Run *run = Run::current();
  if (!run || !run->device)
    fail(DILATED_FAILED, "GPU kernels run as part of a model only");
  return *run;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void *dilated_rt_device_alloc(int64_t bytes) {
  Run &run = currentRun();
  if (bytes < 0)
    fail(DILATED_OUT_OF_MEMORY, "a tensor is larger than any device's memory");
  size_t size = alignUp(bytes ? static_cast<size_t>(bytes) : 1, 256);
  DeviceBlock *best = nullptr;
  for (DeviceBlock *block = run.deviceBlocks; block; block = block->next)
    if (block->isFree && block->bytes >= size &&
        (!best || block->bytes < best->bytes))
      best = block;
  // A block of twice the size may be wanted for what is twice as large.
  if (best && best->bytes / 2 <= size) {
    best->isFree = false;
    return best->address;
  }
  auto *block =
      static_cast<DeviceBlock *>(run.allocator.get(sizeof(DeviceBlock)));
  if (!block)
    fail(DILATED_OUT_OF_MEMORY, "cannot allocate the description of a buffer");
  dilated_error error = {};
  void *address = nullptr;
  if (run.device->allocate(run.device->user, size, &address, &error)) {
    run.allocator.put(block);
    raise(error);
  }
  *block = {run.deviceBlocks, address, size, false};
  run.deviceBlocks = block;
  run.deviceWaits = true;
  return address;
}

void dilated_rt_device_free(void *address) {
  for (DeviceBlock *block = currentRun().deviceBlocks; block;
       block = block->next)
    if (block->address == address)
      block->isFree = true;
}

bool dilated::runtime::isOnDevice(const Run &run, const void *address) {
  if (!run.device || !address)
    return false;
  auto value = reinterpret_cast<uintptr_t>(address);
  for (DeviceBlock *block = run.deviceBlocks; block; block = block->next) {
    auto start = reinterpret_cast<uintptr_t>(block->address);
    if (value >= start && value - start < block->bytes)
      return true;
  }
  return run.device->owns(run.device->user, address) != 0;
}

int32_t dilated_rt_device_owns(const void *address) {
  return isOnDevice(currentRun(), address);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

static void copyBytes(Run &run, void *to, const void *from, size_t bytes,
                      dilated_copy direction) {
  if (bytes == 0)
    return;
  dilated_error error = {};
  run.deviceWaits |= direction != DILATED_ON_DEVICE;
  if (run.device->copy(run.device->user, to, from, bytes, direction, run.stream,
                       &error))
    raise(error);
}

static void synchronize(Run &run) {
  dilated_error error = {};
  if (run.device->synchronize(run.device->user, run.stream, &error))
    raise(error);
}

/// Whether elements of these strides lie one after the other.
static bool isRowMajor(int64_t rank, const int64_t *sizes,
                       const int64_t *strides) {
  int64_t expected = 1;
  for (int64_t axis = rank - 1; axis >= 0; --axis) {
    if (sizes[axis] != 1 && strides[axis] != expected)
      return false;
    expected *= sizes[axis];
  }
  return true;
}

/// memrefCopy between the host's memory `host` of `strides` and `rowMajor`.
static void copyOnHost(void *to, const int64_t *toStrides, const void *from,
                       const int64_t *fromStrides, int64_t elementBytes,
                       int64_t rank, const int64_t *sizes) {
  int64_t words[2][3 + 2 * DILATED_MAX_RANK];
  const int64_t *strides[] = {fromStrides, toStrides};
  const void *data[] = {from, to};
  for (int side = 0; side < 2; ++side) {
    words[side][0] = words[side][1] = reinterpret_cast<int64_t>(data[side]);
    words[side][2] = 0;
    int64_t stride = 1;
    for (int64_t axis = rank - 1; axis >= 0; --axis) {
      words[side][3 + axis] = sizes[axis];
      words[side][3 + rank + axis] =
          strides[side] ? strides[side][axis] : stride;
      stride *= sizes[axis];
    }
  }
  dilated_rt_unranked_memref source = {rank, words[0]},
                             target = {rank, words[1]};
  memrefCopy(elementBytes, &source, &target);
}

void dilated_rt_device_copy(void *to, const void *from, int64_t elementBytes,
                            int64_t rank, const int64_t *layout) {
  Run &run = currentRun();
  if (rank < 0 || rank > DILATED_MAX_RANK)
    fail(DILATED_FAILED, "a tensor has more dimensions than there are");
  const int64_t *sizes = layout, *toStrides = layout + rank;
  const int64_t *fromStrides = layout + 2 * rank;
  int64_t bytes = elementBytes;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (overflowsMultiply(bytes, sizes[axis], bytes) || bytes < 0)
      fail(DILATED_OUT_OF_MEMORY, "a tensor is larger than any memory");
  if (bytes == 0)
    return;
  auto size = static_cast<size_t>(bytes);
  bool toDevice = isOnDevice(run, to), fromDevice = isOnDevice(run, from);
  bool toPlain = isRowMajor(rank, sizes, toStrides);
  bool fromPlain = isRowMajor(rank, sizes, fromStrides);
  if ((toDevice && !toPlain) || (fromDevice && !fromPlain))
    fail(DILATED_FAILED, "a copy expects row-major tensors on the device");
  if (toDevice && fromDevice)
    return copyBytes(run, to, from, size, DILATED_ON_DEVICE);
  if (toDevice) {
    if (!fromPlain) {
      // Lives until the run ends: the stream reads it at some time.
      void *packed = dilated_rt_alloc(size, kAlignment);
      copyOnHost(packed, nullptr, from, fromStrides, elementBytes, rank, sizes);
      from = packed;
    }
    return copyBytes(run, to, from, size, DILATED_TO_DEVICE);
  }
  if (!fromDevice)
    return copyOnHost(to, toStrides, from, fromStrides, elementBytes, rank,
                      sizes);
  if (toPlain) {
    copyBytes(run, to, from, size, DILATED_TO_HOST);
    return synchronize(run);
  }
  void *packed = dilated_rt_alloc(size, kAlignment);
  copyBytes(run, packed, from, size, DILATED_TO_HOST);
  synchronize(run);
  copyOnHost(to, toStrides, packed, nullptr, elementBytes, rank, sizes);
  dilated_rt_free(packed);
}

char *dilated::runtime::copyToHost(Run &run, const void *data, int64_t low,
                                   int64_t high) {
  auto bytes = static_cast<size_t>(high - low);
  auto *copy = static_cast<char *>(dilated_rt_alloc(bytes, kAlignment));
  copyBytes(run, copy, static_cast<const char *>(data) + low, bytes,
            DILATED_TO_HOST);
  synchronize(run);
  return copy - low;
}

void *dilated::runtime::stageOutput(Run &run, int64_t index, int64_t bytes) {
  run.staged[index] = dilated_rt_alloc(static_cast<size_t>(bytes), kAlignment);
  return run.staged[index];
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

static_assert(sizeof(TileLaunch) == DILATED_RT_TILES_WORDS * sizeof(int64_t));

int64_t dilated_rt_device_tiles(const int64_t *pattern, int64_t batches,
                                int64_t heads, int64_t length,
                                int64_t block_keys, int64_t *tiles) {
  Run &run = currentRun();
  TileLaunch launch;
  memcpy(&launch, tiles, sizeof(launch));
  dilated_error error = {};
  if (run.tileLists.next({pattern, batches, heads, length, block_keys},
                         run.stream, launch, &error))
    raise(error);
  run.deviceWaits |= run.tileLists.mustWait();
  memcpy(tiles, &launch, sizeof(launch));
  return launch.numTiles;
}

void dilated_rt_device_launch(const char *kernel, const int64_t *grid,
                              int64_t count, const int64_t *sizes,
                              const int64_t *arguments) {
  Run &run = currentRun();
  dilated_launch launch = {};
  launch.kernel = kernel;
  char message[kMaxMessage];
  for (int i = 0; i < 7; ++i) {
    // Blocks in x number up to 2^31 - 1; other limits the device knows.
    if (grid[i] >= 0 && grid[i] <= INT32_MAX)
      continue;
    snprintf(message, sizeof(message),
             "kernel '%s' needs a grid of %" PRId64 " x %" PRId64 " x %" PRId64
             " blocks, beyond what a GPU takes",
             kernel, grid[0], grid[1], grid[2]);
    fail(DILATED_DEVICE_FAILED, message);
  }
  for (int i = 0; i < 3; ++i) {
    launch.grid[i] = static_cast<uint32_t>(grid[i]);
    launch.block[i] = static_cast<uint32_t>(grid[3 + i]);
    if (grid[i] == 0)
      return;
  }
  launch.shared_bytes = static_cast<uint32_t>(grid[6]);
  const void *pointers[kMaxArguments];
  uint32_t bytes[kMaxArguments];
  if (count > kMaxArguments)
    fail(DILATED_FAILED, "a kernel has more arguments than are supported");
  for (int64_t i = 0; i < count; ++i) {
    pointers[i] = arguments;
    bytes[i] = static_cast<uint32_t>(sizes[i]);
    arguments += (sizes[i] + 7) / 8;
  }
  launch.argument_count = static_cast<int32_t>(count);
  launch.arguments = pointers;
  launch.argument_bytes = bytes;
  // Without a stream of the caller's the run ends when its work has.
  run.deviceWaits |= run.stream == nullptr;
  dilated_error error = {};
  if (run.device->launch(run.device->user, run.kernels, &launch, run.stream,
                         &error))
    raise(error);
}

//===----------------------------------------------------------------------===//
// The end
//===----------------------------------------------------------------------===//

dilated_status dilated::runtime::finishDevice(Run &run, bool copies,
                                              dilated_error *error) {
  if (!run.device)
    return DILATED_OK;
  const dilated_device &device = *run.device;
  dilated_error problem = {};
  dilated_status status = DILATED_OK;
  for (int32_t i = 0; i < run.outputCount && copies && !status; ++i) {
    Extent extent;
    if (!run.staged[i] || !getExtent(run.outputs[i], extent) ||
        extent.high == 0)
      continue;
    run.deviceWaits = true;
    status = device.copy(device.user, run.outputs[i].data, run.staged[i],
                         static_cast<size_t>(extent.high), DILATED_TO_DEVICE,
                         run.stream, &problem);
  }
  if (run.deviceWaits) {
    dilated_error unheard = {};
    dilated_status waited = device.synchronize(device.user, run.stream,
                                               status ? &unheard : &problem);
    status = status ? status : waited;
  }
  run.tileLists.release();
  while (DeviceBlock *block = run.deviceBlocks) {
    run.deviceBlocks = block->next;
    device.deallocate(device.user, block->address);
    run.allocator.put(block);
  }
  return status && copies ? setError(error, status, "%s", problem.message)
                          : DILATED_OK;
}
