//===- StaticObject.cpp - a model as .o with a header -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Several models may be linked into one program, each with its run-time
// library: everything but one function named after the file becomes local.
//
//===----------------------------------------------------------------------===//

#include "EmbeddedFiles.h"
#include "Linker.h"
#include "dilated-mlir/Support/AtomicFile.h"
#include "dilated-mlir/Target/Library.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::dilated;

/// A file's name as a C identifier.
static std::string makeIdentifier(StringRef path) {
  std::string name;
  for (char c : llvm::sys::path::stem(path))
    name += llvm::isAlnum(c) ? c : '_';
  if (name.empty() || llvm::isDigit(name[0]))
    name.insert(0, "model_");
  return name;
}

static std::string makeHeader(StringRef name) {
  std::string upper = name.upper();
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "/* The model in " << name << ".o. Link it with -lm -fopenmp. */\n"
     << "#ifndef DILATED_MODEL_" << upper << "_H\n"
     << "#define DILATED_MODEL_" << upper << "_H\n\n"
     << getModelHeader() << "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
     << "/* As dilated_get_api above. */\n"
     << "dilated_status " << name
     << "_get_api(uint32_t version, const dilated_api **api,\n"
     << std::string(name.size() + 24, ' ') << "dilated_error *error);\n\n"
     << "#ifdef __cplusplus\n}\n#endif\n\n"
     << "#endif /* DILATED_MODEL_" << upper << "_H */\n";
  return text;
}

/// Makes every symbol local but the model's function, which is renamed, and the
/// weights, which another object defines.
static llvm::Expected<SmallVector<char>>
hideSymbols(StringRef path, StringRef function, StringRef dataSymbol) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::errorCodeToError(buffer.getError());
  auto binary = llvm::object::ObjectFile::createObjectFile(**buffer);
  if (!binary)
    return binary.takeError();
  llvm::objcopy::ConfigManager config;
  config.Common.OutputFilename = path;
  config.Common.SymbolsToRename["dilated_get_api"] = function;
  for (StringRef keep : {StringRef("dilated_get_api"), function, dataSymbol})
    if (llvm::Error error = config.Common.SymbolsToKeepGlobal.addMatcher(
            llvm::objcopy::NameOrPattern::create(
                keep, llvm::objcopy::MatchStyle::Literal,
                [](llvm::Error error) { return error; })))
      return error;
  SmallVector<char> result;
  llvm::raw_svector_ostream os(result);
  if (llvm::Error error =
          llvm::objcopy::executeObjcopyOnBinary(config, **binary, os))
    return error;
  return result;
}

llvm::Error mlir::dilated::writeStaticObject(StringRef path,
                                             ArrayRef<char> object,
                                             ArrayRef<ArrayRef<char>> weights,
                                             const LibraryOptions &options) {
  SmallString<128> headerPath(path);
  llvm::sys::path::replace_extension(headerPath, ".h");
  for (StringRef output : {path, StringRef(headerPath)})
    if (llvm::Error error = checkWritable(output))
      return error;
  std::string name = makeIdentifier(path);
  std::string dataSymbol = name + "_weight_data";
  llvm::Expected<LinkFolder> folder = LinkFolder::create();
  if (!folder)
    return folder.takeError();
  llvm::Expected<LinkInputs> inputs = writeLinkInputs(
      *folder, object, weights, dataSymbol, options.target, options.weightFile);
  if (!inputs)
    return inputs.takeError();

  std::string merged = folder->getPath("merged.o");
  std::vector<std::string> arguments = {"-r", "-o", merged, "-u",
                                        "dilated_get_api"};
  llvm::append_range(arguments, inputs->code);
  if (llvm::Error error = runLinker(arguments))
    return error;
  llvm::Expected<SmallVector<char>> hidden =
      hideSymbols(merged, name + "_get_api", dataSymbol);
  if (!hidden)
    return hidden.takeError();

  llvm::Expected<std::string> result =
      folder->write("hidden.o", StringRef(hidden->data(), hidden->size()));
  if (!result)
    return result.takeError();
  if (!inputs->weights.empty()) {
    std::string complete = folder->getPath("complete.o");
    if (llvm::Error error =
            runLinker({"-r", "-o", complete, *result, inputs->weights}))
      return error;
    *result = complete;
  }
  if (llvm::Error error = moveFile(*result, path))
    return error;
  return writeFile(headerPath,
                   [&](raw_ostream &os) { os << makeHeader(name); });
}
