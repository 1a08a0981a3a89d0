//===- NodeNames.h - how messages and locations name a node -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_NODENAMES_H
#define LIB_IMPORT_NODENAMES_H

#include "Opsets.h"
#include "mlir/IR/Location.h"

namespace mlir::dilated {

/// "node 'norm' (index 3, ai.onnx LayerNormalization, opset 18)", then the
/// function that holds it and the PyTorch module it was exported from, where
/// known.
std::string describeNode(const onnxpb::NodeProto &node, int64_t index,
                         const OpsetImports &imports,
                         llvm::StringRef function = "");

/// The PyTorch module, "encoder.layers.0.self_attn.q_proj"; empty when the
/// exporter did not say.
std::string getTorchScope(const onnxpb::NodeProto &node);

/// The node's name over the file, with index + 1 as the line, inside of the
/// PyTorch scope.
Location getNodeLocation(MLIRContext *context, llvm::StringRef path,
                         const onnxpb::NodeProto &node, int64_t index);

} // namespace mlir::dilated

#endif // LIB_IMPORT_NODENAMES_H
