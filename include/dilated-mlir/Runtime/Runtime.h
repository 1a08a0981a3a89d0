//===- Runtime.h - what generated code calls at run time ---------*- C -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The C interface between the code of a compiled model and the run-time library
// that is linked beside it. Plain C ABI, no LLVM, no iostream. What programs
// see of a model is Model.h.
//
// Sizes are in bytes, dimensions and strides in elements.
//
// Errors are messages: generated code calls dilated_rt_fail, which returns to
// the innermost dilated_rt_call or to the run of the model. What was allocated
// since the run began is freed at its end, whether it failed or not.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_RUNTIME_H
#define DILATED_MLIR_RUNTIME_RUNTIME_H

#include "dilated-mlir/Runtime/Model.h"

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

/// Runs `task(context, i)` for every i in [0, count) and returns when all are
/// done. Indices are handed out one at a time, so uneven tasks balance. A call
/// from inside a task, or with one thread, runs inline and in order. A task
/// that fails (dilated_rt_fail) makes the remaining ones be skipped; the
/// failure is then raised on the calling thread.
void dilated_rt_parallel_for(dilated_rt_task task, void *context,
                             int64_t count);

/// Threads of parallel_for outside of a model's run, and of models that are
/// created without a number of their own; n <= 0 restores the default (what
/// OpenMP would use: OMP_NUM_THREADS, else the CPUs of the process). No other
/// library's thread count is touched.
void dilated_rt_set_num_threads(int32_t n);
int32_t dilated_rt_num_threads(void);

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// `bytes` of uninitialised memory, aligned to `alignment` (a power of two;
/// raised to 64). Never NULL: 0 bytes give a distinct pointer, and a size that
/// can't be had is a dilated_rt_fail. To be freed by dilated_rt_free; what a
/// model's run has not freed when it ends is freed then.
void *dilated_rt_alloc(size_t bytes, size_t alignment);

/// Frees what dilated_rt_alloc returned; NULL is allowed.
void dilated_rt_free(void *pointer);

/// The memory for intermediate results of a run, aligned to 64 bytes: asked for
/// once, by the entry, with what its scratchBytes function returns.
void *dilated_rt_scratch(int64_t bytes);

/// `bytes` of uninitialised memory, aligned to 64 bytes, for the current task:
/// valid until it returns; outside of tasks until the run ends.
void *dilated_rt_task_scratch(int64_t bytes);

/// Where output `index` of the running model goes, row-major and of `sizes`
/// ([rank]): to be asked for exactly once per run. Fails when the caller's
/// memory is too small or overlaps with other tensors.
void *dilated_rt_output(int64_t index, int64_t rank, const int64_t *sizes);

// The names under which MLIR's memref lowering calls the two above ("generic
// functions"), and its strided copy. Sizes that wrapped to a negative number
// fail.
void *_mlir_memref_to_llvm_alloc(int64_t bytes);
void *_mlir_memref_to_llvm_aligned_alloc(int64_t alignment, int64_t bytes);
void _mlir_memref_to_llvm_free(void *pointer);

/// An MLIR unranked memref: `descriptor` points to {void *allocated, void
/// *aligned, int64_t offset, int64_t sizes[rank], int64_t strides[rank]}.
typedef struct dilated_rt_unranked_memref {
  int64_t rank;
  void *descriptor;
} dilated_rt_unranked_memref;

/// Copies `source` to `target`, two memrefs of equal sizes and any strides that
/// don't overlap; elements have `element_bytes` bytes.
void memrefCopy(int64_t element_bytes, dilated_rt_unranked_memref *source,
                dilated_rt_unranked_memref *target);

/// The same for an output that only kernels and copies of a GPU write: what it
/// returns may be memory of the device.
void *dilated_rt_device_output(int64_t index, int64_t rank,
                               const int64_t *sizes);

//===----------------------------------------------------------------------===//
// GPU kernels
//===----------------------------------------------------------------------===//
//
// Of the run's model, on its device and its stream. What fails is a
// dilated_rt_fail.

/// `bytes` of uninitialised memory of the device, aligned to 256 bytes. Freed
/// at the end of the run at the latest.
void *dilated_rt_device_alloc(int64_t bytes);

/// Gives memory of dilated_rt_device_alloc back, for what the stream does next.
void dilated_rt_device_free(void *address);

/// 1 for an address of the device's memory, 0 for one of the host's.
int32_t dilated_rt_device_owns(const void *address);

/// Copies a tensor between host and device. `layout` is {sizes[rank], strides
/// of `to`[rank], strides of `from`[rank]}, strides in elements; on the device
/// a tensor is row-major. A copy to the host is complete when this returns.
void dilated_rt_device_copy(void *to, const void *from, int64_t element_bytes,
                            int64_t rank, const int64_t *layout);

/// Words that dilated_rt_device_tiles fills.
#define DILATED_RT_TILES_WORDS 5

/// The next launch of an attention kernel: over which tiles, and which batch
/// elements. `tiles` is {the library's own, address of the first tile on the
/// device, number of tiles, first batch element, number of batch elements}; all
/// are 0 before the first launch. Returns the number of tiles, 0 after the last
/// launch. `pattern` as for dilated_rt_plan; `block_keys` is the kernel's.
int64_t dilated_rt_device_tiles(const int64_t *pattern, int64_t batches,
                                int64_t heads, int64_t length,
                                int64_t block_keys, int64_t *tiles);

