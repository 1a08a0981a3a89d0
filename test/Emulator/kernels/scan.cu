// Inclusive prefix sum of each block's part: shuffles within a warp, shared
// memory between warps.

extern "C" __global__ void scan(const int *in, int *out, int n) {
  __shared__ int totals[32];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  int value = i < n ? in[i] : 0;
  for (int offset = 1; offset < 32; offset *= 2) {
    int below = __shfl_up_sync(0xffffffffu, value, offset);
    if (lane >= offset)
      value += below;
  }
  if (lane == 31)
    totals[warp] = value;
  __syncthreads();
  if (warp == 0) {
    int total = lane < blockDim.x / 32 ? totals[lane] : 0;
    for (int offset = 1; offset < 32; offset *= 2) {
      int below = __shfl_up_sync(0xffffffffu, total, offset);
      if (lane >= offset)
        total += below;
    }
    if (lane < blockDim.x / 32)
      totals[lane] = total;
  }
  __syncthreads();
  if (warp > 0)
    value += totals[warp - 1];
  if (i < n)
    out[i] = value;
}
