//===- ModuleBuilder.cpp - the module of the import phase -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights become private globals that say where their bytes lie, small tensors
// constants, every node an onnx.node, the graph @main:
//
//   ml_program.global private @"w"(#ml_program.extern : tensor<64x64xf32>)
//       : tensor<64x64xf32> {dilated.weight = {file = "model.onnx",
//                            offset = 71 : i64, length = 16384 : i64}}
//   func.func @main(%x : tensor<?x64xf32> {dilated.name = "x",
//                   dilated.symbols = ["batch", ""]}) -> ...
//
//===----------------------------------------------------------------------===//

#include "ModuleBuilder.h"

#include "FunctionExpander.h"
#include "InputShapes.h"
#include "NodeAttributes.h"
#include "Opsets.h"
#include "Report.h"
#include "TensorData.h"
#include "dialects/Onnx/Onnx.h"
#include "dilated-mlir/Import/OnnxImport.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {

class ModuleBuilder {
public:
  ModuleBuilder(const onnxpb::ModelProto &model, const FlatGraph &graph,
                const Signature &signature, TensorReader &tensors,
                Report &report)
      : model(model), graph(graph), signature(signature), tensors(tensors),
        report(report), builder(report.getContext()) {}

  OwningOpRef<ModuleOp> build(const OnnxImportOptions &options);

private:
  void setModuleAttributes(const OnnxImportOptions &options);
  void createMain();
  void buildInitializers();
  void buildNode(const FlatNode &node);
  /// A Constant node is the tensor that it holds; null when it is not one, or
  /// not of a form that is a tensor.
  Value buildConstant(const FlatNode &node);
  LogicalResult buildReturn();

  Value createTensor(const TensorData &data, StringRef name, Location loc);
  SymbolRefAttr getGlobal(const TensorData &data, StringRef name, Location loc);
  DictionaryAttr describeValue(const DeclaredValue &value);

  const onnxpb::ModelProto &model;
  const FlatGraph &graph;
  const Signature &signature;
  TensorReader &tensors;
  Report &report;
  OpBuilder builder;

  OwningOpRef<ModuleOp> module;
  std::optional<SymbolTable> symbols;
  func::FuncOp main;
  // By ValueId; null for what has not been built.
  SmallVector<Value, 0> values;
  // A body that is inlined twice has its weights once.
  std::map<std::tuple<std::string, int64_t, const void *>, SymbolRefAttr>
      globals;
};

} // namespace

//===----------------------------------------------------------------------===//
// Module and function
//===----------------------------------------------------------------------===//

void ModuleBuilder::setModuleAttributes(const OnnxImportOptions &options) {
  std::string producer = model.producer_name();
  if (!model.producer_version().empty())
    producer += " " + model.producer_version();
  Operation *op = *module;
  op->setAttr("dilated.producer", builder.getStringAttr(producer));
  op->setAttr("dilated.ir_version",
              builder.getI64IntegerAttr(model.ir_version()));
  op->setAttr("dilated.model", builder.getStringAttr(report.getPath()));
  if (!options.externalDataDir.empty())
    op->setAttr("dilated.external_data_dir",
                builder.getStringAttr(options.externalDataDir));
}

/// The name of an input or output, and the symbol of each dimension. What the
/// file says of a dimension beyond a plain name is kept for the reader.
DictionaryAttr ModuleBuilder::describeValue(const DeclaredValue &value) {
  SmallVector<NamedAttribute> attributes;
  attributes.push_back(
      builder.getNamedAttr("dilated.name", builder.getStringAttr(value.name)));
  SmallVector<StringRef> names, texts;
  bool hasExpression = false;
  if (value.dims)
    for (const DeclaredDim &dim : *value.dims) {
      names.push_back(dim.symbol);
      texts.push_back(dim.text);
      hasExpression |= dim.symbol != dim.text;
    }
  attributes.push_back(
      builder.getNamedAttr("dilated.symbols", builder.getStrArrayAttr(names)));
  if (hasExpression)
    attributes.push_back(
        builder.getNamedAttr("dilated.dims", builder.getStrArrayAttr(texts)));
  return builder.getDictionaryAttr(attributes);
}

