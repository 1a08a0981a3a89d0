//===- ModelVerifier.cpp - whether a model makes sense ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Versions first, then functions, then graphs.
//
//===----------------------------------------------------------------------===//

#include "ModelVerifier.h"

#include "FunctionTable.h"
#include "GraphVerifier.h"
#include "Report.h"
#include "dilated-mlir/Import/OnnxImport.h"

using namespace mlir;
using namespace mlir::dilated;

static void verifyIrVersion(const onnxpb::ModelProto &model, Report &report) {
  int64_t version = model.ir_version();
  if (!model.has_ir_version())
    report.error("model has no IR version");
  else if (version < OnnxVersions::oldestIr || version > OnnxVersions::newestIr)
    report.error("model has IR version " + llvm::Twine(version) +
                 ", but versions " + llvm::Twine(OnnxVersions::oldestIr) +
                 " to " + llvm::Twine(OnnxVersions::newestIr) + " are read");
}

void mlir::dilated::verifyModel(const onnxpb::ModelProto &model,
                                const FunctionTable &functions,
                                TensorReader &tensors, Report &report) {
  verifyIrVersion(model, report);
  OpsetImports imports(model.opset_import());
  if (model.opset_import_size() == 0)
    report.error("model imports no operator set (opset_import is empty)");
  OpsetImports::reportDuplicates(model.opset_import(), "model", report);
  imports.reportUnreadVersions("model", report);

  bool callsEnd = functions.verify(report);
  GraphVerifier graphs(functions, tensors, report);
  graphs.verifyMainGraph(model.graph(), imports);
  if (!callsEnd)
    return;
  for (int function = 0; function < functions.size(); ++function) {
    std::string owner = "function '" + functions.getName(function) + "'";
    OpsetImports::reportDuplicates(functions.get(function).opset_import(),
                                   owner, report);
    // A body that nothing is made of may be in any version.
    if (functions.isReached(function))
      functions.getImports(function).reportUnreadVersions(owner, report);
    graphs.verifyFunction(function);
  }
}
