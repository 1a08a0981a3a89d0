// RUN: dilated-opt %s --pass-pipeline='builtin.module(gpu.module(convert-tile-to-nvvm,canonicalize,cse))' --split-input-file --verify-diagnostics | FileCheck %s

// A chunk of 16 bytes for each of 8 threads to a row of 128 bytes; 16 rows in a
// pass. Rows from %count on are zeros: no byte is read.
// CHECK-LABEL: gpu.func @copyRows
// CHECK-SAME: %{{[a-z0-9]*}}: !llvm.ptr<1>, %{{[a-z0-9]*}}: i64, %[[COUNT:[a-z0-9]*]]: i32
gpu.module @kernels {
  gpu.func @copyRows(%source: !llvm.ptr<1>, %stride: i64, %count: i32, %offset: i32) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    // CHECK-DAG: %[[TID:.*]] = nvvm.read.ptx.sreg.tid.x : i32
    // CHECK-DAG: %[[ROW:.*]] = arith.shrui %[[TID]], %c3_i32
    // CHECK-DAG: %[[CHUNK:.*]] = arith.andi %[[TID]], %c7_i32
    // CHECK-DAG: %[[COLUMN:.*]] = arith.shli %[[CHUNK]], %c4_i32
    // CHECK-DAG: %[[START:.*]] = arith.muli %[[ROW]], %c128_i32
    // CHECK: %[[OFFSET:.*]] = arith.addi %[[START]], %[[COLUMN]]
    // CHECK: %[[LINE:.*]] = arith.andi %[[ROW]], %c7_i32
    // CHECK: %[[SWIZZLE:.*]] = arith.shli %[[LINE]], %c4_i32
    // CHECK: arith.xori %[[OFFSET]], %[[SWIZZLE]]
    // CHECK: %[[EXISTS:.*]] = arith.cmpi slt, %[[ROW]], %[[COUNT]]
    // CHECK: %[[SIZE:.*]] = arith.select %[[EXISTS]], %c16_i32, %c0_i32
    // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %[[SIZE]]
    // CHECK: nvvm.cp.async.shared.global
    // CHECK-NOT: nvvm.cp.async.shared.global
    // CHECK: nvvm.cp.async.commit.group
    // CHECK: nvvm.cp.async.wait.group 1
    %tile = tile.shared %offset : !tile.shared<32x64xbf16, xor>
    %t = tile.copy_async %source stride %stride rows %count to %tile {width = 64 : i64}
        : !llvm.ptr<1> -> !tile.shared<32x64xbf16, xor>
    %group = tile.commit(%t)
    tile.wait %group {younger = 1 : i64}
    gpu.return
  }
}

// -----

// Pages of 64 and of 32 bytes: two and four rows are a line. Which of its chunks
// a thread writes is xored with s(l), times 16.
// CHECK-LABEL: gpu.func @copyPages
gpu.module @kernels {
  gpu.func @copyPages(%source: !llvm.ptr<1>, %stride: i64, %offset: i32) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    %rows = arith.constant 32 : i32
    // Of row t div 4: l = t div 8.
    // CHECK: %[[ROW:.*]] = arith.shrui %[[TID:.*]], %c2_i32
    // CHECK: %[[LINE:.*]] = arith.shrui %[[ROW]], %c1_i32
    // CHECK: %[[LOW:.*]] = arith.andi %[[LINE]], %c3_i32
    // CHECK: %[[TWO:.*]] = arith.shli %[[LOW]], %c4_i32
    // CHECK: %[[ONE:.*]] = arith.andi %[[LINE]], %c1_i32
    // CHECK: %[[HIGH:.*]] = arith.shli %[[ONE]], %c6_i32
    // CHECK: %[[SWIZZLE:.*]] = arith.xori %[[TWO]], %[[HIGH]]
    // CHECK: arith.xori %{{.*}}, %[[SWIZZLE]]
    // CHECK: nvvm.cp.async.shared.global
    // Of row t div 2: l = t div 8.
    // CHECK: %[[ROW2:.*]] = arith.shrui %[[TID]], %c1_i32
    // CHECK: %[[LINE2:.*]] = arith.shrui %[[ROW2]], %c2_i32
    // CHECK: %[[BIT:.*]] = arith.andi %[[LINE2]], %c1_i32
    // CHECK: %[[ONCE:.*]] = arith.shli %[[BIT]], %c4_i32
    // CHECK: %[[TWICE:.*]] = arith.shli %[[ONCE]], %c1_i32
    // CHECK: %[[SWIZZLE2:.*]] = arith.xori %[[ONCE]], %[[TWICE]]
    // CHECK: arith.xori %{{.*}}, %[[SWIZZLE2]]
    // CHECK: nvvm.cp.async.shared.global
    %tile = tile.shared %offset : !tile.shared<32x48xbf16, xor>
    %t = tile.copy_async %source stride %stride rows %rows to %tile {width = 48 : i64}
        : !llvm.ptr<1> -> !tile.shared<32x48xbf16, xor>
    %group = tile.commit(%t)
    tile.wait %group {younger = 0 : i64}
    gpu.return
  }
}

