// The maximum of negative numbers where the last vector is not full: lanes
// outside the mask must not win.
// RUN: %python -c "import numpy; numpy.save('%t.max.npy', numpy.full(4, -10, numpy.float32))"
// RUN: dilated-run %s --input x=4x17xf32=-10 --expected max=@%t.max.npy --rtol 0 --atol 0
// RUN: dilated-run %s --input x=4x1xf32=-10 --expected max=@%t.max.npy --rtol 0 --atol 0

#row = affine_map<(i, j) -> (i)>
#all = affine_map<(i, j) -> (i, j)>
func.func @main(%x: tensor<4x?xf32> {dilated.name = "x"}) -> (tensor<4xf32> {dilated.name = "max"}) {
  %none = arith.constant 0xFF800000 : f32
  %empty = tensor.empty() : tensor<4xf32>
  %init = linalg.fill ins(%none : f32) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  %max = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x?xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%v: f32, %m: f32):
    %s = arith.maximumf %v, %m : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %max : tensor<4xf32>
}
