/*===- Compiler.h - the compiler, for C ---------------------------*- C -*-===*\
|*                                                                            *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* Compiles a model in this process, in the style of mlir-c: opaque handles,  *|
|* which a function with Destroy in its name ends. What runs a compiled model *|
|* is another header, dilated-mlir/Runtime/Model.h, which needs no compiler.  *|
|*                                                                            *|
|*   DilatedCompileOptions options = {0};                                     *|
|*   options.structSize = sizeof(options);                                    *|
|*   DilatedArtifact artifact;                                                *|
|*   if (dilatedCompileFile("model.onnx", &options, &artifact))               *|
|*     return 1; // why was said to options.onDiagnostic                      *|
|*   const dilated_api *api = dilatedArtifactGetApi(artifact, &error);        *|
|*   api->create(api, NULL, &model, &error) ...                               *|
|*   api->destroy(model);                                                     *|
|*   dilatedArtifactDestroy(artifact);                                        *|
|*                                                                            *|
|* Any number of threads may compile at a time. A string that is handed out   *|
|* lives as long as the handle that it comes from.                            *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef DILATED_MLIR_C_COMPILER_H
#define DILATED_MLIR_C_COMPILER_H

#include "dilated-mlir/Runtime/Model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DILATED_CAPI_EXPORTED __attribute__((visibility("default")))

/*===----------------------------------------------------------------------===*\
|* Options
\*===----------------------------------------------------------------------===*/

/* As the tools exit. */
typedef enum DilatedResult {
  DilatedResultDone = 0,
  DilatedResultRejected = 1,  /* the model is invalid or unsupported */
  DilatedResultUnreadable = 2 /* or the options don't fit it, or a file can't be
                                 written */
} DilatedResult;

typedef enum DilatedSeverity {
  DilatedSeverityNote = 0, /* belongs to the diagnostic before it */
  DilatedSeverityWarning = 1,
  DilatedSeverityError = 2,
  DilatedSeverityRemark = 3
} DilatedSeverity;

typedef struct DilatedDiagnostic {
  DilatedSeverity severity;
  const char *message;
  /* Where: a model or a source file, "" when that is unknown. Line and column
     count from 1 and are 0 for a model, whose messages name the node. */
  const char *file;
  int64_t line, column;
} DilatedDiagnostic;

/* Called on the thread that compiles, or on one that compiles for it, one call
   at a time; the diagnostic is gone when it returns. */
typedef void (*DilatedDiagnosticCallback)(const DilatedDiagnostic *diagnostic,
                                          void *userData);

/* Zero is the default of every field but the first. */
typedef struct DilatedCompileOptions {
  size_t structSize; /* sizeof(DilatedCompileOptions) */
  /* A processor that LLVM knows ("x86-64-v3"); NULL: this one. */
  const char *cpu;
  /* Further features, "+avx2,-avx512f". */
  const char *features;
  /* Shapes of inputs, "NAME=1x?x768"; ? keeps a dimension as it is. */
  const char *const *shapes;
  size_t shapeCount;
  /* Where external data lies; NULL: in the folder of the model. */
  const char *externalDataDir;
  /* Inline model-local functions also where the operator is known. */
  bool expandFunctions;
  /* Leave branches as they are: the reference, through linalg. */
  bool noFuse;
  /* Without effect: a compilation has the calling thread alone, on which a
     crash of the compiler is caught and reported as an error. */
  bool singleThreaded;
  /* Where compiled code is kept (Support/CompilationCache.h); NULL: the default
     folder, "": nowhere. */
  const char *cacheDir;
  DilatedDiagnosticCallback onDiagnostic; /* NULL: nobody listens */
  void *userData;
  /* Attention goes to NVIDIA GPUs of this chip and later ones ("sm_80"), the
     rest of the model to the CPU; NULL: all of it to the CPU. */
  const char *gpuChip;
} DilatedCompileOptions;

/*===----------------------------------------------------------------------===*\
|* Compiling
\*===----------------------------------------------------------------------===*/

/* A compiled model. */
typedef struct DilatedArtifact {
  void *ptr; /* NULL: none */
} DilatedArtifact;

static inline bool dilatedArtifactIsNull(DilatedArtifact artifact) {
  return !artifact.ptr;
}

/* Compiles a model (.onnx) or IR (.mlir). `options` may be NULL. The weights of
   the model stay in its file, which must not change while the artifact lives.
 */
DILATED_CAPI_EXPORTED DilatedResult
dilatedCompileFile(const char *path, const DilatedCompileOptions *options,
                   DilatedArtifact *artifact);

/* Compiles IR of any phase, `length` bytes of text. Its weights, if it has any,
   lie in options->externalDataDir. */
DILATED_CAPI_EXPORTED DilatedResult dilatedCompileText(
    const char *text, size_t length, const DilatedCompileOptions *options,
    DilatedArtifact *artifact);

/* Ends an artifact; NULL is allowed. Models created from it are ended before.
 */
DILATED_CAPI_EXPORTED void dilatedArtifactDestroy(DilatedArtifact artifact);

/*===----------------------------------------------------------------------===*\
|* What was compiled
\*===----------------------------------------------------------------------===*/

DILATED_CAPI_EXPORTED size_t
dilatedArtifactGetInputCount(DilatedArtifact artifact);
DILATED_CAPI_EXPORTED size_t
dilatedArtifactGetOutputCount(DilatedArtifact artifact);

/* Name, element type and dimensions of an input or output; `index` is less than
   their number. */
DILATED_CAPI_EXPORTED const dilated_tensor_info *
dilatedArtifactGetInput(DilatedArtifact artifact, size_t index);
DILATED_CAPI_EXPORTED const dilated_tensor_info *
dilatedArtifactGetOutput(DilatedArtifact artifact, size_t index);

/* From reading the model to machine code. */
DILATED_CAPI_EXPORTED double
dilatedArtifactGetCompileSeconds(DilatedArtifact artifact);

/* Whether the machine code was found in the cache. */
DILATED_CAPI_EXPORTED bool dilatedArtifactIsFromCache(DilatedArtifact artifact);

/* The code, loaded into this process when first asked for; NULL, with the
   error, when that fails. It lives as long as the artifact. */
DILATED_CAPI_EXPORTED const dilated_api *
dilatedArtifactGetApi(DilatedArtifact artifact, dilated_error *error);

/* Writes the artifact: a library (.so) or an object file (.o, with a header
   beside it). On failure nothing is left there. */
DILATED_CAPI_EXPORTED DilatedResult
dilatedArtifactSave(DilatedArtifact artifact, const char *path,
                    DilatedDiagnosticCallback onDiagnostic, void *userData);

/* "dilated-mlir 0.1.0, LLVM 22.1.8". */
DILATED_CAPI_EXPORTED const char *dilatedGetVersion(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* DILATED_MLIR_C_COMPILER_H */
