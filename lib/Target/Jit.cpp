//===- Jit.cpp - LLJIT over one object file ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/Jit.h"
#include "PerfMap.h"
#include "RuntimeSymbols.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace mlir::dilated;
namespace orc = llvm::orc;

Jit::~Jit() = default;

/// The run-time library as a JITDylib of its own, searched before the process:
/// its functions are linked into this program without being exported by it.
static llvm::Error addRuntime(orc::LLJIT &jit) {
  llvm::Expected<orc::JITDylib &> runtime = jit.createJITDylib("runtime");
  if (!runtime)
    return runtime.takeError();
  orc::SymbolMap symbols;
  for (const RuntimeSymbol &symbol : getRuntimeSymbols())
    symbols[jit.mangleAndIntern(symbol.name)] = {
        orc::ExecutorAddr::fromPtr(symbol.address),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  if (llvm::Error error =
          runtime->define(orc::absoluteSymbols(std::move(symbols))))
    return error;
  orc::JITDylib &main = jit.getMainJITDylib();
  orc::JITDylibSearchOrder order = {
      {&main, orc::JITDylibLookupFlags::MatchAllSymbols},
      {&*runtime, orc::JITDylibLookupFlags::MatchExportedSymbolsOnly}};
  if (orc::JITDylibSP process = jit.getProcessSymbolsJITDylib())
    order.push_back(
        {process.get(), orc::JITDylibLookupFlags::MatchExportedSymbolsOnly});
  main.setLinkOrder(std::move(order), /*LinkAgainstThisJITDylibFirst=*/false);
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<Jit>> Jit::create(ArrayRef<char> object,
                                                 const JitOptions &options) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  // The builder wants a target machine although nothing is compiled here.
  orc::JITTargetMachineBuilder machine{
      llvm::Triple(llvm::sys::getProcessTriple())};
  llvm::Expected<std::unique_ptr<orc::LLJIT>> jit =
      orc::LLJITBuilder()
          .setJITTargetMachineBuilder(std::move(machine))
          .setPlatformSetUp(orc::setUpInactivePlatform)
          .setObjectLinkingLayerCreator([](orc::ExecutionSession &session) {
            return std::make_unique<orc::ObjectLinkingLayer>(session);
          })
          .create();
  if (!jit)
    return jit.takeError();
  std::unique_ptr<Jit> result(new Jit());
  result->problems = std::make_unique<std::string>();
  // What goes wrong inside the session (a missing symbol) is reported there;
  // the error of the lookup says only that something did.
  (*jit)->getExecutionSession().setErrorReporter(
      [problems = result->problems.get()](llvm::Error error) {
        *problems += llvm::toString(std::move(error)) + "; ";
      });
  if (llvm::Error error = addRuntime(**jit))
    return error;
  std::unique_ptr<llvm::MemoryBuffer> buffer =
      llvm::MemoryBuffer::getMemBufferCopy(
          StringRef(object.data(), object.size()), "dilated.o");
  if (llvm::Error error = (*jit)->addObjectFile(std::move(buffer)))
    return error;
  result->jit = std::move(*jit);
  if (options.perfMap)
    if (llvm::Error error = writePerfMap(object, *result))
      return error;
  return result;
}

llvm::Expected<void *> Jit::lookup(StringRef symbol) {
  llvm::Expected<orc::ExecutorAddr> address = jit->lookup(symbol);
  if (!address)
    return llvm::createStringError(*problems +
                                   llvm::toString(address.takeError()));
  return address->toPtr<void *>();
}

void *Jit::lookupOrNull(StringRef symbol) {
  llvm::Expected<void *> address = lookup(symbol);
  if (!address) {
    llvm::consumeError(address.takeError());
    return nullptr;
  }
  return *address;
}
