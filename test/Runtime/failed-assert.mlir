// A check inside the model that does not hold ends the run with its message.
// RUN: dilated-run %s --input a=4xf32=1 | FileCheck %s
// CHECK: result0: 4xf32 = 1 1 1 1
// RUN: not dilated-run %s --input a=3xf32=1 2>&1 | FileCheck %s --check-prefix=FAIL
// FAIL: dilated-run: error: {{.*}}failed-assert.mlir: the length is odd

func.func @main(%a: tensor<?xf32> {dilated.name = "a"}) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %a, %c0 : tensor<?xf32>
  %rest = arith.remui %n, %c2 : index
  %even = arith.cmpi eq, %rest, %c0 : index
  cf.assert %even, "the length is odd"
  return %a : tensor<?xf32>
}
