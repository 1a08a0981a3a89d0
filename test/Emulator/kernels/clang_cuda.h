//===- clang_cuda.h - CUDA C++ without CUDA's headers -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the kernels use of CUDA's headers, for clang without them: LLVM's own
// PTX is data of the tests too.
//
//===----------------------------------------------------------------------===//

#ifndef TEST_EMULATOR_KERNELS_CLANG_CUDA_H
#define TEST_EMULATOR_KERNELS_CLANG_CUDA_H

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __align__(n) __attribute__((aligned(n)))
#include <__clang_cuda_builtin_vars.h>

struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
#define DEVICE static __attribute__((device)) inline
DEVICE float2 make_float2(float x, float y) { return {x, y}; }
DEVICE float fmaxf(float a, float b) { return __builtin_fmaxf(a, b); }
DEVICE void __syncwarp(unsigned mask = ~0u) { __nvvm_bar_warp_sync(mask); }
DEVICE unsigned long long __cvta_generic_to_shared(const void *p) {
  return reinterpret_cast<unsigned long long>(
      (__attribute__((address_space(3))) const void *)p);
}
// The last operand of shfl: where segments of 32 lanes end.
DEVICE int __shfl_up_sync(unsigned mask, int value, unsigned delta) {
  return __nvvm_shfl_sync_up_i32(mask, value, delta, 0);
}
DEVICE float __shfl_down_sync(unsigned mask, float value, unsigned delta) {
  return __nvvm_shfl_sync_down_f32(mask, value, delta, 31);
}
DEVICE int __shfl_xor_sync(unsigned mask, int value, int lanes) {
  return __nvvm_shfl_sync_bfly_i32(mask, value, lanes, 31);
}
DEVICE float __shfl_xor_sync(unsigned mask, float value, int lanes) {
  return __nvvm_shfl_sync_bfly_f32(mask, value, lanes, 31);
}
DEVICE unsigned atomicAdd(unsigned *at, unsigned value) {
  return __atomic_fetch_add(at, value, __ATOMIC_RELAXED);
}

#endif // TEST_EMULATOR_KERNELS_CLANG_CUDA_H
