/*===- Model.h - the C interface of a compiled model --------------*- C -*-===*\
|*                                                                            *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* All that a program needs to run a compiled model; C99, no other header of  *|
|* the project. A library (model.so) exports one function, dilated_get_api.   *|
|* Linked from an object (encoder.o), it has the object's name before it:     *|
|* encoder_get_api. Either returns the model's description and functions:     *|
|*                                                                            *|
|*   const dilated_api *api;                                                  *|
|*   dilated_model *model;                                                    *|
|*   dilated_error error;                                                     *|
|*   if (dilated_get_api(DILATED_ABI_VERSION, &api, &error) ||                *|
|*       api->create(api, NULL, &model, &error))                              *|
|*     return fail(error.message);                                            *|
|*   int64_t sizes[] = {1, 300, 768}, out_sizes[3];                           *|
|*   dilated_tensor x = {input, 0, DILATED_RT_F32, 3, sizes, NULL};           *|
|*   dilated_tensor y = {NULL, 0, 0, 3, out_sizes, NULL};                     *|
|*   if (api->run(model, &x, 1, &y, 1, NULL, &error)) ...                     *|
|*   api->release(model, &y);                                                 *|
|*   api->destroy(model);                                                     *|
|*                                                                            *|
|* Functions return DILATED_OK or what went wrong, with a message in `error`  *|
|* (which may be NULL); whatever fails, nothing is leaked and the model stays *|
|* usable. A model is immutable: any number of threads may run it at a time.  *|
|* Structs begin with their size where they may grow; a later minor change    *|
|* only appends fields. DILATED_ABI_VERSION changes when that is not enough.  *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef DILATED_MLIR_RUNTIME_MODEL_H
#define DILATED_MLIR_RUNTIME_MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DILATED_ABI_VERSION 1

/* Tensors of higher rank don't exist. */
#define DILATED_MAX_RANK 32

/*===----------------------------------------------------------------------===*\
|* Status
\*===----------------------------------------------------------------------===*/

typedef enum dilated_status {
  DILATED_OK = 0,
  DILATED_INVALID_ARGUMENT = 1, /* NULL, unaligned, overlapping, unknown size */
  DILATED_WRONG_TENSOR = 2,     /* an element type, rank or size that the model
                                   does not take, or the wrong number of them */
  DILATED_BUFFER_TOO_SMALL = 3, /* of an output or of the scratch memory */
  DILATED_OUT_OF_MEMORY = 4,
  DILATED_CANCELLED = 5,
  DILATED_BAD_WEIGHTS = 6,   /* the side file is missing, truncated, another */
  DILATED_WRONG_VERSION = 7, /* of this interface */
  DILATED_WRONG_PROCESSOR = 8, /* an instruction set that it does not have */
  DILATED_FAILED = 9,          /* a check inside the model */
  DILATED_NO_DEVICE = 10,      /* no driver, no GPU, or one that the model's
                                  kernels were not compiled for */
  DILATED_DEVICE_FAILED = 11   /* the device refused or broke off */
} dilated_status;

typedef struct dilated_error {
  dilated_status status;
  char message[1020]; /* lower case, no final full stop; "" when status is 0 */
} dilated_error;

/*===----------------------------------------------------------------------===*\
|* Tensors
\*===----------------------------------------------------------------------===*/

/* Element types; the numbers are those of ONNX's TensorProto.DataType. A bool
   is one byte, 0 or 1. */
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

/* An input or output as the model declares it. */
typedef struct dilated_tensor_info {
  const char *name;
  int32_t type; /* a dilated_rt_type */
  int32_t rank;
  const int64_t *sizes;       /* -1 where only known at run time */
  const char *const *symbols; /* names of dimensions, "" for none; dimensions of
                                 one name have one size */
} dilated_tensor_info;

