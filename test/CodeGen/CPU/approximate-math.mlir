// RUN: dilated-opt %s --dilated-approximate-math | FileCheck %s

// CHECK-LABEL: func.func @f32
func.func @f32(%v: vector<16xf32>, %x: f32) -> (vector<16xf32>, f32) {
  // CHECK-NOT: math.erf
  // CHECK-NOT: math.exp
  // CHECK: math.fma
  // CHECK: return
  %0 = math.erf %v : vector<16xf32>
  %1 = math.exp %x : f32
  return %0, %1 : vector<16xf32>, f32
}

// CHECK-LABEL: func.func @kept
func.func @kept(%v: vector<8xf64>, %x: f32) -> (vector<8xf64>, f32) {
  // CHECK: math.erf %{{.*}} : vector<8xf64>
  // CHECK: math.sin
  %0 = math.erf %v : vector<8xf64>
  %1 = math.sin %x : f32
  return %0, %1 : vector<8xf64>, f32
}
