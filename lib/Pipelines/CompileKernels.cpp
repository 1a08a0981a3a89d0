//===- CompileKernels.cpp - a model's GPU kernels ----------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernels of a program are one gpu.module. In a library its PTX is a
// constant beside the code of the CPU; alone, with a description, it is a .ptx.
//
//===----------------------------------------------------------------------===//

#include "CacheKey.h"
#include "PtxModel.h"
#include "dilated-mlir/Pipelines/Compiler.h"
#include "dilated-mlir/Pipelines/Program.h"
#include "dilated-mlir/Target/PtxEmission.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace mlir::dilated;

/// What a gpu.module says it is for, where it was written at a late phase.
static FailureOr<NvptxOptions> getTarget(Operation *kernels,
                                         const PhaseOptions &options) {
  if (options.gpu)
    return *options.gpu;
  NvptxOptions gpu;
  if (std::string chip = getKernelChip(kernels); !chip.empty())
    gpu.chip = chip;
  return resolveTarget(gpu, [&] { return kernels->emitError(); });
}

LogicalResult Compiler::embedKernels(ModuleOp module) {
  FailureOr<Operation *> kernels = findKernelModule(module);
  if (failed(kernels))
    return failure();
  if (!*kernels)
    return success();
  FailureOr<NvptxOptions> gpu = getTarget(*kernels, options.phases);
  if (failed(gpu))
    return failure();
  TimingScope scope = timing ? timing->nest("ptx") : TimingScope();
  FailureOr<std::string> ptx = emitPtx(*kernels, *gpu);
  if (failed(ptx))
    return failure();
  if (failed(dump("model.ptx", [&](raw_ostream &os) { os << *ptx; })))
    return failure();
  std::string bytes = *ptx + std::string(1, '\0');
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto global = LLVM::GlobalOp::create(
      b, (*kernels)->getLoc(),
      LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size()),
      /*isConstant=*/true, LLVM::Linkage::External, "dilated_kernels",
      b.getStringAttr(bytes));
  global.setVisibility_(LLVM::Visibility::Hidden);
  (*kernels)->erase();
  module->removeAttr(gpu::GPUDialect::getContainerModuleAttrName());
  return success();
}

/// Takes `kernels` out of its module and to PTX.
FailureOr<CompiledKernels>
Compiler::emitKernels(ModuleOp module, std::optional<PtxModel> model) {
  FailureOr<Operation *> found = findKernelModule(module);
  if (failed(found))
    return failure();
  if (!*found)
    return module.emitError("has no attention that a GPU has a kernel for");
  FailureOr<NvptxOptions> gpu = getTarget(*found, options.phases);
  if (failed(gpu))
    return failure();
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(module.getLoc());
  (*found)->remove();
  kernels->push_back(*found);
  if (options.progress)
    options.progress("ptx");
  {
    TimingScope scope = timing ? timing->nest("kernels") : TimingScope();
    PassManager pm(&context);
    if (timing)
      pm.enableTiming(scope);
    buildKernelLowering(pm);
    if (failed(pm.run(*kernels)) ||
        failed(
            dump("5-llvm.mlir", [&](raw_ostream &os) { kernels->print(os); })))
      return failure();
  }
  TimingScope scope = timing ? timing->nest("ptx") : TimingScope();
  CompiledKernels compiled;
  llvm::raw_string_ostream irStream(compiled.llvmIr);
  FailureOr<std::string> ptx = emitPtx(*found, *gpu, &irStream);
  if (failed(ptx))
    return failure();
  compiled.description.producer = getProducer();
  compiled.description.chip = gpu->chip;
  compiled.description.kernels = KernelLaunch::readAll(*found);
  compiled.description.model = std::move(model);
  compiled.text = writePtxFile(compiled.description, *ptx);
  if (failed(
          dump("model.ll", [&](raw_ostream &os) { os << compiled.llvmIr; })) ||
      failed(dump("model.ptx", [&](raw_ostream &os) { os << compiled.text; })))
    return failure();
  return compiled;
}

FailureOr<CompiledKernels> Compiler::compileKernels(ModuleOp module,
                                                    bool wantsIr) {
  FailureOr<Signature> signature = readProgram(module);
  if (failed(signature) || failed(runTo(module, Phase::Fused)))
    return failure();
  std::optional<PtxModel> model = findPtxModel(module, *signature);

  CompilationCache cache(options.cacheDir);
  std::optional<CompilationCache::Key> key;
  if (!options.cacheDir.empty() && options.dumpPhasesTo.empty() && !wantsIr)
    key = computeCacheKey(module, options, "ptx");
  if (key) {
    if (auto stored = cache.load(*key)) {
      CompiledKernels compiled;
      compiled.text.assign(stored->begin(), stored->end());
      llvm::Expected<PtxDescription> description = readPtxFile(compiled.text);
      if (description) {
        compiled.description = std::move(*description);
        compiled.fromCache = true;
        return compiled;
      }
      llvm::consumeError(description.takeError());
    }
  }
  // A module from a late phase has its kernels already.
  bool hasKernels = !module.getOps<gpu::GPUModuleOp>().empty();
  if (!hasKernels && failed(runPhase(module, Phase::Kernel)))
    return failure();
  FailureOr<CompiledKernels> compiled = emitKernels(module, std::move(model));
  if (failed(compiled))
    return failure();
  if (key)
    cache.store(*key, compiled->text);
  return compiled;
}
