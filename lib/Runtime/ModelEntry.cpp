//===- ModelEntry.cpp - the function that a library exports -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linked into libraries only: the compiler's own tools load code whose
// description they look up.
//
//===----------------------------------------------------------------------===//

#include "TensorCheck.h"
#include "dilated-mlir/Runtime/ModelDescription.h"

#include <pthread.h>

using namespace dilated::runtime;

extern "C" {
extern const ModelDescription dilated_model_description;
extern const WeightStore dilated_weight_store;
}

static const Library library = {&dilated_model_description,
                                &dilated_weight_store};
static pthread_once_t once = PTHREAD_ONCE_INIT;
static dilated_api table;
static dilated_error problem;

extern "C" __attribute__((visibility("default"))) dilated_status
dilated_get_api(uint32_t version, const dilated_api **api,
                dilated_error *error) {
  if (!api)
    return setError(error, DILATED_INVALID_ARGUMENT, "api is NULL");
  *api = nullptr;
  // A caller of another version gets its message, and leaves the table alone.
  if (version != DILATED_ABI_VERSION) {
    dilated_api unused;
    return makeApi(library, version, unused, error);
  }
  pthread_once(&once,
               [] { makeApi(library, DILATED_ABI_VERSION, table, &problem); });
  if (error)
    *error = problem;
  if (problem.status == DILATED_OK)
    *api = &table;
  return problem.status;
}
