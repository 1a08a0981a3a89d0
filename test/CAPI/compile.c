/*===- compile.c - the compiler from C ----------------------------*- C -*-===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
\*===----------------------------------------------------------------------===*/
/* compile MODEL [NAME=SHAPE [OUT]]: compiles, says what there is, runs on ones,
   saves. */

#include "dilated-mlir-c/Compiler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const DilatedDiagnostic *diagnostic, void *userData) {
  static const char *const severities[] = {"note", "warning", "error",
                                           "remark"};
  ++*(int *)userData;
  printf("%s:%d:%d: %s: %s\n", diagnostic->file, (int)diagnostic->line,
         (int)diagnostic->column, severities[diagnostic->severity],
         diagnostic->message);
}

static int fail(const dilated_error *error) {
  printf("error %d: %s\n", (int)error->status, error->message);
  return 1;
}

/* Ones of the input's size, which has to be static. */
static int fill(const dilated_tensor_info *info, dilated_tensor *tensor) {
  /* Where code takes its address, malloc may seem to be in the program. */
  void *(*volatile allocate)(size_t) = malloc;
  int64_t count = 1, i;
  int32_t axis;
  float *data;
  for (axis = 0; axis < info->rank; ++axis)
    count *= info->sizes[axis];
  data = allocate((size_t)count * sizeof(float));
  if (!data || info->type != DILATED_RT_F32 || count < 0)
    return 1;
  for (i = 0; i < count; ++i)
    data[i] = 1.0f;
  memset(tensor, 0, sizeof(*tensor));
  tensor->data = data;
  tensor->type = info->type;
  tensor->rank = info->rank;
  tensor->sizes = (int64_t *)info->sizes;
  return 0;
}

static int run(const dilated_api *api) {
  dilated_error error;
  dilated_model *model;
  dilated_tensor inputs[8], output;
  int64_t sizes[DILATED_MAX_RANK];
  int32_t i;
  if (api->input_count > 8 || api->output_count != 1)
    return 1;
  if (api->create(api, NULL, &model, &error))
    return fail(&error);
  for (i = 0; i < api->input_count; ++i)
    if (fill(&api->inputs[i], &inputs[i]))
      return 1;
  memset(&output, 0, sizeof(output));
  output.rank = api->outputs[0].rank;
  output.sizes = sizes;
  if (api->run(model, inputs, api->input_count, &output, 1, NULL, &error))
    return fail(&error);
  printf("%s[0] = %g\n", api->outputs[0].name, *(float *)output.data);
  api->release(model, &output);
  api->destroy(model);
  for (i = 0; i < api->input_count; ++i)
    free(inputs[i].data);
  return 0;
}

static void describe(const char *what, const dilated_tensor_info *info) {
  int32_t axis;
  printf("%s %s: type %d, sizes", what, info->name, (int)info->type);
  for (axis = 0; axis < info->rank; ++axis)
    if (info->symbols[axis][0])
      printf(" %s", info->symbols[axis]);
    else
      printf(" %d", (int)info->sizes[axis]);
  printf("\n");
}

int main(int argc, char **argv) {
  DilatedCompileOptions options = {0};
  DilatedArtifact artifact;
  DilatedResult result;
  dilated_error error;
  const dilated_api *api;
  const char *shape = argc > 2 && argv[2][0] ? argv[2] : NULL;
  const char *out = argc > 3 ? argv[3] : "model.txt";
  int diagnostics = 0, failed;
  size_t i;
  options.structSize = sizeof(options);
  options.cacheDir = "";
  options.onDiagnostic = show;
  options.userData = &diagnostics;
  options.shapes = &shape;
  options.shapeCount = shape ? 1 : 0;
  result = dilatedCompileFile(argc > 1 ? argv[1] : "", &options, &artifact);
  printf("result %d, %s, %d diagnostics\n", (int)result,
         dilatedArtifactIsNull(artifact) ? "none" : "an artifact", diagnostics);
  if (result != DilatedResultDone)
    return (int)result;
  for (i = 0; i < dilatedArtifactGetInputCount(artifact); ++i)
    describe("input", dilatedArtifactGetInput(artifact, i));
  for (i = 0; i < dilatedArtifactGetOutputCount(artifact); ++i)
    describe("output", dilatedArtifactGetOutput(artifact, i));
  api = dilatedArtifactGetApi(artifact, &error);
  failed = api ? run(api) : fail(&error);
  if (!failed)
    printf(dilatedArtifactSave(artifact, out, show, &diagnostics)
               ? "not saved\n"
               : "saved\n");
  dilatedArtifactDestroy(artifact);
  return failed;
}
