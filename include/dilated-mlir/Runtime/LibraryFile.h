//===- LibraryFile.h - may a library be loaded? -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_LIBRARYFILE_H
#define DILATED_MLIR_RUNTIME_LIBRARYFILE_H

namespace dilated::runtime {

/// The dynamic loader believes what a file says of itself, and crashes over one
/// that was cut off: to be asked before dlopen. True when the file is no ELF
/// file of 64 bits or ends before its segments do; `problem` then says what is
/// wrong. A file that can't be read is left to the loader, which says why.
bool findLibraryProblem(const char *path, char (&problem)[160]);

} // namespace dilated::runtime

#endif // DILATED_MLIR_RUNTIME_LIBRARYFILE_H
