/* A model by hand: y = 2 * x and where x was read, in place or not. It counts
 * the outputs that are not released, fails on request, and waits on request.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "dilated-mlir/Runtime/Model.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION DILATED_ABI_VERSION
#endif

struct dilated_model {
  int32_t threads;
};

atomic_int test_live_outputs, test_live_models, test_running, test_most_running;

static dilated_status fail(dilated_error *error, dilated_status status,
                           const char *message) {
  if (error) {
    error->status = status;
    snprintf(error->message, sizeof(error->message), "%s", message);
  }
  return status;
}

static dilated_status create(const dilated_api *api,
                             const dilated_create_options *options,
                             dilated_model **model, dilated_error *error) {
  *model = NULL;
  if (options && options->weights_path)
    return fail(error, DILATED_BAD_WEIGHTS, options->weights_path);
  *model = malloc(sizeof(**model));
  (*model)->threads = options ? options->threads : 0;
  ++test_live_models;
  return DILATED_OK;
}

static void destroy(dilated_model *model) {
  if (model)
    --test_live_models;
  free(model);
}

static void *output(dilated_tensor *tensor, int32_t type, size_t size,
                    int32_t rank, const int64_t *sizes) {
  int32_t i;
  tensor->type = type;
  tensor->rank = rank;
  tensor->bytes = size;
  for (i = 0; i < rank; ++i) {
    tensor->sizes[i] = sizes[i];
    tensor->bytes *= (size_t)sizes[i];
  }
  ++test_live_outputs;
  return tensor->data = malloc(tensor->bytes + 1);
}

static dilated_status run(const dilated_model *model,
                          const dilated_tensor *inputs, int32_t input_count,
                          dilated_tensor *outputs, int32_t output_count,
                          const dilated_run_options *options,
                          dilated_error *error) {
  const dilated_tensor *x = &inputs[0];
  static const int64_t three[] = {3};
  int64_t i, j, *facts;
  float *y;
  int running;
  if (x->type != DILATED_RT_F32 || x->rank != 2 || x->sizes[1] != 3)
    return fail(error, DILATED_WRONG_TENSOR,
                "input 'x' is not what it should be");
  running = ++test_running;
  if (running > test_most_running)
    test_most_running = running;
  if (x->sizes[0] == 7) {
    /* For another run, 10 s at most. */
    for (i = 0; i < 1000 && test_most_running < 2; ++i)
      usleep(10000);
    usleep(300000);
  }
  --test_running;
  if (x->sizes[0] == 13)
    return fail(error, DILATED_FAILED, "thirteen rows");
  y = output(&outputs[0], DILATED_RT_F32, sizeof(float), 2, x->sizes);
  for (i = 0; i < x->sizes[0]; ++i)
    for (j = 0; j < 3; ++j)
      y[3 * i + j] =
          2 * ((const float *)x->data)[i * x->strides[0] + j * x->strides[1]];
  facts = output(&outputs[1], DILATED_RT_I64, sizeof(int64_t), 1, three);
  facts[0] = (int64_t)(intptr_t)x->data;
  facts[1] = model->threads;
  facts[2] = options->threads;
  return DILATED_OK;
}

static void release(const dilated_model *model, dilated_tensor *tensor) {
  --test_live_outputs;
  free(tensor->data);
  tensor->data = NULL;
}

static const int64_t x_sizes[] = {-1, 3}, facts_sizes[] = {3};
static const char *const x_symbols[] = {"rows", ""}, *const no_symbols[] = {""};
static const dilated_tensor_info inputs[] = {
    {"x", DILATED_RT_F32, 2, x_sizes, x_symbols}};
static const dilated_tensor_info outputs[] = {
    {"y", DILATED_RT_F32, 2, x_sizes, x_symbols},
    {"facts", DILATED_RT_I64, 1, facts_sizes, no_symbols}};

dilated_status dilated_get_api(uint32_t version, const dilated_api **api,
                               dilated_error *error) {
  static dilated_api all;
  if (version != VERSION)
    return fail(error, DILATED_WRONG_VERSION, "another version");
  all.abi_version = VERSION;
  all.struct_size = sizeof(all);
  all.producer = "by hand";
  all.target = "any";
  all.input_count = 1;
  all.output_count = 2;
  all.inputs = inputs;
  all.outputs = outputs;
  all.create = create;
  all.destroy = destroy;
  all.run = run;
  all.release = release;
  *api = &all;
  return DILATED_OK;
}
