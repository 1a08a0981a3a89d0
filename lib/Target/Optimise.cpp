//===- Optimise.cpp - LLVM's passes ------------------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Optimise.h"

#include "llvm/ADT/Any.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassInstrumentation.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/MergeFunctions.h"

static llvm::OptimizationLevel getLevel(int optLevel) {
  switch (optLevel) {
  case 0:
    return llvm::OptimizationLevel::O0;
  case 1:
    return llvm::OptimizationLevel::O1;
  case 2:
    return llvm::OptimizationLevel::O2;
  default:
    return llvm::OptimizationLevel::O3;
  }
}

void mlir::dilated::optimise(llvm::Module &module, llvm::TargetMachine &machine,
                             int optLevel) {
  bool isGpu = machine.getTargetTriple().isNVPTX();
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = optLevel > 1;
  tuning.LoopInterleaving = optLevel > 1;
  tuning.LoopUnrolling = optLevel > 1;
  // Our passes have made vectors of what can be; to look for more takes a tenth
  // of the time.
  tuning.SLPVectorization = optLevel > 2;
  // What a loop stores and loads again is in registers there; to look for it
  // takes a quarter.
  llvm::PassInstrumentationCallbacks callbacks;
  if (!isGpu)
    callbacks.registerShouldRunOptionalPassCallback(
        [](llvm::StringRef pass, const llvm::Any &) {
          return pass != "LoopLoadEliminationPass";
        });
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine, tuning, std::nullopt, &callbacks);
  // Equal layers have equal kernels. Merged before they are optimised, compile
  // time grows with the number of different layers only. A GPU's kernels can't
  // call each other.
  if (optLevel > 0 && !isGpu)
    builder.registerPipelineStartEPCallback(
        [](llvm::ModulePassManager &passes, llvm::OptimizationLevel) {
          passes.addPass(llvm::MergeFunctionsPass());
        });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  llvm::OptimizationLevel level = getLevel(optLevel);
  llvm::ModulePassManager passes =
      optLevel == 0 ? builder.buildO0DefaultPipeline(level)
                    : builder.buildPerModuleDefaultPipeline(level);
  passes.run(module, modules);
}
