//===- ModelRun.cpp - running a model ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelRun.h"

#include "DeviceRun.h"
#include "Frame.h"
#include "ModelState.h"
#include "TensorCheck.h"
#include "dilated-mlir/Runtime/Compare.h"

#include <inttypes.h>
#include <new>
#include <string.h>

using namespace dilated::runtime;

namespace {

/// The arguments of one run, in one block of memory: what the entry takes, and
/// the flags of Run. Descriptors are those of MLIR's memrefs, in words of eight
/// bytes: {allocated, aligned, offset, sizes[rank], strides[rank]}.
struct Arguments {
  void **pointers;          // [inputCount], each to a descriptor
  int64_t *words;           // the descriptors, one after the other
  bool *produced;           // [outputCount]
  bool *allocated;          // [outputCount]
  std::atomic<bool> *taken; // [threads]
  void **staged;            // [outputCount]
};

} // namespace

/// Lays out Arguments at `base`; null only counts. Returns the bytes.
static size_t layOut(const ModelDescription &description, int32_t threads,
                     char *base, Arguments &arguments) {
  auto inputs = static_cast<size_t>(description.inputCount);
  auto outputs = static_cast<size_t>(description.outputCount);
  size_t words = 0;
  for (size_t i = 0; i < inputs; ++i)
    words += 3 + 2 * static_cast<size_t>(description.inputs[i].rank);
  size_t used = 0;
  auto take = [&](auto *&array, size_t count) {
    using T = std::remove_reference_t<decltype(*array)>;
    array = base ? reinterpret_cast<T *>(base + used) : nullptr;
    used += alignUp(count * sizeof(T), sizeof(void *));
  };
  take(arguments.pointers, inputs);
  take(arguments.words, words);
  take(arguments.staged, outputs);
  take(arguments.produced, outputs);
  take(arguments.allocated, outputs);
  take(arguments.taken, static_cast<size_t>(threads));
  return used;
}

static void describeInputs(const ModelDescription &description,
                           const dilated_tensor *inputs,
                           const Arguments &arguments) {
  int64_t *words = arguments.words;
  for (int32_t i = 0; i < description.inputCount; ++i) {
    const dilated_tensor &input = inputs[i];
    arguments.pointers[i] = words;
    *words++ = reinterpret_cast<int64_t>(input.data);
    *words++ = reinterpret_cast<int64_t>(input.data);
    *words++ = 0;
    for (int32_t axis = 0; axis < input.rank; ++axis)
      words[axis] = input.sizes[axis];
    int64_t stride = 1;
    for (int32_t axis = input.rank - 1; axis >= 0; --axis) {
      words[input.rank + axis] = input.strides ? input.strides[axis] : stride;
      stride *= input.sizes[axis];
    }
    words += 2 * input.rank;
  }
}

/// Code of the CPU gets what lies on the device in memory of the host.
static void bringToHost(Run &run, const ModelDescription &description,
                        const dilated_tensor *inputs,
                        const Arguments &arguments) {
  for (int32_t i = 0; i < description.inputCount && run.device; ++i) {
    if (description.deviceInputs && description.deviceInputs[i])
      continue;
    Extent extent;
    if (!isOnDevice(run, inputs[i].data) || !getExtent(inputs[i], extent))
      continue;
    auto *words = static_cast<int64_t *>(arguments.pointers[i]);
    char *copy = copyToHost(run, inputs[i].data, extent.low, extent.high);
    words[0] = words[1] = reinterpret_cast<int64_t>(copy);
  }
}

