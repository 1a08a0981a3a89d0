//===- OnnxImport.h - reads an ONNX model -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The first phase: a file becomes a module of `onnx.node` ops, with weights
// referred to by file, offset and length.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_IMPORT_ONNXIMPORT_H
#define DILATED_MLIR_IMPORT_ONNXIMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringMap.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mlir::dilated {

struct OnnxImportOptions {
  /// Where external data lies; empty: in the folder of the model.
  std::string externalDataDir;
  /// Inline every model-local function that has a body, also those whose
  /// operator is registered.
  bool expandFunctions = false;
  /// Shapes of inputs by name, -1 for a dimension that stays as the model has
  /// it. A dimension symbol that is given a size takes it everywhere.
  llvm::StringMap<std::vector<int64_t>> inputShapes;
  /// Whether the compiler knows an operator itself: then its model-local
  /// function, if there is one, is not inlined. Default: only
  /// org.dilated_mlir::DilatedAttention is known.
  std::function<bool(llvm::StringRef domain, llvm::StringRef op)>
      isRegisteredOp;
};

struct OnnxImportResult {
  /// Null when the import failed; why is in the context's diagnostics.
  OwningOpRef<ModuleOp> module;
  /// False when the file could not be read, or is not an ONNX model.
  bool readable = true;
  /// True when the options do not fit the model (a shape for an input that it
  /// does not have).
  bool badUsage = false;

  /// As the tools exit: 0 done, 1 the model is invalid or unsupported, 2 it is
  /// unreadable, or the options do not fit it.
  int exitCode() const { return module ? 0 : readable && !badUsage ? 1 : 2; }
};

/// Reads the model at `path`. All problems of a model are reported, then the
/// import fails. `path` is what messages and `dilated.model` show.
OnnxImportResult importOnnxFile(MLIRContext *context, llvm::StringRef path,
                                const OnnxImportOptions &options = {});

/// Parses "NAME=1x?x768" into options.inputShapes. The error, if any, is
/// returned as text; an empty string is success.
std::string parseShapeOption(llvm::StringRef text, OnnxImportOptions &options);

/// What this reader accepts, for help texts and reports.
struct OnnxVersions {
  static constexpr int64_t oldestIr = 3, newestIr = 13;
  static constexpr int64_t oldestOpset = 17, newestOpset = 23;
  static constexpr int64_t dilatedOpset = 1;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_IMPORT_ONNXIMPORT_H
