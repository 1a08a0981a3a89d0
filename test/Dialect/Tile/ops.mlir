// RUN: dilated-opt %s | FileCheck %s
// RUN: dilated-opt %s | dilated-opt | FileCheck %s
// RUN: dilated-opt %s --mlir-print-op-generic | dilated-opt | FileCheck %s
// RUN: dilated-opt %s --emit-bytecode | dilated-opt | FileCheck %s

// CHECK-LABEL: gpu.func @copies
gpu.module @kernels {
  gpu.func @copies(%source: !llvm.ptr<1>, %stride: i64, %one: i64, %count: i32, %offset: i32) {
    // CHECK: %[[TILE:.*]] = tile.shared %{{.*}} : <64x80xbf16, xor>
    %tile = tile.shared %offset : !tile.shared<64x80xbf16, xor>
    // CHECK: tile.shared %{{.*}} : <8x8xf32, none>
    %other = tile.shared %offset : !tile.shared<8x8xf32, none>
    // CHECK: %[[POSITIONS:.*]] = tile.shared_pointer %{{.*}} : <3>
    %positions = tile.shared_pointer %offset : !llvm.ptr<3>
    // CHECK: %[[T0:.*]] = tile.copy_async %{{.*}} stride %{{.*}} rows %{{.*}} to %[[TILE]] {width = 80 : i64} : <1> -> <64x80xbf16, xor>
    %t0 = tile.copy_async %source stride %stride rows %count to %tile {width = 80 : i64}
        : !llvm.ptr<1> -> !tile.shared<64x80xbf16, xor>
    // CHECK: %[[T1:.*]] = tile.copy_async %{{.*}} stride %{{.*}} rows %{{.*}} positions %[[POSITIONS]] to %[[TILE]]
    %t1 = tile.copy_async %source stride %stride rows %count positions %positions to %tile {width = 1 : i64}
        : !llvm.ptr<1> -> !tile.shared<64x80xbf16, xor>
    // CHECK: tile.copy %{{.*}} stride %{{.*}}, %{{.*}} rows %{{.*}} to %[[TILE]] {width = 77 : i64}
    tile.copy %source stride %stride, %one rows %count to %tile {width = 77 : i64}
        : !llvm.ptr<1> -> !tile.shared<64x80xbf16, xor>
    // CHECK: %[[GROUP:.*]] = tile.commit(%[[T0]], %[[T1]])
    %group = tile.commit(%t0, %t1)
    // CHECK-NEXT: tile.commit
    // CHECK-NOT: (
    // CHECK: tile.wait %[[GROUP]] {younger = 1 : i64}
    %nothing = tile.commit
    tile.wait %group {younger = 1 : i64}
    gpu.return
  }

  // CHECK-LABEL: gpu.func @products
  gpu.func @products(%tile: !tile.shared<64x64xbf16, xor>, %row: i32, %c: !tile.fragment<16x64xf32, accumulator>) {
    // CHECK: %[[A:.*]] = tile.load %{{.*}}[%{{.*}}, 16] : <64x64xbf16, xor> -> <16x32xbf16, a>
    %a = tile.load %tile[%row, 16] : !tile.shared<64x64xbf16, xor> -> !tile.fragment<16x32xbf16, a>
    // CHECK: tile.load %{{.*}}[%{{.*}}, 0] : <64x64xbf16, xor> -> <16x64xbf16, b>
    %k = tile.load %tile[%row, 0] : !tile.shared<64x64xbf16, xor> -> !tile.fragment<16x64xbf16, b>
    // CHECK: %[[V:.*]] = tile.load %{{.*}}[%{{.*}}, 0] transposed : <64x64xbf16, xor> -> <16x64xbf16, b>
    %v = tile.load %tile[%row, 0] transposed : !tile.shared<64x64xbf16, xor> -> !tile.fragment<16x64xbf16, b>
    // CHECK: %[[SLICE:.*]] = tile.slice %[[A]][16] : <16x32xbf16, a> -> <16x16xbf16, a>
    %slice = tile.slice %a[16] : !tile.fragment<16x32xbf16, a> -> !tile.fragment<16x16xbf16, a>
    // CHECK: tile.mma %[[SLICE]], %[[V]], %{{.*}} : <16x16xbf16, a>, <16x64xbf16, b>, <16x64xf32, accumulator>
    %d = tile.mma %slice, %v, %c : !tile.fragment<16x16xbf16, a>, !tile.fragment<16x64xbf16, b>,
                                   !tile.fragment<16x64xf32, accumulator>
    // CHECK: tile.convert %{{.*}} : <16x64xf32, accumulator> -> <16x64xbf16, a>
    %p = tile.convert %d : !tile.fragment<16x64xf32, accumulator> -> !tile.fragment<16x64xbf16, a>
    gpu.return
  }

  // CHECK-LABEL: gpu.func @tf32
  gpu.func @tf32(%a: !tile.fragment<16x8xf32, a>, %b: !tile.fragment<8x8xf32, b>, %c: !tile.fragment<16x8xf32, accumulator>) {
    // CHECK: tile.mma %{{.*}}, %{{.*}}, %{{.*}} precision tf32 :
    %d = tile.mma %a, %b, %c precision tf32 : !tile.fragment<16x8xf32, a>, !tile.fragment<8x8xf32, b>,
                                              !tile.fragment<16x8xf32, accumulator>
    gpu.return
  }

  // CHECK-LABEL: gpu.func @rows
  gpu.func @rows(%s: !tile.fragment<16x64xf32, accumulator>, %limits: !tile.fragment<16xi32, rows>,
                 %hidden: f32, %target: !llvm.ptr<1>, %stride: i64, %positions: !tile.fragment<16xi64, rows>) {
    // CHECK: tile.mask %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : <16x64xf32, accumulator>, <16xi32, rows>, f32
    %s1 = tile.mask %s, %limits, %limits, %hidden : !tile.fragment<16x64xf32, accumulator>, !tile.fragment<16xi32, rows>, f32
    // CHECK: tile.mask_bits %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : <16x64xf32, accumulator>, <1>, f32
    %first = arith.constant 16 : i32
    %s2 = tile.mask_bits %s, %target, %first, %hidden : !tile.fragment<16x64xf32, accumulator>, !llvm.ptr<1>, f32
    // CHECK: tile.bias %{{.*}}, %{{.*}}, %{{.*}} : <16x64xf32, accumulator>, <1>
    %s3 = tile.bias %s, %hidden, %target : !tile.fragment<16x64xf32, accumulator>, !llvm.ptr<1>
    // CHECK: %[[PARTS:.*]] = tile.reduce_columns max %{{.*}} : <16x64xf32, accumulator> -> <16xf32, row_parts>
    %parts = tile.reduce_columns max %s1 : !tile.fragment<16x64xf32, accumulator> -> !tile.fragment<16xf32, row_parts>
    // CHECK: tile.reduce_columns add %{{.*}} : <16x64xf32, accumulator> init %[[PARTS]] : !tile.fragment<16xf32, row_parts> -> <16xf32, row_parts>
    %sums = tile.reduce_columns add %s1 : !tile.fragment<16x64xf32, accumulator>
        init %parts : !tile.fragment<16xf32, row_parts> -> !tile.fragment<16xf32, row_parts>
    // CHECK: %[[MAX:.*]] = tile.reduce_lanes max %[[PARTS]] : <16xf32, row_parts> -> <16xf32, rows>
    %max = tile.reduce_lanes max %parts : !tile.fragment<16xf32, row_parts> -> !tile.fragment<16xf32, rows>
    // CHECK: tile.reduce_rows min %{{.*}} : <16xi32, rows> -> i32
    %least = tile.reduce_rows min %limits : !tile.fragment<16xi32, rows> -> i32
    // CHECK: %[[P:.*]] = tile.map %{{.*}}, %[[MAX]] : !tile.fragment<16x64xf32, accumulator>, !tile.fragment<16xf32, rows> -> <16x64xf32, accumulator> {
    %p = tile.map %s1, %max : !tile.fragment<16x64xf32, accumulator>, !tile.fragment<16xf32, rows>
        -> !tile.fragment<16x64xf32, accumulator> {
      ^bb0(%row: i32, %x: f32, %m: f32):
        %y = arith.subf %x, %m : f32
        // CHECK: tile.yield %{{.*}} : f32
        tile.yield %y : f32
    }
    // CHECK: tile.map -> <16xi32, rows> {
    %numbers = tile.map -> !tile.fragment<16xi32, rows> {
      ^bb0(%row: i32):
        tile.yield %row : i32
    }
    // CHECK: tile.fill %{{.*}} : f32 -> <16x8xf32, accumulator>
    %filled = tile.fill %hidden : f32 -> !tile.fragment<16x8xf32, accumulator>
    // CHECK: tile.store %[[P]] to %{{.*}} rows %{{.*}} strides %{{.*}}, %{{.*}} vectors {width = 60 : i64}
    tile.store %p to %target rows %positions strides %stride, %stride vectors {width = 60 : i64}
        : !tile.fragment<16x64xf32, accumulator>, !llvm.ptr<1>, !tile.fragment<16xi64, rows>
    // CHECK: tile.store %[[MAX]] to %{{.*}} rows %{{.*}} strides %{{.*}}, %{{.*}} {width = 1 : i64}
    tile.store %max to %target rows %positions strides %stride, %stride {width = 1 : i64}
        : !tile.fragment<16xf32, rows>, !llvm.ptr<1>, !tile.fragment<16xi64, rows>
    gpu.return
  }
}
