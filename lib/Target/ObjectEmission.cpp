//===- ObjectEmission.cpp - LLVM dialect to object bytes --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/ObjectEmission.h"
#include "DescribeModel.h"
#include "HostTuning.h"
#include "Optimise.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::dilated;

/// The names and symbols of the signature have been read; LLVM has no use for
/// them and the translation would warn about each.
static void dropSignatureAttributes(ModuleOp module) {
  auto isOurs = [](NamedAttribute attribute) {
    return attribute.getName().strref().starts_with("dilated.");
  };
  for (auto function : module.getOps<FunctionOpInterface>()) {
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
      for (NamedAttribute attribute :
           llvm::make_filter_range(function.getArgAttrs(i), isOurs))
        function.removeArgAttr(i, attribute.getName());
    for (unsigned i = 0, e = function.getNumResults(); i < e; ++i)
      for (NamedAttribute attribute :
           llvm::make_filter_range(function.getResultAttrs(i), isOurs))
        function.removeResultAttr(i, attribute.getName());
  }
}

/// Functions carry the processor themselves: LLVM reads it there, not from the
/// target machine, when it decides on vector widths and inlining.
static void describeTarget(llvm::Module &module,
                           const llvm::TargetMachine &machine,
                           StringRef tuning) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  // Where AVX-512 is there it is used at full width: our kernels stay in it, so
  // the frequency argument for 256 bits does not apply.
  bool wide = machine.getMCSubtargetInfo()->checkFeatures("+avx512f,+avx512vl");
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    // Nobody compares the addresses of our tasks: equal ones may be one.
    if (function.hasLocalLinkage())
      function.setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    function.addFnAttr("target-features", machine.getTargetFeatureString());
    if (!tuning.empty())
      function.addFnAttr("tune-cpu", tuning);
    if (wide)
      function.addFnAttr("prefer-vector-width", "512");
  }
}

FailureOr<SmallVector<char>>
mlir::dilated::emitObject(ModuleOp source, const Signature &signature,
                          const TargetOptions &options, raw_ostream *llvmIr) {
  auto emitError = [&] { return source.emitError(); };
  FailureOr<std::unique_ptr<llvm::TargetMachine>> machine =
      createTargetMachine(options, emitError);
  if (failed(machine))
    return failure();

  DialectRegistry translations;
  registerBuiltinDialectTranslation(translations);
  registerLLVMDialectTranslation(translations);
  source.getContext()->appendDialectRegistry(translations);

  dropSignatureAttributes(source);
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module =
      translateModuleToLLVMIR(source, context, "dilated");
  if (!module)
    return source.emitError("cannot be translated to LLVM IR");
  std::string tuning = tuningFor(options, **machine);
  describeTarget(*module, **machine, tuning);
  if (module->getFunction("dilated_main"))
    addModelDescription(*module, signature, **machine,
                        tuning.empty() ? options.cpu : tuning);
  optimise(*module, **machine, options.optLevel);
  if (llvmIr)
    module->print(*llvmIr, /*AAW=*/nullptr);

  SmallVector<char> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager codegen;
  if ((*machine)->addPassesToEmitFile(codegen, stream, /*DwoOut=*/nullptr,
                                      llvm::CodeGenFileType::ObjectFile))
    return source.emitError("the target cannot write object files");
  codegen.run(*module);
  return object;
}
