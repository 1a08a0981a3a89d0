// Arithmetic that nvcc expands: division, roots and transcendental functions in
// f32 and f64, fast and precise, 64-bit integer division, bit operations.

extern "C" __global__ void floats(const float *in, float *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  float x = in[i];
  float *to = out + 16 * i;
  to[0] = x / 3.7f;
  to[1] = sqrtf(fabsf(x));
  to[2] = rsqrtf(fabsf(x) + 0.5f);
  to[3] = expf(x);
  to[4] = logf(fabsf(x) + 0.125f);
  to[5] = sinf(x);
  to[6] = cosf(x * 3);
  to[7] = tanhf(x);
  to[8] = powf(fabsf(x), 1.5f);
  to[9] = __fdividef(x, 2.5f);
  to[10] = exp2f(x);
  to[11] = __sinf(x * 0.25f);
  to[12] = fmaf(x, x, -0.25f);
  to[13] = floorf(x) + ceilf(x * 2) + truncf(x * 4) + rintf(x * 8);
  to[14] = static_cast<float>(erf(static_cast<double>(x)));
  to[15] = static_cast<float>(sqrt(fabs(static_cast<double>(x))) / 7.0);
}

extern "C" __global__ void integers(const long long *in, long long *out,
                                    int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  long long x = in[i];
  long long y = in[(i + 1) % n] | 1;
  unsigned u = static_cast<unsigned>(x), v = static_cast<unsigned>(y);
  long long *to = out + 12 * i;
  to[0] = x / y;
  to[1] = x % y;
  to[2] = static_cast<long long>(static_cast<unsigned long long>(x) /
                                 static_cast<unsigned long long>(y));
  to[3] = __mul64hi(x, y);
  to[4] = __clzll(x) * 100 + __popcll(x);
  to[5] = static_cast<long long>(__brevll(x));
  to[6] = __byte_perm(u, v, 0x3715);
  to[7] = __funnelshift_l(u, v, 11) + (static_cast<long long>(u >> (v & 31)));
  to[8] = __sad(static_cast<int>(u), static_cast<int>(v), 9u);
  to[9] = static_cast<long long>(__umulhi(u, v)) + __mulhi((int)u, (int)v);
  to[10] = static_cast<short>(x) * static_cast<signed char>(y) + __ffs(u);
  to[11] = x < y ? x << (y & 63) : x >> (y & 63);
}
