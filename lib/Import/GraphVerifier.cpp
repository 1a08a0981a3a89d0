//===- GraphVerifier.cpp - whether the nodes of a graph make sense -*- C++ -*-//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names: a value is defined once, before its uses, in the graph or in one
// around it. Order: the format demands a topological one; a file that is not is
// reported rather than sorted, and a cycle is told from a wrong order.
// Operators: their domain is imported, calls of functions fit the function.
// Attributes: named once, of the type that they claim, references only to
// attributes of the function.
//
//===----------------------------------------------------------------------===//

#include "GraphVerifier.h"

#include "NodeAttributes.h"
#include "NodeNames.h"
#include "Report.h"
#include "TensorData.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::dilated;

std::string GraphVerifier::describe(const onnxpb::NodeProto &node, int index,
                                    Place place) const {
  std::string function =
      place.function < 0 ? "" : functions.getName(place.function);
  return describeNode(node, index, place.imports, function) +
         (place.isSubgraph ? " in a subgraph" : "");
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

bool GraphVerifier::Scope::isVisible(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent)
    if (auto found = scope->definedAt.find(name);
        found != scope->definedAt.end() && found->second < scope->currentNode)
      return true;
  return false;
}

void GraphVerifier::define(StringRef name, int node, const llvm::Twine &what,
                           Location loc, Scope &scope) {
  auto [found, inserted] = scope.definedAt.try_emplace(name, node);
  if (inserted)
    return;
  std::string first = found->second < 0
                          ? "the graph's inputs and initializers"
                          : "node #" + std::to_string(found->second);
  report.error(loc, what + " defines '" + name +
                        "', which is defined already, by " + first);
}

void GraphVerifier::defineGraphValues(const onnxpb::GraphProto &graph,
                                      Place place, Scope &scope) {
  Location loc = report.getFileLoc();
  llvm::StringSet<> inputs;
  for (auto [index, input] : llvm::enumerate(graph.input())) {
    if (input.name().empty())
      report.error("graph input #" + llvm::Twine(index) + " has no name");
    else
      define(input.name(), -1, "graph input", loc, scope);
    inputs.insert(input.name());
  }
  for (auto [index, tensor] : llvm::enumerate(graph.initializer())) {
    if (tensor.name().empty())
      report.error("initializer #" + llvm::Twine(index) + " has no name");
    else if (inputs.contains(tensor.name()))
      report.error(
          "initializer '" + tensor.name() +
          "' is a graph input too: a default that a caller may replace "
          "is not supported; remove it from the inputs");
    else
      define(tensor.name(), -1, "initializer", loc, scope);
    if (!place.isSubgraph)
      tensors.read(tensor, loc, "initializer '" + tensor.name() + "'");
  }
  for (const onnxpb::SparseTensorProto &tensor : graph.sparse_initializer()) {
    if (place.isSubgraph)
      define(tensor.values().name(), -1, "sparse initializer", loc, scope);
    else
      report.error("initializer '" + tensor.values().name() +
                   "' is sparse, which is not supported");
  }
}

void GraphVerifier::verifyOutputs(const onnxpb::GraphProto &graph,
                                  const Scope &scope) {
  llvm::StringSet<> seen;
  for (auto [index, output] : llvm::enumerate(graph.output())) {
    if (output.name().empty())
      report.error("graph output #" + llvm::Twine(index) + " has no name");
    else if (!seen.insert(output.name()).second)
      report.error("graph output '" + output.name() + "' is listed twice");
    else if (!scope.isVisible(output.name()))
      report.error("graph output '" + output.name() +
                   "' is not defined by any node, initializer or input");
  }
}

//===----------------------------------------------------------------------===//
// Graphs and functions
//===----------------------------------------------------------------------===//

void GraphVerifier::verifyMainGraph(const onnxpb::GraphProto &graph,
                                    const OpsetImports &imports) {
  Place place{imports, /*function=*/-1, /*isSubgraph=*/false};
  Scope scope;
  defineGraphValues(graph, place, scope);
  verifyNodes(graph.node(), place, scope);
  if (graph.output_size() == 0)
    report.error("graph has no outputs");
  verifyOutputs(graph, scope);
}

