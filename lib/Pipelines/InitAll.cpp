//===- InitAll.cpp - everything that the tools register ----------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/InitAll.h"

#include "dialects/Check/Check.h"
#include "dialects/Dilated/Dilated.h"
#include "dialects/Onnx/Onnx.h"
#include "dialects/Tile/Tile.h"
#include "dilated-mlir/CodeGen/CPU/Passes.h"
#include "dilated-mlir/CodeGen/GPU/Host/Passes.h"
#include "dilated-mlir/CodeGen/GPU/Passes.h"
#include "dilated-mlir/CodeGen/GPU/Pipeline.h"
#include "dilated-mlir/Conversion/Passes.h"
#include "dilated-mlir/Pipelines/Phases.h"
#include "dilated-mlir/Transforms/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"

using namespace mlir;

void mlir::dilated::registerAllDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registerAllToLLVMIRTranslations(registry);
  registry.insert<DilatedDialect, onnx::OnnxDialect, check::CheckDialect,
                  tile::TileDialect>();
  registerBufferizableOpInterfaceExternalModels(registry);
  check::registerBufferizableOpInterfaceExternalModels(registry);
}

void mlir::dilated::registerAllPasses() {
  mlir::registerAllPasses();
  registerDilatedConversionPasses();
  registerDilatedTransformsPasses();
  registerDilatedCPUCodeGenPasses();
  registerDilatedGPUHostPasses();
  registerCPUCodeGenPipelines();
  registerDilatedGPUCodeGenPasses();
  registerGPUCodeGenPipelines();
  registerPhasePipelines();
}
