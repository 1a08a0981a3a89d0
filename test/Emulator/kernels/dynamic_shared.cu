// Dynamic shared memory that holds arrays of three types: reverses a block's
// part of doubles, rotates shorts, and sums bytes. Shared memory per thread:
// 8 + 2 + 1 bytes.

extern "C" __global__ void dynamic_shared(const double *in, double *reversed,
                                          short *rotated, unsigned *sums) {
  extern __shared__ __align__(16) unsigned char memory[];
  double *values = reinterpret_cast<double *>(memory);
  short *words = reinterpret_cast<short *>(values + blockDim.x);
  unsigned char *bytes = reinterpret_cast<unsigned char *>(words + blockDim.x);
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  values[t] = in[i];
  words[t] = static_cast<short>(in[i] * 3);
  bytes[t] = static_cast<unsigned char>(t * 7);
  __syncthreads();
  reversed[i] = values[blockDim.x - 1 - t];
  rotated[i] = words[(t + 5) % blockDim.x];
  unsigned sum = 0;
  for (int j = 0; j <= t; ++j)
    sum += bytes[j];
  sums[i] = sum;
}
