//===- SizeAlgebra.cpp - sizes as constant times SSA values -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeAlgebra.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::dilated;

std::optional<Monomial> mlir::dilated::multiply(const Monomial &a,
                                                const Monomial &b) {
  Monomial product;
  if (llvm::MulOverflow(a.constant, b.constant, product.constant))
    return std::nullopt;
  std::merge(a.leaves.begin(), a.leaves.end(), b.leaves.begin(), b.leaves.end(),
             std::back_inserter(product.leaves));
  return product;
}

std::optional<Monomial> mlir::dilated::divideExactly(const Monomial &a,
                                                     const Monomial &b) {
  if (b.constant == 0 || a.constant % b.constant != 0 ||
      !std::includes(a.leaves.begin(), a.leaves.end(), b.leaves.begin(),
                     b.leaves.end()))
    return std::nullopt;
  Monomial quotient;
  quotient.constant = a.constant / b.constant;
  std::set_difference(a.leaves.begin(), a.leaves.end(), b.leaves.begin(),
                      b.leaves.end(), std::back_inserter(quotient.leaves));
  return quotient;
}

Monomial SizeAlgebra::leaf(Value value) {
  auto [entry, isNew] = leafNumbers.try_emplace(value, leafValues.size());
  if (isNew) {
    leafValues.push_back(value);
    if (value.getDefiningOp<tensor::DimOp>())
      nonNegative.insert(entry->second);
  }
  return resolve({1, {entry->second}});
}

Monomial SizeAlgebra::resolve(const Monomial &monomial) const {
  Monomial result{monomial.constant, {}};
  for (unsigned number : monomial.leaves) {
    auto found = known.find(number);
    Monomial factor =
        found == known.end() ? Monomial{1, {number}} : resolve(found->second);
    // On overflow the leaves stand for themselves.
    std::optional<Monomial> product = multiply(result, factor);
    if (!product)
      return monomial;
    result = *product;
  }
  return result;
}

Monomial SizeAlgebra::parse(Value value, unsigned depth) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return {constant.getSExtValue(), {}};
  Operation *op = value.getDefiningOp();
  // A bound on the depth keeps a long chain of products from the stack.
  if (!op || depth > 64)
    return leaf(value);
  if (auto cast = dyn_cast<arith::IndexCastOp>(op)) {
    // Between index and i64 no bit is lost.
    auto isWide = [](Type type) {
      return type.isIndex() || type.isSignlessInteger(64);
    };
    if (isWide(cast.getIn().getType()) && isWide(cast.getType()))
      return parse(cast.getIn(), depth + 1);
  }
  if (auto product = dyn_cast<arith::MulIOp>(op))
    if (std::optional<Monomial> result =
            multiply(parse(product.getLhs(), depth + 1),
                     parse(product.getRhs(), depth + 1)))
      return *result;
  if (auto quotient = dyn_cast<arith::DivSIOp>(op)) {
    // (4 * B) / 4 = B. Only for a constant: B / B is not 1 when B is 0.
    Monomial divisor = parse(quotient.getRhs(), depth + 1);
    if (divisor.isConstant())
      if (std::optional<Monomial> result =
              divideExactly(parse(quotient.getLhs(), depth + 1), divisor))
        return *result;
  }
  return leaf(value);
}

Monomial SizeAlgebra::parse(OpFoldResult size) {
  if (auto attribute = dyn_cast<Attribute>(size))
    return {cast<IntegerAttr>(attribute).getInt(), {}};
  return parse(cast<Value>(size), 0);
}

OpFoldResult SizeAlgebra::materialize(OpBuilder &builder, Location loc,
                                      const Monomial &monomial) {
  if (monomial.isConstant() || monomial.constant == 0)
    return builder.getIndexAttr(monomial.constant);
  Value &value = materialized[{monomial.constant, monomial.leaves}];
  if (value)
    return value;
  auto asIndex = [&](unsigned number) {
    return builder.createOrFold<arith::IndexCastOp>(loc, builder.getIndexType(),
                                                    leafValues[number]);
  };
  Value product;
  for (unsigned number : monomial.leaves) {
    Value factor = leafValues[number].getType().isIndex() ? leafValues[number]
                                                          : asIndex(number);
    product =
        product ? arith::MulIOp::create(builder, loc, product, factor) : factor;
  }
  if (monomial.constant != 1) {
    Value constant =
        arith::ConstantIndexOp::create(builder, loc, monomial.constant);
    product = arith::MulIOp::create(builder, loc, product, constant);
  }
  return value = product;
}

void SizeAlgebra::unify(const Monomial &a, const Monomial &b) {
  Monomial left = resolve(a), right = resolve(b);
  if (left == right)
    return;
  auto isLeaf = [](const Monomial &monomial) {
    return monomial.constant == 1 && monomial.leaves.size() == 1;
  };
  // A later leaf is expressed by what was there before it; a leaf is never
  // expressed by itself.
  if (isLeaf(left) && isLeaf(right) && left.leaves[0] < right.leaves[0])
    std::swap(left, right);
  if (!isLeaf(left))
    std::swap(left, right);
  if (isLeaf(left) && !llvm::is_contained(right.leaves, left.leaves[0]))
    known[left.leaves[0]] = right;
}

bool SizeAlgebra::isNonNegative(const Monomial &monomial) const {
  return monomial.constant >= 0 &&
         llvm::all_of(monomial.leaves, [&](unsigned number) {
           return nonNegative.contains(number);
         });
}

void SizeAlgebra::assumeNonNegative(const Monomial &monomial) {
  // Of a product only the sign as a whole is known.
  if (monomial.constant > 0 && monomial.leaves.size() == 1)
    nonNegative.insert(monomial.leaves.front());
}
