//===- ConvertTileToNVVM.cpp - tiles to instructions -------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"
#include "dilated-mlir/CodeGen/GPU/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_CONVERTTILETONVVM
#include "dilated-mlir/CodeGen/GPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// All of a block's shared memory, its size known at launch.
static constexpr llvm::StringLiteral kSharedName = "dilated_shared";

static LLVM::GlobalOp getSharedMemory(gpu::GPUModuleOp module) {
  if (auto global = module.lookupSymbol<LLVM::GlobalOp>(kSharedName))
    return global;
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
  return LLVM::GlobalOp::create(b, module.getLoc(), type, /*isConstant=*/false,
                                LLVM::Linkage::External, kSharedName,
                                Attribute(), /*alignment=*/128,
                                /*addrSpace=*/3);
}

namespace {

struct LowerShared : OpConversionPattern<tile::SharedOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::SharedOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    Value base = LLVM::AddressOfOp::create(
        b, LLVM::LLVMPointerType::get(getContext(), 3), kSharedName);
    Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(), base);
    // What is constant of the offset comes last.
    Value offset = adaptor.getOffset();
    int64_t constant = 0;
    while (auto sum = offset.getDefiningOp<arith::AddIOp>()) {
      std::optional<int64_t> known = getConstantIntValue(sum.getRhs());
      if (!known)
        break;
      constant += *known;
      offset = sum.getLhs();
    }
    rewriter.replaceOp(op, b.add(b.add(address, offset), b.i32(constant)));
    return success();
  }
};

struct LowerSharedPointer : OpConversionPattern<tile::SharedPointerOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::SharedPointerOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    Value base = LLVM::AddressOfOp::create(b, op.getType(), kSharedName);
    rewriter.replaceOp(op, b.advance(base, adaptor.getOffset()));
    return success();
  }
};

class ConvertTileToNVVM
    : public mlir::dilated::impl::ConvertTileToNVVMBase<ConvertTileToNVVM> {
  void runOnOperation() override {
    gpu::GPUModuleOp module = getOperation();
    bool usesShared = false;
    module.walk([&](Operation *op) {
      usesShared |= isa<tile::SharedOp, tile::SharedPointerOp>(op);
    });
    if (usesShared)
      getSharedMemory(module);

    TypeConverter converter;
    converter.addConversion([](Type type) { return type; });
    converter.addConversion(
        [](tile::FragmentType type) { return getRegisterType(type); });
    auto toInteger = [](Type type) -> std::optional<Type> {
      if (isa<tile::SharedType, tile::TokenType>(type))
        return IntegerType::get(type.getContext(), 32);
      return std::nullopt;
    };
    converter.addConversion(toInteger);

    RewritePatternSet patterns(&getContext());
    ConversionTarget target(getContext());
    target.addIllegalDialect<tile::TileDialect>();
    target.addLegalDialect<LLVM::LLVMDialect, NVVM::NVVMDialect,
                           arith::ArithDialect, vector::VectorDialect>();
    target.addDynamicallyLegalOp<math::Exp2Op, math::Log2Op, math::FmaOp,
                                 arith::MaxNumFOp, arith::MinNumFOp>(
        [](Operation *op) { return !op->getResult(0).getType().isF32(); });
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    populateFragmentPatterns(converter, patterns);
    populateMatrixPatterns(converter, patterns);
    populateCopyPatterns(converter, patterns);
    populateStorePatterns(converter, patterns);
    patterns.add<LowerShared, LowerSharedPointer>(converter, &getContext());
    scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                         target);
    if (failed(applyPartialConversion(module, target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
