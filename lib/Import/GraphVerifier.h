//===- GraphVerifier.h - whether the nodes of a graph make sense -*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_GRAPHVERIFIER_H
#define LIB_IMPORT_GRAPHVERIFIER_H

#include "FunctionTable.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::dilated {

class Report;
class TensorReader;

/// Checks names, order, domains, calls and attributes; what the operators mean
/// is the conversion's business.
class GraphVerifier {
public:
  GraphVerifier(const FunctionTable &functions, TensorReader &tensors,
                Report &report)
      : functions(functions), tensors(tensors), report(report) {}

  void verifyMainGraph(const onnxpb::GraphProto &graph,
                       const OpsetImports &imports);
  void verifyFunction(int function);

private:
  /// Where the nodes at hand stand.
  struct Place {
    const OpsetImports &imports;
    /// -1 for the main graph.
    int function;
    bool isSubgraph;
  };
  /// The values of a graph, by the node that defines each (-1: the graph
  /// itself), and those of the graphs around it.
  struct Scope {
    const Scope *parent = nullptr;
    llvm::StringMap<int> definedAt;
    int currentNode = 0;
    bool isVisible(llvm::StringRef name) const;
  };

  void define(llvm::StringRef name, int node, const llvm::Twine &what,
              Location loc, Scope &scope);
  void defineGraphValues(const onnxpb::GraphProto &graph, Place place,
                         Scope &scope);
  void verifyOutputs(const onnxpb::GraphProto &graph, const Scope &scope);
  void verifyNodes(const Nodes &nodes, Place place, Scope &scope);
  void verifyInputs(const Nodes &nodes, Place place, Scope &scope);
  /// Reports a cycle among the nodes, if there is one.
  bool verifyAcyclic(const Nodes &nodes, Place place, const Scope &scope);
  void verifyOperator(const onnxpb::NodeProto &node, Location loc,
                      const std::string &what, Place place);
  void verifyCall(const onnxpb::NodeProto &node, int callee, Location loc,
                  const std::string &what);
  void verifyAttributes(const onnxpb::NodeProto &node, Location loc,
                        const std::string &what, Place place,
                        const Scope &scope);
  std::string describe(const onnxpb::NodeProto &node, int index,
                       Place place) const;

  const FunctionTable &functions;
  TensorReader &tensors;
  Report &report;
};

} // namespace mlir::dilated

#endif // LIB_IMPORT_GRAPHVERIFIER_H
