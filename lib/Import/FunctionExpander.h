//===- FunctionExpander.h - a graph without calls ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_FUNCTIONEXPANDER_H
#define LIB_IMPORT_FUNCTIONEXPANDER_H

#include "OnnxProto.pb.h"
#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"

#include <string>
#include <vector>

namespace mlir::dilated {

namespace onnxpb = ::dilated_mlir::onnxpb;
class FunctionTable;
class OpsetImports;
class Report;

/// A value of the graph by number: names are only unique within a function.
using ValueId = int;
inline constexpr ValueId absentValue = -1;

/// A node with the names of its values resolved and its attributes substituted.
struct FlatNode {
  const onnxpb::NodeProto *proto;
  /// Position in its graph or function.
  int64_t index;
  /// Of its domain, in the graph or function that holds it.
  int64_t opset;
  /// Without absent ones at the end.
  llvm::SmallVector<ValueId, 4> inputs, outputs;
  /// By name; a value may come from a call that is far away.
  llvm::SmallVector<std::pair<llvm::StringRef, const onnxpb::AttributeProto *>,
                    4>
      attributes;
  Location loc;
  /// For messages.
  std::string description;
};

struct FlatGraph {
  std::vector<FlatNode> nodes;
  /// By ValueId.
  std::vector<std::string> valueNames;
  std::vector<ValueId> inputs, initializers, outputs;
};

/// Numbers the values of a verified model and replaces the calls of its
/// functions by their bodies. Fails, with the reason reported, when that makes
/// too many nodes or an attribute does not fit.
LogicalResult expandFunctions(const onnxpb::ModelProto &model,
                              const FunctionTable &functions, Report &report,
                              FlatGraph &result);

} // namespace mlir::dilated

#endif // LIB_IMPORT_FUNCTIONEXPANDER_H
