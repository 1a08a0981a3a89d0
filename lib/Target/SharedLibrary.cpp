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

#include <link.h>

using namespace mlir;
using namespace mlir::dilated;

extern "C" int omp_get_max_threads(void);

static int collectLibrary(struct dl_phdr_info *info, size_t, void *data) {
  static constexpr StringLiteral kNames[] = {"libc.so.", "libm.so.",
                                             "libgomp.so.", "ld-linux"};
  StringRef path = info->dlpi_name ? info->dlpi_name : "";
  StringRef file = llvm::sys::path::filename(path);
  if (llvm::none_of(kNames,
                    [&](StringRef name) { return file.starts_with(name); }))
    return 0;
  SmallString<256> real;
  if (llvm::sys::fs::real_path(path, real))
    real = path;
  static_cast<std::vector<std::string> *>(data)->push_back(real.str().str());
  return 0;
}

/// The libraries that a model needs, as this process has them: their names and
/// symbol versions go into the model, and they are wherever it runs. By name:
/// the addresses of their functions may be in a program that takes them, in
/// another allocator, or in the OpenMP that some other library brought along.
static std::vector<std::string> findSystemLibraries() {
  // Referred to, so that this program has it also where nothing runs a model.
  static int (*const volatile openmp)(void) = omp_get_max_threads;
  (void)openmp;
  std::vector<std::string> libraries;
  dl_iterate_phdr(collectLibrary, &libraries);
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
