//===- Signature.cpp - what an attention kernel is compiled for -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Signature.h"

#include "dilated-mlir/CodeGen/Common/AttentionChecks.h"

using namespace mlir;
using namespace mlir::dilated;

FailureOr<GPUAttentionSignature> GPUAttentionSignature::get(FusedAttentionOp op,
                                                            StringRef chip,
                                                            bool allowTF32) {
  if (failed(verifyLowerable(op)))
    return failure();
  auto query = cast<MemRefType>(op.getQuery().getType());
  auto value = cast<MemRefType>(op.getValue().getType());
  Type element = query.getElementType();
  if (!isa<Float16Type, BFloat16Type, Float32Type>(element))
    return op.emitError("expects elements of f16, bf16 or f32 on GPUs, got ")
           << element;
  if (auto lse = op.getLseInit())
    if (!cast<MemRefType>(lse.getType()).getElementType().isF32())
      return op.emitError("expects lse of f32, got ") << lse.getType();
  return GPUAttentionSignature{chip,
                               element,
                               query.getDimSize(3),
                               value.getDimSize(3),
                               static_cast<bool>(op.getLseInit()),
                               allowTF32 && element.isF32()
                                   ? tile::Precision::TF32
                                   : tile::Precision::Exact};
}

std::string GPUAttentionSignature::getName() const {
  std::string name;
  llvm::raw_string_ostream stream(name);
  stream << "dilated_attention_" << element << "_d" << headDim << "_v"
         << valueDim;
  if (hasLse)
    stream << "_lse";
  if (precision == tile::Precision::TF32)
    stream << "_tf32";
  return name;
}
