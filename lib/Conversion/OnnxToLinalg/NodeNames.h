//===- NodeNames.h - how messages name a node -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_NODENAMES_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_NODENAMES_H

#include "dialects/Onnx/Onnx.h"

#include <string>

namespace mlir::dilated {

/// "node 'n' (index 3, ai.onnx MatMul, opset 18) on f32[2, 3], f32[3, 4], in
/// encoder.layers.0: ", with the operands as converted so far and the PyTorch
/// scope when the location has one.
std::string describeNode(onnx::NodeOp op, ArrayRef<Value> inputs);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_NODENAMES_H
