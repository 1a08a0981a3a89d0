//===- Linker.h - lld over files in memory ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_LINKER_H
#define DILATED_MLIR_LIB_TARGET_LINKER_H

#include "WeightSection.h"
#include "dilated-mlir/Target/ObjectEmission.h"

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::dilated {

/// A folder for what is linked, removed with all that lies in it. A lock says
/// that somebody works in it; what killed compilers have left behind is not
/// locked, and removed by the next one.
class LinkFolder {
public:
  static llvm::Expected<LinkFolder> create();
  LinkFolder(LinkFolder &&other)
      : path(std::move(other.path)), lock(other.lock) {
    other.path.clear();
    other.lock = -1;
  }
  LinkFolder &operator=(LinkFolder &&other) = delete;
  ~LinkFolder();

  std::string getPath(StringRef name) const;

  /// Writes a file and returns its path.
  llvm::Expected<std::string> write(StringRef name, StringRef contents) const;

private:
  LinkFolder(StringRef path, int lock) : path(path), lock(lock) {}
  std::string path;
  int lock; // a descriptor of the folder
};

/// Runs ld.lld; what it says is the error.
llvm::Error runLinker(ArrayRef<std::string> arguments);

/// An object that defines dilated_weight_store (Runtime/ModelDescription.h).
/// With `dataSymbol` the weights are that symbol's, else they lie in the side
/// file `fileName` with this checksum.
llvm::Expected<SmallVector<char>> emitWeightStore(const WeightLayout &layout,
                                                  StringRef dataSymbol,
                                                  StringRef fileName,
                                                  uint64_t checksum,
                                                  const TargetOptions &target);

/// The objects of a model that both kinds of library are made of, in `folder`:
/// code, run-time library, store; and the weights' object or side file.
struct LinkInputs {
  std::vector<std::string> code;
  std::string weights; // an object, "" when there is none
};
llvm::Expected<LinkInputs>
writeLinkInputs(const LinkFolder &folder, ArrayRef<char> object,
                ArrayRef<ArrayRef<char>> weights, StringRef dataSymbol,
                const TargetOptions &target, StringRef weightFile);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_LINKER_H
