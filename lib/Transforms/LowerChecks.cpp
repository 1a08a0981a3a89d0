//===- LowerChecks.cpp - expectations as run-time calls ----------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// check.expect_close on buffers -> dilated_rt_expect_close, which counts what
// fails; dilated-run turns the count into its exit code.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "dialects/Check/Check.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWERCHECKS
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;

static constexpr StringRef kExpectClose = "dilated_rt_expect_close";

/// The number of an element type in the run-time library (dilated_rt_type), 0
/// for those it does not compare.
static int32_t getRuntimeType(Type type) {
  if (type.isF32())
    return 1;
  if (type.isInteger(8))
    return 3;
  if (type.isInteger(16))
    return 5;
  if (type.isInteger(32))
    return 6;
  if (type.isInteger(64))
    return 7;
  if (type.isInteger(1))
    return 9;
  if (type.isF16())
    return 10;
  if (type.isF64())
    return 11;
  if (type.isBF16())
    return 16;
  return 0;
}

/// Rank and descriptor address of a memref, as an unranked memref carries them.
static std::pair<Value, Value> unranked(ImplicitLocOpBuilder &b, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  Value cast = memref::CastOp::create(
      b, UnrankedMemRefType::get(type.getElementType(), type.getMemorySpace()),
      memref);
  auto pair = LLVM::LLVMStructType::getLiteral(
      b.getContext(),
      {b.getI64Type(), LLVM::LLVMPointerType::get(b.getContext())});
  Value lowered =
      UnrealizedConversionCastOp::create(b, pair, cast).getResult(0);
  return {LLVM::ExtractValueOp::create(b, lowered, 0),
          LLVM::ExtractValueOp::create(b, lowered, 1)};
}

namespace {
struct LowerChecks : mlir::dilated::impl::DilatedLowerChecksBase<LowerChecks> {
  void runOnOperation() override {
    SmallVector<check::ExpectCloseOp> ops;
    getOperation().walk([&](check::ExpectCloseOp op) { ops.push_back(op); });
    if (ops.empty())
      return;
    declareRuntime();
    bool failed = false;
    for (auto [i, op] : llvm::enumerate(ops))
      failed |= mlir::failed(lower(op, i));
    if (failed)
      signalPassFailure();
  }

private:
  void declareRuntime() {
    if (getOperation().lookupSymbol(kExpectClose))
      return;
    OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
    Type ptr = LLVM::LLVMPointerType::get(b.getContext());
    Type i32 = b.getI32Type(), i64 = b.getI64Type(), f64 = b.getF64Type();
    func::FuncOp::create(
        b, getOperation().getLoc(), kExpectClose,
        b.getFunctionType({i32, i64, ptr, i64, ptr, f64, f64, ptr}, {i32}))
        .setPrivate();
  }

  LogicalResult lower(check::ExpectCloseOp op, unsigned number) {
    if (!isa<MemRefType>(op.getActual().getType()))
      return op.emitOpError("expects buffers; bufferise first");
    Type element = getElementTypeOrSelf(op.getActual().getType());
    int32_t code = getRuntimeType(element);
    if (code == 0)
      return op.emitOpError() << "cannot compare elements of type " << element;

    ImplicitLocOpBuilder b(op.getLoc(), op);
    auto [actualRank, actual] = unranked(b, op.getActual());
    auto [expectedRank, expected] = unranked(b, op.getExpected());
    Value what = LLVM::AddressOfOp::create(b, makeName(op, number));
    func::CallOp::create(
        b, kExpectClose, TypeRange(b.getI32Type()),
        ValueRange{LLVM::ConstantOp::create(b, b.getI32IntegerAttr(code)),
                   actualRank, actual, expectedRank, expected,
                   LLVM::ConstantOp::create(b, op.getRtolAttr()),
                   LLVM::ConstantOp::create(b, op.getAtolAttr()), what});
    op.erase();
    return success();
  }

  /// A constant string that says where the check stands.
  LLVM::GlobalOp makeName(check::ExpectCloseOp op, unsigned number) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    if (auto loc = dyn_cast<FileLineColLoc>(op.getLoc()))
      stream << loc.getFilename().getValue() << ":" << loc.getLine() << ":"
             << loc.getColumn();
    else
      stream << op.getLoc();
    text.push_back('\0');
    OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), text.size());
    return LLVM::GlobalOp::create(
        b, op.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::Internal,
        "check_location_" + std::to_string(number), b.getStringAttr(text));
  }
};
} // namespace
