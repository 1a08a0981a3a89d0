//===- CudaFunctions.h - the CUDA driver's functions ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The functions of the driver that this project calls, declared here from the
// driver's documented ABI: handles are pointers, a device address is 64 bits,
// every function returns a CUresult (an int, 0 for success). Who opens the
// driver's library makes a table of them (lib/Runtime for compiled models,
// lib/Emulator for tools).
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_CUDAFUNCTIONS_H
#define DILATED_MLIR_RUNTIME_CUDAFUNCTIONS_H

#include <stddef.h>

namespace dilated::cuda {

using CudaResult = int;
using CudaDeviceId = int;
using CudaAddress = unsigned long long;
struct CudaContextTag;
struct CudaModuleTag;
struct CudaFunctionTag;
struct CudaStreamTag;
struct CudaEventTag;
using CudaContext = CudaContextTag *;
using CudaModule = CudaModuleTag *;
using CudaFunction = CudaFunctionTag *;
using CudaStream = CudaStreamTag *;
using CudaEvent = CudaEventTag *;

// Values of the driver's enumerations.
enum CudaDeviceAttribute : int {
  kMaxThreadsPerBlock = 1,
  kMultiprocessorCount = 16,
  kComputeCapabilityMajor = 75,
  kComputeCapabilityMinor = 76,
  kMaxSharedPerBlockOptIn = 97,
};
enum CudaFunctionAttribute : int {
  kSharedSizeBytes = 1,
  kLocalSizeBytes = 3,
  kRegisterCount = 4,
  kMaxDynamicSharedSizeBytes = 8,
};
enum CudaPointerAttribute : int {
  kMemoryType = 2, // an unsigned int: CudaMemoryType
};
enum CudaMemoryType : unsigned {
  kMemoryTypeDevice = 2,
};
enum CudaError : int {
  kErrorOutOfMemory = 2,
  kErrorNoDevice = 100,
};
enum CudaJitOption : int {
  kJitInfoLogBuffer = 3,
  kJitInfoLogBufferSizeBytes = 4,
  kJitErrorLogBuffer = 5,
  kJitErrorLogBufferSizeBytes = 6,
  kJitLogVerbose = 12,
};

// X(member, symbol, parameters). The suffixes _v2 are the versions of the ABI
// with 64-bit addresses and sizes.
// clang-format off
#define DILATED_CUDA_FUNCTIONS(X)                                              \
  X(init, cuInit, (unsigned))                                                  \
  X(getErrorName, cuGetErrorName, (CudaResult, const char **))                 \
  X(getErrorString, cuGetErrorString, (CudaResult, const char **))             \
  X(deviceGetCount, cuDeviceGetCount, (int *))                                 \
  X(deviceGet, cuDeviceGet, (CudaDeviceId *, int))                             \
  X(deviceGetName, cuDeviceGetName, (char *, int, CudaDeviceId))               \
  X(deviceGetAttribute, cuDeviceGetAttribute, (int *, int, CudaDeviceId))      \
  X(deviceTotalMemory, cuDeviceTotalMem_v2, (size_t *, CudaDeviceId))          \
  X(contextRetain, cuDevicePrimaryCtxRetain, (CudaContext *, CudaDeviceId))    \
  X(contextRelease, cuDevicePrimaryCtxRelease_v2, (CudaDeviceId))              \
  X(contextPush, cuCtxPushCurrent_v2, (CudaContext))                           \
  X(contextPop, cuCtxPopCurrent_v2, (CudaContext *))                           \
  X(contextSynchronize, cuCtxSynchronize, ())                                  \
  X(memoryAllocate, cuMemAlloc_v2, (CudaAddress *, size_t))                    \
  X(memoryFree, cuMemFree_v2, (CudaAddress))                                   \
  X(copyToDevice, cuMemcpyHtoD_v2, (CudaAddress, const void *, size_t))        \
  X(copyToHost, cuMemcpyDtoH_v2, (void *, CudaAddress, size_t))                \
  X(copyOnDeviceAsync, cuMemcpyDtoDAsync_v2,                                   \
    (CudaAddress, CudaAddress, size_t, CudaStream))                            \
  X(pointerGetAttribute, cuPointerGetAttribute, (void *, int, CudaAddress))    \
  X(copyToDeviceAsync, cuMemcpyHtoDAsync_v2,                                   \
    (CudaAddress, const void *, size_t, CudaStream))                           \
  X(copyToHostAsync, cuMemcpyDtoHAsync_v2,                                     \
    (void *, CudaAddress, size_t, CudaStream))                                 \
  X(fillAsync, cuMemsetD8Async,                                                \
    (CudaAddress, unsigned char, size_t, CudaStream))                          \
  X(moduleLoad, cuModuleLoadDataEx,                                            \
    (CudaModule *, const void *, unsigned, int *, void **))                    \
  X(moduleUnload, cuModuleUnload, (CudaModule))                                \
  X(moduleGetFunction, cuModuleGetFunction,                                    \
    (CudaFunction *, CudaModule, const char *))                                \
  X(functionGetAttribute, cuFuncGetAttribute, (int *, int, CudaFunction))      \
  X(functionSetAttribute, cuFuncSetAttribute, (CudaFunction, int, int))        \
  X(launchKernel, cuLaunchKernel,                                              \
    (CudaFunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, \
     unsigned, CudaStream, void **, void **))                                  \
  X(streamCreate, cuStreamCreate, (CudaStream *, unsigned))                    \
  X(streamDestroy, cuStreamDestroy_v2, (CudaStream))                           \
  X(streamSynchronize, cuStreamSynchronize, (CudaStream))                      \
  X(streamWaitEvent, cuStreamWaitEvent, (CudaStream, CudaEvent, unsigned))     \
  X(eventCreate, cuEventCreate, (CudaEvent *, unsigned))                       \
  X(eventDestroy, cuEventDestroy_v2, (CudaEvent))                              \
  X(eventRecord, cuEventRecord, (CudaEvent, CudaStream))                       \
  X(eventSynchronize, cuEventSynchronize, (CudaEvent))                         \
  X(eventElapsedTime, cuEventElapsedTime, (float *, CudaEvent, CudaEvent))
// clang-format on

// Those that older drivers lack.
#define DILATED_CUDA_OPTIONAL_FUNCTIONS(X)                                     \
  X(functionGetParameter, cuFuncGetParamInfo,                                  \
    (CudaFunction, size_t, size_t *, size_t *))

} // namespace dilated::cuda

#endif // DILATED_MLIR_RUNTIME_CUDAFUNCTIONS_H
