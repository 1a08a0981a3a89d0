// One case per precondition of onnx.node.
// RUN: dilated-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects an operator name}}
  %0 = onnx.node ""(%x) {attributes = {}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects opset (0) to be at least 1}}
  %0 = onnx.node "Relu"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "", opset = 0 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects index (-3) to be at least 0}}
  %0 = onnx.node "Relu"(%x) {attributes = {}, domain = "", index = -3 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{requires attribute 'node_attributes'}}
  %0 = onnx.node "Relu"(%x) {domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects absent positions to increase from 0, but 1 follows 1}}
  %0 = onnx.node "Clip"(%x) {absent = array<i64: 1, 1>, attributes = {}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects absent positions to increase from 0, but -1 follows -1}}
  %0 = onnx.node "Clip"(%x) {absent = array<i64: -1>, attributes = {}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects absent position (5) to be below the number of inputs (2)}}
  %0 = onnx.node "Clip"(%x) {absent = array<i64: 5>, attributes = {}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects attribute 'axis' to have the form of an ONNX attribute, not 1 : i32}}
  %0 = onnx.node "Softmax"(%x) {attributes = {axis = 1 : i32}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects attribute 'axes' to have the form of an ONNX attribute, not ["a", 1]}}
  %0 = onnx.node "Softmax"(%x) {attributes = {axes = ["a", 1]}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects attribute 'body' to be listed once, not also as unsupported}}
  %0 = onnx.node "Loop"(%x) {attributes = {body = 1 : i64}, unsupported_attributes = {body = "GRAPH"}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects unsupported attribute 'body' to name its kind as a string, not 1 : i64}}
  %0 = onnx.node "Loop"(%x) {attributes = {}, unsupported_attributes = {body = 1 : i64}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> !onnx.value
  return
}

// -----

func.func @f(%x: i32) {
  // expected-error @below {{operand #0 must be variadic of tensor or onnx value, but got 'i32'}}
  %0 = onnx.node "Relu"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (i32) -> !onnx.value
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{result #0 must be variadic of}}
  %0 = onnx.node "Relu"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}
