//===- Signature.cpp - inputs and outputs of a model ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/Signature.h"

#include "dilated-mlir/Runtime/Compare.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::dilated;
namespace runtime = ::dilated::runtime;

// Names of attributes: of @main's arguments and results, and of the module.
static constexpr StringLiteral kNameAttr = "dilated.name";
static constexpr StringLiteral kSymbolsAttr = "dilated.symbols";
static constexpr StringLiteral kTypeAttr = "dilated.type";
static constexpr StringLiteral kSignatureAttr = "dilated.signature";

std::string TensorInfo::describe() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[';
  llvm::interleaveComma(dims, stream, [&](const Dimension &dim) {
    if (!dim.isDynamic())
      stream << dim.size;
    else
      stream << (dim.symbol.empty() ? "?" : dim.symbol);
  });
  stream << "] " << runtime::elementName(type);
  return text;
}

static int find(const std::vector<TensorInfo> &tensors, StringRef name) {
  auto it = llvm::find_if(
      tensors, [&](const TensorInfo &info) { return info.name == name; });
  return it == tensors.end() ? -1 : static_cast<int>(it - tensors.begin());
}

int Signature::findInput(StringRef name) const { return find(inputs, name); }
int Signature::findOutput(StringRef name) const { return find(outputs, name); }

static std::optional<dilated_rt_type> getElementType(Type type) {
  if (type.isF32())
    return DILATED_RT_F32;
  if (type.isF64())
    return DILATED_RT_F64;
  if (type.isF16())
    return DILATED_RT_F16;
  if (type.isBF16())
    return DILATED_RT_BF16;
  if (type.isSignlessInteger(64))
    return DILATED_RT_I64;
  if (type.isSignlessInteger(32))
    return DILATED_RT_I32;
  if (type.isSignlessInteger(16))
    return DILATED_RT_I16;
  if (type.isSignlessInteger(8))
    return DILATED_RT_I8;
  if (type.isSignlessInteger(1))
    return DILATED_RT_BOOL;
  return std::nullopt;
}

/// One argument or result. `what` names it in errors.
static LogicalResult readTensor(Type type, DictionaryAttr attributes,
                                const Twine &what,
                                function_ref<InFlightDiagnostic()> emitError,
                                TensorInfo &info) {
  auto shaped = dyn_cast_or_null<ShapedType>(type);
  if (!shaped || !shaped.hasRank() || isa<VectorType>(type))
    return emitError() << what << " has type " << type
                       << "; a ranked tensor is expected";
  std::optional<dilated_rt_type> element =
      getElementType(shaped.getElementType());
  if (!element)
    return emitError()
           << what << " has element type " << shaped.getElementType()
           << "; supported are f32, f64, f16, bf16, i64, i32, i16, i8 and i1";
  if (shaped.getRank() > DILATED_MAX_RANK)
    return emitError() << what << " has rank " << shaped.getRank()
                       << "; at most " << DILATED_MAX_RANK << " is supported";
  info.type = *element;
  for (int64_t size : shaped.getShape())
    info.dims.push_back({ShapedType::isDynamic(size) ? -1 : size, ""});

  if (!attributes)
    return success();
  if (auto name = attributes.getAs<StringAttr>(kNameAttr))
    info.name = name.str();
  auto symbols = attributes.getAs<ArrayAttr>(kSymbolsAttr);
  if (!symbols)
    return success();
  if (symbols.size() != info.dims.size())
    return emitError() << what << " has " << symbols.size()
                       << " dimension symbols for rank " << info.dims.size();
  for (auto [dim, symbol] : llvm::zip_equal(info.dims, symbols)) {
    auto text = dyn_cast<StringAttr>(symbol);
    if (!text)
      return emitError() << what
                         << " has a dimension symbol that is not a string";
    dim.symbol = text.str();
  }
  return success();
}

/// Inputs are chosen by name on the command line, so a name must be one
/// tensor's.
static LogicalResult verifyNames(StringRef what,
                                 const std::vector<TensorInfo> &tensors,
                                 function_ref<InFlightDiagnostic()> emitError) {
  llvm::StringSet<> seen;
  for (const TensorInfo &info : tensors)
    if (!seen.insert(info.name).second)
      return emitError() << "two " << what << "s of @main are named '"
                         << info.name << "'";
  return success();
}

//===----------------------------------------------------------------------===//
// Of a function
//===----------------------------------------------------------------------===//

