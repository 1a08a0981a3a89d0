//===- LowerMatmul.cpp - matrix products to kernel calls --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any linalg op on memrefs that is a product of two matrices, or of many,
// whatever its name, layouts and transpositions, becomes a call of one kernel
// per element types: transpositions and broadcasts are strides.
//
//===----------------------------------------------------------------------===//

#include "MatmulKernel.h"
#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWERMATMUL
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// The loops of a contraction in the order of the kernel: two for the matrices,
/// then rows, columns and depth. std::nullopt for a loop that the op lacks.
using Loops = std::array<std::optional<unsigned>, 5>;

static bool isMatmulFloat(Type type) {
  return type.isF16() || type.isBF16() || type.isF32() || type.isF64();
}

/// True when the body is out + a * b, up to extensions of the operands.
static bool hasProductBody(linalg::LinalgOp op) {
  int64_t products = 0, sums = 0;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    products += isa<arith::MulFOp>(inner);
    sums += isa<arith::AddFOp>(inner);
    if (!isa<arith::MulFOp, arith::AddFOp, arith::ExtFOp>(inner))
      return false;
  }
  return products == 1 && sums == 1;
}

/// The loops, when `op` is a matrix product that the kernel computes.
static std::optional<Loops> matchMatmul(linalg::LinalgOp op) {
  if (!op.hasPureBufferSemantics() || op.getNumDpsInputs() != 2 ||
      op.getNumDpsInits() != 1 || !hasProductBody(op))
    return std::nullopt;
  for (Value operand : op->getOperands()) {
    auto type = dyn_cast<MemRefType>(operand.getType());
    if (!type || !isMatmulFloat(type.getElementType()) || !type.isStrided())
      return std::nullopt;
  }
  // The sum must not be narrower than its terms.
  Type sum = getElementTypeOrSelf(op.getDpsInits()[0].getType());
  for (Value input : op.getDpsInputs())
    if (getElementTypeOrSelf(input.getType()).isF64() && !sum.isF64())
      return std::nullopt;
  linalg::ContractionDimensions dims;
  if (!linalg::isaContractionOpInterface(op) ||
      llvm::any_of(op.getIndexingMapsArray(),
                   [](AffineMap map) { return !map.isProjectedPermutation(); }))
    return std::nullopt;
  FailureOr<linalg::ContractionDimensions> inferred =
      linalg::inferContractionDims(op);
  if (failed(inferred) || inferred->k.size() != 1)
    return std::nullopt;

  Loops loops;
  SmallVector<unsigned, 2> matrices = inferred->batch;
  auto takeLast = [&](ArrayRef<unsigned> candidates, unsigned place) {
    if (candidates.empty())
      return;
    loops[place] = candidates.back();
    // A product over several row loops is many products that share B.
    llvm::append_range(matrices, candidates.drop_back());
  };
  takeLast(inferred->m, 2);
  takeLast(inferred->n, 3);
  loops[4] = inferred->k.front();
  if (matrices.size() > 2)
    return std::nullopt;
  llvm::sort(matrices);
  for (auto [i, matrix] : llvm::enumerate(llvm::reverse(matrices)))
    loops[1 - i] = matrix;
  return loops;
}

/// The operand as a memref over the loops at `places`: a loop that does not
/// move it has stride 0.
static Value emitView(KernelBuilder &b, linalg::LinalgOp op, OpOperand &operand,
                      const Loops &loops, ArrayRef<unsigned> places,
                      ArrayRef<Value> extents) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  auto type = cast<MemRefType>(operand.get().getType());
  auto metadata = memref::ExtractStridedMetadataOp::create(b, operand.get());
  SmallVector<Value> sizes, strides;
  for (unsigned place : places) {
    sizes.push_back(extents[place]);
    std::optional<unsigned> position;
    if (loops[place])
      position = map.getResultPosition(b.getAffineDimExpr(*loops[place]));
    strides.push_back(position ? Value(metadata.getStrides()[*position])
                               : b.index(0));
  }
  SmallVector<int64_t> dynamic(places.size(), ShapedType::kDynamic);
  auto layout =
      StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, dynamic);
  auto viewType = MemRefType::get(dynamic, type.getElementType(), layout,
                                  type.getMemorySpace());
  return memref::ReinterpretCastOp::create(
      b, viewType, metadata.getBaseBuffer(), metadata.getOffset(), sizes,
      strides);
}

