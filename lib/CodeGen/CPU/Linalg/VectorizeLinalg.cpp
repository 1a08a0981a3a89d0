//===- VectorizeLinalg.cpp - linalg ops to loops over vectors ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream's tiling and vectorisation, told the shape of a vector: some
// registers of the innermost loop. Where that loop is a whole number of vectors
// they need no mask. Ops that read across it (transpositions, gathers) stay for
// loops.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDVECTORIZELINALG
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// Registers that one vector spans at most: enough to hide latencies.
static constexpr int64_t kRegistersPerVector = 4;

//===----------------------------------------------------------------------===//
// What is vectorised, and how
//===----------------------------------------------------------------------===//

/// The loop that vectors run along: the innermost that runs more than once.
static std::optional<unsigned> getVectorLoop(linalg::LinalgOp op) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  for (size_t loop = extents.size(); loop-- > 0;)
    if (extents[loop] != 1)
      return loop;
  return std::nullopt;
}

/// True when every operand that `loop`, the innermost one, moves is contiguous
/// along it.
static bool runsAlongRows(linalg::LinalgOp op, unsigned loop) {
  return llvm::all_of(op.getIndexingMapsArray(), [&](AffineMap map) {
    if (!map.isProjectedPermutation())
      return false;
    if (!map.isFunctionOfDim(loop))
      return true;
    // Loops further in run once.
    for (AffineExpr result : llvm::reverse(map.getResults())) {
      unsigned position = cast<AffineDimExpr>(result).getPosition();
      if (position <= loop)
        return position == loop;
    }
    return false;
  });
}

/// True when the body is arithmetic on the elements.
static bool isArithmetic(linalg::LinalgOp op) {
  return llvm::all_of(op.getBlock()->without_terminator(),
                      [](Operation &inner) {
                        return OpTrait::hasElementwiseMappableTraits(&inner) ||
                               isa<linalg::IndexOp>(inner) ||
                               inner.hasTrait<OpTrait::ConstantLike>();
                      });
}

/// A vector of i1 in memory is packed bits and a tensor of i1 is bytes, so
/// tensors of i1 are left to loops.
static bool hasVectorElements(linalg::LinalgOp op) {
  return llvm::all_of(op->getOperandTypes(), [](Type type) {
    Type element = getElementTypeOrSelf(type);
    return isa<FloatType, IntegerType>(element) &&
           (!element.isInteger(1) || !isa<ShapedType>(type));
  });
}

/// Lanes of a register of the widest elements; f16 and bf16 are computed in
/// f32.
static int64_t getLanes(linalg::LinalgOp op, int64_t vectorBytes) {
  unsigned bits = 32;
  for (Type type : op->getOperandTypes())
    bits = std::max(bits, getElementTypeOrSelf(type).getIntOrFloatBitWidth());
  return vectorBytes * 8 / bits;
}

/// Lanes of the innermost loop that one vector covers. Whole registers where
/// they divide the extent; a short extent as it is; else registers with a mask.
static int64_t getVectorSize(int64_t extent, int64_t lanes) {
  int64_t most = kRegistersPerVector * lanes;
  if (ShapedType::isDynamic(extent))
    return lanes;
  if (extent <= lanes)
    return extent;
  for (int64_t size = most; size >= lanes; size -= lanes)
    if (extent % size == 0)
      return size;
  return lanes;
}

//===----------------------------------------------------------------------===//
// Cleaning up
//===----------------------------------------------------------------------===//

namespace {

/// A masked maximum or minimum of floats -> an unmasked one over lanes that
/// hold -inf or inf outside the mask. The lowering of the masked op fills them
/// with the number of smallest magnitude, so the maximum of negative numbers
/// would be about zero.
struct FillMaskedLanes : OpRewritePattern<vector::MaskOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::MaskOp mask,
                                PatternRewriter &rewriter) const override {
    auto reduction =
        dyn_cast_or_null<vector::MultiDimReductionOp>(mask.getMaskableOp());
    if (!reduction)
      return rewriter.notifyMatchFailure(mask, "masks no reduction");
    bool isMaximum;
    switch (reduction.getKind()) {
    case vector::CombiningKind::MAXIMUMF:
    case vector::CombiningKind::MAXNUMF:
      isMaximum = true;
      break;
    case vector::CombiningKind::MINIMUMF:
    case vector::CombiningKind::MINNUMF:
      isMaximum = false;
      break;
    default:
      return rewriter.notifyMatchFailure(mask, "no extremum of floats");
    }
    auto type = cast<VectorType>(reduction.getSource().getType());
    auto element = cast<FloatType>(type.getElementType());
    APFloat neutral =
        APFloat::getInf(element.getFloatSemantics(), /*Negative=*/isMaximum);
    rewriter.setInsertionPoint(mask);
    Value fill = arith::ConstantOp::create(
        rewriter, mask.getLoc(), DenseElementsAttr::get(type, neutral));
    Value source = arith::SelectOp::create(
        rewriter, mask.getLoc(), mask.getMask(), reduction.getSource(), fill);
    auto unmasked =
        cast<vector::MultiDimReductionOp>(rewriter.clone(*reduction));
    unmasked.getSourceMutable().assign(source);
    rewriter.replaceOp(mask, unmasked);
    return success();
  }
};

} // namespace

