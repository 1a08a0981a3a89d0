// ldmatrix in all its counts, plain and transposed: each lane writes the
// registers that it got from eight-by-eight tiles of numbers.

extern "C" __global__ void ldmatrix(const unsigned short *in, unsigned *out) {
  __shared__ __align__(16) unsigned short tiles[4 * 64];
  int lane = threadIdx.x;
  for (int i = lane; i < 256; i += 32)
    tiles[i] = in[i];
  __syncwarp();
  unsigned address =
      static_cast<unsigned>(__cvta_generic_to_shared(tiles + lane * 8));
  unsigned r[4], *to = out + lane * 14;
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];"
               : "=r"(r[0]) : "r"(address) : "memory");
  to[0] = r[0];
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1]) : "r"(address) : "memory");
  to[1] = r[0], to[2] = r[1];
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address) : "memory");
  to[3] = r[0], to[4] = r[1], to[5] = r[2], to[6] = r[3];
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];"
               : "=r"(r[0]) : "r"(address) : "memory");
  to[7] = r[0];
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1]) : "r"(address) : "memory");
  to[8] = r[0], to[9] = r[1];
  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
      : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
      : "r"(address) : "memory");
  to[10] = r[0], to[11] = r[1], to[12] = r[2], to[13] = r[3];
}
