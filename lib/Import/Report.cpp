//===- Report.cpp - every problem of a model, in one go ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Diagnostics with a limit: a damaged file can break every node in the same
// way, and the hundredth message of a kind helps nobody.
//
//===----------------------------------------------------------------------===//

#include "Report.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace mlir::dilated;

static constexpr unsigned maxShown = 100;

Report::Report(MLIRContext *context, StringRef path)
    : path(path), fileLoc(FileLineColLoc::get(context, path, 0, 0)) {}

Report::~Report() {
  if (errors > maxShown)
    emitError(fileLoc) << "and " << errors - maxShown
                       << " more problems that are not shown";
}

void Report::error(Location loc, const llvm::Twine &message) {
  if (errors++ < maxShown)
    emitError(loc) << message;
}

void Report::warning(Location loc, const llvm::Twine &message) {
  if (warnings++ < maxShown)
    emitWarning(loc) << message;
}
