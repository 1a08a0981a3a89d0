//===- FunctionExpander.cpp - a graph without calls -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call's inputs become values of the body, the body's outputs become those of
// the call, and attribute references take the value given at the call, else the
// default, else the attribute is left out (as ONNX has it). Forty functions
// that each call the next twice are 2^39 nodes, so the result is limited in
// size.
//
//===----------------------------------------------------------------------===//

#include "FunctionExpander.h"

#include "FunctionTable.h"
#include "NodeAttributes.h"
#include "NodeNames.h"
#include "Report.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::dilated;

static constexpr size_t maxNodes = 200000;
// As onnx's own checker.
static constexpr int maxCallDepth = 100;

namespace {

using AttributeList =
    ArrayRef<std::pair<StringRef, const onnxpb::AttributeProto *>>;

class Expander {
public:
  Expander(const onnxpb::ModelProto &model, const FunctionTable &functions,
           Report &report, FlatGraph &result)
      : model(model), functions(functions), report(report), result(result),
        mainImports(model.opset_import()) {}

  LogicalResult run();

private:
  /// The body that is being copied.
  struct Frame {
    const OpsetImports &imports;
    /// -1 for the main graph.
    int function;
    int depth;
    /// What the call gives, and where it stands; empty in the main graph.
    AttributeList attributes;
    std::optional<Location> caller;
    llvm::StringMap<ValueId> values;
  };

  ValueId addValue(StringRef name) {
    result.valueNames.push_back(name.str());
    return result.valueNames.size() - 1;
  }
  LogicalResult expandNodes(const Nodes &nodes, Frame &frame);
  LogicalResult expandCall(const FlatNode &call, int callee, Frame &frame);
  FlatNode resolveNode(const onnxpb::NodeProto &node, int64_t index,
                       const Frame &frame);
  LogicalResult resolveAttributes(FlatNode &node, const Frame &frame);

  const onnxpb::ModelProto &model;
  const FunctionTable &functions;
  Report &report;
  FlatGraph &result;
  OpsetImports mainImports;
};

} // namespace

LogicalResult Expander::run() {
  Frame frame{mainImports, /*function=*/-1, /*depth=*/0, {}, {}, {}};
  const onnxpb::GraphProto &graph = model.graph();
  for (const auto &input : graph.input())
    result.inputs.push_back(frame.values[input.name()] =
                                addValue(input.name()));
  for (const auto &tensor : graph.initializer())
    result.initializers.push_back(frame.values[tensor.name()] =
                                      addValue(tensor.name()));
  if (failed(expandNodes(graph.node(), frame)))
    return failure();
  for (const auto &output : graph.output())
    result.outputs.push_back(frame.values.lookup(output.name()));
  return success();
}

FlatNode Expander::resolveNode(const onnxpb::NodeProto &node, int64_t index,
                               const Frame &frame) {
  Location loc =
      getNodeLocation(report.getContext(), report.getPath(), node, index);
  if (frame.caller)
    loc = CallSiteLoc::get(loc, *frame.caller);
  std::string function =
      frame.function < 0 ? "" : functions.getName(frame.function);
  FlatNode flat{
      &node, index, frame.imports.getVersion(node.domain()).value_or(0), {}, {},
      {},    loc,   describeNode(node, index, frame.imports, function)};
  for (const std::string &input : node.input()) {
    auto found = frame.values.find(input);
    flat.inputs.push_back(input.empty() || found == frame.values.end()
                              ? absentValue
                              : found->second);
  }
  while (!flat.inputs.empty() && flat.inputs.back() == absentValue)
    flat.inputs.pop_back();
  return flat;
}

LogicalResult Expander::resolveAttributes(FlatNode &node, const Frame &frame) {
  for (const onnxpb::AttributeProto &attribute : node.proto->attribute()) {
    const onnxpb::AttributeProto *value = &attribute;
    if (const std::string &ref = attribute.ref_attr_name(); !ref.empty()) {
      auto isGiven = [&](const auto &given) { return given.first == ref; };
      auto isNamed = [&](const onnxpb::AttributeProto &other) {
        return other.name() == ref;
      };
      const auto &defaults = functions.get(frame.function).attribute_proto();
      const auto *given = llvm::find_if(frame.attributes, isGiven);
      auto byDefault = llvm::find_if(defaults, isNamed);
      if (given != frame.attributes.end())
        value = given->second;
      else if (byDefault != defaults.end())
        value = &*byDefault;
      else
        continue;
      if (attribute.type() != onnxpb::AttributeProto::UNDEFINED &&
          attribute.type() != value->type()) {
        report.error(node.loc, node.description + ", attribute '" +
                                   attribute.name() + "' is " +
                                   getAttributeKind(attribute) +
                                   ", but refers to '" + ref + "', which is " +
                                   getAttributeKind(*value));
        return failure();
      }
    }
    node.attributes.push_back({attribute.name(), value});
  }
  return success();
}

LogicalResult Expander::expandNodes(const Nodes &nodes, Frame &frame) {
  for (auto [index, proto] : llvm::enumerate(nodes)) {
    FlatNode node = resolveNode(proto, index, frame);
    if (failed(resolveAttributes(node, frame)))
      return failure();
    if (int callee = functions.getInlined(proto); callee >= 0) {
      if (failed(expandCall(node, callee, frame)))
        return failure();
      continue;
    }
    for (const std::string &output : proto.output()) {
      ValueId value = addValue(output);
      node.outputs.push_back(value);
      if (!output.empty())
        frame.values[output] = value;
    }
    while (!node.outputs.empty() &&
           result.valueNames[node.outputs.back()].empty())
      node.outputs.pop_back();
    if (result.nodes.size() == maxNodes) {
      report.error("the model has more than " + llvm::Twine(maxNodes) +
                   " nodes once its functions are inlined" +
                   (frame.function < 0
                        ? std::string()
                        : ", the last of them in function '" +
                              functions.getName(frame.function) + "'"));
      return failure();
    }
    result.nodes.push_back(std::move(node));
  }
  return success();
}

LogicalResult Expander::expandCall(const FlatNode &call, int callee,
                                   Frame &frame) {
  if (frame.depth == maxCallDepth) {
    report.error(call.loc, call.description + " calls functions more than " +
                               llvm::Twine(maxCallDepth) + " deep");
    return failure();
  }
  const onnxpb::FunctionProto &function = functions.get(callee);
  Frame body{functions.getImports(callee),
             callee,
             frame.depth + 1,
             call.attributes,
             call.loc,
             {}};
  // What the call does not give is absent in the body too.
  for (auto [index, name] : llvm::enumerate(function.input()))
    if (index < call.inputs.size() && call.inputs[index] != absentValue)
      body.values[name] = call.inputs[index];
  if (failed(expandNodes(function.node(), body)))
    return failure();
  for (auto [output, name] :
       llvm::zip(call.proto->output(), function.output())) {
    if (output.empty())
      continue;
    auto found = body.values.find(name);
    if (found == body.values.end()) {
      report.error(call.loc, call.description + " takes output '" + name +
                                 "' of its function, which is an input that "
                                 "the call does not give");
      return failure();
    }
    frame.values[output] = found->second;
  }
  return success();
}

LogicalResult mlir::dilated::expandFunctions(const onnxpb::ModelProto &model,
                                             const FunctionTable &functions,
                                             Report &report,
                                             FlatGraph &result) {
  return Expander(model, functions, report, result).run();
}
