/* Runs a model on one input of f32 and writes its first output, as any program
   that loads a library would. Usage: run LIBRARY OUTPUT SIZE... */
#include "dilated-mlir/Runtime/Model.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *message) {
  fprintf(stderr, "%s\n", message);
  return 1;
}

int main(int argc, char **argv) {
  const dilated_api *api;
  dilated_model *model;
  dilated_error error;
  void *library = dlopen(argv[1], RTLD_NOW);
  if (!library)
    return fail(dlerror());
  dilated_get_api_fn get_api = (dilated_get_api_fn)dlsym(library, "dilated_get_api");
  if (get_api(DILATED_ABI_VERSION, &api, &error) || api->create(api, NULL, &model, &error))
    return fail(error.message);

  int64_t sizes[DILATED_MAX_RANK], out_sizes[DILATED_MAX_RANK], count = 1;
  for (int i = 3; i < argc; ++i)
    count *= sizes[i - 3] = atoll(argv[i]);
  float *data = malloc((size_t)count * sizeof(float));
  for (int64_t i = 0; i < count; ++i)
    data[i] = (float)(i % 17) / 16.0f - 0.5f;
  dilated_tensor x = {data, 0, DILATED_RT_F32, argc - 3, sizes, NULL};
  dilated_tensor y = {NULL, 0, 0, api->outputs[0].rank, out_sizes, NULL};
  if (api->run(model, &x, 1, &y, 1, NULL, &error))
    return fail(error.message);

  FILE *file = fopen(argv[2], "wb");
  fwrite(y.data, 1, y.bytes, file);
  fclose(file);
  api->release(model, &y);
  api->destroy(model);
  free(data);
  dlclose(library);
  return 0;
}