static FailureOr<Signature> readFunction(func::FuncOp function) {
  if (function.isExternal())
    return function.emitError("@main has no body");
  auto emitError = [&] { return function.emitError(); };
  Signature signature;
  FunctionType type = function.getFunctionType();
  for (auto [index, input] : llvm::enumerate(type.getInputs())) {
    TensorInfo &info = signature.inputs.emplace_back();
    info.name = "arg" + std::to_string(index);
    if (failed(readTensor(input, function.getArgAttrDict(index),
                          "argument #" + Twine(index) + " of @main", emitError,
                          info)))
      return failure();
  }
  for (auto [index, output] : llvm::enumerate(type.getResults())) {
    TensorInfo &info = signature.outputs.emplace_back();
    info.name = "result" + std::to_string(index);
    if (failed(readTensor(output, function.getResultAttrDict(index),
                          "result #" + Twine(index) + " of @main", emitError,
                          info)))
      return failure();
  }
  if (failed(verifyNames("input", signature.inputs, emitError)) ||
      failed(verifyNames("output", signature.outputs, emitError)))
    return failure();
  return signature;
}

//===----------------------------------------------------------------------===//
// Of a module that has left the tensors behind
//===----------------------------------------------------------------------===//

Type mlir::dilated::getMlirType(dilated_rt_type type, MLIRContext *context) {
  Builder b(context);
  switch (type) {
  case DILATED_RT_F32:
    return b.getF32Type();
  case DILATED_RT_F64:
    return b.getF64Type();
  case DILATED_RT_F16:
    return b.getF16Type();
  case DILATED_RT_BF16:
    return b.getBF16Type();
  case DILATED_RT_I64:
    return b.getI64Type();
  case DILATED_RT_I32:
    return b.getI32Type();
  case DILATED_RT_I16:
    return b.getI16Type();
  case DILATED_RT_I8:
    return b.getI8Type();
  case DILATED_RT_BOOL:
    return b.getI1Type();
  }
  llvm_unreachable("an element type outside of the enumeration");
}

static ArrayAttr toAttribute(const std::vector<TensorInfo> &tensors,
                             Builder &b) {
  SmallVector<Attribute> entries;
  for (const TensorInfo &info : tensors) {
    SmallVector<int64_t> shape;
    SmallVector<Attribute> symbols;
    for (const Dimension &dim : info.dims) {
      shape.push_back(dim.isDynamic() ? ShapedType::kDynamic : dim.size);
      symbols.push_back(b.getStringAttr(dim.symbol));
    }
    auto type =
        RankedTensorType::get(shape, getMlirType(info.type, b.getContext()));
    entries.push_back(b.getDictionaryAttr(
        {b.getNamedAttr(kNameAttr, b.getStringAttr(info.name)),
         b.getNamedAttr(kTypeAttr, TypeAttr::get(type)),
         b.getNamedAttr(kSymbolsAttr, b.getArrayAttr(symbols))}));
  }
  return b.getArrayAttr(entries);
}

void Signature::attachTo(ModuleOp module) const {
  Builder b(module.getContext());
  module->setAttr(kSignatureAttr,
                  b.getDictionaryAttr(
                      {b.getNamedAttr("inputs", toAttribute(inputs, b)),
                       b.getNamedAttr("outputs", toAttribute(outputs, b))}));
}

bool Signature::isAttachedTo(ModuleOp module) {
  return module->hasAttr(kSignatureAttr);
}

static LogicalResult readTensors(DictionaryAttr signature, StringRef key,
                                 function_ref<InFlightDiagnostic()> emitError,
                                 std::vector<TensorInfo> &tensors) {
  auto entries = signature.getAs<ArrayAttr>(key);
  if (!entries)
    return emitError() << "'" << kSignatureAttr << "' has no list '" << key
                       << "'";
  for (auto [index, entry] : llvm::enumerate(entries)) {
    auto attributes = dyn_cast<DictionaryAttr>(entry);
    auto type = attributes ? attributes.getAs<TypeAttr>(kTypeAttr) : nullptr;
    if (!type)
      return emitError() << "'" << kSignatureAttr << "' has an entry without '"
                         << kTypeAttr << "'";
    if (failed(readTensor(type.getValue(), attributes,
                          key.drop_back() + " #" + Twine(index), emitError,
                          tensors.emplace_back())))
      return failure();
  }
  return verifyNames(key.drop_back(), tensors, emitError);
}

FailureOr<Signature> Signature::read(ModuleOp module) {
  if (auto attached = module->getAttrOfType<DictionaryAttr>(kSignatureAttr)) {
    auto emitError = [&] { return module.emitError(); };
    Signature signature;
    if (failed(readTensors(attached, "inputs", emitError, signature.inputs)) ||
        failed(readTensors(attached, "outputs", emitError, signature.outputs)))
      return failure();
    return signature;
  }
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function)
    return module.emitError("the module has no function @main");
  return readFunction(function);
}
