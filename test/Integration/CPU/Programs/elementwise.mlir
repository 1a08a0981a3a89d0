// Elementwise operators written on tensors, and integers that no machine divides.
// RUN: dilated-run %s | FileCheck %s
// CHECK: 6 checks passed, 0 failed

func.func @main() {
  %x = arith.constant dense<[7, -7, 5, -2147483648, 0]> : tensor<5xi32>
  %y = arith.constant dense<[2, 2, 0, -1, 0]> : tensor<5xi32>
  %quotient = arith.divsi %x, %y : tensor<5xi32>
  %expected_quotient = arith.constant dense<[3, -3, 0, -2147483648, 0]> : tensor<5xi32>
  check.expect_close %quotient, %expected_quotient rtol(0.0) atol(0.0) : tensor<5xi32>, tensor<5xi32>
  %rest = arith.remsi %x, %y : tensor<5xi32>
  %expected_rest = arith.constant dense<[1, -1, 0, 0, 0]> : tensor<5xi32>
  check.expect_close %rest, %expected_rest rtol(0.0) atol(0.0) : tensor<5xi32>, tensor<5xi32>
  %floor = arith.floordivsi %x, %y : tensor<5xi32>
  %expected_floor = arith.constant dense<[3, -4, 0, -2147483648, 0]> : tensor<5xi32>
  check.expect_close %floor, %expected_floor rtol(0.0) atol(0.0) : tensor<5xi32>, tensor<5xi32>

  %a = arith.constant dense<[1.5, -2.5, 0.0]> : tensor<3xf32>
  %absolute = math.absf %a : tensor<3xf32>
  %expected_absolute = arith.constant dense<[1.5, 2.5, 0.0]> : tensor<3xf32>
  check.expect_close %absolute, %expected_absolute rtol(0.0) atol(0.0) : tensor<3xf32>, tensor<3xf32>
  %negative = arith.negf %absolute : tensor<3xf32>
  %expected_negative = arith.constant dense<[-1.5, -2.5, 0.0]> : tensor<3xf32>
  check.expect_close %negative, %expected_negative rtol(0.0) atol(0.0) : tensor<3xf32>, tensor<3xf32>
  %less = arith.cmpf olt, %a, %absolute : tensor<3xf32>
  %chosen = arith.select %less, %a, %expected_absolute : tensor<3xi1>, tensor<3xf32>
  check.expect_close %chosen, %a rtol(0.0) atol(0.0) : tensor<3xf32>, tensor<3xf32>
  return
}
