//===- Copies.cpp - from global to shared memory ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::dilated;

Value mlir::dilated::emitCopies(TileBuilder &b, AttentionBlock &block,
                                function_ref<void(bool async)> copy) {
  auto commit = [&]() -> SmallVector<Value> {
    return {tile::CommitOp::create(b, tile::TokenType::get(b.getContext()),
                                   ValueRange{})};
  };
  b.ifThenElse(
      block.aligned,
      [&]() -> SmallVector<Value> {
        copy(true);
        return {};
      },
      [&]() -> SmallVector<Value> {
        copy(false);
        return {};
      });
  return commit()[0];
}

void mlir::dilated::emitCopy(TileBuilder &b, bool async,
                             const GlobalOperand &operand, Value source,
                             Value stride, Value rows, Value positions,
                             Value target, int64_t width) {
  if (async)
    tile::CopyAsyncOp::create(b, tile::TokenType::get(b.getContext()), source,
                              stride, rows, positions, target, width);
  else
    tile::CopyOp::create(b, source, stride, operand.feature, rows, positions,
                         target, width);
}

tile::SharedType mlir::dilated::getSharedType(Type element, int64_t rows,
                                              int64_t columns) {
  return tile::SharedType::get(element.getContext(), rows, columns, element,
                               tile::Swizzle::Xor);
}
