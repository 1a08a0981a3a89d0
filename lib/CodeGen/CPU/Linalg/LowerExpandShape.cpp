//===- LowerExpandShape.cpp - memref.expand_shape to strides ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Splitting batch * sequence into batch and sequence makes two dynamic
// dimensions of one. Upstream's expand-strided-metadata (LLVM 22) computes the
// sizes of a split instead of reading them off the op, and has no answer for
// two unknowns.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWEREXPANDSHAPE
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// The strides of a split dimension: that of the source, and outwards each
/// times the size inside it.
static void emitExpandShape(memref::ExpandShapeOp op) {
  KernelBuilder b(op.getLoc(), op);
  auto metadata = memref::ExtractStridedMetadataOp::create(b, op.getSrc());
  MemRefType type = op.getResultType();
  auto toValue = [&](OpFoldResult value) {
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), value);
  };
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  SmallVector<Value> computed(type.getRank());
  for (auto [source, group] : llvm::enumerate(op.getReassociationIndices())) {
    Value stride = metadata.getStrides()[source];
    for (int64_t dim : llvm::reverse(group)) {
      computed[dim] = stride;
      stride = b.mul(stride, toValue(sizes[dim]));
    }
  }
  // What the type knows stays an attribute.
  auto [staticStrides, staticOffset] = type.getStridesAndOffset();
  SmallVector<OpFoldResult> strides;
  for (auto [value, known] : llvm::zip(computed, staticStrides))
    strides.push_back(ShapedType::isDynamic(known) ? OpFoldResult(value)
                                                   : b.getIndexAttr(known));
  OpFoldResult offset = ShapedType::isDynamic(staticOffset)
                            ? OpFoldResult(metadata.getOffset())
                            : b.getIndexAttr(staticOffset);
  Value cast = memref::ReinterpretCastOp::create(
      b, type, metadata.getBaseBuffer(), offset, sizes, strides);
  op.replaceAllUsesWith(cast);
  op.erase();
}

namespace {

class LowerExpandShape
    : public mlir::dilated::impl::DilatedLowerExpandShapeBase<
          LowerExpandShape> {
public:
  void runOnOperation() override {
    SmallVector<memref::ExpandShapeOp> ops;
    getOperation()->walk([&](memref::ExpandShapeOp op) {
      if (op.getResultType().isStrided())
        ops.push_back(op);
    });
    for (memref::ExpandShapeOp op : ops)
      emitExpandShape(op);
  }
};

} // namespace
