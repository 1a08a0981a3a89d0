//===- Pipeline.cpp - the phases kernel and llvm, pass by pass --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Pipeline.h"
#include "Attention/Kernel.h"

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/BufferizationToMemRef/BufferizationToMemRef.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MathToFuncs/MathToFuncs.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace mlir::dilated;

VectorFeatures mlir::dilated::getHostVectorFeatures() {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  return VectorFeatures::get(
      [&](StringRef name) { return features.lookup(name); });
}

//===----------------------------------------------------------------------===//
// Phase kernel
//===----------------------------------------------------------------------===//

static DilatedLowerFusedAttentionOptions
getAttentionOptions(const VectorFeatures &vectors) {
  DilatedLowerFusedAttentionOptions options;
  options.vectorBytes = vectors.bytes;
  // 32 registers hold 8 x 2 accumulators, 16 hold 4 x 3, and what they need.
  options.tileRows = vectors.bytes == 64 ? 8 : 4;
  options.tileVectors = vectors.bytes == 64 ? 2 : 3;
  if (vectors.avx512dq)
    options.exponent = ExponentForm::Scale;
  if (vectors.amxbf16)
    options.products = ProductKind::AmxBf16;
  else if (vectors.avx512bf16)
    options.products = ProductKind::Bf16Dot;
  return options;
}

::dilated::plan::CpuTile
mlir::dilated::getCpuTile(const VectorFeatures &features, FusedAttentionOp op) {
  auto query = cast<ShapedType>(op.getQuery().getType());
  auto value = cast<ShapedType>(op.getValue().getType());
  return getCpuTile(features, query.getElementType(), query.getShape().back(),
                    value.getShape().back());
}

::dilated::plan::CpuTile
mlir::dilated::getCpuTile(const VectorFeatures &features, Type element,
                          int64_t headDim, int64_t valueDim) {
  DilatedLowerFusedAttentionOptions options = getAttentionOptions(features);
  int64_t bytes = element.isF64() ? 8 : 4;
  bool isTiled = element.isBF16() && options.products == ProductKind::AmxBf16;
  return {options.vectorBytes / bytes * options.tileVectors,
          isTiled ? 2 * kTilePairs : options.tileRows,
          getBlockRows(bytes * (headDim + valueDim), options.blockBytes)};
}

static DilatedLowerMatmulOptions getMatmulOptions(int64_t bytes) {
  DilatedLowerMatmulOptions options;
  options.vectorBytes = bytes;
  // 24 accumulators of 32 registers, 12 of 16.
  options.tileRows = bytes == 64 ? 12 : 6;
  return options;
}

static void addBufferization(OpPassManager &pm) {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(options));
}

void mlir::dilated::buildCPUKernelPipeline(OpPassManager &pm,
                                           const CPUPipelineOptions &options) {
  VectorFeatures features =
      options.vectors ? *options.vectors : getHostVectorFeatures();
  int64_t bytes = features.bytes;
  // Tensors: fewer passes over memory, tasks, vectors.
  pm.addPass(createDilatedFuseElementwise());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createDilatedSplitDestinations()); // no CSE until bufferized
  pm.addPass(createDilatedTileLinalg());
  DilatedVectorizeLinalgOptions vectors;
  vectors.vectorBytes = bytes;
  pm.addPass(createDilatedVectorizeLinalg(vectors));
  pm.addPass(createCanonicalizerPass());

  // Tensors to memrefs, views staying views.
  pm.addPass(createDilatedLowerWeights());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  addBufferization(pm);
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());

  // Outputs where the caller wants them, buffers of known sizes in one arena;
  // what is left is allocated and freed where it is used.
  DilatedPlaceOutputsOptions outputs;
  outputs.function = options.entry;
  pm.addPass(createDilatedPlaceOutputs(outputs));
  DilatedPlanMemoryOptions memory;
  memory.function = options.entry;
  pm.addPass(createDilatedPlanMemory(memory));
  bufferization::buildBufferDeallocationPipeline(pm);
  pm.addPass(createConvertBufferizationToMemRefPass());

  // Kernels, and loops for what has none.
  if (options.offloadAttention)
    options.offloadAttention(pm);
  pm.addPass(createDilatedLowerFusedAttention(getAttentionOptions(features)));
  pm.addPass(createDilatedLowerMatmul(getMatmulOptions(bytes)));
  pm.addPass(createConvertLinalgToLoopsPass());
  pm.addPass(createDilatedPlanTaskMemory());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

