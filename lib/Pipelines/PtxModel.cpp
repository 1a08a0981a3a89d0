//===- PtxModel.cpp - is a model one attention? -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reshapes keep the elements of a row-major tensor in their order, so an
// operand that is an input but for reshapes is the input's memory with other
// sizes; these are followed back to the inputs.
//
//===----------------------------------------------------------------------===//

#include "PtxModel.h"
#include "dilated-mlir/Transforms/EncodedPattern.h"

#include "dialects/Dilated/Dilated.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::dilated;

/// What a tensor is but for reshapes.
static Value skipReshapes(Value tensor) {
  while (Operation *op = tensor.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(
            op))
      break;
    tensor = op->getOperand(0);
  }
  return tensor;
}

static std::optional<SizeRule> findSize(Value tensor, int64_t dim);

/// The product of dimensions, of which one at most is dynamic.
static std::optional<SizeRule> multiply(Value tensor, ArrayRef<int64_t> dims) {
  SizeRule product;
  for (int64_t dim : dims) {
    std::optional<SizeRule> size = findSize(tensor, dim);
    if (!size || (!size->isConstant() && !product.isConstant()))
      return std::nullopt;
    if (!size->isConstant()) {
      product.input = size->input;
      product.dim = size->dim;
    }
    if (llvm::MulOverflow(product.factor, size->factor, product.factor) ||
        llvm::MulOverflow(product.divisor, size->divisor, product.divisor))
      return std::nullopt;
  }
  return product;
}

/// The size of a dimension, by the sizes of the inputs.
static std::optional<SizeRule> findSize(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return SizeRule{-1, 0, type.getDimSize(dim), 1};
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return SizeRule{argument.getArgNumber(), dim, 1, 1};
  Operation *op = tensor.getDefiningOp();
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return findSize(cast.getSource(), dim);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return multiply(collapse.getSrc(), collapse.getReassociationIndices()[dim]);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    for (auto [source, group] :
         llvm::enumerate(expand.getReassociationIndices())) {
      if (!llvm::is_contained(group, dim))
        continue;
      std::optional<SizeRule> size = findSize(expand.getSrc(), source);
      for (int64_t other : group) {
        if (other == dim)
          continue;
        if (!size || type.isDynamicDim(other) || type.getDimSize(other) == 0 ||
            llvm::MulOverflow(size->divisor, type.getDimSize(other),
                              size->divisor))
          return std::nullopt;
      }
      return size;
    }
    return std::nullopt;
  }
  // A result has the query's batch, positions and heads.
  auto attention = dyn_cast<FusedAttentionOp>(op);
  if (!attention)
    return std::nullopt;
  LayoutDims query = getLayoutDims(attention.getQueryLayout());
  if (tensor != attention.getResult(0)) // lse: batch, head, position
    return findSize(attention.getQuery(), dim == 0   ? query.batch
                                          : dim == 1 ? query.head
                                                     : query.sequence);
  LayoutDims out = getLayoutDims(attention.getOutLayout());
  return findSize(attention.getQuery(), dim == out.batch  ? query.batch
                                        : dim == out.head ? query.head
                                                          : query.sequence);
}

static bool takeShape(Value tensor, SmallVector<SizeRule, 4> &sizes) {
  for (int64_t i = 0, e = cast<RankedTensorType>(tensor.getType()).getRank();
       i < e; ++i) {
    std::optional<SizeRule> size = findSize(tensor, i);
    if (!size)
      return false;
    sizes.push_back(*size);
  }
  return true;
}

static bool takeOperand(Value tensor, StringRef layout, int64_t position,
                        PtxOperand &operand) {
  operand.tensor = position;
  operand.layout = layout.str();
  return takeShape(tensor, operand.sizes);
}

static bool takeInput(Value tensor, Layout layout, PtxOperand &operand) {
  auto argument = dyn_cast<BlockArgument>(skipReshapes(tensor));
  return argument && takeOperand(tensor, stringifyLayout(layout),
                                 argument.getArgNumber(), operand);
}

/// Whether the op computes anything but sizes and shapes.
static bool isShapeOnly(Operation *op) {
  StringRef dialect = op->getName().getDialectNamespace();
  bool hasTensorElements =
      isa<tensor::DimOp, tensor::EmptyOp, tensor::CastOp, tensor::ExpandShapeOp,
          tensor::CollapseShapeOp, func::ReturnOp>(op);
  bool isIndexArithmetic = (dialect == "arith" || dialect == "affine" ||
                            dialect == "index" || dialect == "cf") &&
                           llvm::none_of(op->getResultTypes(), [](Type type) {
                             return isa<ShapedType>(type);
                           });
  return hasTensorElements || isIndexArithmetic;
}

std::optional<PtxModel>
mlir::dilated::findPtxModel(ModuleOp module, const Signature &signature) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal() || !main.getBody().hasOneBlock())
    return std::nullopt;
  FusedAttentionOp attention;
  for (Operation &op : main.getBody().front()) {
    auto found = dyn_cast<FusedAttentionOp>(op);
    if (found ? attention != nullptr : !isShapeOnly(&op))
      return std::nullopt;
    if (found)
      attention = found;
  }
  std::optional<SmallVector<int64_t>> pattern;
  if (!attention || attention.getResults().empty() ||
      !(pattern =
            getEncodedPattern(attention.getPattern(), attention.getCausal())))
    return std::nullopt;

  PtxModel model;
  model.signature = signature;
  model.scale = attention.getScaleOrDefault();
  model.pattern.assign(pattern->begin(), pattern->end());
  if (!takeInput(attention.getQuery(), attention.getQueryLayout(),
                 model.query) ||
      !takeInput(attention.getKey(), attention.getKeyLayout(), model.key) ||
      !takeInput(attention.getValue(), attention.getValueLayout(), model.value))
    return std::nullopt;

  bool hasOut = false;
  Operation *end = main.getBody().front().getTerminator();
  for (auto [i, returned] : llvm::enumerate(end->getOperands())) {
    Value result = skipReshapes(returned);
    if (result.getDefiningOp() != attention ||
        !takeShape(returned, model.outputShapes.emplace_back()))
      return std::nullopt;
    bool isLse = result != attention.getResult(0);
    if (isLse ? model.lse.has_value() : hasOut)
      return std::nullopt; // one result as two outputs
    if (isLse) {
      if (!takeOperand(result, "bhn", i, model.lse.emplace()))
        return std::nullopt;
      continue;
    }
    hasOut = true;
    if (!takeOperand(result, stringifyLayout(attention.getOutLayout()), i,
                     model.out))
      return std::nullopt;
  }
  // A kernel that writes an lse wants memory for it.
  bool writesLse = attention.getLseInit() != nullptr;
  if (!hasOut || writesLse != model.lse.has_value())
    return std::nullopt;
  return model;
}
