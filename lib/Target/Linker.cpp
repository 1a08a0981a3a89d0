//===- Linker.cpp - lld over the parts of a model ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Linker.h"

#include "EmbeddedFiles.h"
#include "dilated-mlir/Support/AtomicFile.h"

#include "lld/Common/Driver.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#include <fcntl.h>
#include <mutex>
#include <sys/file.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::dilated;

LLD_HAS_DRIVER(elf)

//===----------------------------------------------------------------------===//
// Folder
//===----------------------------------------------------------------------===//

static constexpr StringLiteral kFolderName = "dilated-link";

/// Opens a folder and takes its lock; -1 when somebody else has it, or there is
/// no such folder any more.
static int lockFolder(const Twine &path) {
  SmallString<128> name;
  int folder = open(path.toNullTerminatedStringRef(name).data(),
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0)
    return folder;
  if (folder >= 0)
    close(folder);
  return -1;
}

static void removeAbandoned() {
  SmallString<128> parent;
  llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, parent);
  std::error_code code;
  for (llvm::sys::fs::directory_iterator it(parent, code), end;
       it != end && !code; it.increment(code)) {
    if (!llvm::sys::path::filename(it->path()).starts_with(kFolderName))
      continue;
    if (int lock = lockFolder(it->path()); lock >= 0) {
      llvm::sys::fs::remove_directories(it->path());
      close(lock);
    }
  }
}

llvm::Expected<LinkFolder> LinkFolder::create() {
  removeAbandoned();
  SmallString<128> path;
  // Before it is locked another compiler may take it for abandoned.
  for (int attempt = 0; attempt < 10; ++attempt) {
    path.clear();
    if (std::error_code code =
            llvm::sys::fs::createUniqueDirectory(kFolderName, path))
      return llvm::createStringError(code, "cannot make a temporary folder: %s",
                                     code.message().c_str());
    int lock = lockFolder(path);
    if (lock >= 0 && llvm::sys::fs::exists(path))
      return LinkFolder(path, lock);
    if (lock >= 0)
      close(lock);
  }
  return llvm::createStringError("cannot lock the temporary folder '%s'",
                                 path.c_str());
}

LinkFolder::~LinkFolder() {
  if (!path.empty())
    llvm::sys::fs::remove_directories(path);
  if (lock >= 0)
    close(lock);
}

std::string LinkFolder::getPath(StringRef name) const {
  SmallString<128> result(path);
  llvm::sys::path::append(result, name);
  return result.str().str();
}

llvm::Expected<std::string> LinkFolder::write(StringRef name,
                                              StringRef contents) const {
  std::string file = getPath(name);
  if (llvm::Error error =
          writeFile(file, [&](raw_ostream &os) { os << contents; }))
    return error;
  return file;
}

//===----------------------------------------------------------------------===//
// lld
//===----------------------------------------------------------------------===//

llvm::Error mlir::dilated::runLinker(ArrayRef<std::string> arguments) {
  // lld has global state.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::vector<const char *> pointers = {"ld.lld"};
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string text;
  llvm::raw_string_ostream stream(text);
  lld::DriverDef drivers[] = {{lld::Gnu, &lld::elf::link}};
  lld::Result result = lld::lldMain(pointers, stream, stream, drivers);
  if (result.retCode == 0)
    return llvm::Error::success();
  StringRef message = StringRef(text).trim();
  message.consume_front("ld.lld: ");
  message.consume_front("error: ");
  return llvm::createStringError("cannot link the library: %s",
                                 message.str().c_str());
}

//===----------------------------------------------------------------------===//
// The weight store
//===----------------------------------------------------------------------===//

