//===- AttentionForms.h - choices of the attention kernel -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_CPU_ATTENTIONFORMS_H
#define DILATED_MLIR_CODEGEN_CPU_ATTENTIONFORMS_H

#include "dialects/Dilated/Dilated.h" // SoftmaxForm

namespace mlir::dilated {

/// What one instruction of a matrix product takes.
enum class ProductKind {
  Fma,     // operands and sums of the compute type
  Bf16Dot, // operands are pairs of bf16, sums are f32
  AmxBf16, // tiles of pairs of bf16, tiles of f32 sums
};

/// How the exponent gets into 2^x.
enum class ExponentForm {
  Bits,  // by shifts; any processor
  Scale, // by vreduce and vscalef: AVX-512 DQ, f32 in 512-bit vectors
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_CPU_ATTENTIONFORMS_H
