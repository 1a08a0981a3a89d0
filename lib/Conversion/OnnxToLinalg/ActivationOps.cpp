//===- ActivationOps.cpp - Relu, Sigmoid, Tanh, Gelu ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::dilated;

static LogicalResult convertRelu(NodeView &node) {
  if (failed(node.requireKind(0, kNumber)))
    return failure();
  return node.setResult(emitArithmetic(
      node.b, node.input(0), [](ImplicitLocOpBuilder &b, ValueRange x) {
        Value zero = buildNumber(b, x[0].getType(), 0);
        return isa<FloatType>(x[0].getType())
                   ? b.createOrFold<arith::MaximumFOp>(x[0], zero)
                   : b.createOrFold<arith::MaxSIOp>(x[0], zero);
      }));
}

/// 1 / (1 + exp(-x)), and the same as exp(x) / (1 + exp(x)) for negative x:
/// neither overflows, so results are right down to subnormal ones.
static LogicalResult convertSigmoid(NodeView &node) {
  if (failed(node.requireKind(0, kFloat)))
    return failure();
  return node.setResult(emitArithmetic(
      node.b, node.input(0), [](ImplicitLocOpBuilder &b, ValueRange x) {
        Type type = x[0].getType();
        Value one = buildNumber(b, type, 1);
        Value power = b.createOrFold<math::ExpOp>(
            b.createOrFold<arith::NegFOp>(b.createOrFold<math::AbsFOp>(x[0])));
        Value isNegative = b.createOrFold<arith::CmpFOp>(
            arith::CmpFPredicate::OLT, x[0], buildNumber(b, type, 0));
        return b.createOrFold<arith::DivFOp>(
            b.createOrFold<arith::SelectOp>(isNegative, power, one),
            b.createOrFold<arith::AddFOp>(one, power));
      }));
}

static LogicalResult convertTanh(NodeView &node) {
  if (failed(node.requireKind(0, kFloat)))
    return failure();
  return node.setResult(emitArithmetic(
      node.b, node.input(0), [](ImplicitLocOpBuilder &b, ValueRange x) {
        return b.createOrFold<math::TanhOp>(x[0]);
      }));
}

/// x/2 * (1 + erf(x/sqrt(2))), or with the approximation "tanh"
/// x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))).
static LogicalResult convertGelu(NodeView &node) {
  if (failed(node.requireKind(0, kFloat)))
    return failure();
  StringRef approximate = node.stringAttr("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return node.error() << "attribute 'approximate' is '" << approximate
                        << "'; supported are 'none' and 'tanh'";
  bool isTanh = approximate == "tanh";
  return node.setResult(emitArithmetic(
      node.b, node.input(0), [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Value x = args[0];
        auto number = [&](double value) {
          return buildNumber(b, x.getType(), value);
        };
        auto mul = [&](Value left, Value right) {
          return b.createOrFold<arith::MulFOp>(left, right);
        };
        auto add = [&](Value left, Value right) {
          return b.createOrFold<arith::AddFOp>(left, right);
        };
        Value bend;
        if (isTanh) {
          Value cube = mul(mul(x, x), x);
          Value inner = add(x, mul(number(0.044715), cube));
          bend = b.createOrFold<math::TanhOp>(
              mul(number(0.79788456080286535588), inner));
        } else {
          bend = b.createOrFold<math::ErfOp>(
              mul(x, number(0.70710678118654752440)));
        }
        return mul(mul(number(0.5), x), add(number(1), bend));
      }));
}

ArrayRef<OnnxOp> mlir::dilated::getActivationOps() {
  static const OnnxOp ops[] = {
      {"Relu", 6, 1, 1, 1, "", convertRelu},
      {"Sigmoid", 6, 1, 1, 1, "", convertSigmoid},
      {"Tanh", 6, 1, 1, 1, "", convertTanh},
      {"Gelu", 20, 1, 1, 1, "approximate:string", convertGelu},
  };
  return ops;
}
