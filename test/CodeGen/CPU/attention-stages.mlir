// Stages of the attention kernel for AMX as they become machine code: vectors lie
// evenly between the products of tiles, and neither vectors nor tiles go to the stack.
//
// REQUIRES: x86-64
// RUN: dilated-compile %s --mcpu=sapphirerapids --dump-phases-to=%t -o %t.o
// RUN: %python %S/../../../tools/attention-loops.py %t/model.o | FileCheck %s

// A processor that hides its name, or a baseline with features added: no tile is copied.
// RUN: dilated-compile %s --mcpu=x86-64-v4 --mattr=+amx-tile,+amx-bf16 --dump-phases-to=%t -o %t.o
// RUN: %python %S/../../../tools/attention-loops.py %t/model.o | FileCheck %s --check-prefix=TILES
// TILES: 32 tdpbf16ps, 40 tileloadd, 16 tilestored,
// TILES: 36 tdpbf16ps, 48 tileloadd, 18 tilestored,
// TILES: 68 tdpbf16ps, 88 tileloadd, 26 tilestored,
// TILES: 32 tdpbf16ps, 40 tileloadd, 16 tilestored,

#dense = #dilated.pattern<[segment<9223372036854775807, 1>]>
#branches = #dilated.pattern<[segment<1024, 1>, segment<5792, 2>]>
!d48 = tensor<1x?x4x48xbf16>
!d64 = tensor<1x?x4x64xbf16>
!d128 = tensor<1x?x4x128xbf16>
!lse = tensor<1x4x?xf32>

// Of 64 keys and 32 rows: scores and values, 16 products for 32 features each of 48 as
// of 64, but 4 for 16 features of the values. 4 more are the sums of the weights. A sum
// is loaded (of values) or cleared, and stored once.
// CHECK: {{^14[0-9][0-9]}} instructions, 128 vreduceps, 32 tdpbf16ps, 40 tileloadd, 16 tilestored, 0 vectors or tiles on the stack, 4 to 4 vreduceps between products
// CHECK: {{^14[0-9][0-9]}} instructions, 128 vreduceps, 36 tdpbf16ps, 48 tileloadd, 18 tilestored, 0 vectors or tiles on the stack, 2 to 4 vreduceps between products
// CHECK: {{^16[0-9][0-9]}} instructions, 128 vreduceps, 68 tdpbf16ps, 88 tileloadd, 26 tilestored, 0 vectors or tiles on the stack, 0 to 2 vreduceps between products
// With an lse the sums are vectors'.
// CHECK: {{^17[0-9][0-9]}} instructions, 128 vreduceps, 32 tdpbf16ps, 40 tileloadd, 16 tilestored, 0 vectors or tiles on the stack, 4 to 4 vreduceps between products
func.func @main(%a: !d48, %b: !d64, %c: !d128) -> (!d48, !d64, !d128, !d64, !lse) {
  %0 = dilated.attention %a, %a, %a pattern(#branches) : !d48, !d48, !d48 -> !d48
  %1 = dilated.attention %b, %b, %b pattern(#dense) : !d64, !d64, !d64 -> !d64
  %2 = dilated.attention %c, %c, %c pattern(#dense) : !d128, !d128, !d128 -> !d128
  %3:2 = dilated.attention %b, %b, %b pattern(#dense) : !d64, !d64, !d64 -> !d64, !lse
  return %0, %1, %2, %3#0, %3#1 : !d48, !d64, !d128, !d64, !lse
}
