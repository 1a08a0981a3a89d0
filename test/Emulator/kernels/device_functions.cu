// Calls that stay calls: several parameters and results, a struct by value,
// recursion, pointers to local memory, a function pointer from a table.

struct Complex {
  double re, im;
  int steps;
};

__noinline__ __device__ Complex multiplyAdd(Complex a, Complex b, float c) {
  return {a.re * b.re - a.im * b.im + c, a.re * b.im + a.im * b.re,
          a.steps + b.steps + 1};
}

__noinline__ __device__ int fibonacci(int n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

__noinline__ __device__ void sortFour(int *values) {
  for (int i = 1; i < 4; ++i)
    for (int j = i; j > 0 && values[j - 1] > values[j]; --j) {
      int held = values[j];
      values[j] = values[j - 1];
      values[j - 1] = held;
    }
}

__noinline__ __device__ int twice(int x) { return 2 * x; }
__noinline__ __device__ int square(int x) { return x * x; }
__noinline__ __device__ int negate(int x) { return -x; }

typedef int (*Function)(int);
__device__ Function table[3] = {twice, square, negate};
__constant__ float constants[4] = {0.5f, -1.25f, 3.0f, 8.0f};

extern "C" __global__ void device_functions(const int *in, double *complex,
                                            int *numbers, int *sorted) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  Complex z = {in[i] * 0.125, 1.0 - i * 0.0625, 0};
  Complex w = multiplyAdd(z, z, constants[i % 4]);
  w = multiplyAdd(w, z, constants[(i + 1) % 4]);
  complex[3 * i] = w.re;
  complex[3 * i + 1] = w.im;
  complex[3 * i + 2] = w.steps;
  int values[4];
  for (int j = 0; j < 4; ++j)
    values[j] = (in[i] * (j + 3) + 5 * j) % 17;
  sortFour(values);
  for (int j = 0; j < 4; ++j)
    sorted[4 * i + j] = values[j];
  numbers[2 * i] = fibonacci(i % 9);
  numbers[2 * i + 1] = table[i % 3](in[i]);
}
