// What a pattern of windows and columns demands of sizes that are known at run time
// alone, fused and as partial results: [C4], [C5], [C10]; B = 0 and H = 0 are legal.
// RUN: dilated-run %s --input q=2x9x4x8xf32=random:1 --input k=2x9x2x8xf32=random:2 --input v=2x9x2x8xf32=random:3 --output out=@%t.npy
// RUN: dilated-run %s --no-fuse --input q=2x9x4x8xf32=random:1 --input k=2x9x2x8xf32=random:2 --input v=2x9x2x8xf32=random:3 \
// RUN:   --expected out=@%t.npy --rtol 1e-5 --atol 1e-6
// RUN: dilated-run %s --no-fuse --input q=0x9x4x8xf32=random:1 --input k=0x9x4x8xf32=random:2 --input v=0x9x4x8xf32=random:3
// RUN: dilated-run %s --no-fuse --input q=1x9x0x8xf32=random:1 --input k=1x9x0x8xf32=random:2 --input v=1x9x0x8xf32=random:3

// RUN: not dilated-run %s --input q=1x9x4x8xf32=random:1 --input k=1x9x3x8xf32=random:2 --input v=1x9x3x8xf32=random:3 2>&1 | FileCheck %s --check-prefix=HEADS
// RUN: not dilated-run %s --no-fuse --input q=1x9x4x8xf32=random:1 --input k=1x9x3x8xf32=random:2 --input v=1x9x3x8xf32=random:3 2>&1 | FileCheck %s --check-prefix=HEADS
// HEADS: query heads {{are|is}} not a multiple of {{.*}}key heads [C4]
// RUN: not dilated-run %s --input q=1x9x4x8xf32=random:1 --input k=1x8x4x8xf32=random:2 --input v=1x9x4x8xf32=random:3 2>&1 | FileCheck %s --check-prefix=LENGTH
// RUN: not dilated-run %s --no-fuse --input q=1x9x4x8xf32=random:1 --input k=1x8x4x8xf32=random:2 --input v=1x9x4x8xf32=random:3 2>&1 | FileCheck %s --check-prefix=LENGTH
// LENGTH: key {{.*}}differ in {{.*}}sequence length{{.*}} [C5]
// RUN: not dilated-run %s --input q=1x9x4x8xf32=random:1 --input k=1x9x2x8xf32=random:2 --input v=1x9x4x8xf32=random:3 2>&1 | FileCheck %s --check-prefix=VALUE
// RUN: not dilated-run %s --no-fuse --input q=1x9x4x8xf32=random:1 --input k=1x9x2x8xf32=random:2 --input v=1x9x4x8xf32=random:3 2>&1 | FileCheck %s --check-prefix=VALUE
// VALUE: value and key differ in heads [C5]
// RUN: not dilated-run %s --no-fuse --input q=1x0x4x8xf32=random:1 --input k=1x0x4x8xf32=random:2 --input v=1x0x4x8xf32=random:3 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: the sequence is empty (length 0), expected at least 1 position [C10]

func.func @main(%q: tensor<?x?x?x8xf32> {dilated.name = "q"}, %k: tensor<?x?x?x8xf32> {dilated.name = "k"},
                %v: tensor<?x?x?x8xf32> {dilated.name = "v"}) -> (tensor<?x?x?x8xf32> {dilated.name = "out"}) {
  %out = dilated.attention %q, %k, %v pattern(<[window<3, 0>, columns<2, 5>, segment<8, 2>], overlap = set>) causal
      : tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32> -> tensor<?x?x?x8xf32>
  return %out : tensor<?x?x?x8xf32>
}
