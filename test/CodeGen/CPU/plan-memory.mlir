// RUN: dilated-opt %s --dilated-plan-memory=report --cse --split-input-file --verify-diagnostics | FileCheck %s

// One after the other: two buffers that are alive together, and a third in the
// place of the first.
// CHECK-LABEL: func.func private @main_scratch
// CHECK-SAME: -> index
// CHECK: %[[BYTES:.*]] = arith.constant 384 : index
// CHECK: return %[[BYTES]]
// CHECK-LABEL: func.func @main
// CHECK-SAME: dilated.scratch = @main_scratch
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C256:.*]] = arith.constant 256 : index
// CHECK-DAG: %[[BYTES:.*]] = arith.constant 384 : i64
// CHECK: %[[POINTER:.*]] = call @dilated_rt_scratch(%[[BYTES]])
// CHECK: llvm.insertvalue %[[POINTER]]
// CHECK: %[[ARENA:.*]] = builtin.unrealized_conversion_cast %{{.*}} to memref<?xi8>
// CHECK: memref.view %[[ARENA]][%[[C256]]][] : memref<?xi8> to memref<25xf32>
// CHECK: memref.view %[[ARENA]][%[[C0]]][] : memref<?xi8> to memref<8x8xf32>
// CHECK: memref.view %[[ARENA]][%[[C256]]][] : memref<?xi8> to memref<3xf64>
// CHECK-NOT: memref.alloc
// CHECK: func.func private @dilated_rt_scratch(i64) -> !llvm.ptr
// expected-remark @+1 {{3 of 3 buffers share one block of memory}}
func.func @main() {
  %a = memref.alloc() : memref<25xf32>
  func.call @use1(%a) : (memref<25xf32>) -> ()
  %b = memref.alloc() : memref<8x8xf32>
  func.call @both(%a, %b) : (memref<25xf32>, memref<8x8xf32>) -> ()
  %c = memref.alloc() : memref<3xf64>
  func.call @both2(%c, %b) : (memref<3xf64>, memref<8x8xf32>) -> ()
  return
}
func.func private @use1(memref<25xf32>)
func.func private @both(memref<25xf32>, memref<8x8xf32>)
func.func private @both2(memref<3xf64>, memref<8x8xf32>)

// -----

// Sizes of dynamic shape, through views; an alias keeps its buffer alive; equal
// sizes at one place are one offset.
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: memref<?x?x4xf32>)
// CHECK-DAG: %[[B:.*]] = memref.dim %[[X]], %c0
// CHECK-DAG: %[[N:.*]] = memref.dim %[[X]], %c1
// CHECK: %[[LOW:.*]], %[[HIGH:.*]] = arith.mului_extended %[[B]], %[[N]]
// CHECK-DAG: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[LOW]], %c0
// CHECK-DAG: %[[MORE:.*]] = arith.cmpi ne, %[[HIGH]], %c0
// CHECK: %[[WRAPPED:.*]] = arith.ori %[[MORE]], %[[NEGATIVE]]
// CHECK: %[[ROWS:.*]] = arith.select %[[WRAPPED]], %c9223372036854775744, %[[LOW]]
// CHECK: arith.mului_extended %[[ROWS]], %c16
// CHECK: %[[SELECTED:.*]] = arith.select %{{.*}}, %c9223372036854775744, %{{.*}}
// CHECK: %[[SUM:.*]] = arith.addi %[[SELECTED]], %c63
// CHECK: %[[BYTES:.*]] = arith.andi %[[SUM]], %c-64
// CHECK: %[[TWICE:.*]] = arith.addi %[[BYTES]], %[[BYTES]]
// CHECK: %[[OVERFLOW:.*]] = arith.cmpi slt, %[[TWICE]], %c0
// CHECK: %[[TOTAL:.*]] = arith.select %[[OVERFLOW]], %c9223372036854775744, %[[TWICE]]
// CHECK: %[[I64:.*]] = arith.index_cast %[[TOTAL]]
// CHECK: call @dilated_rt_scratch(%[[I64]])
// CHECK: memref.view %{{.*}}[%c0][%[[B]], %[[N]]] : memref<?xi8> to memref<?x?x4xf32>
// CHECK: memref.view %{{.*}}[%[[BYTES]]][%{{.*}}] : memref<?xi8> to memref<?x4xf32>
// CHECK: memref.view %{{.*}}[%c0][%[[B]], %{{.*}}] : memref<?xi8> to memref<?x?x4xf32>
// expected-remark @+1 {{3 of 3 buffers share one block of memory}}
func.func @main(%x: memref<?x?x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %batch = memref.dim %x, %c0 : memref<?x?x4xf32>
  %n = memref.dim %x, %c1 : memref<?x?x4xf32>
  %a = memref.alloc(%batch, %n) : memref<?x?x4xf32>
  memref.copy %x, %a : memref<?x?x4xf32> to memref<?x?x4xf32>
  %flat = memref.collapse_shape %a [[0, 1], [2]] : memref<?x?x4xf32> into memref<?x4xf32>
  %rows = memref.dim %flat, %c0 : memref<?x4xf32>
  %b = memref.alloc(%rows) : memref<?x4xf32>
  memref.copy %flat, %b : memref<?x4xf32> to memref<?x4xf32>
  %expanded = memref.expand_shape %b [[0, 1], [2]] output_shape [%batch, %n, 4] : memref<?x4xf32> into memref<?x?x4xf32>
  %n2 = memref.dim %expanded, %c1 : memref<?x?x4xf32>
  %c = memref.alloc(%batch, %n2) : memref<?x?x4xf32>
  memref.copy %expanded, %c : memref<?x?x4xf32> to memref<?x?x4xf32>
  memref.copy %c, %x : memref<?x?x4xf32> to memref<?x?x4xf32>
  return
}

