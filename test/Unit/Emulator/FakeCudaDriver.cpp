//===- FakeCudaDriver.cpp - a CUDA driver without a GPU ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A shared library with the driver functions that CudaDevice calls, on host
// memory. It records every call, in words, and can be told which call fails and
// how. Parameters are those of the driver's documentation, written down here a
// second time: a wrong declaration in the library shows.
//
//===----------------------------------------------------------------------===//

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

/// Sizes of a kernel's parameters: those of FAKE_CUDA_PARAMETERS, "8,8,4".
std::vector<size_t> readParameters() {
  const char *text = std::getenv("FAKE_CUDA_PARAMETERS");
  if (!text)
    return {8, 4};
  std::vector<size_t> sizes;
  while (*text) {
    char *end = nullptr;
    sizes.push_back(std::strtoul(text, &end, 10));
    if (end == text)
      break; // no number: the list ends here
    text = *end == ',' ? end + 1 : end;
  }
  return sizes;
}

struct State {
  std::string calls;                   // one per line
  std::map<std::string, int> failures; // function -> result
  std::string info = "ptxas info: 24 registers";
  std::string errors = "ptxas error: line 7; syntax";
  std::vector<size_t> parameters = readParameters(); // of every kernel
  int contextDepth = 0;
  int live = 0;                       // modules, streams, events, allocations
  std::map<uintptr_t, size_t> memory; // address -> bytes
};

State &state() {
  static State theState;
  return theState;
}

/// Records the call; the result that it is to have.
template <typename... T>
int call(const char *function, const char *format = "", T... values) {
  char text[512];
  if constexpr (sizeof...(T) == 0)
    std::snprintf(text, sizeof(text), "%s", format);
  else
    std::snprintf(text, sizeof(text), format, values...);
  state().calls += std::string(function) + "(" + text + ")\n";
  auto found = state().failures.find(function);
  return found == state().failures.end() ? 0 : found->second;
}

/// The same for calls that need a current context.
template <typename... T>
int callInContext(const char *function, const char *format = "", T... values) {
  int result = call(function, format, values...);
  constexpr int invalidContext = 201;
  return state().contextDepth == 1 ? result : invalidContext;
}

int create(int result, void **handle, uintptr_t value) {
  if (result == 0) {
    *handle = reinterpret_cast<void *>(value);
    ++state().live;
  }
  return result;
}

int destroy(int result) {
  state().live -= result == 0;
  return result;
}

} // namespace

//===----------------------------------------------------------------------===//
// For the test
//===----------------------------------------------------------------------===//

EXPORT void fakeReset() { state() = State(); }
/// 0: the function works again.
EXPORT void fakeFail(const char *function, int result) {
  if (result == 0)
    state().failures.erase(function);
  else
    state().failures[function] = result;
}
EXPORT const char *fakeCalls() { return state().calls.c_str(); }
EXPORT void fakeForgetCalls() { state().calls.clear(); }
EXPORT void fakeLog(const char *info, const char *errors) {
  state().info = info;
  state().errors = errors;
}
EXPORT int fakeLive() { return state().live; }

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

EXPORT int cuInit(unsigned flags) { return call("cuInit", "%u", flags); }

EXPORT int cuGetErrorName(int result, const char **name) {
  static const std::map<int, const char *> names = {
      {1, "CUDA_ERROR_INVALID_VALUE"},    {2, "CUDA_ERROR_OUT_OF_MEMORY"},
      {100, "CUDA_ERROR_NO_DEVICE"},      {201, "CUDA_ERROR_INVALID_CONTEXT"},
      {218, "CUDA_ERROR_INVALID_PTX"},    {500, "CUDA_ERROR_NOT_FOUND"},
      {700, "CUDA_ERROR_ILLEGAL_ADDRESS"}};
  auto found = names.find(result);
  if (found == names.end())
    return 1;
  *name = found->second;
  return 0;
}

EXPORT int cuGetErrorString(int result, const char **text) {
  static const std::map<int, const char *> texts = {
      {2, "out of memory"},
      {100, "no CUDA-capable device is detected"},
      {218, "a PTX JIT compilation failed"},
      {500, "named symbol not found"},
      {700, "an illegal memory access was encountered"}};
  auto found = texts.find(result);
  if (found == texts.end())
    return 1;
  *text = found->second;
  return 0;
}

