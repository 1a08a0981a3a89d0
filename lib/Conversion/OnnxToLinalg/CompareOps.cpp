//===- CompareOps.cpp - Equal, Less, And, Where, ... ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::dilated;

/// A comparison with NaN is false.
template <arith::CmpFPredicate onFloats, arith::CmpIPredicate onIntegers,
          unsigned kinds>
static LogicalResult convertComparison(NodeView &node) {
  if (failed(node.requireKind(0, kinds)) ||
      failed(node.requireSameType({0, 1})))
    return failure();
  return node.setResult(emitElementwise(
      node.b, node.allInputs(), node.b.getI1Type(),
      [](ImplicitLocOpBuilder &b, ValueRange x) {
        return isa<FloatType>(x[0].getType())
                   ? b.createOrFold<arith::CmpFOp>(onFloats, x[0], x[1])
                   : b.createOrFold<arith::CmpIOp>(onIntegers, x[0], x[1]);
      }));
}

template <typename BoolOp>
static LogicalResult convertLogical(NodeView &node) {
  if (failed(node.requireKind(0, kBool)) || failed(node.requireKind(1, kBool)))
    return failure();
  return node.setResult(
      emitElementwise(node.b, node.allInputs(), node.b.getI1Type(),
                      [](ImplicitLocOpBuilder &b, ValueRange x) {
                        return b.createOrFold<BoolOp>(x[0], x[1]);
                      }));
}

static LogicalResult convertNot(NodeView &node) {
  if (failed(node.requireKind(0, kBool)))
    return failure();
  return node.setResult(
      emitElementwise(node.b, node.input(0), node.b.getI1Type(),
                      [](ImplicitLocOpBuilder &b, ValueRange x) {
                        return b.createOrFold<arith::XOrIOp>(
                            x[0], buildNumber(b, b.getI1Type(), 1));
                      }));
}

static LogicalResult convertWhere(NodeView &node) {
  if (failed(node.requireKind(0, kBool)) ||
      failed(node.requireKind(1, kAnyKind)) ||
      failed(node.requireSameType({1, 2})))
    return failure();
  return node.setResult(emitElementwise(
      node.b, node.allInputs(), node.elementType(1),
      [](ImplicitLocOpBuilder &b, ValueRange x) {
        return b.createOrFold<arith::SelectOp>(x[0], x[1], x[2]);
      }));
}

ArrayRef<OnnxOp> mlir::dilated::getCompareOps() {
  static const OnnxOp ops[] = {
      {"Equal", 7, 2, 2, 1, "",
       convertComparison<arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq,
                         kAnyKind>},
      {"Less", 7, 2, 2, 1, "",
       convertComparison<arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt,
                         kNumber>},
      {"Greater", 7, 2, 2, 1, "",
       convertComparison<arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt,
                         kNumber>},
      {"And", 7, 2, 2, 1, "", convertLogical<arith::AndIOp>},
      {"Or", 7, 2, 2, 1, "", convertLogical<arith::OrIOp>},
      {"Not", 1, 1, 1, 1, "", convertNot},
      {"Where", 9, 3, 3, 1, "", convertWhere},
  };
  return ops;
}
