//===- ToolDiagnostics.h - diagnostics on stderr ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream's handler shows the line of the source that a location points at.
// For a model that would be a line of a binary file, so the tools print here.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_SUPPORT_TOOLDIAGNOSTICS_H
#define DILATED_MLIR_SUPPORT_TOOLDIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

namespace mlir::dilated {

/// While it lives, writes each diagnostic as "FILE[:LINE:COLUMN]: error: text",
/// notes after it. A location without a column (a node of a model) shows only
/// its file: the text names the node.
class ToolDiagnostics : public ScopedDiagnosticHandler {
public:
  explicit ToolDiagnostics(MLIRContext *context);
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_SUPPORT_TOOLDIAGNOSTICS_H