/* Memory of the caller. */
typedef struct dilated_tensor {
  /* The first element, aligned to its size. An output with NULL is allocated
     by the model, on the host: pass it to dilated_api.release. A model with GPU
     kernels takes memory of its device as well. */
  void *data;
  /* Outputs: the bytes at `data`. Inputs: 0. */
  size_t bytes;
  int32_t type; /* a dilated_rt_type; outputs: 0 takes what comes */
  int32_t rank;
  int64_t *sizes; /* [rank]; read for inputs, written for outputs */
  /* Inputs: [rank], in elements, any value; NULL is row-major. Outputs are
     row-major: NULL. */
  const int64_t *strides;
} dilated_tensor;

/*===----------------------------------------------------------------------===*\
|* Devices
\*===----------------------------------------------------------------------===*/

/* One launch of a kernel. */
typedef struct dilated_launch {
  const char *kernel;
  uint32_t grid[3];      /* blocks */
  uint32_t block[3];     /* threads */
  uint32_t shared_bytes; /* dynamic, of a block */
  int32_t argument_count;
  const void *const *arguments;   /* [argument_count], each points to a value */
  const uint32_t *argument_bytes; /* [argument_count], of each value */
} dilated_launch;

typedef enum dilated_copy {
  DILATED_TO_DEVICE = 0,
  DILATED_TO_HOST = 1,
  DILATED_ON_DEVICE = 2
} dilated_copy;

/* What a model needs of a GPU. A program that brings none gets the one of the
   CUDA driver (libcuda.so.1, opened when the first such model is created).
   Functions that fail return their status with a message in `error`, which is
   never NULL. `stream` is a stream of the device, NULL its default one. Called
   from the threads that call create, run and destroy. */
typedef struct dilated_device {
  size_t struct_size; /* sizeof(dilated_device) */
  void *user;         /* the first argument of every function */
  /* PTX text; a zero stands at ptx[bytes]. */
  dilated_status (*load)(void *user, const char *ptx, size_t bytes,
                         void **module, dilated_error *error);
  void (*unload)(void *user, void *module);
  /* `bytes` > 0, aligned to 256 bytes. */
  dilated_status (*allocate)(void *user, size_t bytes, void **address,
                             dilated_error *error);
  void (*deallocate)(void *user, void *address);
  /* In the order of the stream. Memory of the host may be read and written
     until the stream is synchronised. */
  dilated_status (*copy)(void *user, void *to, const void *from, size_t bytes,
                         dilated_copy direction, void *stream,
                         dilated_error *error);
  dilated_status (*launch)(void *user, void *module,
                           const dilated_launch *launch, void *stream,
                           dilated_error *error);
  dilated_status (*synchronize)(void *user, void *stream, dilated_error *error);
  /* Non-zero for an address of the device's memory. */
  int32_t (*owns)(void *user, const void *address);
} dilated_device;

/*===----------------------------------------------------------------------===*\
|* Options
\*===----------------------------------------------------------------------===*/

/* One unit of parallel work. */
typedef void (*dilated_rt_task)(void *context, int64_t index);

/* A thread pool: calls task(context, i) exactly once for every i in [0, count),
   in any order, on at most `threads` threads at a time, and returns after the
   last one has returned. Tasks don't throw and don't jump out. */
typedef void (*dilated_parallel_for_fn)(void *user, dilated_rt_task task,
                                        void *context, int64_t count,
                                        int32_t threads);

/* `bytes` (> 0) of memory aligned to `alignment`, a power of two of at least
   64, or NULL. Called from the threads that call create, run and release, and
   seldom from those of the pool. */
typedef void *(*dilated_allocate_fn)(void *user, size_t bytes,
                                     size_t alignment);
typedef void (*dilated_deallocate_fn)(void *user, void *pointer);

/* Called now and then while a model runs, one call at a time, from any thread
   of the run: `done` of `count` tasks of its parallel loop number `loop`
   (from 0) are complete. */
typedef void (*dilated_progress_fn)(void *user, int64_t loop, int64_t done,
                                    int64_t count);

