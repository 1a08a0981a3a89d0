// Counts of byte values: atomics in shared memory, then in global memory; and
// the other atomic operations on one word each.

extern "C" __global__ void histogram(const unsigned char *in, unsigned *counts,
                                     int n) {
  __shared__ unsigned local[256];
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    local[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * blockDim.x)
    atomicAdd(&local[in[i]], 1u);
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    if (local[i])
      atomicAdd(&counts[i], local[i]);
}

// words: add, min, max, and, or, xor, exchange-any-nonzero, inc modulo 10;
// ticket[i]: the order in which thread i came, a permutation.
extern "C" __global__ void atomics(const int *in, int *words, int *ticket,
                                   unsigned long long *wide, float *sum) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int value = in[i];
  atomicAdd(&words[0], value);
  atomicMin(&words[1], value);
  atomicMax(&words[2], value);
  atomicAnd(&words[3], value | 0x0f);
  atomicOr(&words[4], value & 0xff0);
  atomicXor(&words[5], value);
  atomicExch(&words[6], 7);
  atomicInc(reinterpret_cast<unsigned *>(&words[7]), 9u);
  ticket[i] = atomicAdd(&words[8], 1);
  atomicAdd(wide, static_cast<unsigned long long>(1) << 33);
  // A loop over compare-and-swap: the sum of halves in f32, exact.
  unsigned *bits = reinterpret_cast<unsigned *>(&sum[1]);
  unsigned old = *bits, seen;
  do {
    seen = old;
    old = atomicCAS(bits, seen, __float_as_uint(__uint_as_float(seen) + 0.5f));
  } while (seen != old);
  atomicAdd(&sum[0], 0.25f);
}
