// Integer powers have no vector form: they become functions before vectors
// are lowered, and nothing of them is left.
// RUN: dilated-opt %s --pipeline-kernel --pipeline-llvm | FileCheck %s

// CHECK: llvm.func {{.*}}ipowi
// CHECK-NOT: math.ipowi
func.func @main(%x: tensor<32xi64>, %n: tensor<32xi64>) -> tensor<32xi64> {
  %empty = tensor.empty() : tensor<32xi64>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                       iterator_types = ["parallel"]}
      ins(%x, %n : tensor<32xi64>, tensor<32xi64>) outs(%empty : tensor<32xi64>) {
  ^bb0(%a: i64, %b: i64, %o: i64):
    %p = math.ipowi %a, %b : i64
    linalg.yield %p : i64
  } -> tensor<32xi64>
  return %y : tensor<32xi64>
}
