//===- Runtime.h - what generated code calls at run time ---------*- C -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The C interface between a compiled model, the run-time library and the
// program that embeds both. The library ships with compiled models: plain C
// ABI, no LLVM, no iostream.
//
// Sizes are in bytes, dimensions and strides in elements. Memory belongs to who
// allocated it, except results of a compiled model: the callee allocates them
// with dilated_rt_alloc and the caller frees them with dilated_rt_free.
//
// Errors are messages: generated code calls dilated_rt_fail, and the
// dilated_rt_call around it returns 1 with the message. A failing call leaves
// the model usable; buffers that it had allocated on the way are not reclaimed,
// which is why run-time checks stand before the work.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_RUNTIME_H
#define DILATED_MLIR_RUNTIME_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

/// One unit of parallel work: called once for each index in [0, count), in any
/// order, from any thread.
typedef void (*dilated_rt_task)(void *context, int64_t index);

/// Runs `task(context, i)` for every i in [0, count) and returns when all are
/// done. Indices are handed out one at a time, so uneven tasks balance. A call
/// from inside a task, or with one thread, runs inline and in order. A task
/// that fails (dilated_rt_fail) makes the remaining ones be skipped; the
/// failure is then raised on the calling thread.
void dilated_rt_parallel_for(dilated_rt_task task, void *context,
                             int64_t count);

/// A replacement for the built-in OpenMP backend: must call `task(context, i)`
/// exactly once for every i in [0, count), on at most `threads` threads, and
/// return after the last one has returned. Tasks don't throw and don't jump
/// out.
typedef void (*dilated_rt_parallel_for_fn)(dilated_rt_task task, void *context,
                                           int64_t count, int32_t threads);

/// Installs `backend` for the whole process; NULL restores OpenMP. Not to be
/// called while a model runs.
void dilated_rt_set_parallel_for(dilated_rt_parallel_for_fn backend);

/// Threads that later parallel_for calls may use; n <= 0 restores the default
/// (what OpenMP would use: OMP_NUM_THREADS, else the CPUs of the process). No
/// other library's thread count is touched.
void dilated_rt_set_num_threads(int32_t n);
int32_t dilated_rt_num_threads(void);

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// `bytes` of uninitialised memory, aligned to `alignment` (a power of two;
/// raised to 64). Never NULL: 0 bytes give a distinct pointer, and a size that
/// can't be had is a dilated_rt_fail. To be freed by dilated_rt_free.
void *dilated_rt_alloc(size_t bytes, size_t alignment);

/// Frees what dilated_rt_alloc returned; NULL is allowed.
void dilated_rt_free(void *pointer);

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

/// Element types; the numbers are those of ONNX's TensorProto.DataType. A bool
/// is one byte.
typedef enum dilated_rt_type {
  DILATED_RT_F32 = 1,
  DILATED_RT_I8 = 3,
  DILATED_RT_I16 = 5,
  DILATED_RT_I32 = 6,
  DILATED_RT_I64 = 7,
  DILATED_RT_BOOL = 9,
  DILATED_RT_F16 = 10,
  DILATED_RT_F64 = 11,
  DILATED_RT_BF16 = 16
} dilated_rt_type;

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
