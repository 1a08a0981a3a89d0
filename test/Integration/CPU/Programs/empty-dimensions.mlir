// N = 0 is an error at run time [C10]; B = 0 and H = 0 give an empty result. Fused,
// and as branches.
// DEFINE: %{shape} =
// DEFINE: %{run} = dilated-run %s --input arg0=%{shape}=random:1 --input arg1=%{shape}=random:2
// REDEFINE: %{shape} = 2x0x4x8xf32
// RUN: not %{run} 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not %{run} --no-fuse 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: dilated-run: error: {{.*}}the sequence is empty (length 0), expected at least 1 position [C10]
// REDEFINE: %{shape} = 0x20x4x8xf32
// RUN: %{run} | FileCheck %s --check-prefix=BATCH
// RUN: %{run} --no-fuse | FileCheck %s --check-prefix=BATCH
// BATCH: result0: 0x20x4x8xf32{{$}}
// REDEFINE: %{shape} = 2x20x0x8xf32
// RUN: %{run} | FileCheck %s --check-prefix=HEADS
// RUN: %{run} --no-fuse | FileCheck %s --check-prefix=HEADS
// HEADS: result0: 2x20x0x8xf32{{$}}

func.func @main(%q: tensor<?x?x?x8xf32>, %k: tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32> {
  %out = dilated.attention %q, %k, %k
      pattern(<[segment<8, 1>, segment<16, 2>], offset = block, padding = null_keys>)
      : tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32> -> tensor<?x?x?x8xf32>
  return %out : tensor<?x?x?x8xf32>
}
