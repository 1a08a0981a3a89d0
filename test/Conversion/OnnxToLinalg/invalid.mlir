// RUN: dilated-opt --convert-onnx-to-linalg --split-input-file --verify-diagnostics %s

// One error per broken rule, with the node and what is supported.

// Every problem is reported in one run; what follows from one is not.

func.func @all_at_once(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{node 'first' (index 0, ai.onnx Frobnicate, opset 18) on f32[2, 3]: the operator is not known; --list-ops prints what is}}
  %0 = onnx.node "Frobnicate"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "first", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %1 = onnx.node "Neg"(%0) {attributes = {}, domain = "", index = 1 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  // expected-error @+1 {{node 'third' (index 2, ai.onnx Loop, opset 18) on unknown, nothing: the operator is not known}}
  %2 = onnx.node "Loop"(%1) {absent = array<i64: 1>, attributes = {}, domain = "", index = 2 : i64, node = "third", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  // expected-error @+1 {{node 'fourth' (index 3, com.microsoft Gelu, opset 1) on f32[2, 3]: the operator is not known}}
  %3 = onnx.node "Gelu"(%x) {attributes = {}, domain = "com.microsoft", index = 3 : i64, node = "fourth", opset = 1 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %r = builtin.unrealized_conversion_cast %2 : !onnx.value to tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}

// -----

func.func @too_old(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{the operator at version 19 is not known; supported are versions 20 to 23}}
  %0 = onnx.node "Gelu"(%a0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 19 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @too_new(%a0: tensor<2x3xf32>, %a1: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{the operator at version 24 is not known; supported are versions 7 to 23}}
  %0 = onnx.node "Add"(%a0, %a1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 24 : i64}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @inputs(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{has 1 inputs, expected 2}}
  %0 = onnx.node "Add"(%a0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @absent(%a0: tensor<2x3xf32>, %a1: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{required input 1 is absent}}
  %0 = onnx.node "Gemm"(%a0, %a1) {absent = array<i64: 1>, attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @outputs(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{has 2 outputs, expected at most 1}}
  %0, %1 = onnx.node "Neg"(%a0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>) -> (!onnx.value, !onnx.value)
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @types(%a0: tensor<2x3xf32>, %a1: tensor<2x3xf64>) -> tensor<?xf32> {
  // expected-error @+1 {{inputs 0 and 1 have different element types, 'f32' and 'f64'}}
  %0 = onnx.node "Add"(%a0, %a1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2x3xf64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @kinds(%a0: tensor<2xi64>) -> tensor<?xf32> {
  // expected-error @+1 {{input 0 has element type 'i64'; supported are f16, bf16, f32, f64}}
  %0 = onnx.node "Sqrt"(%a0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @broadcast(%a0: tensor<2x3xf32>, %a1: tensor<4xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{sizes 3 and 4 do not broadcast in dimension 1}}
  %0 = onnx.node "Add"(%a0, %a1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<4xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @inner(%a0: tensor<2x3xf32>, %a1: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{inner sizes differ: 3 and 2}}
  %0 = onnx.node "MatMul"(%a0, %a1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @gemm_rank(%a0: tensor<2x2x3xf32>, %a1: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{input 0 has rank 3, expected 2}}
  %0 = onnx.node "Gemm"(%a0, %a1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x2x3xf32>, tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @gemm_addend(%a0: tensor<2x3xf32>, %a1: tensor<3x5xf32>, %a2: tensor<4xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{size 4 of input 2 does not repeat to 5}}
  %0 = onnx.node "Gemm"(%a0, %a1, %a2) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<3x5xf32>, tensor<4xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @stash(%a0: tensor<2x3xf32>, %a1: tensor<3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{attribute 'stash_type' is 16; supported is 1 (f32)}}
  %0 = onnx.node "LayerNormalization"(%a0, %a1) {attributes = {stash_type = 16 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @axis(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{axis 2 is outside of [-2, 1]}}
  %0 = onnx.node "Softmax"(%a0) {attributes = {axis = 2 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @cast_type(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{casts to element type 8 of TensorProto; supported are 1 (f32)}}
  %0 = onnx.node "Cast"(%a0) {attributes = {to = 8 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @cast_missing(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{required attribute 'to' is missing}}
  %0 = onnx.node "Cast"(%a0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @permutation(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{attribute 'perm' is not a permutation of 2 dimensions}}
  %0 = onnx.node "Transpose"(%a0) {attributes = {perm = array<i64: 0, 0>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @concat(%a0: tensor<2x3xf32>, %a1: tensor<2x4xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{inputs 0 and 1 differ in dimension 1: 3 and 4}}
  %0 = onnx.node "Concat"(%a0, %a1) {attributes = {axis = 0 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2x4xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @squeeze_dynamic(%a0: tensor<?x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{squeezes every dimension of size 1, but dimension 0 is known only at run time}}
  %0 = onnx.node "Squeeze"(%a0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @squeeze(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<1> : tensor<1xi64>
  // expected-error @+1 {{squeezes dimension 1 of size 3}}
  %0 = onnx.node "Squeeze"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @reshape(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<[4, 2]> : tensor<2xi64>
  // expected-error @+1 {{a reshape of 6 elements to 8}}
  %0 = onnx.node "Reshape"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @reshape_infer(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<[4, -1]> : tensor<2xi64>
  // expected-error @+1 {{cannot infer -1: 6 elements are not a multiple of 4}}
  %0 = onnx.node "Reshape"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @reshape_twice(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<[-1, -1]> : tensor<2xi64>
  // expected-error @+1 {{entries 0 and 1 of the sizes are both -1}}
  %0 = onnx.node "Reshape"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @reshape_copy(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<[2, 3, 0]> : tensor<3xi64>
  // expected-error @+1 {{entry 2 of the sizes is 0, but the tensor has rank 2}}
  %0 = onnx.node "Reshape"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<3xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @reshape_huge(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<[4611686018427387904, 4611686018427387904, -1]> : tensor<3xi64>
  // expected-error @+1 {{the number of elements does not fit 64 bits}}
  %0 = onnx.node "Reshape"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<3xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @expand(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<[2, 4]> : tensor<2xi64>
  // expected-error @+1 {{dimension 1 of size 3 does not expand to 4}}
  %0 = onnx.node "Expand"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @negative_size() -> tensor<?xf32> {
  %c0 = arith.constant dense<[4, -2]> : tensor<2xi64>
  // expected-error @+1 {{a size is negative (-2)}}
  %0 = onnx.node "ConstantOfShape"(%c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @axes_unknown(%a0: tensor<2x3xf32>, %a1: tensor<1xi64>) -> tensor<?xf32> {
  // expected-error @+1 {{the axes (input 1) are not known before the run; supported are constants and what follows from static shapes}}
  %0 = onnx.node "ReduceSum"(%a0, %a1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @axes_twice(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<[1, -1]> : tensor<2xi64>
  // expected-error @+1 {{axis -1 is listed twice}}
  %0 = onnx.node "ReduceSum"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @gather(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<2> : tensor<i64>
  // expected-error @+1 {{index 2 is outside of [-2, 1]}}
  %0 = onnx.node "Gather"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<i64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @gather_nd(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<[[0, 0, 0]]> : tensor<1x3xi64>
  // expected-error @+1 {{indices of 3 entries into a tensor of rank 2 with 0 batch dimensions}}
  %0 = onnx.node "GatherND"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<1x3xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @scatter(%a0: tensor<2x3xf32>, %a1: tensor<1x1xi64>, %a2: tensor<1x4xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{dimension 1 of the updates is 4, expected 3}}
  %0 = onnx.node "ScatterND"(%a0, %a1, %a2) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<1x1xi64>, tensor<1x4xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @scatter_reduction(%a0: tensor<2x3xf32>, %a1: tensor<1x1xi64>, %a2: tensor<1x3xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{attribute 'reduction' is 'max'; supported are 'none', 'add', 'mul'}}
  %0 = onnx.node "ScatterND"(%a0, %a1, %a2) {attributes = {reduction = "max"}, domain = "", index = 0 : i64, node = "n", opset = 17 : i64}
      : (tensor<2x3xf32>, tensor<1x1xi64>, tensor<1x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @pad_mode(%a0: tensor<2x3xf32>, %a1: tensor<4xi64>) -> tensor<?xf32> {
  // expected-error @+1 {{attribute 'mode' is 'wrap'; supported are 'constant', 'reflect', 'edge'}}
  %0 = onnx.node "Pad"(%a0, %a1) {attributes = {mode = "wrap"}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<4xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @pads(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<1> : tensor<3xi64>
  // expected-error @+1 {{has 3 pads for 2 axes, expected 4}}
  %0 = onnx.node "Pad"(%a0, %c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<3xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @slice(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<0> : tensor<1xi64>
  %c1 = arith.constant dense<1> : tensor<2xi64>
  // expected-error @+1 {{starts, ends, axes and steps have lengths 1, 2, 1 and 1}}
  %0 = onnx.node "Slice"(%a0, %c0, %c1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<1xi64>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @step(%a0: tensor<2x3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant dense<0> : tensor<1xi64>
  %c1 = arith.constant dense<1> : tensor<1xi64>
  %c2 = arith.constant dense<0> : tensor<1xi64>
  %c3 = arith.constant dense<0> : tensor<1xi64>
  // expected-error @+1 {{the step of axis 0 is 0}}
  %0 = onnx.node "Slice"(%a0, %c0, %c1, %c2, %c3) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @range() -> tensor<?xf32> {
  %c0 = arith.constant dense<0> : tensor<i64>
  %c1 = arith.constant dense<1> : tensor<i64>
  %c2 = arith.constant dense<0> : tensor<i64>
  // expected-error @+1 {{the step is 0}}
  %0 = onnx.node "Range"(%c0, %c1, %c2) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<i64>, tensor<i64>, tensor<i64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @unranked(%a0: tensor<*xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{input 0 has type 'tensor<*xf32>', expected a tensor of known rank}}
  %0 = onnx.node "Neg"(%a0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<*xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// -----

func.func @result_type(%x: tensor<2x3xf32>) -> (tensor<2x4xf32> {dilated.name = "out"}) {
  %0 = onnx.node "Neg"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  // expected-error @+1 {{output 'out': is declared as f32[2, 4], but the graph computes f32[2, 3]}}
  %r = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

// expected-error @+1 {{inputs 'a' and 'b' have different sizes for dimension 'n': 2 and 3}}
func.func @symbols(%x: tensor<2xf32> {dilated.name = "a", dilated.symbols = ["n"]}, %y: tensor<3xf32> {dilated.name = "b", dilated.symbols = ["n"]}) {
  return
}

// -----

func.func @absurd_size() -> tensor<?x?xf32> {
  %c0 = arith.constant dense<4611686018427387904> : tensor<2xi64>
  // expected-error @+1 {{output 0 has more bytes than fit 64 bits}}
  %0 = onnx.node "ConstantOfShape"(%c0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x?xf32>
  return %r0 : tensor<?x?xf32>
}

// -----

func.func @element_type(%x: tensor<?x20xindex>) -> tensor<?x20xindex> {
  // expected-error @+1 {{input 0 has element type 'index'; supported are f32, f64, f16, bf16, i64, i32, i16, i8 and i1}}
  %0 = onnx.node "Transpose"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x20xindex>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x20xindex>
  return %r0 : tensor<?x20xindex>
}

// -----

func.func @element_type(%x: tensor<?x20xcomplex<f32>>) -> tensor<?x20xcomplex<f32>> {
  // expected-error @+1 {{input 0 has element type 'complex<f32>'; supported are f32, f64, f16, bf16, i64, i32, i16, i8 and i1}}
  %0 = onnx.node "Transpose"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x20xcomplex<f32>>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x20xcomplex<f32>>
  return %r0 : tensor<?x20xcomplex<f32>>
}

// -----

func.func @element_type(%x: tensor<?x20x!quant.uniform<i8:f32, 1.0>>) -> tensor<?x20x!quant.uniform<i8:f32, 1.0>> {
  // expected-error @+1 {{input 0 has element type '!quant.uniform<i8:f32, 1.000000e+00>'; supported are f32, f64, f16, bf16, i64, i32, i16, i8 and i1}}
  %0 = onnx.node "Transpose"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x20x!quant.uniform<i8:f32, 1.0>>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x20x!quant.uniform<i8:f32, 1.0>>
  return %r0 : tensor<?x20x!quant.uniform<i8:f32, 1.0>>
}

// -----

func.func @element_type(%x: tensor<?x20xf8E5M2>) -> tensor<?x20xf8E5M2> {
  // expected-error @+1 {{input 0 has element type 'f8E5M2'; supported are f32, f64, f16, bf16, i64, i32, i16, i8 and i1}}
  %0 = onnx.node "Transpose"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x20xf8E5M2>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x20xf8E5M2>
  return %r0 : tensor<?x20xf8E5M2>
}

// -----

func.func @element_type(%x: tensor<?x20xi4>) -> tensor<?x20xi4> {
  // expected-error @+1 {{input 0 has element type 'i4'; supported are f32, f64, f16, bf16, i64, i32, i16, i8 and i1}}
  %0 = onnx.node "Transpose"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x20xi4>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x20xi4>
  return %r0 : tensor<?x20xi4>
}

// -----

func.func @element_type(%x: tensor<?x20xui8>) -> tensor<?x20xui8> {
  // expected-error @+1 {{input 0 has element type 'ui8'; supported are f32, f64, f16, bf16, i64, i32, i16, i8 and i1}}
  %0 = onnx.node "Transpose"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x20xui8>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x20xui8>
  return %r0 : tensor<?x20xui8>
}
