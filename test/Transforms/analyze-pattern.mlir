// The report on patterns. The numbers are held against brute force in
// Unit/Plan; here: what is said, and when.
// RUN: dilated-opt %s --analyze-pattern -o /dev/null 2>&1 | FileCheck %s
// RUN: dilated-opt %s --analyze-pattern="seq=100 heads=4" -o /dev/null 2>&1 | FileCheck %s --check-prefix=GIVEN
// RUN: not dilated-opt %s --analyze-pattern=seq=-1 -o /dev/null 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// The IR passes through on stdout.
// RUN: dilated-opt %s --analyze-pattern 2>/dev/null | FileCheck %s --check-prefix=IR
// IR: func.func @slide

// NEGATIVE: error: expects seq and heads to be at least 0, got -1 and 0

// CHECK: dilated.attention at {{.*}}analyze-pattern.mlir:[[# @LINE + 13]]:10: 16 heads, 1069 positions, not causal
// CHECK-NEXT:   offset = block, padding = null_keys, overlap = multiset
// CHECK-NEXT:   segment<1024, 1>: 2 segments of 1024, the last of 45
// CHECK-NEXT:     phase 0 of 1: heads 0-15
// CHECK-NEXT:     rows 17104 of 17104, pairs 16809616 (0.9194 of dense), null keys 15664 in 704880 pairs
// CHECK-NEXT:   segment<5792, 2>: 1 segment of 1069, clamped from 5792 [S1]
// CHECK-NEXT:     phase 0 of 2: heads 0-7
// CHECK-NEXT:     phase 1 of 2: heads 8-15
// CHECK-NEXT:     rows 8552 of 17104, pairs 4571048 (0.2500 of dense), null keys 8 in 4272 pairs
// CHECK-NEXT:   together: pairs 21380664 (1.1694 of dense), different 17178256 (0.9395 of dense)
// CHECK-NEXT:     uncovered rows 0 of 17104
// CHECK-NEXT:     real keys per row 45 to 1559
func.func @slide(%q: tensor<1x1069x16x48xf32>) -> tensor<1x1069x16x48xf32> {
  %out = dilated.attention %q, %q, %q
      pattern(<[segment<1024, 1>, segment<5792, 2>], offset = block, padding = null_keys>)
      : tensor<1x1069x16x48xf32>, tensor<1x1069x16x48xf32>, tensor<1x1069x16x48xf32> -> tensor<1x1069x16x48xf32>
  return %out : tensor<1x1069x16x48xf32>
}

// Sizes that are not known: the pattern alone, unless the options give them.
// CHECK: dilated.attention at {{.*}}: any number of heads (counts need heads=), any number of positions (counts need seq=), causal
// CHECK-NEXT:   offset = end, padding = exclude, overlap = multiset
// CHECK-NEXT:   segment<8, 3> counted 2 times [S6]
// GIVEN: dilated.attention at {{.*}}: 4 heads, 100 positions, causal
// GIVEN-NEXT:   offset = end, padding = exclude, overlap = multiset
// GIVEN-NEXT:   segment<8, 3> counted 2 times [S6]: 13 segments of 8, the last of 4
// GIVEN-NEXT:     phase 0 of 3: heads 2
// GIVEN-NEXT:     phase 1 of 3: heads 1
// GIVEN-NEXT:     phase 2 of 3: heads 0, 3
// GIVEN-NEXT:     rows 125 of 400, pairs 444 (0.0220 of dense), null keys 0 in 0 pairs
// GIVEN-NEXT:   together: pairs 444 (0.0220 of dense), different 222 (0.0110 of dense)
// GIVEN-NEXT:     uncovered rows 275 of 400
// GIVEN-NEXT:     real keys per row 0 to 6
func.func @dynamic(%q: tensor<?x?x?x8xf16>) -> tensor<?x?x?x8xf16> {
  %out = dilated.attention %q, %q, %q
      pattern(<[segment<8, 3, multiplicity = 2>], offset = end, padding = exclude>) causal
      : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16> -> tensor<?x?x?x8xf16>
  return %out : tensor<?x?x?x8xf16>
}

// Terms of all kinds in a set. The window: 4 + 5 + 6 + 14 * 7 + 6 + 5 + 4 pairs.
// CHECK: dilated.attention at {{.*}}: 2 heads, 20 positions, not causal
// CHECK-NEXT:   offset = block, padding = exclude, overlap = set
// CHECK-NEXT:   window<3, 3>: the row, up to 3 before and up to 3 after it
// CHECK-NEXT:     rows 40 of 40, pairs 256 (0.3200 of dense)
// CHECK-NEXT:   columns<0, 4>: keys 0 to 3
// CHECK-NEXT:     rows 40 of 40, pairs 160 (0.2000 of dense)
// CHECK-NEXT:   columns<20, 30>: no keys, the sequence ends before them
// CHECK-NEXT:     rows 0 of 40, pairs 0 (0.0000 of dense)
// CHECK-NEXT:   segment<10, 5>: 2 segments of 10
// CHECK-NEXT:     phase 0 of 5: heads 0
// CHECK-NEXT:     phase 1 of 5: heads 1
// CHECK-NEXT:     rows 8 of 40, pairs 16 (0.0200 of dense), null keys 0 in 0 pairs
// CHECK-NEXT:   together: pairs 432 (0.5400 of dense), different 378 (0.4725 of dense)
// CHECK-NEXT:     uncovered rows 0 of 40
func.func @set(%q: tensor<1x20x2x8xf32>) -> tensor<1x20x2x8xf32> {
  %out = dilated.attention %q, %q, %q
      pattern(<[window<3, 3>, columns<0, 4>, columns<20, 30>, segment<10, 5>], overlap = set>)
      : tensor<1x20x2x8xf32>, tensor<1x20x2x8xf32>, tensor<1x20x2x8xf32> -> tensor<1x20x2x8xf32>
  return %out : tensor<1x20x2x8xf32>
}

// A sequence of 2^62: closed forms, saturated; the rest is left out.
// CHECK: dilated.fused_attention at {{.*}}: 1 head, 4611686018427387904 positions
// CHECK:   segment<2, 1>: 2305843009213693952 segments of 2
// CHECK:     rows 4611686018427387904 of 4611686018427387904, pairs at least 9223372036854775807, null keys 0
// CHECK:     different pairs, uncovered rows: not counted, it would take long
// CHECK:     real keys per row: not counted, it would take long
func.func @huge(%q: memref<1x4611686018427387904x1x8xf32>) {
  dilated.fused_attention ins(%q, %q, %q) outs(%q)
      pattern(<[segment<2, 1>], offset = block, padding = exclude>) scale(1.0)
      : memref<1x4611686018427387904x1x8xf32>, memref<1x4611686018427387904x1x8xf32>, memref<1x4611686018427387904x1x8xf32> into memref<1x4611686018427387904x1x8xf32>
  return
}