EXPORT int cuDeviceGetCount(int *count) {
  *count = 2;
  return call("cuDeviceGetCount");
}
EXPORT int cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return call("cuDeviceGet", "%d", ordinal);
}
EXPORT int cuDeviceGetName(char *name, int length, int device) {
  std::snprintf(name, static_cast<size_t>(length), "Fake GPU %d", device);
  return call("cuDeviceGetName");
}
EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
  static const std::map<int, int> values = {
      {1, 1024}, {16, 7}, {75, 9}, {76, 0}, {97, 232448}};
  auto found = values.find(attribute);
  *value = found == values.end() ? -1 : found->second;
  return call("cuDeviceGetAttribute", "%d", attribute);
}
EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  *bytes = size_t(5) << 32;
  return call("cuDeviceTotalMem_v2");
}

EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
  return create(call("cuDevicePrimaryCtxRetain", "%d", device), context, 0x77);
}
EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
  return destroy(call("cuDevicePrimaryCtxRelease_v2", "%d", device));
}
EXPORT int cuCtxPushCurrent_v2(void *context) {
  auto found = state().failures.find("cuCtxPushCurrent_v2");
  if (found != state().failures.end())
    return found->second;
  if (context != reinterpret_cast<void *>(0x77))
    return 201;
  ++state().contextDepth;
  return 0;
}
EXPORT int cuCtxPopCurrent_v2(void **context) {
  --state().contextDepth;
  *context = reinterpret_cast<void *>(0x77);
  auto found = state().failures.find("cuCtxPopCurrent_v2");
  return found == state().failures.end() ? 0 : found->second;
}
EXPORT int cuCtxSynchronize() { return callInContext("cuCtxSynchronize"); }

EXPORT int cuMemAlloc_v2(unsigned long long *address, size_t bytes) {
  int result = callInContext("cuMemAlloc_v2", "%zu", bytes);
  if (result != 0)
    return result;
  if (bytes == 0)
    return 1;
  *address = reinterpret_cast<uintptr_t>(std::malloc(bytes));
  state().memory[*address] = bytes;
  ++state().live;
  return 0;
}
// 2: the type of memory, where 2 is the device's.
EXPORT int cuPointerGetAttribute(void *value, int attribute,
                                 unsigned long long address) {
  auto block = state().memory.upper_bound(address);
  if (attribute != 2 || block == state().memory.begin() ||
      address >= (--block)->first + block->second)
    return 1;
  *static_cast<unsigned *>(value) = 2;
  return 0;
}
EXPORT int cuMemFree_v2(unsigned long long address) {
  int result = callInContext("cuMemFree_v2");
  if (result == 0) {
    std::free(reinterpret_cast<void *>(address));
    state().memory.erase(address);
  }
  return destroy(result);
}
EXPORT int cuMemcpyHtoD_v2(unsigned long long to, const void *from,
                           size_t bytes) {
  int result = callInContext("cuMemcpyHtoD_v2", "%zu", bytes);
  if (result == 0)
    std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return result;
}
EXPORT int cuMemcpyDtoH_v2(void *to, unsigned long long from, size_t bytes) {
  int result = callInContext("cuMemcpyDtoH_v2", "%zu", bytes);
  if (result == 0)
    std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return result;
}
EXPORT int cuMemcpyHtoDAsync_v2(unsigned long long to, const void *from,
                                size_t bytes, void *stream) {
  int result = callInContext("cuMemcpyHtoDAsync_v2", "%zu, %p", bytes, stream);
  if (result == 0)
    std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return result;
}
EXPORT int cuMemcpyDtoHAsync_v2(void *to, unsigned long long from, size_t bytes,
                                void *stream) {
  int result = callInContext("cuMemcpyDtoHAsync_v2", "%zu, %p", bytes, stream);
  if (result == 0)
    std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return result;
}
EXPORT int cuMemcpyDtoDAsync_v2(unsigned long long to, unsigned long long from,
                                size_t bytes, void *stream) {
  int result = callInContext("cuMemcpyDtoDAsync_v2", "%zu, %p", bytes, stream);
  if (result == 0)
    std::memcpy(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from),
                bytes);
  return result;
}
EXPORT int cuMemsetD8Async(unsigned long long to, unsigned char value,
                           size_t bytes, void *stream) {
  int result =
      callInContext("cuMemsetD8Async", "%d, %zu, %p", value, bytes, stream);
  if (result == 0)
    std::memset(reinterpret_cast<void *>(to), value, bytes);
  return result;
}