// -----

// All rows exist and all columns: no size. 24 of 32 columns: the fourth chunk of
// a row is zeros.
// CHECK-LABEL: gpu.func @copyWidth
gpu.module @kernels {
  gpu.func @copyWidth(%source: !llvm.ptr<1>, %stride: i64, %offset: i32) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    %rows = arith.constant 32 : i32
    %tile = tile.shared %offset : !tile.shared<32x32xbf16, xor>
    // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg : !llvm.ptr<3>, !llvm.ptr<1>
    %0 = tile.copy_async %source stride %stride rows %rows to %tile {width = 32 : i64}
        : !llvm.ptr<1> -> !tile.shared<32x32xbf16, xor>
    // CHECK: %[[REST:.*]] = arith.subi %c48_i32, %{{.*}}
    // CHECK: %[[MOST:.*]] = arith.minsi %[[REST]], %c16_i32
    // CHECK: %[[SIZE:.*]] = arith.maxsi %[[MOST]], %c0_i32
    // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %[[SIZE]]
    %1 = tile.copy_async %source stride %stride rows %rows to %tile {width = 24 : i64}
        : !llvm.ptr<1> -> !tile.shared<32x32xbf16, xor>
    gpu.return
  }
}

// -----

// One load for 16 keys and 16 features, one for 16 keys and 16 columns of values;
// known rows are in the address of the instruction.

gpu.module @kernels {
  // CHECK-LABEL: gpu.func @products
  gpu.func @products(%offset: i32, %row: i32, %target: !llvm.ptr<3>) {
    %tile = tile.shared %offset : !tile.shared<64x64xf16, xor>
    %c16 = arith.constant 16 : i32
    %zero = arith.constant 0.0 : f32
    %c = tile.fill %zero : f32 -> !tile.fragment<16x16xf32, accumulator>
    // CHECK: nvvm.ldmatrix %{{.*}} {{{.*}}layout = #nvvm.mma_layout<row>, num = 4 : i32
    %a = tile.load %tile[%row, 32] : !tile.shared<64x64xf16, xor> -> !tile.fragment<16x16xf16, a>
    // CHECK: nvvm.ldmatrix %{{.*}} {{{.*}}layout = #nvvm.mma_layout<row>, num = 4 : i32
    %k = tile.load %tile[%row, 0] : !tile.shared<64x64xf16, xor> -> !tile.fragment<16x16xf16, b>
    // CHECK: %[[AT:.*]] = llvm.getelementptr %{{.*}}[2048]
    // CHECK: nvvm.ldmatrix %[[AT]] {{{.*}}layout = #nvvm.mma_layout<col>, num = 4 : i32
    %v = tile.load %tile[%c16, 0] transposed : !tile.shared<64x64xf16, xor> -> !tile.fragment<16x16xf16, b>
    // CHECK-COUNT-2: nvvm.mma.sync A[{{.*}}] B[{{.*}}] C[{{.*}}] {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, {{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 16>}
    %s = tile.mma %a, %k, %c : !tile.fragment<16x16xf16, a>, !tile.fragment<16x16xf16, b>, !tile.fragment<16x16xf32, accumulator>
    // CHECK-COUNT-4: llvm.call_intrinsic "llvm.nvvm.ff2f16x2.rn"
    %p = tile.convert %s : !tile.fragment<16x16xf32, accumulator> -> !tile.fragment<16x16xf16, a>
    // CHECK-COUNT-2: nvvm.mma.sync
    %o = tile.mma %p, %v, %c : !tile.fragment<16x16xf16, a>, !tile.fragment<16x16xf16, b>, !tile.fragment<16x16xf32, accumulator>
    // CHECK-COUNT-4: nvvm.shfl.sync bfly
    %parts = tile.reduce_columns add %o : !tile.fragment<16x16xf32, accumulator> -> !tile.fragment<16xf32, row_parts>
    %sums = tile.reduce_lanes add %parts : !tile.fragment<16xf32, row_parts> -> !tile.fragment<16xf32, rows>
    // CHECK-COUNT-3: nvvm.shfl.sync bfly
    // CHECK-NOT: nvvm.shfl.sync
    %sum = tile.reduce_rows add %sums : !tile.fragment<16xf32, rows> -> f32
    llvm.store %sum, %target : f32, !llvm.ptr<3>
    gpu.return
  }
}

