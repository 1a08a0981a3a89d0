// The example of docs/architecture.md: GigaPath's first segments, N dynamic.
// RUN: dilated-opt %s --pipeline-graph | FileCheck %s --check-prefix=GRAPH
// RUN: dilated-opt %s --pipeline-graph --pipeline-branches | FileCheck %s --check-prefix=BRANCHES
// RUN: dilated-opt %s --pipeline-graph --pipeline-branches --pipeline-fused | FileCheck %s --check-prefix=FUSED

// GRAPH: dilated.attention
// BRANCHES-COUNT-6: dilated.gather
// BRANCHES: dilated.combine
// FUSED-NOT: dilated.gather
// FUSED: dilated.fused_attention
// FUSED-NOT: dilated.combine
func.func @main(%q: tensor<1x?x16x48xf32>, %k: tensor<1x?x16x48xf32>, %v: tensor<1x?x16x48xf32>) -> tensor<1x?x16x48xf32> {
  %out = dilated.attention %q, %k, %v
      pattern(<[segment<1024, 1>, segment<5792, 2>], offset = block, padding = null_keys>)
      : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32> -> tensor<1x?x16x48xf32>
  return %out : tensor<1x?x16x48xf32>
}
