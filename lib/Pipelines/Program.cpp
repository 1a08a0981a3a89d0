//===- Program.cpp - is a module a program? ----------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// IR written by hand may be valid and still no program: it calls what is
// nowhere, or itself. Found here it is an error with a location; found later, a
// failure of the linker or of the machine.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Pipelines/Program.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
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
  if (failed(CallVerifier(module).verify(main)))
    return failure();
  return signature;
}