/* Zero is the default of every field. */
typedef struct dilated_create_options {
  size_t struct_size; /* sizeof(dilated_create_options) */
  /* Where a model's side file of weights lies; NULL: beside the library, under
     the name that it was written with. */
  const char *weights_path;
  /* Non-zero: don't compare the contents of a side file with the checksum (its
     header and size are always compared). */
  int32_t trust_weights;
  /* Threads of a run; 0: as OpenMP would use (OMP_NUM_THREADS, else the CPUs of
     the process). More than four per CPU are not used, and in a process that
     was forked after a run only one. */
  int32_t threads;
  dilated_parallel_for_fn parallel_for; /* NULL: OpenMP */
  void *parallel_for_user;
  dilated_allocate_fn allocate; /* NULL: the C library; both or none */
  dilated_deallocate_fn deallocate;
  void *allocator_user;
  /* Of a model with GPU kernels: where they run; NULL: GPU number `gpu` of the
     CUDA driver. The functions must outlive the model. */
  const dilated_device *device;
  int32_t gpu;
} dilated_create_options;

typedef struct dilated_run_options {
  size_t struct_size; /* sizeof(dilated_run_options) */
  int32_t threads;    /* 0: as the model was created */
  /* Memory for intermediate results, aligned to 64 bytes, of at least
     dilated_api.scratch_size bytes; NULL: the model allocates it and keeps one
     block for its next run. */
  void *scratch;
  size_t scratch_bytes;
  /* The run ends with DILATED_CANCELLED soon after another thread has made this
     non-zero; NULL: never. */
  const volatile int32_t *cancel;
  dilated_progress_fn progress;
  void *progress_user;
  /* Of a model with GPU kernels: the stream (a CUstream of the device's primary
     context) that copies and kernels are put on. NULL: the default stream, and
     the run returns when all is done. With a stream, outputs in memory of the
     host are complete when the run returns, outputs in memory of the device
     when the stream gets there. */
  void *stream;
} dilated_run_options;

/*===----------------------------------------------------------------------===*\
|* The model
\*===----------------------------------------------------------------------===*/

/* A loaded model: its weights are mapped. */
typedef struct dilated_model dilated_model;

typedef struct dilated_api {
  uint32_t abi_version; /* of the library */
  uint32_t struct_size; /* of its dilated_api */
  const char *producer; /* the compiler and its version */
  const char *target;   /* triple, processor and features it was compiled for */
  int32_t input_count;
  int32_t output_count;
  const dilated_tensor_info *inputs;  /* [input_count] */
  const dilated_tensor_info *outputs; /* [output_count] */
  const void *description;            /* of the compiler, for create */

  /* `*model` is NULL on failure. `options` may be NULL. */
  dilated_status (*create)(const struct dilated_api *api,
                           const dilated_create_options *options,
                           dilated_model **model, dilated_error *error);

  /* NULL is allowed. No run may be in progress, no output unreleased. */
  void (*destroy)(dilated_model *model);

  /* The scratch memory of a run with inputs of these element types and sizes
     (`data` may be NULL) on `threads` threads (0: as the model was created). */
  dilated_status (*scratch_size)(const dilated_model *model,
                                 const dilated_tensor *inputs,
                                 int32_t input_count, int32_t threads,
                                 size_t *bytes, dilated_error *error);

  /* Runs the model. Outputs must not overlap inputs or each other; inputs may
     overlap. Fills in type, rank and sizes of every output, and data and bytes
     where data was NULL. On DILATED_BUFFER_TOO_SMALL the sizes of that output
     say what is needed. `options` may be NULL. */
  dilated_status (*run)(const dilated_model *model,
                        const dilated_tensor *inputs, int32_t input_count,
                        dilated_tensor *outputs, int32_t output_count,
                        const dilated_run_options *options,
                        dilated_error *error);

  /* Frees the memory of an output that run has allocated. */
  void (*release)(const dilated_model *model, dilated_tensor *output);
} dilated_api;

/* The interface in version `version` (DILATED_ABI_VERSION of the caller), or
   DILATED_WRONG_VERSION with both versions in the message. `*api` lives as long
   as the library is loaded. */
typedef dilated_status (*dilated_get_api_fn)(uint32_t version,
                                             const dilated_api **api,
                                             dilated_error *error);
dilated_status dilated_get_api(uint32_t version, const dilated_api **api,
                               dilated_error *error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* DILATED_MLIR_RUNTIME_MODEL_H */
