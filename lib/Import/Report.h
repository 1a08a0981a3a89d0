//===- Report.h - every problem of a model, in one go -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The importer goes on after a problem as long as it can say something useful,
// so that a user sees all of them at once.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_REPORT_H
#define LIB_IMPORT_REPORT_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

namespace mlir::dilated {

class Report {
public:
  Report(MLIRContext *context, llvm::StringRef path);
  /// Says how many problems were not shown, if any.
  ~Report();
  Report(const Report &) = delete;
  Report &operator=(const Report &) = delete;

  /// A problem of the model as a whole.
  void error(const llvm::Twine &message) { error(fileLoc, message); }
  void error(Location loc, const llvm::Twine &message);
  void warning(Location loc, const llvm::Twine &message);

  bool hasErrors() const { return errors != 0; }
  unsigned numErrors() const { return errors; }

  MLIRContext *getContext() const { return fileLoc.getContext(); }
  llvm::StringRef getPath() const { return path; }
  /// The model file, without a line.
  Location getFileLoc() const { return fileLoc; }

private:
  std::string path;
  Location fileLoc;
  unsigned errors = 0, warnings = 0;
};

} // namespace mlir::dilated

#endif // LIB_IMPORT_REPORT_H
