//===- InputShapes.h - what a graph takes and returns -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_INPUTSHAPES_H
#define LIB_IMPORT_INPUTSHAPES_H

#include "OnnxProto.pb.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::dilated {

namespace onnxpb = ::dilated_mlir::onnxpb;
class Report;
struct OnnxImportOptions;

/// A dimension: a size, a symbol (equal names are equal sizes), or neither.
struct DeclaredDim {
  int64_t size = ShapedType::kDynamic;
  /// A plain name. "tiles + 1" is not one: what it says cannot be trusted.
  std::string symbol;
  /// As the file has it.
  std::string text;
};

struct DeclaredValue {
  std::string name;
  Type elementType;
  /// Nothing when the file gives no shape.
  std::optional<llvm::SmallVector<DeclaredDim, 4>> dims;

  Type getType() const;
};

struct Signature {
  std::vector<DeclaredValue> inputs, outputs;
};

/// Reads the types of a graph's inputs and outputs; null elementTypes where a
/// type is missing or not read, which is reported.
Signature readSignature(const onnxpb::GraphProto &graph, Report &report);

/// Gives inputs the shapes of the options. False, with the reason reported,
/// when they do not fit the model.
bool applyInputShapes(const OnnxImportOptions &options, Signature &signature,
                      Report &report);

} // namespace mlir::dilated

#endif // LIB_IMPORT_INPUTSHAPES_H
