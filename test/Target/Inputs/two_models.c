/* Two models linked into one program: each brings what it needs, and nothing of
   one is seen by the other. */
#include "first.h"
#include "second.h"

#include <stdio.h>

int main(void) {
  const dilated_api *apis[2];
  dilated_error error;
  if (first_get_api(DILATED_ABI_VERSION, &apis[0], &error) ||
      second_get_api(DILATED_ABI_VERSION, &apis[1], &error))
    return 1;
  for (int i = 0; i < 2; ++i) {
    dilated_model *model;
    if (apis[i]->create(apis[i], NULL, &model, &error))
      return 2;
    float data[3] = {1, 2, 3}, result[3];
    int64_t sizes[1] = {3}, out_sizes[1];
    dilated_tensor x = {data, 0, DILATED_RT_F32, 1, sizes, NULL};
    dilated_tensor y = {result, sizeof(result), 0, 1, out_sizes, NULL};
    if (apis[i]->run(model, &x, 1, &y, 1, NULL, &error)) {
      puts(error.message);
      return 3;
    }
    printf("%s -> %s: %g %g %g\n", apis[i]->inputs[0].name,
           apis[i]->outputs[0].name, result[0], result[1], result[2]);
    apis[i]->destroy(model);
  }
  /* A program of another version of the interface. */
  dilated_status status = first_get_api(99, &apis[0], &error);
  printf("%d %s\n", status, error.message);
  return 0;
}
