//===- TileLinalg.cpp - linalg ops to parallel chunks of rows ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream's tiling with scf.forall, told where to cut: at outer parallel
// loops, so that a task has enough work to pay for being one.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/TilingInterface.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDTILELINALG
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// What a dynamic extent counts as: between the head counts and the sequence
/// lengths that it usually is.
static constexpr int64_t kDynamicExtent = 128;

/// a * b, at most `limit`.
static int64_t multiplyUpTo(int64_t a, int64_t b, int64_t limit) {
  return b != 0 && a > limit / b ? limit : std::min(a * b, limit);
}

/// Tile sizes of the loops, 0 for those that stay whole. Empty when the op is
/// not worth any task.
///
/// From the outermost loop inwards: a loop whose body has `taskSize` elements
/// or more is cut into single iterations; the first whose body has fewer, into
/// as many iterations as make up `taskSize`.
static SmallVector<int64_t> getTaskSizes(linalg::LinalgOp op,
                                         int64_t taskSize) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  bool isStatic = llvm::none_of(extents, ShapedType::isDynamic);
  // body[d]: elements in one iteration of loop d, counted up to twice a task.
  int64_t limit = 2 * taskSize, work = 1;
  SmallVector<int64_t> body(extents.size());
  for (size_t d = extents.size(); d-- > 0;) {
    body[d] = work;
    int64_t extent =
        ShapedType::isDynamic(extents[d]) ? kDynamicExtent : extents[d];
    work = multiplyUpTo(work, extent, limit);
  }
  if (isStatic && work < limit)
    return {};

  SmallVector<int64_t> sizes(extents.size(), 0);
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  for (size_t d = 0; d < extents.size(); ++d) {
    if (iterators[d] != utils::IteratorType::parallel)
      break;
    int64_t size =
        std::max<int64_t>(1, taskSize / std::max<int64_t>(1, body[d]));
    if (ShapedType::isDynamic(extents[d]) || extents[d] > size)
      sizes[d] = size;
    if (size > 1)
      break;
  }
  if (llvm::all_of(sizes, [](int64_t size) { return size == 0; }))
    return {};
  return sizes;
}

namespace {

class TileLinalg
    : public mlir::dilated::impl::DilatedTileLinalgBase<TileLinalg> {
public:
  using DilatedTileLinalgBase::DilatedTileLinalgBase;

  void runOnOperation() override {
    if (taskSize < 1) {
      getOperation()->emitError()
          << "expects task-size (" << int64_t(taskSize) << ") to be at least 1";
      return signalPassFailure();
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      // Products of matrices are parallel on their own (dilated-lower-matmul);
      // what is in a task already stays there.
      if (op.hasPureTensorSemantics() &&
          !linalg::isaContractionOpInterface(op) &&
          !op->getParentOfType<scf::ForallOp>())
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : ops) {
      SmallVector<int64_t> sizes = getTaskSizes(op, taskSize);
      if (sizes.empty())
        continue;
      scf::SCFTilingOptions options;
      options.setLoopType(scf::SCFTilingOptions::LoopType::ForallOp);
      options.setTileSizes(getAsIndexOpFoldResult(&getContext(), sizes));
      rewriter.setInsertionPoint(op);
      FailureOr<scf::SCFTilingResult> tiled = scf::tileUsingSCF(
          rewriter, cast<TilingInterface>(op.getOperation()), options);
      // An op that can't be tiled runs on one thread.
      if (succeeded(tiled))
        rewriter.replaceOp(op, tiled->replacements);
    }
  }
};

} // namespace