// -----

// Three products for f32, at once or in two parts, or one.
gpu.module @kernels {
  // CHECK-LABEL: gpu.func @exact
  gpu.func @exact(%offset: i32, %target: !llvm.ptr<3>) {
    %row = arith.constant 0 : i32
    %zero = arith.constant 0.0 : f32
    %tile = tile.shared %offset : !tile.shared<16x8xf32, xor>
    %c = tile.fill %zero : f32 -> !tile.fragment<16x8xf32, accumulator>
    %a = tile.load %tile[%row, 0] : !tile.shared<16x8xf32, xor> -> !tile.fragment<16x8xf32, a>
    // CHECK-COUNT-2: llvm.load %{{.*}} : !llvm.ptr<3> -> i32
    %b = tile.load %tile[%row, 0] transposed : !tile.shared<16x8xf32, xor> -> !tile.fragment<8x8xf32, b>
    // CHECK-COUNT-3: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<tf32>
    // CHECK-NOT: nvvm.mma.sync
    %s = tile.mma %a, %b, %c : !tile.fragment<16x8xf32, a>, !tile.fragment<8x8xf32, b>, !tile.fragment<16x8xf32, accumulator>
    %p = tile.reduce_columns max %s : !tile.fragment<16x8xf32, accumulator> -> !tile.fragment<16xf32, row_parts>
    %m = tile.reduce_lanes max %p : !tile.fragment<16xf32, row_parts> -> !tile.fragment<16xf32, rows>
    %x = tile.reduce_rows max %m : !tile.fragment<16xf32, rows> -> f32
    // CHECK: llvm.store
    llvm.store %x, %target : f32, !llvm.ptr<3>
    gpu.return
  }

  // The high parts alone, then the two products with a low part.
  // CHECK-LABEL: gpu.func @parts
  gpu.func @parts(%offset: i32, %target: !llvm.ptr<3>) {
    %row = arith.constant 0 : i32
    %zero = arith.constant 0.0 : f32
    %tile = tile.shared %offset : !tile.shared<16x8xf32, xor>
    %c = tile.fill %zero : f32 -> !tile.fragment<16x8xf32, accumulator>
    %a = tile.load %tile[%row, 0] : !tile.shared<16x8xf32, xor> -> !tile.fragment<16x8xf32, a>
    %b = tile.load %tile[%row, 0] transposed : !tile.shared<16x8xf32, xor> -> !tile.fragment<8x8xf32, b>
    // CHECK: %[[HIGH:.*]] = nvvm.mma.sync
    %high = tile.mma %a, %b, %c precision high : !tile.fragment<16x8xf32, a>, !tile.fragment<8x8xf32, b>, !tile.fragment<16x8xf32, accumulator>
    // CHECK: arith.subf
    // CHECK-COUNT-2: nvvm.mma.sync
    // CHECK-NOT: nvvm.mma.sync
    %low = tile.mma %a, %b, %c precision low : !tile.fragment<16x8xf32, a>, !tile.fragment<8x8xf32, b>, !tile.fragment<16x8xf32, accumulator>
    %sum = tile.map %high, %low : !tile.fragment<16x8xf32, accumulator>, !tile.fragment<16x8xf32, accumulator> -> !tile.fragment<16x8xf32, accumulator> {
      ^bb0(%r: i32, %x: f32, %y: f32):
        %z = arith.addf %x, %y : f32
        tile.yield %z : f32
    }
    %p = tile.reduce_columns max %sum : !tile.fragment<16x8xf32, accumulator> -> !tile.fragment<16xf32, row_parts>
    %m = tile.reduce_lanes max %p : !tile.fragment<16xf32, row_parts> -> !tile.fragment<16xf32, rows>
    %x = tile.reduce_rows max %m : !tile.fragment<16xf32, rows> -> f32
    // CHECK: llvm.store
    llvm.store %x, %target : f32, !llvm.ptr<3>
    gpu.return
  }

  // CHECK-LABEL: gpu.func @tf32
  gpu.func @tf32(%offset: i32, %target: !llvm.ptr<3>) {
    %row = arith.constant 0 : i32
    %zero = arith.constant 0.0 : f32
    %tile = tile.shared %offset : !tile.shared<16x8xf32, xor>
    %c = tile.fill %zero : f32 -> !tile.fragment<16x8xf32, accumulator>
    %a = tile.load %tile[%row, 0] : !tile.shared<16x8xf32, xor> -> !tile.fragment<16x8xf32, a>
    // CHECK-COUNT-2: llvm.load %{{.*}} : !llvm.ptr<3> -> i32
    %b = tile.load %tile[%row, 0] transposed : !tile.shared<16x8xf32, xor> -> !tile.fragment<8x8xf32, b>
    // CHECK-COUNT-1: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<tf32>
    // CHECK-NOT: nvvm.mma.sync
    %s = tile.mma %a, %b, %c precision tf32 : !tile.fragment<16x8xf32, a>, !tile.fragment<8x8xf32, b>, !tile.fragment<16x8xf32, accumulator>
    %p = tile.reduce_columns max %s : !tile.fragment<16x8xf32, accumulator> -> !tile.fragment<16xf32, row_parts>
    %m = tile.reduce_lanes max %p : !tile.fragment<16xf32, row_parts> -> !tile.fragment<16xf32, rows>
    %x = tile.reduce_rows max %m : !tile.fragment<16xf32, rows> -> f32
    // CHECK: llvm.store
    llvm.store %x, %target : f32, !llvm.ptr<3>
    gpu.return
  }
}

