//===- SizeAlgebra.h - sizes as constant times SSA values -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A size of a tensor is a monomial: c * a * b * ..., with c a constant and a, b
// SSA values that nothing is known about (sizes of inputs, mostly). That is
// enough to see that [B, N, H*D] and [B, N, H, D] hold the same elements, and
// [B*N, C] and [-1, C]. Equal monomials are materialised once, so equal sizes
// are the same SSA value.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_SIZEALGEBRA_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_SIZEALGEBRA_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

#include <map>
#include <optional>

namespace mlir::dilated {

/// constant * product of leaves. Leaves are numbers given out by SizeAlgebra,
/// in ascending order, so that IR does not depend on addresses.
struct Monomial {
  int64_t constant = 1;
  SmallVector<unsigned, 2> leaves;

  bool isConstant() const { return leaves.empty(); }
  bool operator==(const Monomial &other) const {
    return constant == other.constant && leaves == other.leaves;
  }
};

/// The product; nothing when its constant does not fit 64 bits.
std::optional<Monomial> multiply(const Monomial &a, const Monomial &b);

/// a / b when b divides a for every value of the leaves. A leaf that is 0 makes
/// both sides 0, so the caller must not conclude that b is not 0.
std::optional<Monomial> divideExactly(const Monomial &a, const Monomial &b);

class SizeAlgebra {
public:
  /// The monomial of an index attribute, or of a value of index or integer
  /// type, seen through arith.muli, arith.index_cast and exact arith.divsi.
  Monomial parse(OpFoldResult size);

  /// The value of a monomial: an index attribute when it is constant.
  OpFoldResult materialize(OpBuilder &builder, Location loc,
                           const Monomial &monomial);

  /// From here on both are known to be equal (a run-time check saw to it).
  void unify(const Monomial &a, const Monomial &b);

  /// Whether every value of the monomial is known to be at least 0: its leaves
  /// are sizes of tensors, or were checked.
  bool isNonNegative(const Monomial &monomial) const;
  void assumeNonNegative(const Monomial &monomial);

private:
  Monomial parse(Value value, unsigned depth);
  Monomial leaf(Value value);
  Monomial resolve(const Monomial &monomial) const;

  SmallVector<Value> leafValues;
  llvm::DenseMap<Value, unsigned> leafNumbers;
  llvm::DenseSet<unsigned> nonNegative;
  /// What a leaf was found to be equal to; never a monomial with that leaf.
  llvm::DenseMap<unsigned, Monomial> known;
  std::map<std::pair<int64_t, SmallVector<unsigned, 2>>, Value> materialized;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_SIZEALGEBRA_H
