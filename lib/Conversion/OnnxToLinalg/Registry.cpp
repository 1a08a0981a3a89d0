//===- Registry.cpp - the operator table ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keyed by domain, name and the first version of a meaning, bounded above by
// the last version whose text was read: an operator whose meaning changed later
// is refused, not computed in the old way.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

#include "dilated-mlir/Conversion/OnnxOpRegistry.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::dilated;

static void forEachRow(llvm::function_ref<void(const OnnxOp &)> visit) {
  for (ArrayRef<OnnxOp> family :
       {getActivationOps(), getAttentionOps(), getCastOps(), getCompareOps(),
        getConstantOps(), getElementwiseOps(), getIndexingOps(), getMatMulOps(),
        getNormalizationOps(), getPadOps(), getReductionOps(), getScatterOps(),
        getShapeOps(), getSliceOps()})
    for (const OnnxOp &row : family)
      visit(row);
}

/// Files may name the default domain.
static StringRef canonicalDomain(StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

/// The rows of an operator, by version.
static SmallVector<const OnnxOp *> rowsOf(StringRef domain, StringRef name) {
  SmallVector<const OnnxOp *> rows;
  forEachRow([&](const OnnxOp &row) {
    if (row.name == name && row.domain == canonicalDomain(domain))
      rows.push_back(&row);
  });
  llvm::sort(rows, [](auto *a, auto *b) { return a->since < b->since; });
  return rows;
}

const OnnxOp *mlir::dilated::findOnnxOp(StringRef domain, StringRef name,
                                        int64_t opset) {
  const OnnxOp *found = nullptr;
  for (const OnnxOp *row : rowsOf(domain, name))
    if (row->since <= opset)
      found = row;
  return found && opset <= found->highestRead ? found : nullptr;
}

std::string mlir::dilated::describeVersions(StringRef domain, StringRef name) {
  SmallVector<const OnnxOp *> rows = rowsOf(domain, name);
  if (rows.empty())
    return "none";
  int first = rows.front()->since, last = rows.back()->highestRead;
  return first == last ? std::to_string(first)
                       : std::to_string(first) + " to " + std::to_string(last);
}

SmallVector<OnnxOpInfo> mlir::dilated::listOnnxOps() {
  SmallVector<OnnxOpInfo> list;
  forEachRow([&](const OnnxOp &row) {
    list.push_back({row.domain, row.name, row.since, row.highestRead});
  });
  llvm::sort(list, [](const OnnxOpInfo &a, const OnnxOpInfo &b) {
    return std::tie(a.domain, a.name, a.since) <
           std::tie(b.domain, b.name, b.since);
  });
  // An older meaning ends where the next begins.
  for (size_t i = 0; i + 1 < list.size(); ++i)
    if (list[i].domain == list[i + 1].domain &&
        list[i].name == list[i + 1].name)
      list[i].highestRead = list[i + 1].since - 1;
  return list;
}

bool mlir::dilated::isRegisteredOnnxOp(StringRef domain, StringRef name) {
  return !rowsOf(domain, name).empty();
}

//===----------------------------------------------------------------------===//
// A node against its row
//===----------------------------------------------------------------------===//

static bool hasKind(Attribute value, StringRef kind) {
  if (kind == "int")
    return isa<IntegerAttr>(value);
  if (kind == "float")
    return isa<FloatAttr>(value);
  if (kind == "string")
    return isa<StringAttr>(value);
  if (kind == "ints")
    return isa<DenseI64ArrayAttr>(value);
  if (kind == "floats")
    return isa<DenseF32ArrayAttr>(value);
  if (kind == "tensor")
    return isa<DenseElementsAttr>(value);
  return true; // any
}

static LogicalResult checkAttributes(onnx::NodeOp op, const OnnxOp &row,
                                     GraphBuilder &b) {
  if (DictionaryAttr unsupported = op.getUnsupportedAttributesAttr())
    for (NamedAttribute attribute : unsupported)
      return b.error() << "attribute '" << attribute.getName().getValue()
                       << "' is of a kind that is not supported ("
                       << cast<StringAttr>(attribute.getValue()).getValue()
                       << ")";
  SmallVector<StringRef> entries;
  row.attributes.split(entries, ' ', -1, /*KeepEmpty=*/false);
  llvm::StringMap<StringRef> kinds;
  for (StringRef entry : entries) {
    auto [name, kind] = entry.split(':');
    if (kind.consume_back("!") && !op.getNodeAttr(name))
      return b.error() << "required attribute '" << name << "' is missing";
    kinds[name] = kind;
  }
  for (NamedAttribute attribute : op.getNodeAttributes()) {
    StringRef name = attribute.getName().getValue();
    auto kind = kinds.find(name);
    if (kind == kinds.end()) {
      InFlightDiagnostic diagnostic = b.error() << "attribute '" << name
                                                << "' is not supported; known ";
      if (entries.empty())
        return diagnostic << "are none";
      diagnostic << "are ";
      llvm::interleaveComma(entries, diagnostic, [&](StringRef entry) {
        diagnostic << entry.split(':').first;
      });
      return diagnostic;
    }
    if (!hasKind(attribute.getValue(), kind->second))
      return b.error() << "attribute '" << name << "' is "
                       << attribute.getValue() << ", expected kind "
                       << kind->second;
  }
  return success();
}

LogicalResult mlir::dilated::checkAgainstRow(onnx::NodeOp op, const OnnxOp &row,
                                             GraphBuilder &b) {
  int numInputs = op.getNumInputs(), numOutputs = op->getNumResults();
  if (numInputs < row.minInputs || numInputs > row.maxInputs) {
    InFlightDiagnostic diagnostic = b.error()
                                    << "has " << numInputs
                                    << " inputs, expected " << row.minInputs;
    if (row.maxInputs == kAnyNumber)
      diagnostic << " or more";
    else if (row.maxInputs != row.minInputs)
      diagnostic << " to " << row.maxInputs;
    return diagnostic;
  }
  // A variadic operator has no optional inputs.
  int required = row.maxInputs == kAnyNumber ? numInputs : row.minInputs;
  for (int i = 0; i < required; ++i)
    if (!op.getInput(i))
      return b.error() << "required input " << i << " is absent";
  if (numOutputs > row.maxOutputs)
    return b.error() << "has " << numOutputs << " outputs, expected at most "
                     << row.maxOutputs;
  return checkAttributes(op, row, b);
}