llvm::Expected<SmallVector<char>>
mlir::dilated::emitWeightStore(const WeightLayout &layout, StringRef dataSymbol,
                               StringRef fileName, uint64_t checksum,
                               const TargetOptions &target) {
  // The compiler has made code for this target before.
  FailureOr<std::unique_ptr<llvm::TargetMachine>> machine = createTargetMachine(
      target, []() -> InFlightDiagnostic { return InFlightDiagnostic(); });
  if (failed(machine))
    return llvm::createStringError("unknown target");
  llvm::LLVMContext context;
  llvm::Module module("weights", context);
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());
  auto *pointer = llvm::PointerType::getUnqual(context);
  auto *i64 = llvm::Type::getInt64Ty(context);
  llvm::Constant *null = llvm::ConstantPointerNull::get(pointer);
  auto place = [&](llvm::Constant *value) -> llvm::Constant * {
    return new llvm::GlobalVariable(module, value->getType(),
                                    /*isConstant=*/true,
                                    llvm::GlobalValue::PrivateLinkage, value);
  };
  llvm::Constant *offsets = null, *data = null;
  if (!layout.offsets.empty()) {
    ArrayRef<uint64_t> words(
        reinterpret_cast<const uint64_t *>(layout.offsets.data()),
        layout.offsets.size());
    offsets = place(llvm::ConstantDataArray::get(context, words));
  }
  auto hide = [](llvm::GlobalVariable *global) {
    global->setVisibility(llvm::GlobalValue::HiddenVisibility);
    return global;
  };
  if (!dataSymbol.empty())
    data = hide(new llvm::GlobalVariable(
        module, llvm::Type::getInt8Ty(context), /*isConstant=*/true,
        llvm::GlobalValue::ExternalLinkage, nullptr, dataSymbol));
  llvm::Constant *name =
      place(llvm::ConstantDataArray::getString(context, fileName));
  llvm::Constant *store = llvm::ConstantStruct::getAnon(
      context, {offsets, data, name, llvm::ConstantInt::get(i64, layout.bytes),
                llvm::ConstantInt::get(i64, checksum)});
  hide(new llvm::GlobalVariable(module, store->getType(), /*isConstant=*/true,
                                llvm::GlobalValue::ExternalLinkage, store,
                                "dilated_weight_store"));
  SmallVector<char> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager codegen;
  if ((*machine)->addPassesToEmitFile(codegen, stream, /*DwoOut=*/nullptr,
                                      llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("the target cannot write object files");
  codegen.run(module);
  return object;
}

llvm::Expected<LinkInputs> mlir::dilated::writeLinkInputs(
    const LinkFolder &folder, ArrayRef<char> object,
    ArrayRef<ArrayRef<char>> weights, StringRef dataSymbol,
    const TargetOptions &target, StringRef weightFile) {
  LinkInputs inputs;
  auto add = [&](StringRef name, StringRef contents) -> llvm::Error {
    llvm::Expected<std::string> path = folder.write(name, contents);
    if (!path)
      return path.takeError();
    inputs.code.push_back(*path);
    return llvm::Error::success();
  };
  if (llvm::Error error =
          add("model.o", StringRef(object.data(), object.size())))
    return error;

  WeightLayout layout(weights);
  uint64_t checksum = 0;
  bool isEmbedded = !weights.empty() && weightFile.empty();
  if (isEmbedded) {
    inputs.weights = folder.getPath("weights.o");
    llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
    if (llvm::Error error =
            writeWeightObject(inputs.weights, layout, dataSymbol, triple))
      return error;
  } else if (!weightFile.empty()) {
    llvm::Expected<uint64_t> sum = writeWeightFile(weightFile, layout);
    if (!sum)
      return sum.takeError();
    checksum = *sum;
  }
  llvm::Expected<SmallVector<char>> store =
      emitWeightStore(layout, isEmbedded ? dataSymbol : "",
                      llvm::sys::path::filename(weightFile), checksum, target);
  if (!store)
    return store.takeError();
  if (llvm::Error error =
          add("store.o", StringRef(store->data(), store->size())))
    return error;
  if (llvm::Error error = add("runtime.a", getRuntimeArchive()))
    return error;
  return inputs;
}