/// Code that reads an input in order gets a copy in order. Inside the run: the
/// copy is freed with its blocks.
static void makeRowMajor(const ModelDescription &description,
                         const dilated_tensor *inputs,
                         const Arguments &arguments) {
  for (int32_t i = 0; i < description.inputCount; ++i) {
    const dilated_tensor &input = inputs[i];
    if (!description.rowMajorInputs[i] || isRowMajor(input))
      continue;
    int64_t element = elementBytes(input.type), bytes = element;
    for (int32_t axis = 0; axis < input.rank; ++axis)
      bytes *= input.sizes[axis];
    auto *words = static_cast<int64_t *>(arguments.pointers[i]);
    int64_t source[3 + 2 * DILATED_MAX_RANK];
    memcpy(source, words, sizeof(int64_t) * (3 + 2 * size_t(input.rank)));
    void *copy = dilated_rt_alloc(static_cast<size_t>(bytes), kAlignment);
    words[0] = words[1] = reinterpret_cast<int64_t>(copy);
    int64_t stride = 1;
    for (int32_t axis = input.rank - 1; axis >= 0; --axis) {
      words[3 + input.rank + axis] = stride;
      stride *= input.sizes[axis];
    }
    dilated_rt_unranked_memref from = {input.rank, source};
    dilated_rt_unranked_memref to = {input.rank, words};
    memrefCopy(element, &from, &to);
  }
}

namespace {

/// What runs between setjmp and a failure's jump.
struct Call {
  const ModelDescription *description;
  const dilated_tensor *inputs;
  Arguments arguments;
  int64_t scratchBytes;
};

/// The same as the work of a team's first thread.
struct GuardedCall {
  Call &call;
  Run &run;
  dilated_error *error;
  dilated_status status;
};

} // namespace

static void callScratchBytes(void *context) {
  auto &call = *static_cast<Call *>(context);
  const ModelDescription &description = *call.description;
  call.scratchBytes = description.scratchBytes
                          ? description.scratchBytes(call.arguments.pointers)
                          : 0;
  if (call.scratchBytes < 0)
    fail(DILATED_OUT_OF_MEMORY,
         "the model's intermediate results are larger than any memory");
}

static void callEntry(void *context) {
  auto &call = *static_cast<Call *>(context);
  bringToHost(*Run::current(), *call.description, call.inputs, call.arguments);
  makeRowMajor(*call.description, call.inputs, call.arguments);
  call.description->entry(call.arguments.pointers);
}

/// Runs `function` with failures as a status. The thread's state is put back.
static dilated_status guard(void (*function)(void *), Call &call, Run &run,
                            dilated_error *error) {
  Run *outer = Run::current();
  TaskScratch outerScratch = taskScratch();
  Run::setCurrent(&run);
  taskScratch() = {};
  int32_t failed = dilated_rt_call(function, &call, nullptr);
  taskScratch() = outerScratch;
  Run::setCurrent(outer);
  return failed ? setError(error, lastStatus(), "%s", lastMessage())
                : DILATED_OK;
}

/// The bytes of [arena][task scratch of every thread].
static dilated_status getScratchBytes(Call &call, Run &run, size_t &bytes,
                                      dilated_error *error) {
  if (dilated_status status = guard(callScratchBytes, call, run, error))
    return status;
  run.arenaBytes = call.scratchBytes;
  run.taskScratchBytes =
      alignUp(static_cast<size_t>(call.description->taskScratchBytes));
  int64_t tasks, total;
  if (overflowsMultiply(static_cast<int64_t>(run.taskScratchBytes), run.threads,
                        tasks) ||
      overflowsAdd(call.scratchBytes, tasks + int64_t(2 * kAlignment), total))
    return setError(error, DILATED_OUT_OF_MEMORY,
                    "the model needs %" PRId64
                    " bytes of scratch memory and %zu for each of %" PRId32
                    " threads",
                    call.scratchBytes, run.taskScratchBytes, run.threads);
  bytes = alignUp(static_cast<size_t>(call.scratchBytes)) +
          static_cast<size_t>(tasks);
  return DILATED_OK;
}

static int32_t getThreads(const dilated_model &model, int32_t threads) {
  if (threads == 0)
    threads = model.threads > 0 ? model.threads : dilated_rt_num_threads();
  return limitThreads(threads);
}

