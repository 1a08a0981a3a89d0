// One attention of two branches at the phases that tell its story; what
// tools/quickstart.sh shows.
// RUN: dilated-compile %s --compile-to=graph -o - | FileCheck %s --check-prefix=GRAPH
// RUN: dilated-compile %s --compile-to=branches -o - | FileCheck %s --check-prefix=BRANCHES
// RUN: dilated-compile %s --compile-to=fused -o - | FileCheck %s --check-prefix=FUSED

// GRAPH: dilated.attention

// BRANCHES-NOT: dilated.attention
// BRANCHES-COUNT-2: dilated.dense_attention
// BRANCHES: dilated.combine

// FUSED-NOT: dilated.gather
// FUSED: dilated.fused_attention
// FUSED-NOT: dilated.combine
func.func @main(%q: tensor<1x?x16x48xf32>, %k: tensor<1x?x16x48xf32>, %v: tensor<1x?x16x48xf32>)
    -> tensor<1x?x16x48xf32> {
  %out = dilated.attention %q, %k, %v
      pattern(<[segment<1024, 1>, segment<5792, 2>], offset = block, padding = null_keys>)
      : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32> -> tensor<1x?x16x48xf32>
  return %out : tensor<1x?x16x48xf32>
}
