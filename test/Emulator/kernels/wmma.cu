// c = a b by the warp matrix functions of CUDA C++: f16 and bf16 with f32
// accumulators, f16 with f16 accumulators. One warp per 16 x 16 tile of c; a is
// row-major, b column-major (that is, [n, k]). Sizes are multiples of 16.
#include <cuda_bf16.h>
#include <mma.h>

using namespace nvcuda;

extern "C" __global__ void wmma_f16(const half *a, const half *b, float *c,
                                    int n, int k) {
  int row = blockIdx.y * 16, col = blockIdx.x * 16;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::fill_fragment(sum, 0.0f);
  for (int k0 = 0; k0 < k; k0 += 16) {
    wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> left;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::col_major> right;
    wmma::load_matrix_sync(left, a + row * k + k0, k);
    wmma::load_matrix_sync(right, b + col * k + k0, k);
    wmma::mma_sync(sum, left, right, sum);
  }
  wmma::store_matrix_sync(c + row * n + col, sum, n, wmma::mem_row_major);
}

extern "C" __global__ void wmma_bf16(const __nv_bfloat16 *a,
                                     const __nv_bfloat16 *b, float *c, int n,
                                     int k) {
  int row = blockIdx.y * 16, col = blockIdx.x * 16;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::fill_fragment(sum, 0.0f);
  for (int k0 = 0; k0 < k; k0 += 16) {
    wmma::fragment<wmma::matrix_a, 16, 16, 16, __nv_bfloat16, wmma::row_major>
        left;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16, wmma::col_major>
        right;
    wmma::load_matrix_sync(left, a + row * k + k0, k);
    wmma::load_matrix_sync(right, b + col * k + k0, k);
    wmma::mma_sync(sum, left, right, sum);
  }
  wmma::store_matrix_sync(c + row * n + col, sum, n, wmma::mem_row_major);
}

// Tiles of b through shared memory, c in half.
extern "C" __global__ void wmma_f16_shared(const half *a, const half *b,
                                           half *c, int n, int k) {
  __shared__ half tile[16 * 16];
  int row = blockIdx.y * 16, col = blockIdx.x * 16;
  wmma::fragment<wmma::accumulator, 16, 16, 16, half> sum;
  wmma::fill_fragment(sum, __ushort_as_half(0));
  for (int k0 = 0; k0 < k; k0 += 16) {
    wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> left;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::col_major> right;
    for (int i = threadIdx.x; i < 256; i += 32)
      tile[i] = b[(col + i / 16) * k + k0 + i % 16];
    __syncwarp();
    wmma::load_matrix_sync(left, a + row * k + k0, k);
    wmma::load_matrix_sync(right, tile, 16);
    wmma::mma_sync(sum, left, right, sum);
    __syncwarp();
  }
  wmma::store_matrix_sync(c + row * n + col, sum, n, wmma::mem_row_major);
}
