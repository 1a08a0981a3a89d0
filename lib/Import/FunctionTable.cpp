//===- FunctionTable.cpp - the functions that a model carries ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which function a node means, whether its body takes the node's place, and
// whether the calls end: a cycle, also one through subgraphs, has been a stack
// overflow in other readers.
//
//===----------------------------------------------------------------------===//

#include "FunctionTable.h"

#include "Report.h"
#include "dilated-mlir/Import/OnnxImport.h"

using namespace mlir;
using namespace mlir::dilated;

// As onnx's own checker.
static constexpr int maxFunctions = 10000;

FunctionTable::FunctionTable(const onnxpb::ModelProto &model,
                             const OnnxImportOptions &options)
    : model(model), expandAll(options.expandFunctions),
      isRegistered(options.isRegisteredOp) {
  if (!isRegistered)
    isRegistered = [](StringRef domain, StringRef op) {
      return domain == "org.dilated_mlir" && op == "DilatedAttention";
    };
  for (int i = 0; i < model.functions_size(); ++i) {
    const onnxpb::FunctionProto &function = model.functions(i);
    byName.try_emplace({canonicalDomain(function.domain()).str(),
                        function.name(), function.overload()},
                       i);
    imports.emplace_back(function.opset_import());
  }
  computeReached();
}

int FunctionTable::find(const onnxpb::NodeProto &node) const {
  auto found = byName.find(
      {canonicalDomain(node.domain()).str(), node.op_type(), node.overload()});
  return found == byName.end() ? -1 : found->second;
}

int FunctionTable::getInlined(const onnxpb::NodeProto &node) const {
  int function = find(node);
  if (function >= 0 && !expandAll &&
      isRegistered(canonicalDomain(node.domain()), node.op_type()))
    return -1;
  return function;
}

std::string FunctionTable::getName(int function) const {
  const onnxpb::FunctionProto &proto = get(function);
  std::string name = qualifiedName(proto.domain(), proto.name());
  return proto.overload().empty() ? name : name + ":" + proto.overload();
}

void FunctionTable::forEachNode(
    const Nodes &nodes,
    llvm::function_ref<void(const onnxpb::NodeProto &)> visit) {
  for (const onnxpb::NodeProto &node : nodes) {
    visit(node);
    for (const onnxpb::AttributeProto &attribute : node.attribute()) {
      if (attribute.has_g())
        forEachNode(attribute.g().node(), visit);
      for (const onnxpb::GraphProto &graph : attribute.graphs())
        forEachNode(graph.node(), visit);
    }
  }
}

void FunctionTable::computeReached() {
  // Subgraphs are not expanded, so calls inside of them do not count.
  reached.resize(size());
  SmallVector<const Nodes *> worklist{&model.graph().node()};
  while (!worklist.empty())
    for (const onnxpb::NodeProto &node : *worklist.pop_back_val())
      if (int callee = getInlined(node); callee >= 0 && !reached[callee]) {
        reached.set(callee);
        worklist.push_back(&get(callee).node());
      }
}

bool FunctionTable::verify(Report &report) const {
  unsigned errorsBefore = report.numErrors();
  if (size() > maxFunctions) {
    report.error("model has " + llvm::Twine(size()) + " functions; at most " +
                 llvm::Twine(maxFunctions) + " are read");
    return false;
  }
  for (int i = 0; i < size(); ++i) {
    const onnxpb::FunctionProto &function = get(i);
    if (function.name().empty()) {
      report.error("function #" + llvm::Twine(i) + " has no name");
      continue;
    }
    int first = byName.at({canonicalDomain(function.domain()).str(),
                           function.name(), function.overload()});
    if (first != i)
      report.error("function '" + getName(i) + "' is defined twice, as #" +
                   llvm::Twine(first) + " and #" + llvm::Twine(i));
  }
  return verifyAcyclic(report) && report.numErrors() == errorsBefore;
}

bool FunctionTable::verifyAcyclic(Report &report) const {
  std::vector<SmallVector<int>> callees(size());
  for (int i = 0; i < size(); ++i)
    forEachNode(get(i).node(), [&](const onnxpb::NodeProto &node) {
      if (int callee = find(node);
          callee >= 0 && !llvm::is_contained(callees[i], callee))
        callees[i].push_back(callee);
    });

  // Depth-first, with a stack of our own: 10000 functions may call in a chain.
  enum class State : char { New, Open, Done };
  std::vector<State> state(size(), State::New);
  SmallVector<std::pair<int, unsigned>> stack; // function, next callee
  for (int root = 0; root < size(); ++root) {
    if (state[root] != State::New)
      continue;
    state[root] = State::Open;
    stack.push_back({root, 0});
    while (!stack.empty()) {
      auto &[function, next] = stack.back();
      if (next == callees[function].size()) {
        state[function] = State::Done;
        stack.pop_back();
        continue;
      }
      int callee = callees[function][next++];
      if (state[callee] == State::Open) {
        std::string path;
        bool inCycle = false;
        for (auto [open, unused] : stack) {
          inCycle |= open == callee;
          if (inCycle)
            path += getName(open) + " -> ";
        }
        report.error("functions call each other in a cycle: " + path +
                     getName(callee));
        return false;
      }
      if (state[callee] == State::New) {
        state[callee] = State::Open;
        stack.push_back({callee, 0});
      }
    }
  }
  return true;
}
