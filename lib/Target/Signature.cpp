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

/// One argument or result. `what` and `index` name it in errors.
static LogicalResult readTensor(func::FuncOp function, Type type,
                                DictionaryAttr attributes, StringRef what,
                                unsigned index, TensorInfo &info) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped || !shaped.hasRank() || isa<VectorType>(type))
    return function.emitError()
           << what << " #" << index << " of @main has type " << type
           << "; a ranked tensor is expected";
  std::optional<dilated_rt_type> element =
      getElementType(shaped.getElementType());
  if (!element)
    return function.emitError()
           << what << " #" << index << " of @main has element type "
           << shaped.getElementType()
           << "; supported are f32, f64, f16, bf16, i64, i32, i16, i8 and i1";
  info.type = *element;
  for (int64_t size : shaped.getShape())
    info.dims.push_back({ShapedType::isDynamic(size) ? -1 : size, ""});

  if (!attributes)
    return success();
  if (auto name = attributes.getAs<StringAttr>("dilated.name"))
    info.name = name.str();
  auto symbols = attributes.getAs<ArrayAttr>("dilated.symbols");
  if (!symbols)
    return success();
  if (symbols.size() != info.dims.size())
    return function.emitError()
           << what << " #" << index << " of @main has " << symbols.size()
           << " dimension symbols for rank " << info.dims.size();
  for (auto [dim, symbol] : llvm::zip_equal(info.dims, symbols)) {
    auto text = dyn_cast<StringAttr>(symbol);
    if (!text)
      return function.emitError()
             << what << " #" << index
             << " of @main has a dimension symbol that is not a string";
    dim.symbol = text.str();
  }
  return success();
}

/// Inputs are chosen by name on the command line, so a name must be one
/// tensor's.
static LogicalResult verifyNames(func::FuncOp function, StringRef what,
                                 const std::vector<TensorInfo> &tensors) {
  llvm::StringSet<> seen;
  for (const TensorInfo &info : tensors)
    if (!seen.insert(info.name).second)
      return function.emitError()
             << "two " << what << "s of @main are named '" << info.name << "'";
  return success();
}

FailureOr<Signature> Signature::read(ModuleOp module) {
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function)
    return module.emitError("the module has no function @main");
  if (function.isExternal())
    return function.emitError("@main has no body");

  Signature signature;
  FunctionType type = function.getFunctionType();
  for (auto [index, input] : llvm::enumerate(type.getInputs())) {
    TensorInfo &info = signature.inputs.emplace_back();
    info.name = "arg" + std::to_string(index);
    if (failed(readTensor(function, input, function.getArgAttrDict(index),
                          "argument", index, info)))
      return failure();
  }
  for (auto [index, output] : llvm::enumerate(type.getResults())) {
    TensorInfo &info = signature.outputs.emplace_back();
    info.name = "result" + std::to_string(index);
    if (failed(readTensor(function, output, function.getResultAttrDict(index),
                          "result", index, info)))
      return failure();
  }
  if (failed(verifyNames(function, "input", signature.inputs)) ||
      failed(verifyNames(function, "output", signature.outputs)))
    return failure();
  return signature;
}
