//===- FolderFile.h - maps a file that must lie in a folder -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model names the files of its weights. It comes from somebody else, so what
// it names must not lead out of the folder that the user named.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_SUPPORT_FOLDERFILE_H
#define DILATED_MLIR_SUPPORT_FOLDERFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace mlir::dilated {

/// What is wrong with a relative path as a name inside a folder ("is absolute",
/// "contains '..'", ...); empty when nothing is.
std::string checkPathInFolder(llvm::StringRef path);

/// Maps the regular file `path` of `folder` (empty: the current one). No part
/// of `path` may be a symbolic link. Null, with `error` set, on failure.
std::unique_ptr<llvm::MemoryBuffer> mapFileInFolder(llvm::StringRef folder,
                                                    llvm::StringRef path,
                                                    std::string &error);

} // namespace mlir::dilated

#endif // DILATED_MLIR_SUPPORT_FOLDERFILE_H