/// Vectors read and write the tensors themselves, not slices of them, and lose
/// the dimensions of size 1 that came with the tiles.
static LogicalResult cleanUp(Operation *root) {
  MLIRContext *context = root->getContext();
  // A masked access carries its mask: bufferisation has no place for casts
  // inside vector.mask.
  RewritePatternSet masks(context);
  vector::populateVectorMaskLoweringPatternsForSideEffectingOps(masks);
  masks.add<FillMaskedLanes>(context);
  if (failed(applyPatternsGreedily(root, std::move(masks))))
    return failure();
  RewritePatternSet patterns(context);
  tensor::populateFoldTensorSubsetIntoVectorTransferPatterns(patterns);
  vector::populateCastAwayVectorLeadingOneDimPatterns(patterns);
  vector::TransferReadOp::getCanonicalizationPatterns(patterns, context);
  vector::TransferWriteOp::getCanonicalizationPatterns(patterns, context);
  return applyPatternsGreedily(root, std::move(patterns));
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

class VectorizeLinalg
    : public mlir::dilated::impl::DilatedVectorizeLinalgBase<VectorizeLinalg> {
public:
  using DilatedVectorizeLinalgBase::DilatedVectorizeLinalgBase;

  void runOnOperation() override;

private:
  bool isCandidate(linalg::LinalgOp op);
  void vectorize(RewriterBase &rewriter, linalg::LinalgOp op);
};

} // namespace

bool VectorizeLinalg::isCandidate(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || linalg::isaContractionOpInterface(op))
    return false;
  std::optional<unsigned> loop = getVectorLoop(op);
  return loop && op.getStaticLoopRanges()[*loop] != 0 &&
         hasVectorElements(op) && isArithmetic(op) && runsAlongRows(op, *loop);
}

/// The tile as an op of one loop: all others run once.
static linalg::LinalgOp dropUnitLoops(RewriterBase &rewriter,
                                      linalg::LinalgOp tile) {
  auto generic = dyn_cast<linalg::GenericOp>(tile.getOperation());
  if (!generic) {
    rewriter.setInsertionPoint(tile);
    FailureOr<linalg::GenericOp> generalized =
        linalg::generalizeNamedOp(rewriter, tile);
    if (failed(generalized))
      return tile;
    generic = *generalized;
  }
  linalg::ControlDropUnitDims control;
  control.rankReductionStrategy =
      linalg::ControlDropUnitDims::RankReductionStrategy::ExtractInsertSlice;
  rewriter.setInsertionPoint(generic);
  FailureOr<linalg::DropUnitDimsResult> dropped =
      linalg::dropUnitDims(rewriter, generic, control);
  if (failed(dropped))
    return generic;
  rewriter.replaceOp(generic, dropped->replacements);
  return cast<linalg::LinalgOp>(dropped->resultOp.getOperation());
}

void VectorizeLinalg::vectorize(RewriterBase &rewriter, linalg::LinalgOp op) {
  unsigned loop = *getVectorLoop(op);
  int64_t extent = op.getStaticLoopRanges()[loop];
  int64_t size = getVectorSize(extent, getLanes(op, vectorBytes));
  SmallVector<int64_t> sizes(op.getNumLoops(), 1);
  sizes[loop] = size;

  scf::SCFTilingOptions options;
  options.setTileSizes(getAsIndexOpFoldResult(&getContext(), sizes));
  rewriter.setInsertionPoint(op);
  FailureOr<scf::SCFTilingResult> tiled = scf::tileUsingSCF(
      rewriter, cast<TilingInterface>(op.getOperation()), options);
  if (failed(tiled))
    return;
  rewriter.replaceOp(op, tiled->replacements);
  linalg::LinalgOp tile =
      dropUnitLoops(rewriter, cast<linalg::LinalgOp>(tiled->tiledOps.back()));
  rewriter.setInsertionPoint(tile);
  SmallVector<int64_t> mask;
  if (ShapedType::isDynamic(extent) || extent % size != 0)
    mask = tile.getNumLoops() == 1 ? SmallVector<int64_t>{size} : sizes;
  FailureOr<linalg::VectorizationResult> vectorized = linalg::vectorize(
      rewriter, tile, mask, SmallVector<bool>(mask.size(), /*scalable=*/false));
  // What fails here is a loop over short vectors that are loops: slow, correct.
  if (succeeded(vectorized))
    rewriter.replaceOp(tile, vectorized->replacements);
}

void VectorizeLinalg::runOnOperation() {
  if (!llvm::is_contained({16, 32, 64}, int64_t(vectorBytes))) {
    getOperation()->emitError()
        << "expects vector-bytes of 16, 32 or 64, got " << int64_t(vectorBytes);
    return signalPassFailure();
  }
  SmallVector<linalg::LinalgOp> ops;
  getOperation()->walk([&](linalg::LinalgOp op) {
    if (isCandidate(op))
      ops.push_back(op);
  });
  IRRewriter rewriter(&getContext());
  for (linalg::LinalgOp op : ops)
    vectorize(rewriter, op);

  if (failed(cleanUp(getOperation())))
    signalPassFailure();
}
