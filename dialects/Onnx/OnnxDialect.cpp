//===- OnnxDialect.cpp - the onnx dialect -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An opaque node, its accessors that count inputs as ONNX does, and its
// verifier.
//
//===----------------------------------------------------------------------===//

#include "dialects/Onnx/Onnx.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::onnx;

#include "dialects/Onnx/OnnxDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Onnx/OnnxTypes.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/Onnx/OnnxOps.cpp.inc"

void OnnxDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Onnx/OnnxTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Onnx/OnnxOps.cpp.inc"
      >();
}

unsigned NodeOp::getNumInputs() {
  return getInputs().size() + getAbsent().value_or(ArrayRef<int64_t>()).size();
}

Value NodeOp::getInput(unsigned position) {
  // Absent positions before this one shift the operands to the left.
  unsigned before = 0;
  for (int64_t absent : getAbsent().value_or(ArrayRef<int64_t>())) {
    if (absent == position)
      return {};
    before += absent < position;
  }
  unsigned operand = position - before;
  return operand < getInputs().size() ? getInputs()[operand] : Value();
}

// `onnx.node "MatMul"(%a, %b) {attributes = {}, domain = "", ...} : (...) ->
// ...`

ParseResult NodeOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr opType;
  SmallVector<OpAsmParser::UnresolvedOperand> inputs;
  NamedAttrList attributes;
  FunctionType type;
  SMLoc inputsLoc;
  if (parser.parseAttribute(opType) || parser.getCurrentLocation(&inputsLoc) ||
      parser.parseOperandList(inputs, OpAsmParser::Delimiter::Paren) ||
      parser.parseOptionalAttrDict(attributes) || parser.parseColonType(type) ||
      parser.resolveOperands(inputs, type.getInputs(), inputsLoc,
                             result.operands))
    return failure();
  if (Attribute nodeAttributes = attributes.erase("attributes"))
    attributes.set(getNodeAttributesAttrName(result.name), nodeAttributes);
  attributes.set(getOpTypeAttrName(result.name), opType);
  result.attributes.append(attributes);
  result.addTypes(type.getResults());
  return success();
}

void NodeOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getOpTypeAttr() << '(' << getInputs() << ')';
  NamedAttrList attributes((*this)->getAttrDictionary());
  attributes.erase(getOpTypeAttrName());
  if (Attribute nodeAttributes = attributes.erase(getNodeAttributesAttrName()))
    attributes.set("attributes", nodeAttributes);
  printer.printOptionalAttrDict(
      attributes.getDictionary(getContext()).getValue());
  printer << " : ";
  printer.printFunctionalType(*this);
}

/// Whether an attribute has one of the forms in the op's description.
static bool isNodeAttribute(Attribute attribute) {
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getType().isSignlessInteger(64);
  if (auto real = dyn_cast<FloatAttr>(attribute))
    return real.getType().isF32();
  if (auto list = dyn_cast<ArrayAttr>(attribute))
    return llvm::all_of(list, llvm::IsaPred<StringAttr>) ||
           llvm::all_of(list, llvm::IsaPred<DenseElementsAttr>);
  return isa<StringAttr, DenseI64ArrayAttr, DenseF32ArrayAttr,
             DenseElementsAttr>(attribute);
}

LogicalResult NodeOp::verify() {
  if (getOpType().empty())
    return emitOpError() << "expects an operator name";
  if (static_cast<int64_t>(getOpset()) < 1)
    return emitOpError() << "expects opset ("
                         << static_cast<int64_t>(getOpset())
                         << ") to be at least 1";
  if (static_cast<int64_t>(getIndex()) < 0)
    return emitOpError() << "expects index ("
                         << static_cast<int64_t>(getIndex())
                         << ") to be at least 0";

  int64_t previous = -1;
  for (int64_t absent : getAbsent().value_or(ArrayRef<int64_t>())) {
    if (absent <= previous)
      return emitOpError()
             << "expects absent positions to increase from 0, but " << absent
             << " follows " << previous;
    if (absent >= static_cast<int64_t>(getNumInputs()))
      return emitOpError() << "expects absent position (" << absent
                           << ") to be below the number of inputs ("
                           << getNumInputs() << ")";
    previous = absent;
  }

  DictionaryAttr unsupported = getUnsupportedAttributesAttr();
  for (NamedAttribute attribute : getNodeAttributes()) {
    if (!isNodeAttribute(attribute.getValue()))
      return emitOpError() << "expects attribute '"
                           << attribute.getName().getValue()
                           << "' to have the form of an ONNX attribute, not "
                           << attribute.getValue();
    if (unsupported && unsupported.contains(attribute.getName()))
      return emitOpError() << "expects attribute '"
                           << attribute.getName().getValue()
                           << "' to be listed once, not also as unsupported";
  }
  if (unsupported)
    for (NamedAttribute attribute : unsupported)
      if (!isa<StringAttr>(attribute.getValue()))
        return emitOpError() << "expects unsupported attribute '"
                             << attribute.getName().getValue()
                             << "' to name its kind as a string, not "
                             << attribute.getValue();
  return success();
}