// -----

// Which of %a and %c is larger is known at run time only: %b begins above both.
// CHECK-LABEL: func.func @main
// CHECK: %[[ABOVE:.*]] = arith.maxsi
// CHECK: call @dilated_rt_scratch
// CHECK-DAG: memref.view %{{.*}}[%c0][%{{.*}}] : memref<?xi8> to memref<?xf32>
// CHECK-DAG: memref.view %{{.*}}[%[[ABOVE]]][] : memref<?xi8> to memref<10xf32>
// CHECK-DAG: memref.view %{{.*}}[%c0][%{{.*}}] : memref<?xi8> to memref<?xf32>
// expected-remark @+1 {{3 of 3 buffers share one block of memory}}
func.func @main(%x: memref<?xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %m = memref.dim %y, %c0 : memref<?xf32>
  %a = memref.alloc(%n) : memref<?xf32>
  %b = memref.alloc() : memref<10xf32>
  func.call @use(%a, %b) : (memref<?xf32>, memref<10xf32>) -> ()
  %c = memref.alloc(%m) : memref<?xf32>
  func.call @use(%c, %b) : (memref<?xf32>, memref<10xf32>) -> ()
  return
}
func.func private @use(memref<?xf32>, memref<10xf32>)

// -----

// A divisor that may be zero must not trap where the sizes are computed: nothing
// has been checked there.
// CHECK-LABEL: func.func private @main_scratch
// CHECK: %[[N:.*]] = memref.dim
// CHECK: %[[ZERO:.*]] = arith.cmpi eq, %[[N]], %c0
// CHECK: %[[DIVISOR:.*]] = arith.select %[[ZERO]], %c1, %[[N]]
// CHECK: arith.ceildivsi %c100, %[[DIVISOR]]
// CHECK-LABEL: func.func @main
// expected-remark @+1 {{1 of 1 buffers share one block of memory}}
func.func @main(%x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c100 = arith.constant 100 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %nonzero = arith.cmpi ne, %n, %c0 : index
  cf.assert %nonzero, "empty"
  %count = arith.ceildivsi %c100, %n : index
  %a = memref.alloc(%count) : memref<?xf32>
  func.call @use(%a) : (memref<?xf32>) -> ()
  return
}
func.func private @use(memref<?xf32>)

// -----

// Static sizes that overflow give an arena that can't be had.
// CHECK-LABEL: func.func @main
// CHECK: call @dilated_rt_scratch(%c9223372036854775744_i64)
// expected-remark @+1 {{2 of 2 buffers share one block of memory}}
func.func @main() {
  %a = memref.alloc() : memref<4611686018427387904x4xf32>
  %b = memref.alloc() : memref<4xf32>
  func.call @use(%a, %b) : (memref<4611686018427387904x4xf32>, memref<4xf32>) -> ()
  return
}
func.func private @use(memref<4611686018427387904x4xf32>, memref<4xf32>)

// -----

