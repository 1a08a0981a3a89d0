//===- CastOps.cpp - Cast, CastLike -----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "Structured.h"

using namespace mlir;
using namespace mlir::dilated;

/// TensorProto.DataType, the types that are read. Null for others.
static Type elementTypeOf(Builder &b, int64_t dataType) {
  switch (dataType) {
  case 1:
    return b.getF32Type();
  case 3:
    return b.getIntegerType(8);
  case 5:
    return b.getIntegerType(16);
  case 6:
    return b.getI32Type();
  case 7:
    return b.getI64Type();
  case 9:
    return b.getI1Type();
  case 10:
    return b.getF16Type();
  case 11:
    return b.getF64Type();
  case 16:
    return b.getBF16Type();
  default:
    return {};
  }
}

static LogicalResult convertTo(NodeView &node, Type type) {
  if (failed(node.requireKind(0, kAnyKind)))
    return failure();
  if (type == node.elementType(0))
    return node.setResult(node.input(0));
  return node.setResult(emitElementwise(
      node.b, node.input(0), type, [&](ImplicitLocOpBuilder &b, ValueRange x) {
        return buildConversion(b, x[0], type);
      }));
}

/// `saturate` (since 19) is about 8-bit floats alone, which are not read.
static LogicalResult convertCast(NodeView &node) {
  int64_t to = node.intAttr("to", 0);
  Type type = elementTypeOf(node.b, to);
  if (!type)
    return node.error() << "casts to element type " << to
                        << " of TensorProto; supported are 1 (f32), 3 (i8), 5 "
                           "(i16), 6 (i32), 7 (i64), 9 (bool), 10 (f16), 11 "
                           "(f64), 16 (bf16)";
  return convertTo(node, type);
}

static LogicalResult convertCastLike(NodeView &node) {
  if (failed(node.requireKind(1, kAnyKind)))
    return failure();
  return convertTo(node, node.elementType(1));
}

ArrayRef<OnnxOp> mlir::dilated::getCastOps() {
  static const OnnxOp ops[] = {
      {"Cast", 6, 1, 1, 1, "to:int!", convertCast},
      {"Cast", 19, 1, 1, 1, "to:int! saturate:int", convertCast},
      {"CastLike", 15, 2, 2, 1, "", convertCastLike},
      {"CastLike", 19, 2, 2, 1, "saturate:int", convertCastLike},
  };
  return ops;
}