dilated_status dilated::runtime::getScratchSize(const dilated_model *model,
                                                const dilated_tensor *inputs,
                                                int32_t inputCount,
                                                int32_t threads, size_t *bytes,
                                                dilated_error *error) {
  if (!model || !bytes)
    return setError(error, DILATED_INVALID_ARGUMENT, "%s is NULL",
                    model ? "bytes" : "model");
  *bytes = 0;
  if (threads < 0)
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "threads is %" PRId32 "; 0 or more are expected", threads);
  const ModelDescription &description = *model->description;
  if (dilated_status status =
          verifyInputs(description.inputs, description.inputCount, inputs,
                       inputCount, /*needsData=*/false, error))
    return status;
  Run run;
  run.allocator = model->allocator;
  run.threads = getThreads(*model, threads);
  Call call = {&description, inputs, {}, 0};
  size_t size = layOut(description, 0, nullptr, call.arguments);
  auto *memory = static_cast<char *>(run.allocator.get(size));
  if (!memory)
    return setError(error, DILATED_OUT_OF_MEMORY,
                    "cannot allocate %zu bytes for the arguments", size);
  layOut(description, 0, memory, call.arguments);
  describeInputs(description, inputs, call.arguments);
  dilated_status status = getScratchBytes(call, run, *bytes, error);
  freeBlocks(run);
  run.allocator.put(memory);
  return status ? status : setError(error, DILATED_OK, "%s", "");
}

//===----------------------------------------------------------------------===//
// The scratch block
//===----------------------------------------------------------------------===//

namespace {

struct Block {
  void *data = nullptr;
  size_t bytes = 0;
};

} // namespace

/// The model's spare block when it is large enough, else a new one.
static Block takeBlock(dilated_model &model, size_t bytes) {
  pthread_mutex_lock(&model.lock);
  Block block = {model.spare, model.spareBytes};
  model.spare = nullptr;
  model.spareBytes = 0;
  pthread_mutex_unlock(&model.lock);
  if (block.data && block.bytes >= bytes)
    return block;
  model.allocator.put(block.data);
  return {model.allocator.get(bytes), bytes};
}

