//===- Signature.h - what an attention kernel is compiled for ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_SIGNATURE_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_SIGNATURE_H

#include "dialects/Dilated/Dilated.h"
#include "dialects/Tile/Tile.h"

namespace mlir::dilated {

/// What a kernel is compiled for; everything else is found when it runs. The
/// pattern is in the tile list.
struct GPUAttentionSignature {
  /// sm_80, ...
  StringRef chip;
  /// f16, bf16 or f32, of all operands but lse, which is f32.
  Type element;
  int64_t headDim, valueDim;
  bool hasLse;
  /// Of products of f32.
  tile::Precision precision;

  /// The signature of an op on memrefs; an error says what has no kernel.
  static FailureOr<GPUAttentionSignature> get(FusedAttentionOp op,
                                              StringRef chip, bool allowTF32);
  /// A symbol that no other signature of the chip has.
  std::string getName() const;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_SIGNATURE_H
