//===- SharedLibrary.cpp - a model as .so -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Linker.h"
#include "dilated-mlir/Support/AtomicFile.h"
#include "dilated-mlir/Target/Library.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cmath>
#include <cstdlib>
#include <dlfcn.h>

using namespace mlir;
using namespace mlir::dilated;

// Only their addresses are taken.
extern "C" void *__tls_get_addr(void *);
extern "C" int omp_get_max_threads(void);

/// The file that defines the function at `address` in this process.
static std::string findLibrary(const void *address) {
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname)
    return "";
  SmallString<256> path;
  if (llvm::sys::fs::real_path(info.dli_fname, path))
    return info.dli_fname;
  return path.str().str();
}

/// The libraries that a model needs, as this process has them: their names and
/// symbol versions go into the model, and they are wherever it runs.
static std::vector<std::string> findSystemLibraries() {
  double (*sine)(double) = std::sin;
  const void *functions[] = {
      reinterpret_cast<const void *>(&std::malloc),
      reinterpret_cast<const void *>(sine),
      reinterpret_cast<const void *>(&omp_get_max_threads),
      reinterpret_cast<const void *>(&__tls_get_addr)};
  std::vector<std::string> libraries;
  for (const void *function : functions) {
    std::string path = findLibrary(function);
    if (StringRef(path).contains(".so") && !llvm::is_contained(libraries, path))
      libraries.push_back(path);
  }
  return libraries;
}

llvm::Error mlir::dilated::writeSharedLibrary(StringRef path,
                                              ArrayRef<char> object,
                                              ArrayRef<ArrayRef<char>> weights,
                                              const LibraryOptions &options) {
  if (llvm::Error error = checkWritable(path))
    return error;
  llvm::Expected<LinkFolder> folder = LinkFolder::create();
  if (!folder)
    return folder.takeError();
  llvm::Expected<LinkInputs> inputs =
      writeLinkInputs(*folder, object, weights, "dilated_weight_data",
                      options.target, options.weightFile);
  if (!inputs)
    return inputs.takeError();
  llvm::Expected<std::string> exports =
      folder->write("exports", "{ global: dilated_get_api; local: *; };\n");
  if (!exports)
    return exports.takeError();

  std::string linked = folder->getPath("model.so");
  std::vector<std::string> arguments = {
      "-shared",
      "-o",
      linked,
      "-soname",
      llvm::sys::path::filename(path).str(),
      "--version-script",
      *exports,
      "-u",
      "dilated_get_api",
      "--gc-sections",
      "--as-needed",
      "--hash-style=gnu",
      "--build-id=none",
      "-z",
      "relro",
      "-z",
      "now",
      "-z",
      "noexecstack",
#ifndef DILATED_SANITIZED
      "-z",
      "defs", // a sanitizer's functions come later
#endif
  };
  llvm::append_range(arguments, inputs->code);
  if (!inputs->weights.empty())
    arguments.push_back(inputs->weights);
  llvm::append_range(arguments, findSystemLibraries());
  if (llvm::Error error = runLinker(arguments))
    return error;

  return moveFile(linked, path, /*executable=*/true);
}
