//===- WeightSection.cpp - weights in libraries and side files --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The bytes go from the mapped model straight into the file. An assembler would
// do, with .incbin, but holds what it writes in memory.
//
//===----------------------------------------------------------------------===//

#include "WeightSection.h"

#include "dilated-mlir/Runtime/ModelDescription.h"
#include "dilated-mlir/Support/AtomicFile.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <unistd.h>

using namespace mlir;
using namespace mlir::dilated;
namespace ELF = llvm::ELF;
namespace runtime = ::dilated::runtime;

static constexpr uint64_t kWeightAlignment = 64;
static constexpr uint64_t kPage = 4096;

WeightLayout::WeightLayout(ArrayRef<ArrayRef<char>> weights)
    : weights(weights) {
  for (ArrayRef<char> weight : weights) {
    bytes = llvm::alignTo(bytes, kWeightAlignment);
    offsets.push_back(bytes);
    bytes += weight.size();
  }
}

static void writeWeights(raw_ostream &os, const WeightLayout &layout) {
  int64_t written = 0;
  for (auto [weight, offset] :
       llvm::zip_equal(layout.weights, layout.offsets)) {
    os.write_zeros(offset - written);
    os.write(weight.data(), weight.size());
    written = offset + weight.size();
  }
}

template <typename T>
static void writeStruct(raw_ostream &os, const T &value) {
  os.write(reinterpret_cast<const char *>(&value), sizeof(value));
}

//===----------------------------------------------------------------------===//
// Object
//===----------------------------------------------------------------------===//

/// Section numbers of the object.
enum Section : uint16_t { Null, Weights, Stack, Symbols, Strings, Count };

static ELF::Elf64_Ehdr makeHeader(const llvm::Triple &triple,
                                  uint64_t sectionHeaders) {
  ELF::Elf64_Ehdr header = {};
  memcpy(header.e_ident, ELF::ElfMagic, 4);
  header.e_ident[ELF::EI_CLASS] = ELF::ELFCLASS64;
  header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
  header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
  header.e_type = ELF::ET_REL;
  header.e_machine = triple.getArch() == llvm::Triple::aarch64 ? ELF::EM_AARCH64
                                                               : ELF::EM_X86_64;
  header.e_version = ELF::EV_CURRENT;
  header.e_shoff = sectionHeaders;
  header.e_ehsize = sizeof(ELF::Elf64_Ehdr);
  header.e_shentsize = sizeof(ELF::Elf64_Shdr);
  header.e_shnum = Section::Count;
  header.e_shstrndx = Section::Strings;
  return header;
}

llvm::Error mlir::dilated::writeWeightObject(StringRef path,
                                             const WeightLayout &layout,
                                             StringRef symbol,
                                             const llvm::Triple &triple) {
  bool isX86 = triple.getArch() == llvm::Triple::x86_64;
  std::string strings(1, '\0');
  auto addString = [&](StringRef text) {
    auto offset = static_cast<uint32_t>(strings.size());
    strings += text.str() + '\0';
    return offset;
  };
  ELF::Elf64_Shdr headers[Section::Count] = {};
  uint64_t bytes = std::max<int64_t>(layout.bytes, 1);
  uint64_t symbolOffset = llvm::alignTo(kPage + bytes, 8);

  ELF::Elf64_Shdr &weights = headers[Section::Weights];
  // A large section lies apart from code and data, which stay within reach of
  // each other's 32-bit offsets.
  weights.sh_name = addString(isX86 ? ".lrodata.weights" : ".rodata.weights");
  weights.sh_type = ELF::SHT_PROGBITS;
  weights.sh_flags = ELF::SHF_ALLOC;
  if (isX86)
    weights.sh_flags |= ELF::SHF_X86_64_LARGE;
  weights.sh_offset = kPage;
  weights.sh_size = bytes;
  weights.sh_addralign = kPage;

  ELF::Elf64_Shdr &stack = headers[Section::Stack];
  stack.sh_name = addString(".note.GNU-stack"); // not executable
  stack.sh_type = ELF::SHT_PROGBITS;
  stack.sh_offset = symbolOffset;
  stack.sh_addralign = 1;

  ELF::Elf64_Sym symbols[2] = {};
  symbols[1].st_name = addString(symbol);
  symbols[1].setBindingAndType(ELF::STB_GLOBAL, ELF::STT_OBJECT);
  symbols[1].st_other = ELF::STV_HIDDEN;
  symbols[1].st_shndx = Section::Weights;
  symbols[1].st_size = bytes;
  ELF::Elf64_Shdr &table = headers[Section::Symbols];
  table.sh_name = addString(".symtab");
  table.sh_type = ELF::SHT_SYMTAB;
  table.sh_offset = symbolOffset;
  table.sh_size = sizeof(symbols);
  table.sh_link = Section::Strings;
  table.sh_info = 1; // the first global symbol
  table.sh_addralign = 8;
  table.sh_entsize = sizeof(ELF::Elf64_Sym);

  ELF::Elf64_Shdr &names = headers[Section::Strings];
  names.sh_name = addString(".strtab");
  names.sh_type = ELF::SHT_STRTAB;
  names.sh_offset = symbolOffset + sizeof(symbols);
  names.sh_size = strings.size();
  names.sh_addralign = 1;
  uint64_t headerOffset = llvm::alignTo(names.sh_offset + names.sh_size, 8);

  return writeFile(path, [&](raw_ostream &os) {
    writeStruct(os, makeHeader(triple, headerOffset));
    os.write_zeros(kPage - sizeof(ELF::Elf64_Ehdr));
    writeWeights(os, layout);
    os.write_zeros(symbolOffset - kPage - layout.bytes);
    writeStruct(os, symbols);
    os << strings;
    os.write_zeros(headerOffset - names.sh_offset - names.sh_size);
    writeStruct(os, headers);
  });
}

