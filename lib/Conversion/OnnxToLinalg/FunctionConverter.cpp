//===- FunctionConverter.cpp - the nodes of one function --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FunctionConverter.h"

#include "NodeNames.h"
#include "OpTable.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::dilated;

FunctionConverter::FunctionConverter(func::FuncOp func)
    : func(func), b(func.getLoc(), &func.getBody().front()) {}

Value FunctionConverter::lookup(Value value) const {
  if (poisoned.contains(value))
    return {};
  Value tensor = converted.lookup(value);
  return tensor ? tensor : value;
}

LogicalResult FunctionConverter::convert() {
  if (!func.getBody().hasOneBlock())
    return func.emitError() << "function has several blocks, expected one";
  LogicalResult result = bindSymbols();
  for (Operation &op :
       llvm::make_early_inc_range(func.getBody().front().getOperations())) {
    LogicalResult converts = success();
    if (auto node = dyn_cast<onnx::NodeOp>(op))
      converts = convertNode(node);
    else if (auto cast = dyn_cast<UnrealizedConversionCastOp>(op))
      converts = convertResult(cast);
    if (failed(converts))
      result = failure();
  }
  if (succeeded(result))
    eraseNodes();
  return result;
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// The element types of models; IR written by hand may have any other.
static bool isModelType(Type type) {
  return type.isF32() || type.isF64() || type.isF16() || type.isBF16() ||
         (type.isSignlessInteger() &&
          llvm::is_contained({1, 8, 16, 32, 64}, type.getIntOrFloatBitWidth()));
}

/// Whether the bytes of what is known of a tensor's sizes fit 63 bits.
static bool hasSaneSize(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t size : type.getShape())
    if (!ShapedType::isDynamic(size) && size != 0 &&
        llvm::MulOverflow(bytes, size, bytes))
      return false;
  return true;
}

LogicalResult FunctionConverter::convertNode(onnx::NodeOp op) {
  b.setLoc(op.getLoc());
  b.setInsertionPoint(op);
  // What a node leaves on failure stays until the module is dropped.
  auto poison = [&]() {
    poisoned.insert_range(op.getResults());
    return failure();
  };
  SmallVector<Value> inputs;
  bool isPoisoned = false;
  for (unsigned i = 0; i < op.getNumInputs(); ++i) {
    Value operand = op.getInput(i),
          tensor = operand ? lookup(operand) : Value();
    isPoisoned |= operand && !tensor;
    inputs.push_back(tensor);
  }
  b.setErrorPrefix(describeNode(op, inputs));

  const OnnxOp *row = findOnnxOp(op.getDomain(), op.getOpType(), op.getOpset());
  if (!row) {
    std::string versions = describeVersions(op.getDomain(), op.getOpType());
    (void)poison();
    if (versions == "none")
      return b.error() << "the operator is not known; --list-ops prints what "
                          "is";
    return b.error() << "the operator at version "
                     << static_cast<int64_t>(op.getOpset())
                     << " is not known; supported are versions " << versions;
  }
  if (isPoisoned) {
    (void)poison();
    return success(); // the cause was reported
  }
  if (failed(checkAgainstRow(op, *row, b)))
    return poison();
  for (auto [i, input] : llvm::enumerate(inputs)) {
    if (!input)
      continue;
    if (!isa<RankedTensorType>(input.getType())) {
      b.error() << "input " << i << " has type " << input.getType()
                << ", expected a tensor of known rank";
      return poison();
    }
    if (Type element = getElementTypeOrSelf(input.getType());
        !isModelType(element)) {
      b.error() << "input " << i << " has element type " << element
                << "; supported are f32, f64, f16, bf16, i64, i32, i16, i8 and "
                   "i1";
      return poison();
    }
    input = b.refine(input);
  }

  NodeView view(op, b, inputs);
  if (failed(row->convert(view)))
    return poison();
  for (auto [i, pair] :
       llvm::enumerate(llvm::zip_equal(op.getResults(), view.getResults()))) {
    auto [result, value] = pair;
    if (value && !hasSaneSize(value)) {
      b.error() << "output " << i << " has more bytes than fit 64 bits ("
                << describeType(value.getType()) << ")";
      return poison();
    }
    if (value) {
      converted[result] = value;
    } else if (!result.use_empty()) {
      b.error() << "output " << i << " is used, but not computed";
      return poison();
    }
  }
  return success();
}

/// Nodes in reverse, with their casts gone; then what became dead while shapes
/// were folded.
void FunctionConverter::eraseNodes() {
  for (Operation &op : llvm::make_early_inc_range(
           llvm::reverse(func.getBody().front().getOperations())))
    if (isa<onnx::NodeOp>(op) || isOpTriviallyDead(&op))
      op.erase();
}

//===----------------------------------------------------------------------===//
// Inputs and outputs of the function
//===----------------------------------------------------------------------===//

