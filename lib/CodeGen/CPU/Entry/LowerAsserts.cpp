//===- LowerAsserts.cpp - run-time checks to calls of the run-time -*- C++ -*-//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream lowers cf.assert to abort(). A compiled model is a library: a shape
// that it can't take must come back to the caller as an error message.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWERASSERTS
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

static constexpr StringLiteral kFail = "dilated_rt_fail";

namespace {

class LowerAsserts
    : public mlir::dilated::impl::DilatedLowerAssertsBase<LowerAsserts> {
public:
  void runOnOperation() override;

private:
  LLVM::GlobalOp getMessage(Location loc, StringRef text, SymbolTable &symbols);

  llvm::StringMap<LLVM::GlobalOp> messages;
};

} // namespace

/// The zero-terminated constant of a message; equal messages share one.
LLVM::GlobalOp LowerAsserts::getMessage(Location loc, StringRef text,
                                        SymbolTable &symbols) {
  LLVM::GlobalOp &global = messages[text];
  if (global)
    return global;
  OpBuilder b(&getContext());
  std::string terminated = text.str();
  terminated.push_back('\0');
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), terminated.size());
  global = LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/true,
                                  LLVM::Linkage::Internal, "dilated_message",
                                  b.getStringAttr(terminated));
  symbols.insert(global);
  return global;
}

void LowerAsserts::runOnOperation() {
  SmallVector<cf::AssertOp> asserts;
  getOperation().walk([&](cf::AssertOp op) { asserts.push_back(op); });
  if (asserts.empty())
    return;
  SymbolTable symbols(getOperation());
  auto pointer = LLVM::LLVMPointerType::get(&getContext());
  if (!symbols.lookup(kFail)) {
    auto fail =
        func::FuncOp::create(getOperation().getLoc(), kFail,
                             FunctionType::get(&getContext(), {pointer}, {}));
    fail.setPrivate();
    symbols.insert(fail);
  }
  for (cf::AssertOp op : asserts) {
    LLVM::GlobalOp message = getMessage(op.getLoc(), op.getMsg(), symbols);
    OpBuilder b(op);
    Location loc = op.getLoc();
    Value one = arith::ConstantIntOp::create(b, loc, 1, 1);
    Value broken = arith::XOrIOp::create(b, loc, op.getArg(), one);
    auto branch = scf::IfOp::create(b, loc, broken, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
    Value text = LLVM::AddressOfOp::create(b, loc, message);
    func::CallOp::create(b, loc, kFail, TypeRange(), text);
    op.erase();
  }
}