/// Starts a kernel on grid[0] x grid[1] x grid[2] blocks of grid[3] x grid[4] x
/// grid[5] threads with grid[6] bytes of dynamic shared memory. It has `count`
/// arguments, of sizes[i] bytes each, which lie at `arguments` one after the
/// other, each from the next multiple of 8 bytes on. A grid without blocks is
/// no launch.
void dilated_rt_device_launch(const char *kernel, const int64_t *grid,
                              int64_t count, const int64_t *sizes,
                              const int64_t *arguments);

//===----------------------------------------------------------------------===//
// Tile plan
//===----------------------------------------------------------------------===//

// Which query rows of an attention a task computes together, and which keys
// they see (dilated-mlir/Plan/TilePlan.h). All numbers are int64; positions are
// those of the sequence. Tiles have `width` rows: lane l of tile i is element
// i * width + l.

/// Words of a plan.
#define DILATED_RT_PLAN_WORDS 20

/// Prepares a call. `pattern`, which must stay, is encoded
/// (dilated-mlir/Plan/Pattern.h). A task is a share of the tiles of one block
/// of at most `max_rows` positions of one head of one batch element; a block is
/// one task unless there are too few blocks for the threads. Returns the number
/// of tasks; tasks of a block follow each other, then blocks of a head, then
/// heads. What a row's result is summed up from, and in which order, depends on
/// neither the number of threads nor that of tasks.
int64_t dilated_rt_plan(const int64_t *pattern, int64_t batches, int64_t heads,
                        int64_t length, int64_t width, int64_t max_rows,
                        int64_t *plan);

/// The tiles of a task: {batch, head, first tile, end of its tiles, number of
/// key ranges, first position of the block, its positions}, then what the
/// functions below need. `work` has dilated::plan::getWorkWords(terms,
/// max_rows) words. Every row of a block is in exactly one tile of one task;
/// rows that no term covers come last, in tiles that see no key range.
void dilated_rt_plan_task(const int64_t *plan, int64_t task, int64_t *work);

/// Of tiles first ... first + count - 1: the position of every row, -1 for a
/// lane without one, and the null keys that it sees, multiplicities counted.
void dilated_rt_plan_rows(const int64_t *plan, const int64_t *work,
                          int64_t first, int64_t count, int64_t *rows,
                          int64_t *nulls);

/// Words that dilated_rt_plan_keys fills for a tile.
#define DILATED_RT_TILE_WORDS 6

/// What these tiles see of key range `range`. `description`: {base, stride,
/// begin, end, multiplicity}; key j lies at base + stride * j, and rows of
/// these tiles see keys of [begin, end) only. `lows` and `highs`: a row sees
/// keys [low, high), 0 and 0 for lanes without a row. `tiles`, for each tile:
/// {begin, end, full begin, full end, takes, masked}: some row sees keys in
/// [begin, end) only; all rows see [full begin, full end), which is empty where
/// full end <= full begin; a row that sees any key sees one of [begin, full
/// begin]. takes is 1 if keys count more often than the multiplicity, because
/// the tile counts keys of other ranges here; masked is 1 if keys between low
/// and high are hidden from some rows, and then [full begin, full end) is
/// empty.
void dilated_rt_plan_keys(const int64_t *plan, const int64_t *work,
                          int64_t range, int64_t first, int64_t count,
                          int64_t *description, int64_t *lows, int64_t *highs,
                          int64_t *tiles);

/// How often keys [start, start + count) of a range count for the rows of
/// `tile` that see them. Keys that no row sees have the range's multiplicity or
/// more.
void dilated_rt_plan_multiplicities(const int64_t *plan, const int64_t *work,
                                    int64_t range, int64_t tile, int64_t start,
                                    int64_t count, int64_t *multiplicities);

/// Which rows of `tile` see keys [start, start + count) of a range, limits
/// included: bit l of masks[i] is lane l. The width is at most 64.
void dilated_rt_plan_masks(const int64_t *plan, const int64_t *work,
                           int64_t range, int64_t tile, int64_t start,
                           int64_t count, int64_t *masks);

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// A run-time check failed: returns to the innermost dilated_rt_call (or,
/// inside a task, ends the task). `message` is copied. Does not return; outside
/// of any call it prints the message and aborts.
#ifdef __cplusplus
[[noreturn]]
#elif defined(__GNUC__)
__attribute__((noreturn))
#endif
void dilated_rt_fail(const char *message);

/// Calls `function(argument)`. Returns 0, or 1 when it failed; `*message` is
/// then the message (valid until the thread's next dilated_rt_call), else NULL.
/// `message` may be NULL. Calls nest.
int32_t dilated_rt_call(void (*function)(void *), void *argument,
                        const char **message);

//===----------------------------------------------------------------------===//
// Checks of the check dialect (tests)
//===----------------------------------------------------------------------===//

/// Compares two memrefs of element type `type` (a dilated_rt_type) as
/// numpy.allclose does with equal_nan: |actual - expected| <= atol + rtol *
/// |expected|, NaN equals NaN, infinities must agree. Returns 1 when they are
/// close. Else prints the largest error and where to stderr, counts a failure
/// and returns 0. The arguments are those that an LLVM-lowered call with two
/// unranked memrefs passes; `what` names the check in the message and may be
/// NULL.
int32_t dilated_rt_expect_close(int32_t type, int64_t actual_rank,
                                const void *actual, int64_t expected_rank,
                                const void *expected, double rtol, double atol,
                                const char *what);

/// Checks made and failed in this process so far.
int64_t dilated_rt_expect_count(void);
int64_t dilated_rt_expect_failures(void);

#ifdef __cplusplus
} // extern "C"
#endif

#endif // DILATED_MLIR_RUNTIME_RUNTIME_H
