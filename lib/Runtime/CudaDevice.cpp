//===- CudaDevice.cpp - the CUDA driver as a model's device -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// dilated_device over libcuda.so.1, or what the environment variable
// DILATED_CUDA_DRIVER names, opened when first asked for; it stays open until
// the process ends, for drivers have threads. The GPU is used through its
// primary context, which is current during a call only: memory and streams are
// shared with other users of the CUDA run-time, whose own context is put back.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/CudaDevice.h"

#include "TensorCheck.h"
#include "dilated-mlir/Runtime/CudaFunctions.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

using namespace dilated::cuda;
using namespace dilated::runtime;

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

namespace {

struct Driver {
#define DILATED_DECLARE(member, symbol, parameters)                            \
  CudaResult(*member) parameters = nullptr;
  DILATED_CUDA_FUNCTIONS(DILATED_DECLARE)
  DILATED_CUDA_OPTIONAL_FUNCTIONS(DILATED_DECLARE) // null: not there
#undef DILATED_DECLARE
};

/// One GPU, for one model.
struct Gpu {
  dilated_device device; // first: what is handed out
  CudaDeviceId id;
  CudaContext context;
  char name[128];
  int major, minor;
};

} // namespace

static Driver driver;
static char driverProblem[512];
static pthread_once_t driverOnce = PTHREAD_ONCE_INIT;

static void openDriver() {
  const char *chosen = getenv("DILATED_CUDA_DRIVER");
  const char *path = chosen && *chosen ? chosen : "libcuda.so.1";
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    snprintf(driverProblem, sizeof(driverProblem),
             "cannot open the CUDA driver '%s': %s", path,
             why ? why : "no reason given");
    return;
  }