void GraphVerifier::verifyFunction(int function) {
  const onnxpb::FunctionProto &proto = functions.get(function);
  std::string what = "function '" + functions.getName(function) + "'";
  Place place{functions.getImports(function), function, /*isSubgraph=*/false};
  Scope scope;
  for (const std::string &input : proto.input())
    define(input, -1, what, report.getFileLoc(), scope);
  verifyNodes(proto.node(), place, scope);
  for (const std::string &output : proto.output())
    if (!scope.isVisible(output))
      report.error(llvm::Twine(what) + " returns '" + output +
                   "', which none of its nodes defines");

  llvm::StringSet<> seen;
  for (const std::string &name : proto.attribute())
    if (!seen.insert(name).second)
      report.error(llvm::Twine(what) + " lists attribute '" + name + "' twice");
  for (const onnxpb::AttributeProto &attribute : proto.attribute_proto()) {
    if (!seen.insert(attribute.name()).second)
      report.error(llvm::Twine(what) + " lists attribute '" + attribute.name() +
                   "' twice");
    std::string problem = checkAttribute(attribute);
    if (problem.empty() && !attribute.ref_attr_name().empty())
      problem = "refers to another attribute";
    if (!problem.empty())
      report.error(llvm::Twine(what) + ", default of attribute '" +
                   attribute.name() + "' " + problem);
  }
}

void GraphVerifier::verifyNodes(const Nodes &nodes, Place place, Scope &scope) {
  for (auto [index, node] : llvm::enumerate(nodes)) {
    Location loc =
        getNodeLocation(report.getContext(), report.getPath(), node, index);
    for (const std::string &output : node.output())
      if (!output.empty())
        define(output, index, describe(node, index, place), loc, scope);
  }
  verifyInputs(nodes, place, scope);
  for (auto [index, node] : llvm::enumerate(nodes)) {
    Location loc =
        getNodeLocation(report.getContext(), report.getPath(), node, index);
    std::string what = describe(node, index, place);
    scope.currentNode = index;
    verifyOperator(node, loc, what, place);
    verifyAttributes(node, loc, what, place, scope);
  }
  scope.currentNode = nodes.size();
}

void GraphVerifier::verifyInputs(const Nodes &nodes, Place place,
                                 Scope &scope) {
  bool acyclic = verifyAcyclic(nodes, place, scope);
  for (auto [index, node] : llvm::enumerate(nodes)) {
    scope.currentNode = index;
    for (const std::string &input : node.input()) {
      if (input.empty() || scope.isVisible(input))
        continue;
      Location loc =
          getNodeLocation(report.getContext(), report.getPath(), node, index);
      auto later = scope.definedAt.find(input);
      if (later == scope.definedAt.end())
        report.error(loc, describe(node, index, place) + " uses '" + input +
                              "', which nothing defines");
      else if (acyclic)
        report.error(loc, describe(node, index, place) + " uses '" + input +
                              "' before node #" + llvm::Twine(later->second) +
                              " defines it: the graph is not sorted");
    }
  }
}

