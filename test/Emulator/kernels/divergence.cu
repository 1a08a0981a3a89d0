// Branches of every shape: nested and data-dependent loops, break, continue,
// early return, switch, short circuits, votes inside divergent code, and
// branches that only some warps take.

extern "C" __global__ void divergence(const int *in, int *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  int x = in[i];
  int result = 0;
  // Collatz steps: each lane leaves at its own time.
  for (long long c = x > 0 ? x : 1 - x; c != 1; ++result)
    c = c % 2 ? 3 * c + 1 : c / 2;
  // Nested loops with break and continue.
  for (int a = 0; a < (x & 7); ++a) {
    if (a == 5)
      break;
    for (int b = a; b < 6; ++b) {
      if ((b ^ x) & 1)
        continue;
      if (b * a > 12)
        break;
      result += a * 10 + b;
    }
  }
  switch ((x >> 3) & 7) {
  case 0:
    result += 1;
    break;
  case 1:
    result ^= 0x55;
    // falls through
  case 2:
    result *= 3;
    break;
  case 5:
    while (result & 0xf0)
      result = (result >> 1) ^ (result & 3);
    break;
  case 6:
    out[i] = -x; // early exit of some lanes
    return;
  default:
    result -= 7;
  }
  // Votes and shuffles among the lanes that are here.
  if (x & 16) {
    unsigned mask = __activemask();
    result += __popc(__ballot_sync(mask, result & 1)) * 0;
    if ((x & 3) == 1 || (result > 40 && (x & 32) == 0))
      result = ~result;
    else if (!(x & 64) && result % 3 != 2)
      result += 1000;
  } else {
    int steps = 0;
    do {
      result += steps;
      if (++steps > 20)
        goto done;
    } while (result % 7 != 0);
    result += 100000;
  }
done:
  out[i] = result;
}

// Lanes find their peers: match, vote, and a loop over distinct values.
extern "C" __global__ void peers(const int *in, int *out, unsigned *votes) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int key = in[i];
  unsigned equal = __match_any_sync(0xffffffffu, key);
  int same;
  __match_all_sync(0xffffffffu, key, &same);
  votes[4 * i] = equal;
  votes[4 * i + 1] = __ballot_sync(0xffffffffu, key > 3);
  votes[4 * i + 2] = __any_sync(0xffffffffu, key == 2) * 2 +
                     __all_sync(0xffffffffu, key >= 0) + 4 * same;
  // Each group of equal lanes elects its lowest lane, which counts.
  int count = 0;
  if (static_cast<int>(threadIdx.x % 32) == __ffs(equal) - 1)
    count = __popc(equal);
  count = __shfl_sync(equal, count, __ffs(equal) - 1);
  out[i] = count * 100 + key;
  votes[4 * i + 3] = __reduce_add_sync(0xffffffffu, static_cast<unsigned>(key));
}
