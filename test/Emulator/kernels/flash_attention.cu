// Attention of one head per blockIdx.y in one pass: q, k, v [heads, n, 64] in
// bf16, out [heads, n, 64] in f32. Block 128: four warps of 16 query rows; keys
// and values come by blocks of 64 rows through two stages of cp.async. n is a
// multiple of 64. scale includes log2(e). causal: keys up to the query's row.
//
// Shared memory rows are 128 bytes; the 16-byte chunk c of row r lies at
// c ^ (r % 8), so that ldmatrix meets no bank twice.

#define D 64
#define ROWS 64

__device__ unsigned sharedAddress(const void *pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

// 64 rows of 128 bytes by 128 threads.
__device__ void copyRows(unsigned to, const unsigned short *from) {
  for (int i = 0; i < 4; ++i) {
    int chunk = i * 128 + threadIdx.x;
    int row = chunk / 8, c = chunk % 8;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(
                     to + row * 128 + ((c ^ (row & 7)) << 4)),
                 "l"(from + row * D + c * 8)
                 : "memory");
  }
}

__device__ unsigned chunkAddress(unsigned base, int row, int chunk) {
  return base + row * 128 + ((chunk ^ (row & 7)) << 4);
}

__device__ void loadFour(unsigned (&r)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

__device__ void loadFourTransposed(unsigned (&r)[4], unsigned address) {
  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
      : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
      : "r"(address)
      : "memory");
}

__device__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                         unsigned b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
               "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ unsigned pack(float low, float high) {
  unsigned packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

__device__ float exp2Approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

extern "C" __global__ void __launch_bounds__(128)
    flash_attention(const unsigned short *q, const unsigned short *k,
                    const unsigned short *v, float *out, int n, float scale,
                    int causal) {
  __shared__ __align__(128) unsigned short tiles[4][ROWS * D];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int head = blockIdx.y * n * D, first = blockIdx.x * ROWS;
  int blocks = causal ? blockIdx.x + 1 : n / ROWS;
  unsigned base = sharedAddress(tiles);
  k += head;
  v += head;

  // Q passes through the tile that later holds the second block of keys.
  copyRows(base + 8192, q + head + first * D);
  asm volatile("cp.async.commit_group;" ::: "memory");
  copyRows(base, k);
  copyRows(base + 2 * 8192, v);
  asm volatile("cp.async.commit_group;" ::: "memory");
  asm volatile("cp.async.wait_group 1;" ::: "memory");
  __syncthreads();
  unsigned queries[4][4];
#pragma unroll
  for (int s = 0; s < 4; ++s)
    loadFour(queries[s], chunkAddress(base + 8192, warp * 16 + lane % 16,
                                      2 * s + lane / 16));
  __syncthreads();

  float sum[8][4] = {};
  float largest[2] = {-1e30f, -1e30f}, total[2] = {0, 0};
  for (int block = 0; block < blocks; ++block) {
    if (block + 1 < blocks) {
      int stage = (block + 1) & 1;
      copyRows(base + stage * 8192, k + (block + 1) * ROWS * D);
      copyRows(base + (2 + stage) * 8192, v + (block + 1) * ROWS * D);
    }
    asm volatile("cp.async.commit_group;" ::: "memory");
    asm volatile("cp.async.wait_group 1;" ::: "memory");
    __syncthreads();

    // Scores: 16 rows by 64 keys, as eight accumulators of 16 x 8.
    unsigned keys = base + (block & 1) * 8192;
    float score[8][4] = {};
#pragma unroll
    for (int s = 0; s < 4; ++s)
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        unsigned b[4];
        loadFour(b, chunkAddress(keys, j * 8 + lane % 8 + (lane / 16) * 8,
                                 2 * s + (lane / 8) % 2));
        multiply(score[j], queries[s], b[0], b[1]);
        multiply(score[j + 1], queries[s], b[2], b[3]);
      }

    int row = first + warp * 16 + lane / 4;
    float newLargest[2] = {largest[0], largest[1]};
#pragma unroll
    for (int j = 0; j < 8; ++j)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        int key = block * ROWS + j * 8 + lane % 4 * 2 + (i & 1);
        float value = score[j][i] * scale;
        if (causal && key > row + (i / 2) * 8)
          value = -1e30f;
        score[j][i] = value;
        newLargest[i / 2] = fmaxf(newLargest[i / 2], value);
      }
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      for (int mask = 1; mask < 4; mask *= 2)
        newLargest[h] =
            fmaxf(newLargest[h],
                  __shfl_xor_sync(0xffffffffu, newLargest[h], mask));
      float correction = exp2Approx(largest[h] - newLargest[h]);
      largest[h] = newLargest[h];
      total[h] *= correction;
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        sum[j][2 * h] *= correction;
        sum[j][2 * h + 1] *= correction;
      }
    }
#pragma unroll
    for (int j = 0; j < 8; ++j)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        score[j][i] = exp2Approx(score[j][i] - largest[i / 2]);
        total[i / 2] += score[j][i];
      }

    // The accumulators of the scores are the left operands of the values.
    unsigned values = base + (2 + (block & 1)) * 8192;
#pragma unroll
    for (int s = 0; s < 4; ++s) {
      unsigned a[4] = {pack(score[2 * s][0], score[2 * s][1]),
                       pack(score[2 * s][2], score[2 * s][3]),
                       pack(score[2 * s + 1][0], score[2 * s + 1][1]),
                       pack(score[2 * s + 1][2], score[2 * s + 1][3])};
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        unsigned b[4];
        loadFourTransposed(b, chunkAddress(values, s * 16 + lane % 16,
                                           j + lane / 16));
        multiply(sum[j], a, b[0], b[1]);
        multiply(sum[j + 1], a, b[2], b[3]);
      }
    }
    __syncthreads();
  }
  asm volatile("cp.async.wait_all;" ::: "memory");

#pragma unroll
  for (int h = 0; h < 2; ++h) {
    for (int mask = 1; mask < 4; mask *= 2)
      total[h] += __shfl_xor_sync(0xffffffffu, total[h], mask);
    float inverse = 1.0f / total[h];
    float *to = out + head + (first + warp * 16 + lane / 4 + h * 8) * D +
                lane % 4 * 2;
#pragma unroll
    for (int j = 0; j < 8; ++j)
      *reinterpret_cast<float2 *>(to + j * 8) =
          make_float2(sum[j][2 * h] * inverse, sum[j][2 * h + 1] * inverse);
  }
}
