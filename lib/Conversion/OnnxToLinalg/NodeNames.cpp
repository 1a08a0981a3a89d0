//===- NodeNames.cpp - how messages name a node -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeNames.h"

#include "NodeView.h"

#include "mlir/IR/Location.h"

using namespace mlir;
using namespace mlir::dilated;

/// The first name in a location that is not the node's own: its PyTorch scope.
static StringRef scopeOf(Location loc, StringRef node) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    if (name.getName() != node)
      return name.getName();
    return scopeOf(name.getChildLoc(), node);
  }
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      if (StringRef scope = scopeOf(part, node); !scope.empty())
        return scope;
  }
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return scopeOf(call.getCallee(), node);
  return "";
}

std::string mlir::dilated::describeNode(onnx::NodeOp op,
                                        ArrayRef<Value> inputs) {
  std::string text;
  llvm::raw_string_ostream os(text);
  StringRef domain = op.getDomain().empty() ? "ai.onnx" : op.getDomain();
  os << "node '" << op.getNode() << "' (index " << op.getIndex() << ", "
     << domain << " " << op.getOpType() << ", opset " << op.getOpset() << ")";
  if (!inputs.empty()) {
    os << " on ";
    llvm::interleaveComma(llvm::enumerate(inputs), os, [&](auto input) {
      if (input.value())
        os << describeType(input.value().getType());
      else
        os << (op.getInput(input.index()) ? "unknown" : "nothing");
    });
  }
  StringRef scope = scopeOf(op.getLoc(), op.getNode());
  if (!scope.empty())
    os << ", in " << scope;
  os << ": ";
  return text;
}
