//===- WeightFile.h - maps the weights of a module --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module says where its weights lie and never holds them. Whoever runs it
// maps the files and hands compiled code a table of pointers.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_SUPPORT_WEIGHTFILE_H
#define DILATED_MLIR_SUPPORT_WEIGHTFILE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdlib>
#include <memory>
#include <vector>

namespace mlir::dilated {

/// The weights of a module, in the order of its ml_program.global ops that have
/// `dilated.weight`. Pointers live as long as the table.
class WeightTable {
public:
  /// Maps every weight, its place checked against the file and against the
  /// type; what does not fit is reported at the global. Inline weights lie in a
  /// file of `modelDir`; external ones there too, unless the module names
  /// another folder (`dilated.external_data_dir`).
  static FailureOr<WeightTable> load(ModuleOp module, llvm::StringRef modelDir);

  size_t size() const { return slices.size(); }

  /// The bytes of every weight where they lie in their files, at any address.
  ArrayRef<ArrayRef<char>> getSlices() const { return slices; }

  /// Addresses that code can load from: those whose place is not aligned to
  /// their elements are copied, on the first call.
  llvm::Expected<ArrayRef<const void *>> getPointers();

private:
  struct Free {
    void operator()(void *block) const { std::free(block); }
  };
  std::vector<ArrayRef<char>> slices;
  std::vector<size_t> alignments; // of the elements, in bytes
  std::vector<const void *> addresses;
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> files;
  std::vector<std::unique_ptr<void, Free>> copies;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_SUPPORT_WEIGHTFILE_H
