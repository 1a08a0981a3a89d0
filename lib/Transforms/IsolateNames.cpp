//===- IsolateNames.cpp - a model's names, not the run-time's ----*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code generation calls functions by name: those of the run-time library, of
// the C library, its own. A model must not define one of them by accident.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDISOLATENAMES
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// A dot is in no name of C.
static constexpr StringLiteral kPrefix = "model.";

namespace {
struct IsolateNames
    : mlir::dilated::impl::DilatedIsolateNamesBase<IsolateNames> {
  using DilatedIsolateNamesBase::DilatedIsolateNamesBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>(entry);
    if (!main || main.isExternal())
      return;
    SymbolTable symbols(module);
    SmallVector<SymbolOpInterface> defined;
    for (auto symbol : module.getOps<SymbolOpInterface>())
      if (symbol != main && !symbol.isDeclaration())
        defined.push_back(symbol);
    // The longest first: the name that one gets is longer than those to come.
    llvm::stable_sort(defined, [](SymbolOpInterface a, SymbolOpInterface b) {
      return a.getName().size() > b.getName().size();
    });
    for (SymbolOpInterface symbol : defined) {
      if (failed(symbols.rename(symbol, (kPrefix + symbol.getName()).str()))) {
        symbol.emitError("cannot be renamed: something refers to it in a way "
                         "that is not a symbol");
        return signalPassFailure();
      }
      symbol.setVisibility(SymbolTable::Visibility::Private);
    }
  }
};
} // namespace
