//===- Products.h - operands of the matrix products ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The two products of attention, K Q^T and V^T P, sum over features and over
// keys. What one instruction takes of that depth is a matter of the processor:
// one number of the compute type (FMA), or pairs of bf16 (AVX-512 BF16, AMX).
// All kinds store their operands as arrays of one scalar type, the operand, so
// the rest of the kernel is the same for all.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_PRODUCTS_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_PRODUCTS_H

#include "../../Vector/Packing.h"
#include "dilated-mlir/CodeGen/CPU/AttentionForms.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

namespace mlir::dilated {

class AttentionProducts {
public:
  AttentionProducts(ProductKind kind, VectorType accumulator);

  /// Numbers of depth in an operand.
  int64_t getStep() const { return kind == ProductKind::Fma ? 1 : 2; }
  Type getOperandType() const { return operands.getElementType(); }
  /// As many operands as a vector of sums has lanes.
  VectorType getOperands() const { return operands; }

  /// Whether products are those of whole tiles (AttentionTiles.cpp), and
  /// multiplyAdd is not used.
  bool isTiled() const { return kind == ProductKind::AmxBf16; }

  /// sum + scalar * vector, lane by lane; a pair counts twice.
  Value multiplyAdd(KernelBuilder &b, Value scalar, Value vector,
                    Value sum) const;
  /// The same without the products by -0, even where `scalar` is infinite or
  /// NaN.
  Value multiplyAddVisible(KernelBuilder &b, Value scalar, Value vector,
                           Value sum) const;

  /// Operands of a row from feature `column` on; features beyond the width are
  /// 0.
  Value loadFeatures(KernelBuilder &b, const RowAccess &access, ValueRange row,
                     Value column) const;
  /// Operands whose depth is the rows: lane i has feature column + i of all
  /// `rows` (getStep() of them). A row whose `present` is false counts as 0;
  /// it must be there to be read all the same.
  Value loadRows(KernelBuilder &b, const RowAccess &access,
                 ArrayRef<SmallVector<Value>> rows, ValueRange present,
                 Value column) const;
  /// Operands of getStep() vectors of sums, rounded if they must be.
  Value pack(KernelBuilder &b, ValueRange sums) const;

private:
  ProductKind kind;
  VectorType accumulator, operands;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_PRODUCTS_H