EXPORT int cuModuleLoadDataEx(void **module, const void *image, unsigned count,
                              int *options, void **values) {
  int result = callInContext("cuModuleLoadDataEx", "'%s'",
                             static_cast<const char *>(image));
  std::map<int, void *> given;
  for (unsigned i = 0; i < count; ++i)
    given[options[i]] = values[i];
  // 3 and 4: information, 5 and 6: errors; each a buffer and its size.
  auto write = [&](int buffer, const std::string &text) {
    if (!given.count(buffer) || !given.count(buffer + 1))
      return;
    size_t room = reinterpret_cast<uintptr_t>(given[buffer + 1]);
    std::strncpy(static_cast<char *>(given[buffer]), text.c_str(), room);
  };
  write(3, state().info);
  if (result != 0)
    write(5, state().errors);
  return create(result, module, 0x100);
}
EXPORT int cuModuleUnload(void *module) {
  return destroy(callInContext("cuModuleUnload", "%p", module));
}
EXPORT int cuModuleGetFunction(void **function, void *module,
                               const char *name) {
  *function = reinterpret_cast<void *>(0x200);
  return callInContext("cuModuleGetFunction", "%p, %s", module, name);
}
EXPORT int cuFuncGetAttribute(int *value, int attribute, void *function) {
  *value = 10 * attribute;
  return callInContext("cuFuncGetAttribute", "%d, %p", attribute, function);
}
EXPORT int cuFuncSetAttribute(void *function, int attribute, int value) {
  return callInContext("cuFuncSetAttribute", "%p, %d, %d", function, attribute,
                       value);
}
EXPORT int cuFuncGetParamInfo(void *function, size_t index, size_t *offset,
                              size_t *bytes) {
  if (state().contextDepth != 1 || index >= state().parameters.size())
    return 1;
  *offset = 8 * index;
  *bytes = state().parameters[index];
  return 0;
}
EXPORT int cuLaunchKernel(void *function, unsigned gridX, unsigned gridY,
                          unsigned gridZ, unsigned blockX, unsigned blockY,
                          unsigned blockZ, unsigned shared, void *stream,
                          void **parameters, void **extra) {
  uint64_t first;
  int second;
  std::memcpy(&first, parameters[0], sizeof(first));
  std::memcpy(&second, parameters[1], sizeof(second));
  return callInContext("cuLaunchKernel",
                       "%p, %u %u %u, %u %u %u, %u, %p, %llx %d, %p", function,
                       gridX, gridY, gridZ, blockX, blockY, blockZ, shared,
                       stream, static_cast<unsigned long long>(first), second,
                       static_cast<void *>(extra));
}

EXPORT int cuStreamCreate(void **stream, unsigned flags) {
  return create(callInContext("cuStreamCreate", "%u", flags), stream, 0x300);
}
EXPORT int cuStreamDestroy_v2(void *stream) {
  return destroy(callInContext("cuStreamDestroy_v2", "%p", stream));
}
EXPORT int cuStreamSynchronize(void *stream) {
  return callInContext("cuStreamSynchronize", "%p", stream);
}
EXPORT int cuStreamWaitEvent(void *stream, void *event, unsigned flags) {
  return callInContext("cuStreamWaitEvent", "%p, %p, %u", stream, event, flags);
}
EXPORT int cuEventCreate(void **event, unsigned flags) {
  return create(callInContext("cuEventCreate", "%u", flags), event, 0x400);
}
EXPORT int cuEventDestroy_v2(void *event) {
  return destroy(callInContext("cuEventDestroy_v2", "%p", event));
}
EXPORT int cuEventRecord(void *event, void *stream) {
  return callInContext("cuEventRecord", "%p, %p", event, stream);
}
EXPORT int cuEventSynchronize(void *event) {
  return callInContext("cuEventSynchronize", "%p", event);
}
EXPORT int cuEventElapsedTime(float *milliseconds, void *start, void *end) {
  *milliseconds = 2.5f;
  return callInContext("cuEventElapsedTime", "%p, %p", start, end);
}