/// The name that the importer gave to an argument or a result.
static std::string nameOf(Attribute name, StringRef what, unsigned position) {
  if (auto text = dyn_cast_or_null<StringAttr>(name))
    return text.str();
  return (what + " " + Twine(position)).str();
}

/// The symbol of a dimension; empty when it has none. Exporters also write
/// expressions (`tiles + 1`): those are no names, equal texts prove nothing.
static StringRef symbolOf(Attribute symbols, int64_t dim) {
  auto list = dyn_cast_or_null<ArrayAttr>(symbols);
  if (!list || dim >= static_cast<int64_t>(list.size()))
    return "";
  auto symbol = dyn_cast<StringAttr>(list[dim]);
  if (!symbol || symbol.empty())
    return "";
  StringRef name = symbol.getValue();
  auto isNameChar = [](char c) {
    return llvm::isAlnum(c) || c == '_' || c == '.' || c == ':';
  };
  return !llvm::isDigit(name.front()) && llvm::all_of(name, isNameChar) ? name
                                                                        : "";
}

LogicalResult FunctionConverter::bindSymbols() {
  b.setLoc(func.getLoc());
  b.setErrorPrefix("");
  for (auto [position, argument] : llvm::enumerate(func.getArguments())) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    std::string input =
        nameOf(func.getArgAttr(position, "dilated.name"), "input", position);
    Attribute list = func.getArgAttr(position, "dilated.symbols");
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      StringRef symbol = symbolOf(list, dim);
      if (symbol.empty())
        continue;
      OpFoldResult size = b.size(argument, dim);
      auto [entry, isNew] = symbols.try_emplace(symbol, size, input);
      if (isNew)
        continue;
      const BoundSymbol &bound = entry->second;
      if (failed(b.requireEqual(bound.size, size,
                                "inputs '" + bound.input + "' and '" + input +
                                    "' have different sizes for dimension '" +
                                    symbol + "'")))
        return func.emitError()
               << "inputs '" << bound.input << "' and '" << input
               << "' have different sizes for dimension '" << symbol
               << "': " << *constantSize(bound.size) << " and "
               << *constantSize(size);
    }
  }
  return success();
}

LogicalResult
FunctionConverter::convertResult(UnrealizedConversionCastOp cast) {
  if (cast.getInputs().size() != 1 || cast.getOutputs().size() != 1 ||
      !isa<onnx::ValueType>(cast.getInputs()[0].getType()))
    return success();
  Value value = lookup(cast.getInputs()[0]);
  if (!value)
    return success(); // the cause was reported
  Value result = cast.getOutputs()[0];
  b.setLoc(cast.getLoc());
  b.setInsertionPoint(cast);

  // Which result of the function this is, for the messages.
  unsigned position = 0;
  for (OpOperand &use : result.getUses())
    if (isa<func::ReturnOp>(use.getOwner()))
      position = use.getOperandNumber();
  std::string name;
  if (position < func.getNumResults())
    name = nameOf(func.getResultAttr(position, "dilated.name"), "output",
                  position);
  b.setErrorPrefix("output '" + name + "': ");

  auto declared = dyn_cast<RankedTensorType>(result.getType());
  auto actual = llvm::cast<RankedTensorType>(value.getType());
  if (!declared || declared.getElementType() != actual.getElementType() ||
      declared.getRank() != actual.getRank())
    return b.error() << "is declared as " << describeType(result.getType())
                     << ", but the graph computes " << describeType(actual);
  Sizes sizes = b.sizes(value);
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    if (declared.isDynamicDim(dim))
      continue;
    OpFoldResult expected = b.getIndexAttr(declared.getDimSize(dim));
    if (failed(b.requireEqual(size, expected,
                              "dimension " + Twine(dim) +
                                  " is not of the declared size " +
                                  Twine(declared.getDimSize(dim)))))
      return b.error() << "is declared as " << describeType(declared)
                       << ", but the graph computes " << describeType(actual);
  }
  if (position < func.getNumResults() &&
      failed(checkResultSymbols(value, position, name)))
    return failure();
  if (value.getType() != declared)
    value = tensor::CastOp::create(b, declared, value);
  result.replaceAllUsesWith(value);
  cast.erase();
  return success();
}

LogicalResult FunctionConverter::checkResultSymbols(Value value,
                                                    unsigned position,
                                                    StringRef name) {
  Attribute list = func.getResultAttr(position, "dilated.symbols");
  for (auto [dim, size] : llvm::enumerate(b.sizes(value))) {
    auto bound = symbols.find(symbolOf(list, dim));
    if (bound == symbols.end())
      continue;
    OpFoldResult expected = bound->second.size;
    if (failed(b.requireEqual(size, expected,
                              "dimension " + Twine(dim) + " is not '" +
                                  bound->first() + "' of input '" +
                                  bound->second.input + "'")))
      return b.error() << "dimension " << dim << " is " << *constantSize(size)
                       << ", but '" << bound->first() << "' of input '"
                       << bound->second.input << "' is "
                       << *constantSize(expected);
  }
  return success();
}
