//===- NodeAttributes.h - ONNX attributes in builtin form -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_NODEATTRIBUTES_H
#define LIB_IMPORT_NODEATTRIBUTES_H

#include "OnnxProto.pb.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/Location.h"

#include <string>

namespace mlir::dilated {

namespace onnxpb = ::dilated_mlir::onnxpb;
class TensorReader;

/// "INT", "FLOATS", ...; the kinds of the format.
llvm::StringRef getAttributeKind(const onnxpb::AttributeProto &attribute);

/// What is wrong with the attribute in itself: no type, or a value that is not
/// of its type. Empty when nothing is.
std::string checkAttribute(const onnxpb::AttributeProto &attribute);

/// The builtin form; null for kinds that have none (graphs, sparse tensors,
/// types), and for tensors that the reader refuses.
Attribute convertAttribute(const onnxpb::AttributeProto &attribute,
                           TensorReader &tensors, Location loc);

} // namespace mlir::dilated

#endif // LIB_IMPORT_NODEATTRIBUTES_H