//===----------------------------------------------------------------------===//
// Phase llvm
//===----------------------------------------------------------------------===//

/// f16 and bf16 are storage types: arithmetic and functions are those of f32.
static void addNarrowFloats(OpPassManager &pm) {
  math::MathExtendToSupportedTypesOptions functions;
  functions.extraTypeStrs = {"f64"};
  functions.targetTypeStr = "f32";
  pm.addPass(math::createMathExtendToSupportedTypes(functions));
  pm.addPass(createDilatedApproximateMath());
  arith::ArithEmulateUnsupportedFloatsOptions arithmetic;
  arithmetic.sourceTypeStrs = {"bf16", "f16"};
  arithmetic.targetTypeStr = "f32";
  pm.addPass(arith::createArithEmulateUnsupportedFloats(arithmetic));
  // Conversions to bf16 without the instruction would be library calls.
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = true;
  pm.addPass(arith::createArithExpandOpsPass(expand));
}

static void addMemRefs(OpPassManager &pm) {
  pm.addPass(memref::createExpandOpsPass());
  pm.addPass(createDilatedLowerExpandShape());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  FinalizeMemRefToLLVMConversionPassOptions options;
  options.useAlignedAlloc = true;
  options.useGenericFunctions = true; // those of the run-time library
  pm.addPass(createFinalizeMemRefToLLVMConversionPass(options));
}

void mlir::dilated::buildCPULlvmPipeline(OpPassManager &pm,
                                         const CPUPipelineOptions &options) {
  // What meets the run-time library: threads, the entry, failed checks.
  pm.addPass(createDilatedOutlineParallelLoops());
  DilatedEmitEntryOptions entry;
  entry.function = options.entry;
  pm.addPass(createDilatedEmitEntry(entry));
  pm.addPass(createDilatedLowerAsserts());

  // Vectors of one dimension, control flow of blocks.
  addNarrowFloats(pm);
  pm.addNestedPass<func::FuncOp>(vector::createLowerVectorMaskPass());
  pm.addNestedPass<func::FuncOp>(vector::createLowerVectorMultiReductionPass(
      vector::VectorMultiReductionLowering::InnerReduction));
  pm.addPass(createConvertVectorToSCFPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());

  // One dialect after the other to LLVM.
  pm.addPass(createConvertMathToFuncs()); // integer powers, of vectors too
  // Functions of the library take vectors apart: before there are none left.
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  ConvertVectorToLLVMPassOptions vectors;
  vectors.reassociateFPReductions = true; // a tree, not a chain of additions
  vectors.amx = true;
  pm.addPass(createConvertVectorToLLVMPass(vectors));
  addMemRefs(pm);
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

namespace {
struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<int64_t> vectorBytes{
      *this, "vector-bytes",
      llvm::cl::desc("bytes of a vector register, no other feature being "
                     "used; 0 asks the host for all"),
      llvm::cl::init(0)};

  operator CPUPipelineOptions() const {
    CPUPipelineOptions options;
    if (vectorBytes != 0)
      options.vectors = VectorFeatures{vectorBytes};
    return options;
  }
};
} // namespace

void mlir::dilated::registerCPUCodeGenPipelines() {
  PassPipelineRegistration<PipelineOptions>(
      "dilated-cpu-kernel", "Phase kernel of CPUs: to scf, vector and memref",
      [](OpPassManager &pm, const PipelineOptions &options) {
        buildCPUKernelPipeline(pm, options);
      });
  PassPipelineRegistration<PipelineOptions>(
      "dilated-cpu-llvm", "Phase llvm of CPUs: to the LLVM dialect",
      [](OpPassManager &pm, const PipelineOptions &options) {
        buildCPULlvmPipeline(pm, options);
      });
}
