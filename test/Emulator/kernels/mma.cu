// c = a b by mma.sync, fragments loaded by ldmatrix from shared memory: bf16 and
// f16 (m16n8k16 and m16n8k8), tf32 and int8. One warp per 16 x 8 tile of c; a is
// row-major [m, k], b is [n, k]. k is a multiple of 16 (of 32 for int8).

__device__ unsigned sharedAddress(const void *pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

// 16 rows of a and 8 rows of b, 32 bytes each, into shared memory: a row is two
// chunks of 16 bytes.
__device__ void loadTiles(uint4 *tileA, uint4 *tileB, const char *a,
                          const char *b, int rowBytes) {
  int lane = threadIdx.x;
  tileA[lane] = *reinterpret_cast<const uint4 *>(a + (lane / 2) * rowBytes +
                                                 (lane % 2) * 16);
  if (lane < 16)
    tileB[lane] = *reinterpret_cast<const uint4 *>(b + (lane / 2) * rowBytes +
                                                   (lane % 2) * 16);
  __syncwarp();
}

// Fragments of the whole 16 x 32-byte and 8 x 32-byte tiles.
__device__ void loadFragments(unsigned (&a)[4], unsigned (&b)[2],
                              const uint4 *tileA, const uint4 *tileB) {
  int lane = threadIdx.x;
  unsigned addressA = sharedAddress(tileA + (lane % 16) * 2 + lane / 16);
  unsigned addressB = sharedAddress(tileB + (lane % 8) * 2 + (lane / 8) % 2);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
               : "r"(addressA)
               : "memory");
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
               : "=r"(b[0]), "=r"(b[1])
               : "r"(addressB)
               : "memory");
  __syncwarp();
}

template <typename T>
__device__ void storeTile(T *c, const T (&sum)[4], int n) {
  int row = threadIdx.x / 4, col = threadIdx.x % 4 * 2;
  c[row * n + col] = sum[0];
  c[row * n + col + 1] = sum[1];
  c[(row + 8) * n + col] = sum[2];
  c[(row + 8) * n + col + 1] = sum[3];
}

#define KERNEL(NAME, ELEMENT_BYTES, SUM_TYPE, MMA)                             \
  extern "C" __global__ void NAME(const char *a, const char *b, SUM_TYPE *c,   \
                                  int n, int k) {                              \
    __shared__ uint4 tileA[32], tileB[16];                                     \
    int row = blockIdx.y * 16, col = blockIdx.x * 8;                           \
    int rowBytes = k * ELEMENT_BYTES;                                          \
    SUM_TYPE sum[4] = {0, 0, 0, 0};                                            \
    for (int at = 0; at < rowBytes; at += 32) {                                \
      unsigned fa[4], fb[2];                                                   \
      loadTiles(tileA, tileB, a + row * rowBytes + at,                         \
                b + col * rowBytes + at, rowBytes);                            \
      loadFragments(fa, fb, tileA, tileB);                                     \
      MMA                                                                      \
    }                                                                          \
    storeTile(c + row * n + col, sum, n);                                      \
  }

#define F32_SUM                                                                \
  : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])

KERNEL(mma_bf16, 2, float,
       asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                    "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" F32_SUM
                    : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]),
                      "r"(fb[0]), "r"(fb[1]));)

KERNEL(mma_f16, 2, float,
       asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                    "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" F32_SUM
                    : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]),
                      "r"(fb[0]), "r"(fb[1]));)

KERNEL(mma_f16_k8, 2, float,
       for (int half = 0; half < 2; ++half)
         asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
                      "{%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};" F32_SUM
                      : "r"(fa[2 * half]), "r"(fa[2 * half + 1]),
                        "r"(fb[half]));)

KERNEL(mma_tf32, 4, float,
       asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
                    "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" F32_SUM
                    : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]),
                      "r"(fb[0]), "r"(fb[1]));)

KERNEL(mma_s8, 1, int,
       asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 "
                    "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                    : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
                    : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]),
                      "r"(fb[0]), "r"(fb[1]));)
