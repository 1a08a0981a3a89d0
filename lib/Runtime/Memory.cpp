//===- Memory.cpp - allocation for generated code ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every buffer of a compiled model comes from here: aligned for full vectors,
// and a failure is a message, not a null pointer that generated code would
// write to.
//
//===----------------------------------------------------------------------===//

#include "Frame.h"
#include "Run.h"

#include <stdio.h>

using namespace dilated::runtime;

struct dilated::runtime::BlockHeader {
  Run *run; // null outside of any
  void *base;
  BlockHeader *next, *previous;
};

static_assert(sizeof(BlockHeader) <= kAlignment);

[[noreturn]] static void failToAllocate(size_t bytes) {
  char message[96];
  snprintf(message, sizeof(message), "cannot allocate %zu bytes of memory",
           bytes);
  fail(DILATED_OUT_OF_MEMORY, message);
}

static BlockHeader *headerOf(void *pointer) {
  return reinterpret_cast<BlockHeader *>(static_cast<char *>(pointer) -
                                         sizeof(BlockHeader));
}

static void link(Run &run, BlockHeader *header) {
  pthread_mutex_lock(&run.lock);
  header->previous = nullptr;
  header->next = run.blocks;
  if (run.blocks)
    run.blocks->previous = header;
  run.blocks = header;
  pthread_mutex_unlock(&run.lock);
}

static void unlink(Run &run, BlockHeader *header) {
  pthread_mutex_lock(&run.lock);
  (header->previous ? header->previous->next : run.blocks) = header->next;
  if (header->next)
    header->next->previous = header->previous;
  pthread_mutex_unlock(&run.lock);
}

void *dilated_rt_alloc(size_t bytes, size_t alignment) {
  if (alignment < kAlignment)
    alignment = kAlignment;
  if (alignment & (alignment - 1))
    fail(DILATED_FAILED, "an alignment is not a power of two");
  // More than half the address space is a size that wrapped.
  if (bytes > static_cast<size_t>(PTRDIFF_MAX) - 2 * alignment)
    failToAllocate(bytes);
  Run *run = Run::current();
  Allocator allocator = run ? run->allocator : Allocator();
  // One alignment more, whose end holds the header.
  void *base = allocator.get(bytes + alignment, alignment);
  if (!base)
    failToAllocate(bytes);
  void *pointer = static_cast<char *>(base) + alignment;
  BlockHeader *header = headerOf(pointer);
  *header = {run, base, nullptr, nullptr};
  if (run)
    link(*run, header);
  return pointer;
}

void dilated_rt_free(void *pointer) {
  if (!pointer)
    return;
  BlockHeader *header = headerOf(pointer);
  Run *run = header->run;
  if (run)
    unlink(*run, header);
  (run ? run->allocator : Allocator()).put(header->base);
}

void dilated::runtime::freeBlocks(Run &run) {
  while (BlockHeader *header = run.blocks) {
    run.blocks = header->next;
    run.allocator.put(header->base);
  }
}

void *dilated_rt_scratch(int64_t bytes) {
  Run *run = Run::current();
  // Code that nobody runs as a model (a test) has no block of its own.
  if (!run)
    return dilated_rt_alloc(static_cast<size_t>(bytes), kAlignment);
  if (bytes > run->arenaBytes) {
    char message[128];
    snprintf(message, sizeof(message),
             "the model asks for %lld bytes of scratch memory after it had "
             "asked for %lld",
             static_cast<long long>(bytes),
             static_cast<long long>(run->arenaBytes));
    fail(DILATED_FAILED, message);
  }
  return run->arena;
}

void *dilated_rt_task_scratch(int64_t bytes) {
  size_t size = alignUp(static_cast<size_t>(bytes));
  TaskScratch &scratch = taskScratch();
  if (bytes < 0 || size > scratch.capacity - scratch.used)
    return dilated_rt_alloc(static_cast<size_t>(bytes), kAlignment);
  char *pointer = scratch.base + scratch.used;
  scratch.used += size;
  return pointer;
}

void *_mlir_memref_to_llvm_alloc(int64_t bytes) {
  return dilated_rt_alloc(static_cast<size_t>(bytes), kAlignment);
}

void *_mlir_memref_to_llvm_aligned_alloc(int64_t alignment, int64_t bytes) {
  return dilated_rt_alloc(static_cast<size_t>(bytes),
                          static_cast<size_t>(alignment));
}

void _mlir_memref_to_llvm_free(void *pointer) { dilated_rt_free(pointer); }
