// RUN: dilated-opt %s --split-input-file --verify-diagnostics

func.func @f(%a: tensor<4xf32>, %b: tensor<4xf64>) {
  // expected-error @below {{expects element type of actual ('f32') to equal that of expected ('f64')}}
  check.expect_close %a, %b rtol(0.0) atol(0.0) : tensor<4xf32>, tensor<4xf64>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<5xf32>) {
  // expected-error @below {{expects shape of actual ('tensor<4xf32>') to agree with that of expected ('tensor<5xf32>')}}
  check.expect_close %a, %b rtol(0.0) atol(0.0) : tensor<4xf32>, tensor<5xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf32>) {
  // expected-error @below {{expects finite tolerances of at least 0}}
  check.expect_close %a, %a rtol(-1.0) atol(0.0) : tensor<4xf32>, tensor<4xf32>
  return
}
