/* Makes a model of every library it is given, all at a time, and prints status
   and message of each. Usage: create LIBRARY...
   SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "dilated-mlir/Runtime/Model.h"

#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    const dilated_api *api;
    dilated_model *model;
    dilated_error error;
    void *library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      puts(dlerror());
      return 1;
    }
    dilated_get_api_fn get_api = (dilated_get_api_fn)dlsym(library, "dilated_get_api");
    dilated_status status = get_api(DILATED_ABI_VERSION, &api, &error);
    if (!status)
      status = api->create(api, NULL, &model, &error);
    printf(status ? "%s: %d %s\n" : "%s: %d\n", argv[i], (int)status, error.message);
  }
  return 0;
}
