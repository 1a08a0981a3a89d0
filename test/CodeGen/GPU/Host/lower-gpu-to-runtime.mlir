// RUN: dilated-opt %s --dilated-lower-gpu-to-runtime --canonicalize --cse | FileCheck %s

module attributes {gpu.container_module} {
  // CHECK-LABEL: func.func @main
  func.func @main(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32>, %n: index, %blocks: index, %shared: i32, %scale: f32, %size: i64, %map: !llvm.array<128 x i8>) {
    // CHECK-DAG: %[[NAME:.*]] = llvm.mlir.addressof @dilated_kernel_name
    // CHECK-DAG: %[[SIZES:.*]] = llvm.mlir.addressof @dilated_kernel_sizes
    %c1 = arith.constant 1 : index
    %c128 = arith.constant 128 : index
    // 32 n bytes, aligned by whoever allocates.
    // CHECK: %[[BYTES:.*]] = arith.muli %{{.*}}, %c32
    // CHECK: %[[D:.*]] = call @dilated_rt_device_alloc({{.*}}) : (i64) -> !llvm.ptr
    %d = gpu.alloc (%n) : memref<?x8xf32>
    // Sizes, strides there, strides here.
    // CHECK: call @dilated_rt_device_copy(%{{.*}}, %{{.*}}, %c4_i64, %c2_i64, %{{.*}}) : (!llvm.ptr, !llvm.ptr, i64, i64, !llvm.ptr) -> ()
    gpu.memcpy %d, %x : memref<?x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>
    %address = memref.extract_aligned_pointer_as_index %d : memref<?x8xf32> -> index
    %number = arith.index_cast %address : index to i64
    %pointer = llvm.inttoptr %number : i64 to !llvm.ptr
    // Numbers in eight bytes each, arrays as they are.
    // CHECK: %[[BITS:.*]] = arith.bitcast %{{.*}} : f32 to i32
    // CHECK: arith.extui %[[BITS]] : i32 to i64
    // CHECK: llvm.store %{{.*}}, %{{.*}} : !llvm.array<128 x i8>, !llvm.ptr
    // CHECK: call @dilated_rt_device_launch(%[[NAME]], %{{.*}}, %c4_i64, %[[SIZES]], %{{.*}}) : (!llvm.ptr, !llvm.ptr, i64, !llvm.ptr, !llvm.ptr) -> ()
    gpu.launch_func @kernels::@scale blocks in (%blocks, %c1, %c1) threads in (%c128, %c1, %c1)
      dynamic_shared_memory_size %shared args(%pointer : !llvm.ptr, %scale : f32, %map : !llvm.array<128 x i8>, %size : i64)
    // CHECK: call @dilated_rt_device_copy
    gpu.memcpy %y, %d : memref<?x8xf32>, memref<?x8xf32>
    // CHECK: call @dilated_rt_device_free
    gpu.dealloc %d : memref<?x8xf32>
    // CHECK-NEXT: return
    return
  }
  // CHECK: gpu.module @kernels
  gpu.module @kernels {
    gpu.func @scale(%p: !llvm.ptr, %s: f32, %m: !llvm.array<128 x i8>, %n: i64) kernel {
      gpu.return
    }
  }
  // CHECK-DAG: llvm.mlir.global internal constant @dilated_kernel_name("scale\00")
  // CHECK-DAG: llvm.mlir.global internal constant @dilated_kernel_sizes(dense<[8, 4, 128, 8]> : tensor<4xi64>)
}
