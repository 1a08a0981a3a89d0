//===- ToolDiagnostics.cpp - diagnostics on stderr --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One line per diagnostic, in the form that editors understand.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Support/ToolDiagnostics.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::dilated;

static llvm::StringRef getSeverityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return "note";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Remark:
    return "remark";
  }
  return "error";
}

static void print(Diagnostic &diagnostic, llvm::raw_ostream &os) {
  if (auto file = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>()) {
    os << file.getFilename().getValue() << ':';
    if (file.getColumn() != 0)
      os << file.getLine() << ':' << file.getColumn() << ':';
    os << ' ';
  }
  os << getSeverityName(diagnostic.getSeverity()) << ": " << diagnostic << '\n';
  for (Diagnostic &note : diagnostic.getNotes())
    print(note, os);
}

ToolDiagnostics::ToolDiagnostics(MLIRContext *context)
    : ScopedDiagnosticHandler(context) {
  setHandler([](Diagnostic &diagnostic) { print(diagnostic, llvm::errs()); });
}