// Aliases through branches and loops: %a and %b may be read by the last use.
// CHECK-LABEL: func.func @main
// CHECK-DAG: memref.view %{{.*}}[%c0][]
// CHECK-DAG: memref.view %{{.*}}[%c64][]
// CHECK-DAG: memref.view %{{.*}}[%c128][]
// expected-remark @+1 {{3 of 3 buffers share one block of memory}}
func.func @main(%condition: i1, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<4xf32>
  func.call @use(%a) : (memref<4xf32>) -> ()
  %chosen = scf.if %condition -> memref<4xf32> {
    scf.yield %a : memref<4xf32>
  } else {
    %b = memref.alloc() : memref<4xf32>
    func.call @use(%b) : (memref<4xf32>) -> ()
    scf.yield %b : memref<4xf32>
  }
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%state = %chosen) -> memref<4xf32> {
    func.call @use(%state) : (memref<4xf32>) -> ()
    scf.yield %state : memref<4xf32>
  }
  %c = memref.alloc() : memref<4xf32>
  func.call @use(%c) : (memref<4xf32>) -> ()
  func.call @use(%last) : (memref<4xf32>) -> ()
  func.call @use(%c) : (memref<4xf32>) -> ()
  return
}
func.func private @use(memref<4xf32>)

// -----

// A buffer of one iteration is planned; one that the next iteration reads is not.
// CHECK-LABEL: func.func @main
// CHECK: memref.view
// CHECK: scf.for
// CHECK: %[[NEXT:.*]] = memref.alloc() : memref<4xf32>
// CHECK: memref.view
// CHECK: scf.yield %[[NEXT]]
// expected-remark @+1 {{2 of 3 buffers share one block of memory}}
func.func @main(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<4xf32>
  func.call @use(%a) : (memref<4xf32>) -> ()
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%state = %a) -> memref<4xf32> {
    %next = memref.alloc() : memref<4xf32>
    %inner = memref.alloc() : memref<4xf32>
    func.call @use(%inner) : (memref<4xf32>) -> ()
    memref.copy %inner, %next : memref<4xf32> to memref<4xf32>
    scf.yield %next : memref<4xf32>
  }
  func.call @use(%last) : (memref<4xf32>) -> ()
  return
}
func.func private @use(memref<4xf32>)

// -----

// On the heap: a size that comes from data or from a loop, a buffer that is freed
// by hand, one whose address is taken, one that is returned, a layout, an alignment.
// CHECK-LABEL: func.func @main
// CHECK-NOT: dilated_rt_scratch
// CHECK-COUNT-7: memref.alloc
// expected-remark @+1 {{0 of 7 buffers share one block of memory}}
func.func @main(%x: memref<2xindex>, %n: index) -> memref<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %size = memref.load %x[%c0] : memref<2xindex>
  %a = memref.alloc(%size) : memref<?xf32>
  func.call @use(%a) : (memref<?xf32>) -> ()
  scf.for %i = %c0 to %n step %c1 {
    %b = memref.alloc(%i) : memref<?xf32>
    func.call @use(%b) : (memref<?xf32>) -> ()
  }
  %c = memref.alloc() : memref<4xf32>
  memref.dealloc %c : memref<4xf32>
  %d = memref.alloc() : memref<4xf32>
  %address = memref.extract_aligned_pointer_as_index %d : memref<4xf32> -> index
  func.call @use_index(%address) : (index) -> ()
  %e = memref.alloc() : memref<4xf32>
  %f = memref.alloc() : memref<4xf32, strided<[2]>>
  func.call @use_strided(%f) : (memref<4xf32, strided<[2]>>) -> ()
  %g = memref.alloc() {alignment = 4096 : i64} : memref<4xf32>
  %gd = memref.cast %g : memref<4xf32> to memref<?xf32>
  func.call @use(%gd) : (memref<?xf32>) -> ()
  return %e : memref<4xf32>
}
func.func private @use(memref<?xf32>)
func.func private @use_index(index)
func.func private @use_strided(memref<4xf32, strided<[2]>>)

// -----

// Parallel loops are the business of another pass; a buffer outside of one is in
// use during all of it.
// CHECK-LABEL: func.func @main
// CHECK-DAG: memref.view %{{.*}}[%c0][]
// CHECK-DAG: memref.view %{{.*}}[%c64][]
// CHECK: scf.forall
// CHECK: memref.alloc
// expected-remark @+1 {{2 of 2 buffers share one block of memory}}
func.func @main() {
  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<4xf32>
  scf.forall (%i) in (8) {
    %c = memref.alloc() : memref<4xf32>
    memref.copy %a, %c : memref<4xf32> to memref<4xf32>
    memref.copy %c, %b : memref<4xf32> to memref<4xf32>
  }
  return
}
