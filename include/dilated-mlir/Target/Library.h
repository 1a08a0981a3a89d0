//===- Library.h - compiled models as files ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the object of a model to what ships: a shared library, or an object with
// a C header. Either contains the run-time library and the model's weights, and
// has one public function (Runtime/Model.h). lld links them, so that no
// toolchain is needed; gigabytes of weights go from the mapped model into the
// file without passing through memory of this process.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_LIBRARY_H
#define DILATED_MLIR_TARGET_LIBRARY_H

#include "dilated-mlir/Target/ObjectEmission.h"

#include "llvm/Support/Error.h"

#include <string>

namespace mlir::dilated {

struct LibraryOptions {
  /// The machine that the object was compiled for.
  TargetOptions target;
  /// Where the weights go: empty, into the library; else a side file of this
  /// path, found at run time beside the library under its file name.
  std::string weightFile;
};

/// Writes a shared library that exports dilated_get_api. `object` is what
/// emitObject gave for a model with a signature, `weights` are the bytes for
/// its table. Nothing half-written is left behind.
llvm::Error writeSharedLibrary(StringRef path, ArrayRef<char> object,
                               ArrayRef<ArrayRef<char>> weights,
                               const LibraryOptions &options);

/// Writes a relocatable object that defines `<name>_get_api` and nothing else
/// that a linker sees, and beside it `<name>.h`, which declares it. `name` is
/// the file's name without suffix, made a C identifier. Programs link it with
/// -lm -lpthread and an OpenMP run-time (-fopenmp).
llvm::Error writeStaticObject(StringRef path, ArrayRef<char> object,
                              ArrayRef<ArrayRef<char>> weights,
                              const LibraryOptions &options);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_LIBRARY_H