#define DILATED_LOAD(member, symbol, parameters)                               \
  driver.member =                                                              \
      reinterpret_cast<CudaResult(*) parameters>(dlsym(library, #symbol));     \
  if (!driver.member) {                                                        \
    snprintf(driverProblem, sizeof(driverProblem),                             \
             "the CUDA driver '%s' has no function " #symbol                   \
             "; one for CUDA 11 or later is needed",                           \
             path);                                                            \
    return;                                                                    \
  }
  DILATED_CUDA_FUNCTIONS(DILATED_LOAD)
#undef DILATED_LOAD
#define DILATED_LOAD(member, symbol, parameters)                               \
  driver.member =                                                              \
      reinterpret_cast<CudaResult(*) parameters>(dlsym(library, #symbol));
  DILATED_CUDA_OPTIONAL_FUNCTIONS(DILATED_LOAD)
#undef DILATED_LOAD
}

/// `status` with "what: the driver's words", or success.
static dilated_status report(dilated_error *error, CudaResult result,
                             dilated_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static dilated_status report(dilated_error *error, CudaResult result,
                             dilated_status status, const char *format, ...) {
  if (result == 0)
    return DILATED_OK;
  char what[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof(what), format, arguments);
  va_end(arguments);
  const char *name = nullptr, *text = nullptr;
  if (driver.getErrorName(result, &name) != 0 || !name)
    return setError(error, status, "%s: unknown CUDA error %d", what, result);
  if (driver.getErrorString(result, &text) != 0 || !text)
    return setError(error, status, "%s: %s", what, name);
  return setError(error, status, "%s: %s: %s", what, name, text);
}

static dilated_status enter(Gpu &gpu, dilated_error *error) {
  return report(error, driver.contextPush(gpu.context), DILATED_DEVICE_FAILED,
                "making the CUDA context current");
}

static void leave() {
  CudaContext popped;
  (void)driver.contextPop(&popped);
}

static Gpu &gpuOf(void *user) { return *static_cast<Gpu *>(user); }

static CudaAddress addressOf(const void *pointer) {
  return reinterpret_cast<uintptr_t>(pointer);
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

/// The chip that the text was made for must be one that this GPU executes: an
/// older one, or the very same where a letter binds it to one chip (sm_90a).
static dilated_status verifyTarget(const Gpu &gpu, const char *ptx,
                                   dilated_error *error) {
  const char *line = strstr(ptx, "\n.target sm_");
  if (!line)
    return DILATED_OK; // the driver will say what it is
  const char *chip = line + strlen("\n.target ");
  char *end;
  long number = strtol(chip + strlen("sm_"), &end, 10);
  bool isBound = *end == 'a';
  long own = gpu.major * 10 + gpu.minor;
  if (isBound ? number == own : number <= own)
    return DILATED_OK;
  int length = static_cast<int>(end - chip) + (isBound ? 1 : 0);
  return setError(error, DILATED_NO_DEVICE,
                  "the kernels were compiled for %.*s%s, the GPU '%s' is "
                  "sm_%ld",
                  length, chip, isBound ? "" : " or later", gpu.name, own);
}

static dilated_status load(void *user, const char *ptx, size_t, void **module,
                           dilated_error *error) {
  Gpu &gpu = gpuOf(user);
  if (dilated_status status = verifyTarget(gpu, ptx, error))
    return status;
  if (dilated_status status = enter(gpu, error))
    return status;
  char log[700] = "";
  int options[] = {kJitErrorLogBuffer, kJitErrorLogBufferSizeBytes};
  // A number is passed in the place of its pointer.
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
  CudaModule loaded = nullptr;
  CudaResult result = driver.moduleLoad(&loaded, ptx, 2, options, values);
  leave();
  log[sizeof(log) - 1] = '\0';
  *module = loaded;
  return report(error, result, DILATED_DEVICE_FAILED,
                "loading PTX on '%s'%s%.200s", gpu.name, *log ? ": " : "", log);
}

static void unload(void *user, void *module) {
  dilated_error error;
  if (!module || enter(gpuOf(user), &error))
    return;
  (void)driver.moduleUnload(static_cast<CudaModule>(module));
  leave();
}

/// The driver reads as many arguments as the kernel has, wherever they end.
static bool takesArguments(CudaFunction function,
                           const dilated_launch &launch) {
  if (!driver.functionGetParameter)
    return true;
  auto count = static_cast<size_t>(launch.argument_count);
  size_t offset, bytes;
  for (size_t i = 0; i < count; ++i)
    if (driver.functionGetParameter(function, i, &offset, &bytes) != 0 ||
        bytes != launch.argument_bytes[i])
      return false;
  return driver.functionGetParameter(function, count, &offset, &bytes) != 0;
}

static dilated_status launch(void *user, void *module,
                             const dilated_launch *launch, void *stream,
                             dilated_error *error) {
  if (dilated_status status = enter(gpuOf(user), error))
    return status;
  CudaFunction function = nullptr;
  CudaResult result = driver.moduleGetFunction(
      &function, static_cast<CudaModule>(module), launch->kernel);
  if (result == 0 && !takesArguments(function, *launch)) {
    leave();
    return setError(error, DILATED_DEVICE_FAILED,
                    "kernel '%s' takes other arguments than the %" PRId32
                    " that are given",
                    launch->kernel, launch->argument_count);
  }
  // More than 48 KiB has to be asked for; less does no harm.
  if (result == 0 && launch->shared_bytes > 0)
    result =
        driver.functionSetAttribute(function, kMaxDynamicSharedSizeBytes,
                                    static_cast<int>(launch->shared_bytes));
  if (result == 0)
    result = driver.launchKernel(
        function, launch->grid[0], launch->grid[1], launch->grid[2],
        launch->block[0], launch->block[1], launch->block[2],
        launch->shared_bytes, static_cast<CudaStream>(stream),
        const_cast<void **>(launch->arguments), nullptr);
  leave();
  return report(error, result, DILATED_DEVICE_FAILED,
                "launching kernel '%s' on %u x %u x %u blocks of %u threads "
                "with %u bytes of shared memory",
                launch->kernel, launch->grid[0], launch->grid[1],
                launch->grid[2], launch->block[0], launch->shared_bytes);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static dilated_status allocate(void *user, size_t bytes, void **address,
                               dilated_error *error) {
  *address = nullptr;
  if (dilated_status status = enter(gpuOf(user), error))
    return status;
  CudaAddress allocated = 0;
  CudaResult result = driver.memoryAllocate(&allocated, bytes);
  leave();
  *address = reinterpret_cast<void *>(allocated);
  return report(error, result,
                result == kErrorOutOfMemory ? DILATED_OUT_OF_MEMORY
                                            : DILATED_DEVICE_FAILED,
                "allocating %zu bytes on the GPU '%s'", bytes,
                gpuOf(user).name);
}

static void deallocate(void *user, void *address) {
  dilated_error error;
  if (!address || enter(gpuOf(user), &error))
    return;
  (void)driver.memoryFree(addressOf(address));
  leave();
}

static dilated_status copy(void *user, void *to, const void *from, size_t bytes,
                           dilated_copy direction, void *stream,
                           dilated_error *error) {
  if (dilated_status status = enter(gpuOf(user), error))
    return status;
  auto *queue = static_cast<CudaStream>(stream);
  CudaResult result =
      direction == DILATED_TO_DEVICE
          ? driver.copyToDeviceAsync(addressOf(to), from, bytes, queue)
      : direction == DILATED_TO_HOST
          ? driver.copyToHostAsync(to, addressOf(from), bytes, queue)
          : driver.copyOnDeviceAsync(addressOf(to), addressOf(from), bytes,
                                     queue);
  leave();
  return report(error, result, DILATED_DEVICE_FAILED, "copying %zu bytes %s",
                bytes,
                direction == DILATED_TO_DEVICE ? "to the GPU"
                : direction == DILATED_TO_HOST ? "from the GPU"
                                               : "on the GPU");
}

static dilated_status synchronize(void *user, void *stream,
                                  dilated_error *error) {
  if (dilated_status status = enter(gpuOf(user), error))
    return status;
  CudaResult result = driver.streamSynchronize(static_cast<CudaStream>(stream));
  leave();
  return report(error, result, DILATED_DEVICE_FAILED,
                "waiting for the kernels on the GPU '%s'", gpuOf(user).name);
}

static int32_t owns(void *user, const void *address) {
  dilated_error error;
  if (enter(gpuOf(user), &error))
    return 0;
  unsigned type = 0;
  // An address that the driver never heard of is an error of this call.
  CudaResult result =
      driver.pointerGetAttribute(&type, kMemoryType, addressOf(address));
  leave();
  return result == 0 && type == kMemoryTypeDevice;
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

static dilated_status initialize(Gpu &gpu, int32_t index,
                                 dilated_error *error) {
  if (dilated_status status = report(error, driver.init(0), DILATED_NO_DEVICE,
                                     "starting the CUDA driver"))
    return status;
  int count = 0;
  if (dilated_status status = report(error, driver.deviceGetCount(&count),
                                     DILATED_NO_DEVICE, "counting GPUs"))
    return status;
  if (index < 0 || index >= count)
    return setError(error, DILATED_NO_DEVICE,
                    "there is no GPU %" PRId32 ": the CUDA driver has %d",
                    index, count);
  CudaResult result = driver.deviceGet(&gpu.id, index);
  if (result == 0)
    result = driver.deviceGetName(gpu.name, sizeof(gpu.name) - 1, gpu.id);
  if (result == 0)
    result =
        driver.deviceGetAttribute(&gpu.major, kComputeCapabilityMajor, gpu.id);
  if (result == 0)
    result =
        driver.deviceGetAttribute(&gpu.minor, kComputeCapabilityMinor, gpu.id);
  if (result == 0)
    result = driver.contextRetain(&gpu.context, gpu.id);
  return report(error, result, DILATED_NO_DEVICE, "opening GPU %" PRId32,
                index);
}

dilated_status dilated::runtime::openCudaDevice(int32_t index,
                                                const dilated_device **device,
                                                dilated_error *error) {
  *device = nullptr;
  pthread_once(&driverOnce, openDriver);
  if (*driverProblem)
    return setError(error, DILATED_NO_DEVICE, "%s", driverProblem);
  auto *gpu = static_cast<Gpu *>(calloc(1, sizeof(Gpu)));
  if (!gpu)
    return setError(error, DILATED_OUT_OF_MEMORY,
                    "cannot allocate %zu bytes for a GPU", sizeof(Gpu));
  gpu->device = {sizeof(dilated_device),
                 gpu,
                 load,
                 unload,
                 allocate,
                 deallocate,
                 copy,
                 launch,
                 synchronize,
                 owns};
  if (dilated_status status = initialize(*gpu, index, error)) {
    free(gpu);
    return status;
  }
  *device = &gpu->device;
  return DILATED_OK;
}

void dilated::runtime::releaseCudaDevice(const dilated_device *device) {
  auto *gpu = static_cast<Gpu *>(device->user);
  (void)driver.contextRelease(gpu->id);
  free(gpu);
}
