//===- AtomicFile.h - files that appear when complete -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_SUPPORT_ATOMICFILE_H
#define DILATED_MLIR_SUPPORT_ATOMICFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <string>

namespace mlir::dilated {

/// A file that gets its name when it is committed: until then it has none, so
/// that nothing is left of it even when the process is killed. File systems
/// without such files get one under a temporary name, removed by the destructor
/// and on signals that can be caught. Errors name the path.
class AtomicFile {
public:
  /// A path that exists and is no regular file (a pipe, /dev/null) is written
  /// to as it is. The access rights are those of a new file, with `executable`
  /// those of a program.
  static llvm::Expected<AtomicFile> create(llvm::StringRef path,
                                           bool executable = false);
  AtomicFile(AtomicFile &&other);
  AtomicFile &operator=(AtomicFile &&other) = delete;
  ~AtomicFile();

  int getDescriptor() const { return descriptor; }

  /// Gives the file its name; a file that has it is replaced. What was written
  /// through the descriptor is there; nothing more may be written.
  llvm::Error commit();

private:
  enum class Kind { Nameless, Temporary, Direct };
  AtomicFile(llvm::StringRef path, Kind kind, int descriptor)
      : path(path), kind(kind), descriptor(descriptor) {}
  llvm::Error fail(int error) const;

  std::string path, temporary;
  Kind kind;
  int descriptor; // -1 when moved from or committed
};

/// Writes a whole file; "-" is standard output.
llvm::Error writeFile(llvm::StringRef path,
                      llvm::function_ref<void(llvm::raw_ostream &)> write,
                      bool executable = false);

/// Moves a complete file to `path`: renamed within a file system, else copied
/// as writeFile would.
llvm::Error moveFile(llvm::StringRef from, llvm::StringRef path,
                     bool executable = false);

/// Whether a file can be made at `path`: its folder exists and can be written,
/// and it is no folder itself. Found out before hours of work.
llvm::Error checkWritable(llvm::StringRef path);

} // namespace mlir::dilated

#endif // DILATED_MLIR_SUPPORT_ATOMICFILE_H
