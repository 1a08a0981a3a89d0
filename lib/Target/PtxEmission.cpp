//===- PtxEmission.cpp - from a gpu.module to PTX ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/PtxEmission.h"
#include "Optimise.h"

#include "dilated-mlir/Target/KernelLaunch.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::dilated;

FailureOr<Operation *> mlir::dilated::findKernelModule(Operation *module) {
  Operation *found = nullptr;
  if (isa<gpu::GPUModuleOp>(module))
    return module;
  for (Region &region : module->getRegions())
    for (auto gpuModule : region.getOps<gpu::GPUModuleOp>()) {
      if (found) {
        InFlightDiagnostic diag = gpuModule.emitError(
            "a second gpu.module; the kernels of a program are in one");
        diag.attachNote(found->getLoc()) << "the first one is here";
        return diag;
      }
      found = gpuModule;
    }
  return found;
}

std::string mlir::dilated::getKernelChip(Operation *gpuModule) {
  if (ArrayAttr targets = cast<gpu::GPUModuleOp>(gpuModule).getTargetsAttr())
    for (auto target : targets.getAsRange<NVVM::NVVMTargetAttr>())
      return target.getChip().str();
  return "";
}

/// Dynamic shared memory of the launch and what the module declares, which all
/// of its kernels are taken to use.
static LogicalResult verifySharedMemory(Operation *gpuModule,
                                        const llvm::Module &module,
                                        const NvptxOptions &options) {
  constexpr unsigned sharedSpace = 3;
  uint64_t declared = 0;
  for (const llvm::GlobalVariable &global : module.globals())
    if (global.getAddressSpace() == sharedSpace && !global.isDeclaration())
      declared +=
          module.getDataLayout().getTypeAllocSize(global.getValueType());
  int64_t limit = getSharedMemoryLimit(options.chip);
  int64_t dynamic = 0;
  StringRef kernel;
  for (const KernelLaunch &launch : KernelLaunch::readAll(gpuModule))
    if (launch.sharedBytes >= dynamic) {
      dynamic = launch.sharedBytes;
      kernel = launch.name;
    }
  int64_t total = dynamic + static_cast<int64_t>(declared);
  if (total <= limit)
    return success();
  InFlightDiagnostic diag = gpuModule->emitError();
  if (!kernel.empty())
    diag << "kernel '" << kernel << "' ";
  return diag << "needs " << total
              << " bytes of shared memory per block, chip '" << options.chip
              << "' has " << limit;
}

FailureOr<std::string> mlir::dilated::emitPtx(Operation *gpuModule,
                                              const NvptxOptions &options,
                                              raw_ostream *llvmIr) {
  std::unique_ptr<llvm::TargetMachine> machine = createNvptxMachine(options);
  if (!machine)
    return gpuModule->emitError("this LLVM has no target for PTX");
  DialectRegistry translations;
  registerBuiltinDialectTranslation(translations);
  registerGPUDialectTranslation(translations);
  registerLLVMDialectTranslation(translations);
  registerNVVMDialectTranslation(translations);
  gpuModule->getContext()->appendDialectRegistry(translations);

  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module =
      translateModuleToLLVMIR(gpuModule, context, "dilated");
  if (!module)
    return gpuModule->emitError("cannot be translated to LLVM IR");
  module->setTargetTriple(machine->getTargetTriple());
  module->setDataLayout(machine->createDataLayout());
  if (failed(verifySharedMemory(gpuModule, *module, options)))
    return failure();
  optimise(*module, *machine, options.optLevel);
  if (llvmIr)
    module->print(*llvmIr, /*AAW=*/nullptr);

  SmallVector<char, 0> ptx;
  llvm::raw_svector_ostream stream(ptx);
  llvm::legacy::PassManager codegen;
  if (machine->addPassesToEmitFile(codegen, stream, /*DwoOut=*/nullptr,
                                   llvm::CodeGenFileType::AssemblyFile))
    return gpuModule->emitError("the target cannot write PTX");
  codegen.run(*module);
  return std::string(ptx.begin(), ptx.end());
}
