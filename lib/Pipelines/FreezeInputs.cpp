//===- FreezeInputs.cpp - inputs that shapes depend on -----------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Pipelines/FreezeInputs.h"

#include "dialects/Onnx/Onnx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::dilated;

/// The inputs of an operator that determine its result's shape, as a bit per
/// position.
static unsigned getShapeInputMask(StringRef op) {
  return llvm::StringSwitch<unsigned>(op)
      .Cases({"Reshape", "Expand", "Tile", "Squeeze", "Unsqueeze", "Split"},
             1u << 1)
      .Cases(
          {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceProd"},
          1u << 1)
      .Case("Slice", 0b11110)
      .Case("Pad", 0b1010)
      .Case("ConstantOfShape", 0b1)
      .Case("Range", 0b111)
      .Default(0);
}

static func::FuncOp getMain(ModuleOp module) {
  return module.lookupSymbol<func::FuncOp>("main");
}

SmallVector<unsigned> mlir::dilated::findShapeInputs(ModuleOp module) {
  SmallVector<unsigned> positions;
  func::FuncOp main = getMain(module);
  if (!main || main.isExternal())
    return positions;
  for (BlockArgument argument : main.getArguments()) {
    bool feedsShape = llvm::any_of(argument.getUsers(), [&](Operation *user) {
      auto node = dyn_cast<onnx::NodeOp>(user);
      if (!node || !node.getDomain().empty())
        return false;
      unsigned mask = getShapeInputMask(node.getOpType());
      for (unsigned i = 0, e = node.getNumInputs(); i < e && i < 32; ++i)
        if ((mask >> i & 1) && node.getInput(i) == argument)
          return true;
      return false;
    });
    if (feedsShape)
      positions.push_back(argument.getArgNumber());
  }
  return positions;
}

LogicalResult mlir::dilated::freezeInput(ModuleOp module, unsigned position,
                                         DenseElementsAttr value) {
  func::FuncOp main = getMain(module);
  BlockArgument argument = main.getArgument(position);
  auto declared = cast<RankedTensorType>(argument.getType());
  if (declared.getElementType() != value.getElementType() ||
      failed(verifyCompatibleShape(declared, value.getType())))
    return main.emitError()
           << "input " << position << " is " << declared
           << " and can't be frozen to a value of type " << value.getType();
  OpBuilder b = OpBuilder::atBlockBegin(&main.getBody().front());
  Value constant = arith::ConstantOp::create(b, main.getLoc(), value);
  argument.replaceAllUsesWith(constant);
  return main.eraseArgument(position);
}