bool GraphVerifier::verifyAcyclic(const Nodes &nodes, Place place,
                                  const Scope &scope) {
  // Nodes that wait for a node that waits ... : what is left after taking away
  // every node whose inputs are there is, or leads to, a cycle.
  auto getProducer = [&](const std::string &input) {
    auto found = scope.definedAt.find(input);
    return input.empty() || found == scope.definedAt.end() ? -1 : found->second;
  };
  SmallVector<int> waiting(nodes.size(), 0);
  std::vector<SmallVector<int, 2>> users(nodes.size());
  SmallVector<int> ready;
  for (int index = 0; index < nodes.size(); ++index) {
    for (const std::string &input : nodes[index].input())
      if (int producer = getProducer(input); producer >= 0) {
        ++waiting[index];
        users[producer].push_back(index);
      }
    if (waiting[index] == 0)
      ready.push_back(index);
  }
  int numDone = 0;
  while (!ready.empty()) {
    ++numDone;
    for (int user : users[ready.pop_back_val()])
      if (--waiting[user] == 0)
        ready.push_back(user);
  }
  if (numDone == nodes.size())
    return true;

  // Going back from a waiting node along waiting nodes must come round.
  int current = 0;
  while (waiting[current] == 0)
    ++current;
  SmallVector<int> path;
  llvm::BitVector onPath(nodes.size());
  while (!onPath.test(current)) {
    onPath.set(current);
    path.push_back(current);
    for (const std::string &input : nodes[current].input())
      if (int producer = getProducer(input);
          producer >= 0 && waiting[producer] != 0) {
        current = producer;
        break;
      }
  }
  ArrayRef<int> cycle =
      ArrayRef<int>(path).drop_front(llvm::find(path, current) - path.begin());
  std::string text;
  for (int index : cycle.take_front(8))
    text += describe(nodes[index], index, place) + " needs ";
  text += cycle.size() > 8 ? "... (" + std::to_string(cycle.size()) + " nodes)"
                           : describe(nodes[current], current, place);
  report.error(getNodeLocation(report.getContext(), report.getPath(),
                               nodes[current], current),
               "graph has a cycle: " + text);
  return false;
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

void GraphVerifier::verifyOperator(const onnxpb::NodeProto &node, Location loc,
                                   const std::string &what, Place place) {
  if (node.op_type().empty()) {
    report.error(loc, what + " has no operator");
    return;
  }
  if (!place.imports.getVersion(node.domain()))
    report.error(loc, what + " is of domain '" +
                          canonicalDomain(node.domain()) + "', which the " +
                          (place.function < 0 ? "model" : "function") +
                          " does not import");
  if (int callee = functions.getInlined(node); callee >= 0)
    verifyCall(node, callee, loc, what);
}

void GraphVerifier::verifyCall(const onnxpb::NodeProto &node, int callee,
                               Location loc, const std::string &what) {
  const onnxpb::FunctionProto &function = functions.get(callee);
  if (node.input_size() > function.input_size())
    report.error(loc, what + " has " + llvm::Twine(node.input_size()) +
                          " inputs, but its function takes " +
                          llvm::Twine(function.input_size()));
  if (node.output_size() > function.output_size())
    report.error(loc, what + " has " + llvm::Twine(node.output_size()) +
                          " outputs, but its function returns " +
                          llvm::Twine(function.output_size()));
  for (const onnxpb::AttributeProto &attribute : node.attribute()) {
    auto isNamed = [&](const onnxpb::AttributeProto &other) {
      return other.name() == attribute.name();
    };
    if (!llvm::is_contained(function.attribute(), attribute.name()) &&
        llvm::none_of(function.attribute_proto(), isNamed))
      report.error(loc, what + " has attribute '" + attribute.name() +
                            "', which its function does not have");
  }
}

void GraphVerifier::verifyAttributes(const onnxpb::NodeProto &node,
                                     Location loc, const std::string &what,
                                     Place place, const Scope &scope) {
  llvm::StringSet<> seen;
  for (const onnxpb::AttributeProto &attribute : node.attribute()) {
    std::string name = what + ", attribute '" + attribute.name() + "'";
    if (attribute.name().empty()) {
      report.error(loc, what + " has an attribute without a name");
      continue;
    }
    if (!seen.insert(attribute.name()).second)
      report.error(loc, llvm::Twine(name) + " is given twice");
    if (std::string problem = checkAttribute(attribute); !problem.empty()) {
      report.error(loc, llvm::Twine(name) + " " + problem);
      continue;
    }

    if (const std::string &ref = attribute.ref_attr_name(); !ref.empty()) {
      if (place.function < 0) {
        report.error(loc, llvm::Twine(name) + " refers to '" + ref +
                              "', but is not in a function");
        continue;
      }
      const onnxpb::FunctionProto &function = functions.get(place.function);
      auto isNamed = [&](const onnxpb::AttributeProto &other) {
        return other.name() == ref;
      };
      if (!llvm::is_contained(function.attribute(), ref) &&
          llvm::none_of(function.attribute_proto(), isNamed))
        report.error(loc, llvm::Twine(name) + " refers to '" + ref +
                              "', which its function does not have");
      continue;
    }

    auto verifySubgraph = [&](const onnxpb::GraphProto &graph) {
      Place inner{place.imports, place.function, /*isSubgraph=*/true};
      Scope innerScope;
      innerScope.parent = &scope;
      defineGraphValues(graph, inner, innerScope);
      verifyNodes(graph.node(), inner, innerScope);
      verifyOutputs(graph, innerScope);
    };
    if (attribute.has_g())
      verifySubgraph(attribute.g());
    for (const onnxpb::GraphProto &graph : attribute.graphs())
      verifySubgraph(graph);

    // Bodies that no call reaches may hold what we do not read.
    bool isRead = !place.isSubgraph &&
                  (place.function < 0 || functions.isReached(place.function));
    if (!isRead)
      continue;
    if (attribute.has_t())
      tensors.read(attribute.t(), loc, name);
    for (const onnxpb::TensorProto &tensor : attribute.tensors())
      tensors.read(tensor, loc, name);
  }
}
