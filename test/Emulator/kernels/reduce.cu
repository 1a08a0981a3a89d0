// Sum and maximum of an array by warp shuffles: one partial result per block.
// Block: a multiple of 32 threads, at most 1024.

__device__ float warpSum(float value) {
  for (int offset = 16; offset > 0; offset /= 2)
    value += __shfl_down_sync(0xffffffffu, value, offset);
  return value;
}

extern "C" __global__ void reduce_sum(const float *in, float *out, int n) {
  __shared__ float partial[32];
  float sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * blockDim.x)
    sum += in[i];
  sum = warpSum(sum);
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  if (lane == 0)
    partial[warp] = sum;
  __syncthreads();
  if (warp == 0) {
    sum = lane < blockDim.x / 32 ? partial[lane] : 0;
    sum = warpSum(sum);
    if (lane == 0)
      out[blockIdx.x] = sum;
  }
}

// The maximum and where it stands, by a butterfly of two registers.
extern "C" __global__ void reduce_argmax(const int *in, int *value, int *where,
                                         int n) {
  __shared__ int bestValue[32], bestIndex[32];
  int best = -2147483647 - 1, index = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    if (in[i] > best) {
      best = in[i];
      index = i;
    }
  for (int round = 0; round < 2; ++round) {
    for (int mask = 16; mask > 0; mask /= 2) {
      int otherBest = __shfl_xor_sync(0xffffffffu, best, mask);
      int otherIndex = __shfl_xor_sync(0xffffffffu, index, mask);
      if (otherBest > best || (otherBest == best && otherIndex < index)) {
        best = otherBest;
        index = otherIndex;
      }
    }
    if (round == 1)
      break;
    if (threadIdx.x % 32 == 0) {
      bestValue[threadIdx.x / 32] = best;
      bestIndex[threadIdx.x / 32] = index;
    }
    __syncthreads();
    if (threadIdx.x >= 32)
      return;
    bool live = threadIdx.x < blockDim.x / 32;
    best = live ? bestValue[threadIdx.x] : -2147483647 - 1;
    index = live ? bestIndex[threadIdx.x] : 2147483647;
  }
  if (threadIdx.x == 0) {
    *value = best;
    *where = index;
  }
}
