//===- Program.cpp - is a module a program? ----------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// IR written by hand may be valid and still no program: it calls what is
// nowhere, itself, or reads beyond a tensor. Found here it is an error with a
// location; found later, a failure of the linker or of the machine.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Pipelines/Program.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

namespace {

/// Walks the calls from @main, the functions on the way on a stack.
class CallVerifier {
public:
  explicit CallVerifier(ModuleOp module) : symbols(module) {}

  LogicalResult verify(func::FuncOp function);

private:
  LogicalResult verifyCallee(Operation *user, FlatSymbolRefAttr name);

  SymbolTable symbols;
  llvm::SetVector<func::FuncOp> path;
  DenseSet<func::FuncOp> done;
};

} // namespace

LogicalResult CallVerifier::verify(func::FuncOp function) {
  path.insert(function);
  bool isBroken = false;
  std::optional<SymbolTable::UseRange> uses =
      SymbolTable::getSymbolUses(function);
  if (uses)
    for (SymbolTable::SymbolUse use : *uses)
      if (auto name = dyn_cast<FlatSymbolRefAttr>(use.getSymbolRef()))
        isBroken |= failed(verifyCallee(use.getUser(), name));
  path.pop_back();
  done.insert(function);
  return failure(isBroken);
}

LogicalResult CallVerifier::verifyCallee(Operation *user,
                                         FlatSymbolRefAttr name) {
  auto callee = symbols.lookup<func::FuncOp>(name.getAttr());
  if (!callee || done.contains(callee))
    return success();
  // Functions of the run-time library are found when the model is loaded.
  if (callee.isExternal() && !callee.getName().starts_with("dilated_rt_"))
    return user->emitError() << "calls '" << callee.getName()
                             << "', which is declared and nowhere defined";
  if (callee.isExternal())
    return success();
  if (!path.contains(callee))
    return verify(callee);
  InFlightDiagnostic diag = user->emitError()
                            << "'" << callee.getName() << "' is recursive: ";
  auto *first = llvm::find(path, callee);
  for (func::FuncOp function : llvm::make_range(first, path.end()))
    diag << "'" << function.getName() << "' calls ";
  return diag << "'" << callee.getName() << "'";
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

static LogicalResult verifyIndices(Operation *op, ShapedType type,
                                   ValueRange indices) {
  for (auto [dim, index] : llvm::enumerate(indices)) {
    APInt value;
    if (!matchPattern(index, m_ConstantInt(&value)))
      continue;
    int64_t position = value.getSExtValue(), size = type.getDimSize(dim);
    if (position < 0 || (!ShapedType::isDynamic(size) && position >= size)) {
      InFlightDiagnostic diag = op->emitError()
                                << "index " << position << " of dimension "
                                << dim << " is outside of " << type;
      return diag;
    }
  }
  return success();
}

static LogicalResult verifyIndices(ModuleOp module) {
  bool isBroken = false;
  auto visit = [&](Operation *op, Type type, ValueRange indices) {
    isBroken |= failed(verifyIndices(op, cast<ShapedType>(type), indices));
  };
  module.walk([&](Operation *op) {
    if (auto extract = dyn_cast<tensor::ExtractOp>(op))
      visit(op, extract.getTensor().getType(), extract.getIndices());
    else if (auto insert = dyn_cast<tensor::InsertOp>(op))
      visit(op, insert.getDest().getType(), insert.getIndices());
    else if (auto load = dyn_cast<memref::LoadOp>(op))
      visit(op, load.getMemRefType(), load.getIndices());
    else if (auto store = dyn_cast<memref::StoreOp>(op))
      visit(op, store.getMemRefType(), store.getIndices());
  });
  return failure(isBroken);
}

FailureOr<Signature> mlir::dilated::readProgram(ModuleOp module) {
  FailureOr<Signature> signature = Signature::read(module);
  if (failed(signature))
    return failure();
  auto main = module.lookupSymbol<func::FuncOp>("main");
  // Phase llvm has left functions behind: it was a program before.
  if (!main) {
    if (!module.lookupSymbol("dilated_main"))
      return module.emitError("the module has no function @main");
    return signature;
  }
  if (main.getNumArguments() != signature->inputs.size())
    return main.emitError("has ")
           << main.getNumArguments() << " arguments, the module's signature "
           << signature->inputs.size() << " inputs";
  // All problems in one report.
  bool isBroken = failed(CallVerifier(module).verify(main));
  isBroken |= failed(verifyIndices(module));
  if (isBroken)
    return failure();
  return signature;
}