/// How often each of the loops runs; 1 for one that the op lacks.
static SmallVector<Value> emitExtents(KernelBuilder &b, linalg::LinalgOp op,
                                      const Loops &loops) {
  SmallVector<Value> extents(loops.size(), b.index(1));
  for (auto [place, loop] : llvm::enumerate(loops)) {
    if (!loop)
      continue;
    for (OpOperand &operand : op->getOpOperands()) {
      std::optional<unsigned> position =
          op.getMatchingIndexingMap(&operand).getResultPosition(
              b.getAffineDimExpr(*loop));
      if (position)
        extents[place] = b.dim(operand.get(), *position);
    }
  }
  return extents;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

class LowerMatmul
    : public mlir::dilated::impl::DilatedLowerMatmulBase<LowerMatmul> {
public:
  using DilatedLowerMatmulBase::DilatedLowerMatmulBase;

  void runOnOperation() override;

private:
  LogicalResult checkTiling();
  void lower(linalg::LinalgOp op, const Loops &loops, SymbolTable &symbols);
  func::FuncOp getKernel(Location loc, ArrayRef<Type> types,
                         SymbolTable &symbols);

  MatmulTiling tiling;
  llvm::StringMap<func::FuncOp> kernels;
};

} // namespace

LogicalResult LowerMatmul::checkTiling() {
  // The most lanes are those of f32.
  int64_t columns = tiling.tile.columns * tiling.vectorBytes / 4;
  bool vectors = llvm::is_contained({16, 32, 64}, tiling.vectorBytes);
  if (vectors && tiling.tile.rows > 0 && tiling.tile.columns > 0 &&
      tiling.blockRows > 0 && tiling.blockColumns > 0 &&
      tiling.blockDepth > 0 && tiling.blockRows % tiling.tile.rows == 0 &&
      tiling.blockColumns % columns == 0 && tiling.blockDepth % 16 == 0)
    return success();
  return getOperation().emitError()
         << "expects vector-bytes of 16, 32 or 64, block-rows a multiple of "
            "tile-rows, block-columns of tile-vectors * vector-bytes/4, and "
            "block-depth of 16, got vector-bytes "
         << tiling.vectorBytes << ", block-rows " << tiling.blockRows
         << ", block-columns " << tiling.blockColumns << ", block-depth "
         << tiling.blockDepth << ", tile-rows " << tiling.tile.rows
         << ", tile-vectors " << tiling.tile.columns;
}

func::FuncOp LowerMatmul::getKernel(Location loc, ArrayRef<Type> types,
                                    SymbolTable &symbols) {
  std::string name = "dilated_matmul";
  for (Type type : types)
    llvm::raw_string_ostream(name)
        << '_' << cast<MemRefType>(type).getElementType();
  std::string identity;
  llvm::raw_string_ostream stream(identity);
  llvm::interleaveComma(types, stream);
  func::FuncOp &kernel = kernels[identity];
  if (kernel)
    return kernel;
  kernel = func::FuncOp::create(loc, name,
                                FunctionType::get(loc.getContext(), types, {}));
  kernel.setPrivate();
  symbols.insert(kernel);
  emitMatmulKernel(kernel, tiling);
  return kernel;
}

void LowerMatmul::lower(linalg::LinalgOp op, const Loops &loops,
                        SymbolTable &symbols) {
  KernelBuilder b(op.getLoc(), op);
  SmallVector<Value> extents = emitExtents(b, op, loops);
  OpOperand &first = *op.getDpsInputOperand(0);
  OpOperand &second = *op.getDpsInputOperand(1);
  // Rows move one of the inputs: that is A.
  bool swapped =
      loops[2]   ? !op.getMatchingIndexingMap(&first).isFunctionOfDim(*loops[2])
      : loops[3] ? op.getMatchingIndexingMap(&first).isFunctionOfDim(*loops[3])
                 : false;
  Value operands[] = {
      emitView(b, op, swapped ? second : first, loops, {0, 1, 2, 4}, extents),
      emitView(b, op, swapped ? first : second, loops, {0, 1, 4, 3}, extents),
      emitView(b, op, *op.getDpsInitOperand(0), loops, {0, 1, 2, 3}, extents)};
  SmallVector<Type> types(ValueRange(operands).getTypes());
  func::FuncOp kernel = getKernel(op.getLoc(), types, symbols);
  func::CallOp::create(b, kernel, operands);
  op.erase();
}

void LowerMatmul::runOnOperation() {
  tiling.vectorBytes = vectorBytes;
  tiling.blockRows = blockRows;
  tiling.blockColumns = blockColumns;
  tiling.blockDepth = blockDepth;
  tiling.tile = {tileRows, tileVectors};
  if (failed(checkTiling()))
    return signalPassFailure();
  SymbolTable symbols(getOperation());
  SmallVector<std::pair<linalg::LinalgOp, Loops>, 0> matmuls;
  getOperation().walk([&](linalg::LinalgOp op) {
    if (std::optional<Loops> loops = matchMatmul(op))
      matmuls.push_back({op, *loops});
  });
  for (auto &[op, loops] : matmuls)
    lower(op, loops, symbols);
}
