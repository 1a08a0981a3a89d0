//===- FunctionTable.h - the functions that a model carries -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_FUNCTIONTABLE_H
#define LIB_IMPORT_FUNCTIONTABLE_H

#include "Opsets.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <map>
#include <vector>

namespace mlir::dilated {

struct OnnxImportOptions;
class Report;

using Nodes = google::protobuf::RepeatedPtrField<onnxpb::NodeProto>;

class FunctionTable {
public:
  FunctionTable(const onnxpb::ModelProto &model,
                const OnnxImportOptions &options);

  /// The function that a node calls and that takes its place: none when there
  /// is no body, or when the compiler knows the operator itself.
  int getInlined(const onnxpb::NodeProto &node) const;

  const onnxpb::FunctionProto &get(int function) const {
    return model.functions(function);
  }
  const OpsetImports &getImports(int function) const {
    return imports[function];
  }
  /// "org.example::F", with ":overload" where it has one.
  std::string getName(int function) const;
  int size() const { return model.functions_size(); }
  /// Whether some call of the function is inlined into the main graph.
  bool isReached(int function) const { return reached[function]; }

  /// Reports functions without a name or with the name of another, and cycles
  /// of calls. False when calls cannot be followed.
  bool verify(Report &report) const;

private:
  /// The function with the name of a node's operator, or -1.
  int find(const onnxpb::NodeProto &node) const;
  /// Calls `visit` for every node, those of subgraphs included.
  static void forEachNode(const Nodes &nodes,
                          llvm::function_ref<void(const onnxpb::NodeProto &)>);
  void computeReached();
  bool verifyAcyclic(Report &report) const;

  const onnxpb::ModelProto &model;
  bool expandAll;
  std::function<bool(llvm::StringRef, llvm::StringRef)> isRegistered;
  // (domain, name, overload)
  std::map<std::tuple<std::string, std::string, std::string>, int> byName;
  std::vector<OpsetImports> imports;
  llvm::BitVector reached;
};

} // namespace mlir::dilated

#endif // LIB_IMPORT_FUNCTIONTABLE_H