static void returnBlock(dilated_model &model, Block block) {
  pthread_mutex_lock(&model.lock);
  Block other = {model.spare, model.spareBytes};
  bool keeps = block.bytes >= other.bytes;
  if (keeps) {
    model.spare = block.data;
    model.spareBytes = block.bytes;
  }
  pthread_mutex_unlock(&model.lock);
  model.allocator.put(keeps ? other.data : block.data);
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static dilated_status checkProduced(const Run &run, dilated_error *error) {
  for (int32_t i = 0; i < run.outputCount; ++i)
    if (!run.produced[i])
      return setError(error, DILATED_FAILED,
                      "the model's code has not written output '%s'",
                      run.outputInfos[i].name);
  return DILATED_OK;
}

/// The entry, with threads for its loops.
static dilated_status callWithTeam(Call &call, Run &run, dilated_error *error) {
  if (run.threads == 1 || run.parallelFor)
    return guard(callEntry, call, run, error);
  Team team;
  run.team = &team;
  GuardedCall entry = {call, run, error, DILATED_OK};
  team.call(
      run.threads,
      [](void *context) {
        auto &entry = *static_cast<GuardedCall *>(context);
        entry.status = guard(callEntry, entry.call, entry.run, entry.error);
      },
      &entry);
  return entry.status;
}

/// Runs with arguments and scratch block in place; on failure outputs that were
/// allocated are freed.
static dilated_status runIn(Call &call, Run &run, dilated_error *error) {
  dilated_status status = callWithTeam(call, run, error);
  dilated_status finished =
      finishDevice(run, /*copies=*/status == DILATED_OK, error);
  status = status ? status : finished;
  freeBlocks(run);
  if (status == DILATED_OK)
    status = checkProduced(run, error);
  if (status == DILATED_OK)
    return setError(error, DILATED_OK, "%s", "");
  for (int32_t i = 0; i < run.outputCount; ++i) {
    if (!run.allocated[i])
      continue;
    run.allocator.put(run.outputs[i].data);
    run.outputs[i].data = nullptr;
    run.outputs[i].bytes = 0;
  }
  return status;
}

static dilated_status runWithScratch(const dilated_model &model, Call &call,
                                     Run &run,
                                     const dilated_run_options &options,
                                     dilated_error *error) {
  size_t bytes;
  if (dilated_status status = getScratchBytes(call, run, bytes, error))
    return status;
  Block block = {options.scratch, options.scratch_bytes};
  if (options.scratch) {
    if (reinterpret_cast<uintptr_t>(options.scratch) % kAlignment)
      return setError(error, DILATED_INVALID_ARGUMENT,
                      "the scratch memory lies at %p, which is not aligned to "
                      "%zu bytes",
                      options.scratch, kAlignment);
    if (options.scratch_bytes < bytes)
      return setError(
          error, DILATED_BUFFER_TOO_SMALL,
          "the run needs %zu bytes of scratch memory, %zu are given", bytes,
          options.scratch_bytes);
  } else if (bytes > 0) {
    block = takeBlock(const_cast<dilated_model &>(model), bytes);
    if (!block.data)
      return setError(error, DILATED_OUT_OF_MEMORY,
                      "cannot allocate %zu bytes of scratch memory", bytes);
  }
  // A model without parallel loops has no other place to notice.
  if (run.isCancelled()) {
    if (!options.scratch && block.data)
      returnBlock(const_cast<dilated_model &>(model), block);
    return setError(error, DILATED_CANCELLED, "the run was cancelled");
  }
  run.arena = static_cast<char *>(block.data);
  run.taskScratch = run.arena + alignUp(static_cast<size_t>(run.arenaBytes));
  dilated_status status = runIn(call, run, error);
  if (!options.scratch && block.data)
    returnBlock(const_cast<dilated_model &>(model), block);
  return status;
}

dilated_status dilated::runtime::runModel(
    const dilated_model *model, const dilated_tensor *inputs,
    int32_t inputCount, dilated_tensor *outputs, int32_t outputCount,
    const dilated_run_options *given, dilated_error *error) {
  if (!model)
    return setError(error, DILATED_INVALID_ARGUMENT, "model is NULL");
  const ModelDescription &description = *model->description;
  dilated_run_options options;
  if (dilated_status status = readRunOptions(given, options, error))
    return status;
  if (options.threads < 0)
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "threads is %" PRId32 "; 0 or more are expected",
                    options.threads);
  if (dilated_status status =
          verifyInputs(description.inputs, description.inputCount, inputs,
                       inputCount, /*needsData=*/true, error))
    return status;
  if (dilated_status status =
          verifyOutputs(description.outputs, description.outputCount, outputs,
                        outputCount, error))
    return status;

  Run run;
  run.allocator = model->allocator;
  run.threads = getThreads(*model, options.threads);
  run.parallelFor = model->parallelFor;
  run.parallelForUser = model->parallelForUser;
  run.cancel = options.cancel;
  run.progress = options.progress;
  run.progressUser = options.progress_user;
  run.inputInfos = description.inputs;
  run.inputs = inputs;
  run.inputCount = inputCount;
  run.device = model->device;
  run.kernels = model->kernels;
  run.stream = options.stream;
  if (model->device)
    run.tileLists =
        TileLists(model->tileLists, *model->device, model->allocator);
  run.outputInfos = description.outputs;
  run.outputs = outputs;
  run.outputCount = outputCount;

  Call call = {&description, inputs, {}, 0};
  size_t size = layOut(description, run.threads, nullptr, call.arguments);
  auto *memory = static_cast<char *>(run.allocator.get(size));
  if (!memory)
    return setError(error, DILATED_OUT_OF_MEMORY,
                    "cannot allocate %zu bytes for the arguments", size);
  memset(memory, 0, size);
  layOut(description, run.threads, memory, call.arguments);
  run.produced = call.arguments.produced;
  run.allocated = call.arguments.allocated;
  run.taken = call.arguments.taken;
  run.staged = call.arguments.staged;
  for (int32_t i = 0; i < run.threads; ++i)
    new (&run.taken[i]) std::atomic<bool>(false);
  describeInputs(description, inputs, call.arguments);
  dilated_status status = runWithScratch(*model, call, run, options, error);
  run.allocator.put(memory);
  return status;
}
