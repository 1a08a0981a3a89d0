// RUN: dilated-opt %s --split-input-file --dilated-isolate-names | FileCheck %s
// RUN: dilated-opt %s --split-input-file --dilated-isolate-names=entry=none | FileCheck %s --check-prefix=NONE

// NONE: func.func @main
// NONE: func.func @memcpy
// NONE: memref.global constant @malloc

// Definitions become private and get a prefix, once; declarations are somebody
// else's names.
// CHECK: func.func @main
// CHECK:   call @model.memcpy
// CHECK:   call @model.model.memcpy
// CHECK:   call @elsewhere
// CHECK:   memref.get_global @model.malloc
// CHECK: func.func private @model.memcpy
// CHECK: func.func private @model.model.memcpy
// CHECK: func.func private @elsewhere
// CHECK: memref.global "private" constant @model.malloc
func.func @main() {
  call @memcpy() : () -> ()
  call @model.memcpy() : () -> ()
  call @elsewhere() : () -> ()
  %0 = memref.get_global @malloc : memref<1xf32>
  return
}
func.func @memcpy() {
  return
}
func.func private @model.memcpy() {
  return
}
func.func private @elsewhere()
memref.global constant @malloc : memref<1xf32> = dense<0.0>

// -----

// Without an entry a module is not a program.
// CHECK: func.func @memcpy
func.func private @main()
func.func @memcpy() {
  return
}
