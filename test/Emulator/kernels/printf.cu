// Text from the device: integers, floats, a string, a percent sign.
#include <cstdio>

extern "C" __global__ void print(const float *in, int n) {
  int i = threadIdx.x;
  if (i < n && i % 8 == 0)
    printf("thread %d of %s: %.3f, %5u|%-4d|%llx 100%%\n", i, "print", in[i],
           static_cast<unsigned>(i) * 3u, -i, 0x123456789abcull + i);
}
