// Softmax of each row; a block per row, any row length.

__device__ float blockReduce(float value, bool maximum, float *partial) {
  for (int mask = 16; mask > 0; mask /= 2) {
    float other = __shfl_xor_sync(0xffffffffu, value, mask);
    value = maximum ? fmaxf(value, other) : value + other;
  }
  if (threadIdx.x % 32 == 0)
    partial[threadIdx.x / 32] = value;
  __syncthreads();
  value = partial[0];
  for (int w = 1; w < blockDim.x / 32; ++w)
    value = maximum ? fmaxf(value, partial[w]) : value + partial[w];
  __syncthreads();
  return value;
}

extern "C" __global__ void softmax(const float *in, float *out, int cols) {
  __shared__ float partial[32];
  const float *row = in + static_cast<long long>(blockIdx.x) * cols;
  float *to = out + static_cast<long long>(blockIdx.x) * cols;
  float largest = -__int_as_float(0x7f800000);
  for (int i = threadIdx.x; i < cols; i += blockDim.x)
    largest = fmaxf(largest, row[i]);
  largest = blockReduce(largest, true, partial);
  float sum = 0;
  for (int i = threadIdx.x; i < cols; i += blockDim.x)
    sum += __expf(row[i] - largest);
  sum = blockReduce(sum, false, partial);
  for (int i = threadIdx.x; i < cols; i += blockDim.x)
    to[i] = expf(row[i] - largest) / sum;
}
