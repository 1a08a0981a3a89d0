//===- PerfMap.cpp - names of generated functions for perf ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linux' perf reads perf-PID.map in the folder of temporary files, lines of
// "address size name" in hexadecimal. The parallel tasks, where the time goes,
// are local symbols that the JIT can't look up; within a section all functions
// move by the same distance, so their addresses follow from any global one.
//
//===----------------------------------------------------------------------===//

#include "PerfMap.h"

#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdio>

using namespace mlir;
using namespace mlir::dilated;

namespace {

struct FunctionSymbol {
  StringRef name;
  uint64_t section, offset, size;
  bool global;
};

} // namespace

static llvm::Expected<std::vector<FunctionSymbol>>
listFunctions(const llvm::object::ObjectFile &file) {
  std::vector<FunctionSymbol> functions;
  for (const llvm::object::SymbolRef &symbol : file.symbols()) {
    llvm::Expected<llvm::object::SymbolRef::Type> type = symbol.getType();
    if (!type)
      return type.takeError();
    if (*type != llvm::object::SymbolRef::ST_Function)
      continue;
    llvm::Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    llvm::Expected<llvm::object::section_iterator> section =
        symbol.getSection();
    if (!section)
      return section.takeError();
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    llvm::Expected<uint64_t> value = symbol.getValue();
    if (!value)
      return value.takeError();
    if (*section == file.section_end())
      continue;
    functions.push_back({*name, (*section)->getIndex(), *value,
                         llvm::object::ELFSymbolRef(symbol).getSize(),
                         (*flags & llvm::object::SymbolRef::SF_Global) != 0});
  }
  return functions;
}

llvm::Error mlir::dilated::writePerfMap(ArrayRef<char> object, Jit &jit) {
  llvm::Expected<std::unique_ptr<llvm::object::ObjectFile>> file =
      llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(
          StringRef(object.data(), object.size()), "dilated.o"));
  if (!file)
    return file.takeError();
  llvm::Expected<std::vector<FunctionSymbol>> functions = listFunctions(**file);
  if (!functions)
    return functions.takeError();

  // Where each section lies: from its first global function.
  DenseMap<uint64_t, uint64_t> base;
  for (const FunctionSymbol &function : *functions)
    if (function.global && !base.contains(function.section))
      if (void *address = jit.lookupOrNull(function.name))
        base[function.section] =
            reinterpret_cast<uint64_t>(address) - function.offset;

  std::string path = P_tmpdir "/perf-" +
                     std::to_string(llvm::sys::Process::getProcessId()) +
                     ".map";
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code, llvm::sys::fs::OF_Append);
  if (code)
    return llvm::createFileError(path, code);
  for (const FunctionSymbol &function : *functions)
    if (auto it = base.find(function.section); it != base.end())
      stream << llvm::utohexstr(it->second + function.offset, true) << ' '
             << llvm::utohexstr(function.size, true) << ' ' << function.name
             << '\n';
  return llvm::Error::success();
}