void ModuleBuilder::createMain() {
  auto getTypes = [](ArrayRef<DeclaredValue> values) {
    return llvm::map_to_vector(
        values, [](const DeclaredValue &value) { return value.getType(); });
  };
  auto type = builder.getFunctionType(getTypes(signature.inputs),
                                      getTypes(signature.outputs));
  builder.setInsertionPointToEnd(module->getBody());
  main = func::FuncOp::create(builder, report.getFileLoc(), "main", type);
  symbols->insert(main);
  for (auto [index, input] : llvm::enumerate(signature.inputs))
    main.setArgAttrs(index, describeValue(input));
  for (auto [index, output] : llvm::enumerate(signature.outputs))
    main.setResultAttrs(index, describeValue(output));

  Block *block = main.addEntryBlock();
  builder.setInsertionPointToStart(block);
  for (auto [id, argument, input] :
       llvm::zip_equal(graph.inputs, block->getArguments(), signature.inputs)) {
    argument.setLoc(
        NameLoc::get(builder.getStringAttr(input.name), report.getFileLoc()));
    values[id] = argument;
  }
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

SymbolRefAttr ModuleBuilder::getGlobal(const TensorData &data, StringRef name,
                                       Location loc) {
  SymbolRefAttr &symbol = globals[{data.externalFile, data.place->offset,
                                   data.type.getAsOpaquePointer()}];
  if (symbol)
    return symbol;

  bool isExternal = !data.externalFile.empty();
  StringRef file = isExternal ? StringRef(data.externalFile)
                              : llvm::sys::path::filename(report.getPath());
  SmallVector<NamedAttribute> place = {
      builder.getNamedAttr("file", builder.getStringAttr(file)),
      builder.getNamedAttr("offset",
                           builder.getI64IntegerAttr(data.place->offset)),
      builder.getNamedAttr("length",
                           builder.getI64IntegerAttr(data.place->length))};
  if (isExternal)
    place.push_back(builder.getNamedAttr("external", builder.getUnitAttr()));

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(main);
  auto global = ml_program::GlobalOp::create(
      builder, loc, name, data.type, /*is_mutable=*/false,
      ml_program::ExternAttr::get(builder.getContext(), data.type),
      builder.getStringAttr("private"));
  global->setAttr("dilated.weight", builder.getDictionaryAttr(place));
  // Renames it if the name is taken: names are unique within a function only.
  symbol = SymbolRefAttr::get(symbols->insert(global));
  return symbol;
}

Value ModuleBuilder::createTensor(const TensorData &data, StringRef name,
                                  Location loc) {
  if (data.isSmall())
    return arith::ConstantOp::create(builder, loc, data.getElements());
  return ml_program::GlobalLoadConstOp::create(builder, loc, data.type,
                                               getGlobal(data, name, loc));
}

void ModuleBuilder::buildInitializers() {
  // One that no node reads need not be there.
  llvm::BitVector used(values.size());
  for (const FlatNode &node : graph.nodes)
    for (ValueId input : node.inputs)
      if (input != absentValue)
        used.set(input);
  for (ValueId output : graph.outputs)
    used.set(output);
  for (auto [id, tensor] :
       llvm::zip_equal(graph.initializers, model.graph().initializer())) {
    if (!used.test(id))
      continue;
    Location loc =
        NameLoc::get(builder.getStringAttr(tensor.name()), report.getFileLoc());
    if (const TensorData *data =
            tensors.read(tensor, loc, "initializer '" + tensor.name() + "'"))
      values[id] = createTensor(*data, tensor.name(), loc);
  }
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

Value ModuleBuilder::buildConstant(const FlatNode &node) {
  if (node.proto->op_type() != "Constant" ||
      !canonicalDomain(node.proto->domain()).empty() ||
      node.attributes.size() != 1 || node.outputs.size() != 1)
    return {};
  auto [name, attribute] = node.attributes.front();
  StringRef valueName = graph.valueNames[node.outputs.front()];
  if (name == "value" && attribute->has_t()) {
    const TensorData *data =
        tensors.read(attribute->t(), node.loc, node.description);
    return data ? createTensor(*data, valueName, node.loc) : Value();
  }
  Attribute value = convertAttribute(*attribute, tensors, node.loc);
  DenseElementsAttr elements;
  if (auto number = dyn_cast_or_null<IntegerAttr>(value);
      number && name == "value_int")
    elements = DenseElementsAttr::get(
        RankedTensorType::get({}, number.getType()), number.getValue());
  else if (auto number = dyn_cast_or_null<FloatAttr>(value);
           number && name == "value_float")
    elements = DenseElementsAttr::get(
        RankedTensorType::get({}, number.getType()), number.getValue());
  else if (auto list = dyn_cast_or_null<DenseI64ArrayAttr>(value);
           list && name == "value_ints")
    elements = DenseElementsAttr::get(
        RankedTensorType::get(list.size(), builder.getI64Type()),
        list.asArrayRef());
  else if (auto list = dyn_cast_or_null<DenseF32ArrayAttr>(value);
           list && name == "value_floats")
    elements = DenseElementsAttr::get(
        RankedTensorType::get(list.size(), builder.getF32Type()),
        list.asArrayRef());
  if (!elements)
    return {};
  return arith::ConstantOp::create(builder, node.loc, elements);
}

void ModuleBuilder::buildNode(const FlatNode &node) {
  if (Value constant = buildConstant(node)) {
    values[node.outputs.front()] = constant;
    return;
  }
  SmallVector<Value> operands;
  SmallVector<int64_t> absent;
  for (auto [index, input] : llvm::enumerate(node.inputs)) {
    if (input == absentValue)
      absent.push_back(index);
    else
      operands.push_back(values[input]);
  }
  NamedAttrList attributes, unsupported;
  for (auto [name, attribute] : node.attributes) {
    if (Attribute value = convertAttribute(*attribute, tensors, node.loc))
      attributes.set(name, value);
    else
      unsupported.set(name,
                      builder.getStringAttr(getAttributeKind(*attribute)));
  }
  MLIRContext *context = builder.getContext();
  SmallVector<Type> types(node.outputs.size(), onnx::ValueType::get(context));
  auto op = onnx::NodeOp::create(
      builder, node.loc, types, operands, node.proto->op_type(),
      canonicalDomain(node.proto->domain()), node.opset, node.index,
      node.proto->name(), attributes.getDictionary(context),
      absent.empty() ? DenseI64ArrayAttr()
                     : builder.getDenseI64ArrayAttr(absent),
      unsupported.empty() ? DictionaryAttr()
                          : unsupported.getDictionary(context));
  for (auto [id, output] : llvm::zip_equal(node.outputs, op.getOutputs()))
    values[id] = output;
}

LogicalResult ModuleBuilder::buildReturn() {
  SmallVector<Value> results;
  for (auto [id, output] : llvm::zip_equal(graph.outputs, signature.outputs)) {
    Value value = values[id];
    Type declared = output.getType();
    Location loc =
        NameLoc::get(builder.getStringAttr(output.name), report.getFileLoc());
    if (isa<onnx::ValueType>(value.getType())) {
      value = UnrealizedConversionCastOp::create(builder, loc, declared, value)
                  .getResult(0);
    } else if (value.getType() != declared) {
      // An input or a constant that is returned as it is.
      if (!tensor::CastOp::areCastCompatible(value.getType(), declared)) {
        std::string message;
        llvm::raw_string_ostream(message)
            << "graph output '" << output.name << "' is declared as "
            << declared << ", but is " << value.getType();
        report.error(loc, message);
        return failure();
      }
      value = tensor::CastOp::create(builder, loc, declared, value);
    }
    results.push_back(value);
  }
  func::ReturnOp::create(builder, report.getFileLoc(), results);
  return success();
}

OwningOpRef<ModuleOp> ModuleBuilder::build(const OnnxImportOptions &options) {
  module = ModuleOp::create(report.getFileLoc());
  symbols.emplace(*module);
  values.resize(graph.valueNames.size());
  setModuleAttributes(options);
  createMain();
  buildInitializers();
  for (const FlatNode &node : graph.nodes)
    buildNode(node);
  if (failed(buildReturn()) || report.hasErrors())
    return {};
  return std::move(module);
}

OwningOpRef<ModuleOp>
mlir::dilated::buildModule(const onnxpb::ModelProto &model,
                           const FlatGraph &graph, const Signature &signature,
                           const OnnxImportOptions &options,
                           TensorReader &tensors, Report &report) {
  return ModuleBuilder(model, graph, signature, tensors, report).build(options);
}
