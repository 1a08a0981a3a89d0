//===- CompilerIdentity.cpp - which build of the compiler this is -*- C++ -*-=//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A version number stands still while a compiler is worked on, and Debian
// patches LLVM without a new one. The linker's build id is a hash of all code:
// it is read from memory, where it belongs to what runs, not to the file that
// has taken its place since.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Support/CompilerIdentity.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/Path.h"

#include <cstring>
#include <link.h>

using namespace llvm;

/// The build id among the notes of a loaded file, in hexadecimal; "" without.
static std::string readBuildId(const struct dl_phdr_info &info) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = info.dlpi_phdr[i];
    if (segment.p_type != PT_NOTE)
      continue;
    const auto *at =
        reinterpret_cast<const uint8_t *>(info.dlpi_addr + segment.p_vaddr);
    ArrayRef<uint8_t> notes(at, segment.p_memsz);
    while (notes.size() >= sizeof(ElfW(Nhdr))) {
      ElfW(Nhdr) note;
      std::memcpy(&note, notes.data(), sizeof(note));
      size_t nameEnd = sizeof(note) + alignTo(note.n_namesz, Align(4));
      size_t end = nameEnd + alignTo(note.n_descsz, Align(4));
      if (end > notes.size())
        break;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          std::memcmp(notes.data() + sizeof(note), "GNU", 4) == 0)
        return toHex(notes.slice(nameEnd, note.n_descsz), /*LowerCase=*/true);
      notes = notes.drop_front(end);
    }
  }
  return "";
}

static bool contains(const struct dl_phdr_info &info, const void *pointer) {
  auto address = reinterpret_cast<ElfW(Addr)>(pointer);
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = info.dlpi_phdr[i];
    ElfW(Addr) start = info.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && address >= start &&
        address - start < segment.p_memsz)
      return true;
  }
  return false;
}

namespace {
struct Search {
  std::string text;
  bool foundSelf = false, isComplete = true;
};
} // namespace

static int visit(struct dl_phdr_info *info, size_t, void *data) {
  auto &search = *static_cast<Search *>(data);
  StringRef name = sys::path::filename(info->dlpi_name ? info->dlpi_name : "");
  bool isSelf = contains(*info, reinterpret_cast<const void *>(
                                    &mlir::dilated::getCompilerIdentity));
  if (!isSelf && !name.starts_with("libLLVM") && !name.starts_with("libMLIR"))
    return 0;
  std::string id = readBuildId(*info);
  search.foundSelf |= isSelf;
  search.isComplete &= !id.empty();
  search.text += " " + id;
  return 0;
}

static std::string makeIdentity() {
  Search search;
  ::dl_iterate_phdr(visit, &search);
  if (!search.foundSelf || !search.isComplete)
    return "";
  return "dilated-mlir " DILATED_VERSION " LLVM " LLVM_VERSION_STRING +
         search.text;
}

StringRef mlir::dilated::getCompilerIdentity() {
  static const std::string identity = makeIdentity();
  return identity;
}
