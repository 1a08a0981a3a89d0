//===- NodeNames.cpp - how messages and locations name a node ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// torch.onnx.export writes where a node comes from into metadata_props:
//
//   pkg.torch.onnx.name_scopes  ['', 'encoder', 'encoder.layers.0', 'linear_1']
//   namespace                   : m.Enc/encoder: m.LongNet/linear_1:
//   aten.linear
//
// The last entry is the operation itself, the one before it the module.
//
//===----------------------------------------------------------------------===//

#include "NodeNames.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::dilated;

std::string mlir::dilated::describeNode(const onnxpb::NodeProto &node,
                                        int64_t index,
                                        const OpsetImports &imports,
                                        StringRef function) {
  // As the conversion says it (lib/Conversion/OnnxToLinalg/NodeNames.cpp).
  StringRef domain = canonicalDomain(node.domain());
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "node '" << node.name() << "' (index " << index << ", "
     << (domain.empty() ? "ai.onnx" : domain) << " " << node.op_type();
  if (std::optional<int64_t> version = imports.getVersion(domain))
    os << ", opset " << *version;
  os << ")";
  if (!function.empty())
    os << " in function '" << function << "'";
  if (std::string scope = getTorchScope(node); !scope.empty())
    os << " in " << scope;
  return text;
}

/// The last but one quoted string of a Python list of strings.
static StringRef getEnclosingNameScope(StringRef list) {
  SmallVector<StringRef> names;
  while (true) {
    list = list.drop_until([](char c) { return c == '\'' || c == '"'; });
    if (list.empty())
      break;
    char quote = list.front();
    auto [name, rest] = list.drop_front().split(quote);
    names.push_back(name);
    list = rest;
  }
  return names.size() < 2 ? StringRef() : names[names.size() - 2];
}

/// The name of the last but one "name: class" of a path.
static StringRef getEnclosingNamespace(StringRef path) {
  SmallVector<StringRef> parts;
  path.split(parts, '/');
  if (parts.size() < 2)
    return {};
  return parts[parts.size() - 2].split(':').first.trim();
}

std::string mlir::dilated::getTorchScope(const onnxpb::NodeProto &node) {
  StringRef scope;
  for (const auto &entry : node.metadata_props()) {
    if (entry.key() == "pkg.torch.onnx.name_scopes")
      scope = getEnclosingNameScope(entry.value());
    else if (entry.key() == "namespace" && scope.empty())
      scope = getEnclosingNamespace(entry.value());
  }
  // The exporter's own placeholder on nodes that compute shapes.
  if (scope == "_empty_nn_module_stack_from_metadata_hook")
    return "";
  return scope.str();
}

Location mlir::dilated::getNodeLocation(MLIRContext *context, StringRef path,
                                        const onnxpb::NodeProto &node,
                                        int64_t index) {
  Location loc =
      FileLineColLoc::get(context, path, static_cast<unsigned>(index + 1), 0);
  if (!node.name().empty())
    loc = NameLoc::get(StringAttr::get(context, node.name()), loc);
  if (std::string scope = getTorchScope(node); !scope.empty())
    loc = NameLoc::get(StringAttr::get(context, scope), loc);
  return loc;
}