//===----------------------------------------------------------------------===//
// Side file
//===----------------------------------------------------------------------===//

static bool isWeightFile(StringRef path) {
  if (!llvm::sys::fs::is_regular_file(path))
    return false;
  auto buffer = llvm::MemoryBuffer::getFileSlice(
      path, sizeof(runtime::kWeightFileMagic), 0);
  return buffer &&
         (*buffer)->getBuffer() == StringRef(runtime::kWeightFileMagic,
                                             sizeof(runtime::kWeightFileMagic));
}

/// The checksum of what lies behind the header, which is still to be written.
static llvm::Expected<uint64_t> computeChecksum(int descriptor,
                                                const WeightLayout &layout) {
  if (layout.bytes == 0)
    return llvm::xxHash64("");
  auto buffer = llvm::MemoryBuffer::getOpenFileSlice(
      llvm::sys::fs::convertFDToNativeFile(descriptor), "weights", layout.bytes,
      runtime::kWeightFileOffset);
  if (!buffer)
    return llvm::errorCodeToError(buffer.getError());
  return llvm::xxHash64((*buffer)->getBuffer());
}

llvm::Expected<uint64_t>
mlir::dilated::writeWeightFile(StringRef path, const WeightLayout &layout) {
  // Only another model's weights are replaced, never a model or a library.
  if (llvm::sys::fs::exists(path) && !isWeightFile(path))
    return llvm::createStringError("cannot write '%s': it exists and is not a "
                                   "file of weights",
                                   path.str().c_str());
  llvm::Expected<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return file.takeError();
  llvm::raw_fd_ostream os(file->getDescriptor(), /*shouldClose=*/false);
  auto fail = [&](std::error_code code) {
    return llvm::createStringError(code, "cannot write '%s': %s",
                                   path.str().c_str(), code.message().c_str());
  };
  os.write_zeros(runtime::kWeightFileOffset);
  writeWeights(os, layout);
  os.flush();
  if (os.has_error()) {
    std::error_code code = os.error();
    os.clear_error();
    return fail(code);
  }
  llvm::Expected<uint64_t> checksum =
      computeChecksum(file->getDescriptor(), layout);
  if (!checksum)
    return fail(llvm::errorToErrorCode(checksum.takeError()));
  runtime::WeightFileHeader header = {};
  memcpy(header.magic, runtime::kWeightFileMagic, sizeof(header.magic));
  header.bytes = layout.bytes;
  header.checksum = *checksum;
  if (pwrite(file->getDescriptor(), &header, sizeof(header), 0) !=
      ssize_t(sizeof(header)))
    return fail(std::error_code(errno, std::generic_category()));
  if (llvm::Error error = file->commit())
    return error;
  return *checksum;
}
