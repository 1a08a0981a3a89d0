// Pipelines over cp.async: each block walks a strip of in, `stages` - 1 copies
// ahead of the arithmetic. out[i] = 0.25 in[i-1] + 0.5 in[i] + 0.25 in[i+1]
// within a chunk of 256 floats (its ends copied). Block 64: a thread copies 16
// bytes and computes 4 results.

#define CHUNK 256

template <int N> __device__ void waitGroup() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

__device__ void copyChunk(float *stage, const float *in) {
  unsigned to =
      static_cast<unsigned>(__cvta_generic_to_shared(stage + threadIdx.x * 4));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to),
               "l"(in + threadIdx.x * 4)
               : "memory");
}

__device__ void commit() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

template <int Stages>
__device__ void pipeline(const float *in, float *out, int chunks) {
  __shared__ __align__(16) float buffer[Stages][CHUNK];
  in += blockIdx.x * chunks * CHUNK;
  out += blockIdx.x * chunks * CHUNK;
  for (int s = 0; s < Stages - 1; ++s) {
    if (s < chunks)
      copyChunk(buffer[s], in + s * CHUNK);
    commit();
  }
  for (int c = 0; c < chunks; ++c) {
    waitGroup<Stages - 2>();
    __syncthreads();
    int next = c + Stages - 1;
    if (next < chunks)
      copyChunk(buffer[next % Stages], in + next * CHUNK);
    commit();
    const float *data = buffer[c % Stages];
    for (int j = 0; j < 4; ++j) {
      int i = j * 64 + threadIdx.x;
      float value = data[i];
      if (i > 0 && i < CHUNK - 1)
        value = 0.5f * value + 0.25f * (data[i - 1] + data[i + 1]);
      out[c * CHUNK + i] = value;
    }
  }
  asm volatile("cp.async.wait_all;" ::: "memory");
}

extern "C" __global__ void cp_async_2(const float *in, float *out, int chunks) {
  pipeline<2>(in, out, chunks);
}

extern "C" __global__ void cp_async_3(const float *in, float *out, int chunks) {
  pipeline<3>(in, out, chunks);
}

// 4-byte copies with zero fill: a row of n floats padded to a multiple of 128
// and reversed within each 128.
extern "C" __global__ void cp_async_zfill(const float *in, float *out, int n) {
  __shared__ float buffer[128];
  int i = blockIdx.x * 128 + threadIdx.x;
  unsigned to =
      static_cast<unsigned>(__cvta_generic_to_shared(buffer + threadIdx.x));
  int bytes = i < n ? 4 : 0;
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(to),
               "l"(in + (i < n ? i : 0)), "r"(bytes)
               : "memory");
  commit();
  waitGroup<0>();
  __syncthreads();
  out[i] = buffer[127 - threadIdx.x];
}
