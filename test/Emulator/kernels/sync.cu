// Threads that wait for each other in every other way: barriers that count,
// named barriers between producers and consumers, a lock that lanes of one warp
// compete for, the last block that finishes a sum, groups of a warp.

// How many threads have an odd number, whether all or any are positive.
extern "C" __global__ void counting_barriers(const int *in, int *out) {
  int value = in[threadIdx.x];
  int odd = __syncthreads_count(value & 1);
  int all = __syncthreads_and(value > 0);
  int any = __syncthreads_or(value > 90);
  out[threadIdx.x] = odd * 4 + (all ? 2 : 0) + (any ? 1 : 0);
}

// Warp 0 produces, warps 1 and 2 consume, through two buffers. Barriers 1 and 2:
// a buffer is full; 3 and 4: it is empty. Block 96.
extern "C" __global__ void named_barriers(const int *in, int *out, int rounds) {
  __shared__ int buffer[2][32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  if (warp == 0) {
    for (int round = 0; round < rounds; ++round) {
      int b = round & 1;
      if (round >= 2)
        asm volatile("bar.sync %0, 96;" ::"r"(3 + b) : "memory");
      buffer[b][lane] = in[round * 32 + lane];
      asm volatile("bar.arrive %0, 96;" ::"r"(1 + b) : "memory");
    }
  } else {
    int sum = 0;
    for (int round = 0; round < rounds; ++round) {
      int b = round & 1;
      asm volatile("bar.sync %0, 96;" ::"r"(1 + b) : "memory");
      sum += buffer[b][31 - lane] * warp;
      if (round + 2 < rounds)
        asm volatile("bar.arrive %0, 96;" ::"r"(3 + b) : "memory");
    }
    out[(warp - 1) * 32 + lane] = sum;
  }
}

// Every thread takes a lock and adds to a sum that only the lock protects.
extern "C" __global__ void lock(int *state, long long *sum) {
  bool done = false;
  while (!done) {
    if (atomicCAS(state, 0, 1) == 0) {
      __threadfence();
      volatile long long *shared = sum;
      *shared = *shared * 3 % 1000003 + 1;
      __threadfence();
      atomicExch(state, 0);
      done = true;
    }
  }
}

// Each block sums its part; the one that comes last sums the parts.
extern "C" __global__ void last_block(const int *in, volatile int *parts,
                                      unsigned *arrived, int *out) {
  __shared__ bool isLast;
  __shared__ int sum;
  if (threadIdx.x == 0)
    sum = 0;
  __syncthreads();
  atomicAdd(&sum, in[blockIdx.x * blockDim.x + threadIdx.x]);
  __syncthreads();
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = sum;
    __threadfence();
    isLast = atomicAdd(arrived, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (isLast && threadIdx.x == 0) {
    int total = 0;
    for (int i = 0; i < gridDim.x; ++i)
      total += parts[i];
    *out = total;
  }
}

// Lanes that are here compute together: within a divergent branch, a ballot of
// the active ones, an exchange in a ring, and a sum by shared memory between
// lanes that a warp barrier of exactly these orders.
extern "C" __global__ void warp_parts(const int *in, int *out) {
  __shared__ int memory[64];
  int i = threadIdx.x, lane = i % 32;
  int value = in[i];
  int result = 0;
  if (value % 3 == 0) {
    unsigned here = __ballot_sync(__activemask(), 1);
    memory[i] = value;
    __syncwarp(here);
    for (int other = 0; other < 32; ++other)
      if (here >> other & 1)
        result += memory[i - lane + other];
    __syncwarp(here);
  } else {
    result = -value;
  }
  __syncwarp();
  memory[i] = result;
  __syncwarp();
  out[i] = memory[i ^ 1];
}