// -----

gpu.module @kernels {
  gpu.func @noBlockSize(%source: !llvm.ptr<1>, %stride: i64, %count: i32, %offset: i32) kernel {
    %tile = tile.shared %offset : !tile.shared<32x64xbf16, xor>
    // expected-error @below {{failed to legalize operation 'tile.copy_async'}}
    %t = tile.copy_async %source stride %stride rows %count to %tile {width = 64 : i64}
        : !llvm.ptr<1> -> !tile.shared<32x64xbf16, xor>
    gpu.return
  }
}

// -----

// Columns 8j + 2t + e of a lane: two biases are one load; a word of a mask has the bits of rows g and g + 8 in 16.
// Rows are alike here.
// CHECK-LABEL: gpu.func @masks
// CHECK: %[[PAIR:.*]] = llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xf32>
// CHECK-COUNT-2: llvm.intr.fma
// CHECK-NOT: llvm.intr.fma
// CHECK-COUNT-2: llvm.load %{{.*}} : !llvm.ptr<1> -> i16
// CHECK-NOT: llvm.load
// CHECK-COUNT-2: arith.cmpi ult
gpu.module @kernels {
  gpu.func @masks(%source: !llvm.ptr<1>, %c: f32, %low: i32, %high: i32, %position: i64, %stride: i64, %row: i32) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    %lows = tile.fill %low : i32 -> !tile.fragment<16xi32, rows>
    %highs = tile.fill %high : i32 -> !tile.fragment<16xi32, rows>
    %positions = tile.fill %position : i64 -> !tile.fragment<16xi64, rows>
    %x = tile.fill %c : f32 -> !tile.fragment<16x8xf32, accumulator>
    %0 = tile.bias %x, %c, %source : !tile.fragment<16x8xf32, accumulator>, !llvm.ptr<1>
    %1 = tile.mask_bits %0, %source, %row, %c : !tile.fragment<16x8xf32, accumulator>, !llvm.ptr<1>, f32
    %2 = tile.mask %1, %lows, %highs, %c : !tile.fragment<16x8xf32, accumulator>, !tile.fragment<16xi32, rows>, f32
    tile.store %2 to %source rows %positions strides %stride, %stride {width = 8 : i64}
        : !tile.fragment<16x8xf32, accumulator>, !llvm.ptr<1>, !tile.fragment<16xi64, rows>
    gpu.return
  }
}
