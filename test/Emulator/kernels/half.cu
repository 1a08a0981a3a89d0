// Arithmetic in f16 and bf16, one and two at a time; conversions.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void halves(const __half *a, const __half *b, __half *out,
                                  int *truth, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  __half x = a[i], y = b[i];
  __half *to = out + 10 * i;
  to[0] = __hadd(x, y);
  to[1] = __hsub(x, y);
  to[2] = __hmul(x, y);
  to[3] = __hfma(x, y, x);
  to[4] = __hneg(x);
  to[5] = __habs(x);
  to[6] = __hmax(x, y);
  to[7] = __hmin(x, y);
  to[8] = __float2half_rn(__half2float(x) * 1.1f);
  to[9] = __int2half_rn(i * 37 - 500);
  truth[i] = __hlt(x, y) + 2 * __heq(x, x) + 4 * __hge(x, y) + 8 * __hisnan(y);
}

extern "C" __global__ void half_pairs(const __half2 *a, const __half2 *b,
                                      __half2 *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  __half2 x = a[i], y = b[i];
  __half2 *to = out + 4 * i;
  to[0] = __hadd2(x, y);
  to[1] = __hfma2(x, y, __lowhigh2highlow(x));
  to[2] = __hmul2_sat(x, y);
  to[3] = __hmax2(x, y);
}

extern "C" __global__ void bf16s(const __nv_bfloat16 *a, const __nv_bfloat16 *b,
                                 __nv_bfloat16 *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  __nv_bfloat16 x = a[i], y = b[i];
  __nv_bfloat16 *to = out + 6 * i;
  to[0] = __hadd(x, y);
  to[1] = __hmul(x, y);
  to[2] = __hfma(x, y, x);
  to[3] = __hmax(x, y);
  to[4] = __float2bfloat16_rn(__bfloat162float(x) * 1.1f);
  to[5] = __hneg(y);
}

// Every rounding of f32 to integers and back, and to f16.
extern "C" __global__ void conversions(const float *in, int *ints,
                                       float *floats, unsigned short *bits,
                                       int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  float x = in[i];
  ints[6 * i] = __float2int_rn(x);
  ints[6 * i + 1] = __float2int_rz(x);
  ints[6 * i + 2] = __float2int_ru(x);
  ints[6 * i + 3] = __float2int_rd(x);
  ints[6 * i + 4] = static_cast<int>(__float2uint_rz(x));
  ints[6 * i + 5] = static_cast<signed char>(__float2int_rz(x));
  floats[4 * i] = __int2float_rn(16777217 + i);
  floats[4 * i + 1] = __int2float_ru(16777217 + i);
  floats[4 * i + 2] = __double2float_rd(static_cast<double>(x) * 1.1);
  floats[4 * i + 3] = __saturatef(x);
  bits[3 * i] = __half_as_ushort(__float2half_rz(x));
  bits[3 * i + 1] = __half_as_ushort(__float2half_ru(x));
  bits[3 * i + 2] = __half_as_ushort(__float2half_rd(x));
}
