//===- dilated-opt.cpp - run passes on IR ------------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything registered: our dialects and passes, upstream's, and every phase
// as --pipeline-<phase>.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/InitAll.h"
#include "dilated-mlir/Support/CrashGuard.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  return mlir::dilated::runTool(argc, argv, [&] {
    mlir::dilated::registerAllPasses();
    mlir::DialectRegistry registry;
    mlir::dilated::registerAllDialects(registry);
    return mlir::asMainReturnCode(
        mlir::MlirOptMain(argc, argv, "dilated-mlir pass driver\n", registry));
  });
}
