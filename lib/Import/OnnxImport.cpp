//===- OnnxImport.cpp - reads an ONNX model ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The importer in order: read, verify, inline functions, build.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Import/OnnxImport.h"

#include "FunctionExpander.h"
#include "FunctionTable.h"
#include "InputShapes.h"
#include "ModelFile.h"
#include "ModelVerifier.h"
#include "ModuleBuilder.h"
#include "Report.h"
#include "TensorData.h"
#include "dialects/Onnx/Onnx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::dilated;

OnnxImportResult
mlir::dilated::importOnnxFile(MLIRContext *context, StringRef path,
                              const OnnxImportOptions &options) {
  context->loadDialect<arith::ArithDialect, func::FuncDialect,
                       ml_program::MLProgramDialect, onnx::OnnxDialect,
                       tensor::TensorDialect>();
  OnnxImportResult result;
  Report report(context, path);
  std::unique_ptr<ModelFile> file = ModelFile::open(path, report);
  if (!file) {
    result.readable = false;
    return result;
  }

  const onnxpb::ModelProto &model = file->getModel();
  ExternalFiles externalFiles(options.externalDataDir.empty()
                                  ? llvm::sys::path::parent_path(path).str()
                                  : options.externalDataDir);
  TensorReader tensors(*file, externalFiles, report);
  FunctionTable functions(model, options);
  verifyModel(model, functions, tensors, report);
  Signature signature = readSignature(model.graph(), report);
  if (report.hasErrors())
    return result;

  if (!applyInputShapes(options, signature, report)) {
    result.badUsage = true;
    return result;
  }
  for (const DeclaredValue &input : signature.inputs)
    if (!input.dims)
      report.error("graph input '" + input.name +
                   "' has no shape; give one with --shape " + input.name +
                   "=...");
  // Its rank is part of what a caller of the compiled model relies on.
  for (const DeclaredValue &output : signature.outputs)
    if (!output.dims)
      report.error("graph output '" + output.name +
                   "' has no shape; its rank is needed, dimensions may be "
                   "unknown (onnx.shape_inference adds what it can)");
  FlatGraph graph;
  if (report.hasErrors() ||
      failed(expandFunctions(model, functions, report, graph)))
    return result;
  result.module =
      buildModule(model, graph, signature, options, tensors, report);
  // The module is ours: whatever the verifier finds is a bug of the importer,
  // but one that must not go further.
  if (result.module && failed(verify(*result.module)))
    result.module = {};
  return result;
}
