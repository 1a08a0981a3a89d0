//===- Model.cpp - creating and destroying models ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelRun.h"
#include "ModelState.h"
#include "TensorCheck.h"
#include "Weights.h"
#include "dilated-mlir/Runtime/CpuFeatures.h"
#include "dilated-mlir/Runtime/CudaDevice.h"

#include <inttypes.h>
#include <new>
#include <stdio.h>
#include <string.h>

using namespace dilated::runtime;

/// Whether this processor has what the code was compiled for.
static dilated_status verifyProcessor(const ModelDescription &description,
                                      dilated_error *error) {
  uint64_t missing = description.cpuFeatures & ~getCpuFeatures();
  if (!missing)
    return DILATED_OK;
  char names[512] = "";
  size_t length = 0;
  for (int bit = 0; bit < kCpuFeatureCount; ++bit)
    if (missing & (uint64_t(1) << bit))
      length += static_cast<size_t>(
          snprintf(names + length, sizeof(names) - length, "%s%s",
                   length ? ", " : "", kCpuFeatures[bit]));
  return setError(error, DILATED_WRONG_PROCESSOR,
                  "the model was compiled for %s; this processor lacks %s",
                  description.target, names);
}

/// Takes over options of this version or an older one, which ended earlier.
template <typename Options>
static dilated_status readOptions(const Options *given, const char *what,
                                  Options &options, dilated_error *error) {
  options = Options();
  if (!given)
    return DILATED_OK;
  size_t size = given->struct_size;
  if (size < sizeof(size_t) || size > sizeof(Options))
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "struct_size of the %s options is %zu; at most %zu is "
                    "expected",
                    what, size, sizeof(Options));
  memcpy(&options, given, size);
  return DILATED_OK;
}

dilated_status
dilated::runtime::readRunOptions(const dilated_run_options *given,
                                 dilated_run_options &options,
                                 dilated_error *error) {
  return readOptions(given, "run", options, error);
}

static void closeDevice(dilated_model &model) {
  if (model.device)
    clearTileLists(model.tileLists, *model.device, model.allocator);
  if (model.kernels)
    model.device->unload(model.device->user, model.kernels);
  if (model.ownsDevice)
    releaseCudaDevice(model.device);
}

/// Loads the model's kernels, if it has some, onto their device.
static dilated_status openDevice(const ModelDescription &description,
                                 const dilated_create_options &options,
                                 dilated_model &model, dilated_error *error) {
  if (!description.kernels)
    return DILATED_OK;
  model.device = options.device;
  model.ownsDevice = !options.device;
  if (model.ownsDevice) {
    if (dilated_status status =
            openCudaDevice(options.gpu, &model.device, error)) {
      model.ownsDevice = false;
      return status;
    }
  } else if (options.device->struct_size < sizeof(dilated_device)) {
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "struct_size of the device is %zu; %zu is expected",
                    options.device->struct_size, sizeof(dilated_device));
  }
  dilated_error problem = {};
  dilated_status status = model.device->load(
      model.device->user, description.kernels,
      static_cast<size_t>(description.kernelBytes), &model.kernels, &problem);
  if (status == DILATED_OK)
    return status;
  model.kernels = nullptr;
  closeDevice(model);
  return setError(error, status, "%s", problem.message);
}

static dilated_status create(const dilated_api *api,
                             const dilated_create_options *given,
                             dilated_model **model, dilated_error *error) {
  if (!model)
    return setError(error, DILATED_INVALID_ARGUMENT, "model is NULL");
  *model = nullptr;
  if (!api || !api->description)
    return setError(error, DILATED_INVALID_ARGUMENT, "api is NULL");
  const Library &library = *static_cast<const Library *>(api->description);
  const ModelDescription &description = *library.description;
  dilated_create_options options;
  if (dilated_status status = readOptions(given, "create", options, error))
    return status;
  if (!options.allocate != !options.deallocate)
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "%s is NULL, but %s is not; both or none are expected",
                    options.allocate ? "deallocate" : "allocate",
                    options.allocate ? "allocate" : "deallocate");
  if (options.threads < 0)
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "threads is %" PRId32 "; 0 or more are expected",
                    options.threads);
  if (dilated_status status = verifyProcessor(description, error))
    return status;

  bool hasSideFile =
      library.store && !library.store->data && library.store->bytes > 0;
  if (options.weights_path && !hasSideFile)
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "weights_path is '%s', but the model has its weights "
                    "inside",
                    options.weights_path);

  Allocator allocator = {options.allocate, options.deallocate,
                         options.allocator_user};
  void *memory = allocator.get(sizeof(dilated_model));
  if (!memory)
    return setError(error, DILATED_OUT_OF_MEMORY,
                    "cannot allocate %zu bytes for the model",
                    sizeof(dilated_model));
  if (library.store)
    if (dilated_status status =
            acquireWeights(description, *library.store, options.weights_path,
                           options.trust_weights != 0, error)) {
      allocator.put(memory);
      return status;
    }
  *model = new (memory) dilated_model{&description,
                                      allocator,
                                      options.threads,
                                      options.parallel_for,
                                      options.parallel_for_user,
                                      library.store != nullptr,
                                      nullptr,
                                      false,
                                      nullptr,
                                      {},
                                      PTHREAD_MUTEX_INITIALIZER,
                                      nullptr,
                                      0};
  if (dilated_status status =
          openDevice(description, options, **model, error)) {
    if (library.store)
      releaseWeights();
    allocator.put(memory);
    *model = nullptr;
    return status;
  }
  return setError(error, DILATED_OK, "%s", "");
}

static void destroy(dilated_model *model) {
  if (!model)
    return;
  Allocator allocator = model->allocator;
  allocator.put(model->spare);
  closeDevice(*model);
  if (model->holdsWeights)
    releaseWeights();
  pthread_mutex_destroy(&model->lock);
  allocator.put(model);
}

static void release(const dilated_model *model, dilated_tensor *output) {
  if (!model || !output)
    return;
  model->allocator.put(output->data);
  output->data = nullptr;
  output->bytes = 0;
}

dilated_status dilated::runtime::makeApi(const Library &library,
                                         uint32_t version, dilated_api &api,
                                         dilated_error *error) {
  if (version != DILATED_ABI_VERSION)
    return setError(error, DILATED_WRONG_VERSION,
                    "the program uses version %" PRIu32
                    " of the interface, the model has version %d",
                    version, DILATED_ABI_VERSION);
  const ModelDescription &description = *library.description;
  if (description.version != kDescriptionVersion)
    return setError(error, DILATED_WRONG_VERSION,
                    "the model's code uses version %" PRIu32
                    " of the run-time library, which has version %" PRIu32,
                    description.version, kDescriptionVersion);
  api = {DILATED_ABI_VERSION,
         sizeof(dilated_api),
         description.producer,
         description.target,
         description.inputCount,
         description.outputCount,
         description.inputs,
         description.outputs,
         &library,
         create,
         destroy,
         getScratchSize,
         runModel,
         release};
  return setError(error, DILATED_OK, "%s", "");
}
