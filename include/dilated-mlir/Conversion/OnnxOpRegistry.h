//===- OnnxOpRegistry.h - which ONNX operators are known --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table behind `--list-ops`, and what the importer asks before it inlines a
// model-local function: a registered operator wins over the function's body.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXOPREGISTRY_H
#define DILATED_MLIR_CONVERSION_ONNXOPREGISTRY_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::dilated {

/// One meaning of an operator: in force from version `since` of its domain,
/// known to hold up to version `highestRead`.
struct OnnxOpInfo {
  llvm::StringRef domain; // "" is the default domain, ai.onnx
  llvm::StringRef name;
  int since;
  int highestRead;
};

/// Every meaning known, sorted by domain, name and version.
llvm::SmallVector<OnnxOpInfo> listOnnxOps();

/// Whether some version of the operator is known.
bool isRegisteredOnnxOp(llvm::StringRef domain, llvm::StringRef name);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXOPREGISTRY_H
