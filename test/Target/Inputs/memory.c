/* The memory of a process that runs an attention library once: prints the peak
   of its resident bytes beyond inputs and output. Usage: memory LIBRARY THREADS
   SEQUENCE HEADS HEAD_DIM */
#include "dilated-mlir/Runtime/Model.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

int main(int argc, char **argv) {
  if (argc != 6)
    return 2;
  const dilated_api *api;
  dilated_model *model;
  dilated_error error;
  void *library = dlopen(argv[1], RTLD_NOW);
  dilated_get_api_fn get_api =
      library ? (dilated_get_api_fn)dlsym(library, "dilated_get_api") : NULL;
  if (!get_api || get_api(DILATED_ABI_VERSION, &api, &error))
    return 2;
  dilated_create_options options;
  memset(&options, 0, sizeof(options));
  options.struct_size = sizeof(options);
  options.threads = atoi(argv[2]);
  int64_t sizes[4] = {1, atoll(argv[3]), atoll(argv[4]), atoll(argv[5])};
  size_t count = (size_t)(sizes[1] * sizes[2] * sizes[3]);
  dilated_tensor tensors[3];
  for (int t = 0; t < 3; ++t) {
    float *data = malloc(count * sizeof(float));
    for (size_t i = 0; i < count; ++i)
      data[i] = (float)((i * 7 + (size_t)t) % 31) / 31.0f - 0.5f;
    tensors[t] = (dilated_tensor){data, 0, DILATED_RT_F32, 4, sizes, NULL};
  }
  int64_t out_sizes[4];
  float *result = malloc(count * sizeof(float));
  dilated_tensor out = {result, count * sizeof(float), 0, 4, out_sizes, NULL};
  if (api->create(api, &options, &model, &error) ||
      api->run(model, tensors, 3, &out, 1, NULL, &error)) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("%lld\n", (long long)usage.ru_maxrss * 1024 -
                       (long long)(4 * count * sizeof(float)));
  return 0;
}
