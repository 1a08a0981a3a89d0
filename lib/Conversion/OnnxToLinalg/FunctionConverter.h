//===- FunctionConverter.h - the nodes of one function ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_FUNCTIONCONVERTER_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_FUNCTIONCONVERTER_H

#include "GraphBuilder.h"

#include "dialects/Onnx/Onnx.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::dilated {

/// Translates the nodes of a function in order. A node that fails poisons its
/// results; what reads them is skipped, so that each problem is reported once
/// and all of them in one run.
class FunctionConverter {
public:
  explicit FunctionConverter(func::FuncOp func);
  LogicalResult convert();

private:
  /// Inputs that share a dimension symbol: checked, and one SSA size from
  /// there.
  LogicalResult bindSymbols();
  LogicalResult convertNode(onnx::NodeOp op);
  /// A cast from !onnx.value to the type that the function declares.
  LogicalResult convertResult(UnrealizedConversionCastOp cast);
  /// Returned sizes that are declared to be those of an input.
  LogicalResult checkResultSymbols(Value value, unsigned position,
                                   StringRef name);
  void eraseNodes();

  /// The tensor of an operand; null when it is poisoned.
  Value lookup(Value value) const;

  func::FuncOp func;
  GraphBuilder b;
  llvm::DenseMap<Value, Value> converted;
  llvm::DenseSet<Value> poisoned;
  struct BoundSymbol {
    OpFoldResult size;
    std::string input;
  };
  llvm::StringMap<BoundSymbol> symbols;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_FUNCTIONCONVERTER_H
