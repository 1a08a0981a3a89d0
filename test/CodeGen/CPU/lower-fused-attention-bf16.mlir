// How products of bf16 are computed is an option: in f32, from pairs, from tiles.
//
// RUN: dilated-opt %s --dilated-lower-fused-attention=products=fma | FileCheck %s --check-prefix=FMA
// RUN: dilated-opt %s --dilated-lower-fused-attention="products=bf16-dot exponent=scale" | FileCheck %s --check-prefix=DOT
// RUN: dilated-opt %s --dilated-lower-fused-attention=products=amx-bf16 --canonicalize --cse | FileCheck %s --check-prefix=AMX
// RUN: dilated-opt %s --dilated-lower-fused-attention="products=amx-bf16 exponent=scale" --canonicalize --cse | FileCheck %s --check-prefix=STAGE
// RUN: dilated-opt %s --dilated-lower-fused-attention="products=amx-bf16 stage-keys=0" --canonicalize --cse | FileCheck %s --check-prefix=PLAIN
// RUN: dilated-opt %s --dilated-lower-fused-attention=softmax=online | FileCheck %s --check-prefix=ONLINE
// RUN: sed 's/pattern(#dense)/pattern(#dense) {softmax = #dilated<softmax online>}/' %s | dilated-opt \
// RUN:   --dilated-lower-fused-attention=softmax=fixed-maximum | FileCheck %s --check-prefix=ONLINE

#dense = #dilated.pattern<[segment<9223372036854775807, 1>]>
!q = memref<1x?x8x48xbf16>

// FMA-NOT: llvm.call_intrinsic
// FMA: arith.extf %{{.*}} : vector<16xbf16> to vector<16xf32>
// FMA: vector.fma

// Pairs are words; 2^x by vreduce and vscalef.
// DOT: scf.for %{{.*}} iter_args(%{{(.*, ){15}.*}}) ->
// DOT-COUNT-16: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// DOT: llvm.call_intrinsic "llvm.x86.avx512.mask.reduce.ps.512"
// DOT: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"

// Scores of 32 keys and 32 rows over 48 features, of which two tiles of 32 hold 64.
// AMX: scf.for
// AMX-COUNT-4: amx.tile_zero
// AMX-COUNT-8: amx.tile_mulf
// AMX-COUNT-4: amx.tile_store
// Values: 32 features and 16 more.
// AMX: amx.tile_load %{{.*}} : memref<{{.*}}x48x32xf32> into !amx.tile<16x16xf32>

// In stages weights take the place of their scores, two blocks of 64 and the sums: rows of
// pairs of keys. Two vectors of two keys follow each product.
// STAGE: %[[PAIRS:.*]] = memref.view %{{.*}} : memref<18432xi8> to memref<72x128xbf16>
// STAGE: amx.tile_load %[[PAIRS]]
// STAGE: amx.tile_mulf
// STAGE-NOT: amx.tile_mulf
// STAGE-COUNT-4: llvm.call_intrinsic "llvm.x86.avx512.mask.reduce.ps.512"
// STAGE-NOT: llvm.call_intrinsic "llvm.x86.avx512.mask.reduce.ps.512"
// STAGE: amx.tile_mulf
// PLAIN-NOT: memref<72x128xbf16>
// PLAIN: call @dilated_rt_plan_keys

// By the option or, before it, by the op.
// ONLINE-NOT: scf.while
// ONLINE: call @dilated_rt_plan_keys
func.func @attention(%q: !q, %k: !q, %v: !q, %o: !q) {
  dilated.fused_attention ins(%q, %k, %v) outs(%o) pattern(#dense) : !q, !q, !q into !q
  return
}
