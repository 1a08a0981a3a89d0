//===- LibraryFile.cpp - may a library be loaded? ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For programs that load models, with or without LLVM; not part of a model.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/LibraryFile.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

template <typename T>
static bool readAt(int file, uint64_t offset, T &value) {
  return pread(file, &value, sizeof(value), static_cast<off_t>(offset)) ==
         ssize_t(sizeof(value));
}

static bool findProblem(int file, uint64_t bytes, char (&problem)[160]) {
  Elf64_Ehdr header;
  if (!readAt(file, 0, header) ||
      memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_phentsize != sizeof(Elf64_Phdr)) {
    snprintf(problem, sizeof(problem), "it is not an ELF file of 64 bits");
    return true;
  }
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!readAt(file, header.e_phoff + i * sizeof(segment), segment)) {
      snprintf(problem, sizeof(problem), "its table of segments is cut off");
      return true;
    }
    if (segment.p_offset <= bytes &&
        segment.p_filesz <= bytes - segment.p_offset)
      continue;
    snprintf(problem, sizeof(problem),
             "the file has %" PRIu64 " bytes, a segment ends at %" PRIu64,
             bytes, segment.p_offset + segment.p_filesz);
    return true;
  }
  return false;
}

bool dilated::runtime::findLibraryProblem(const char *path,
                                          char (&problem)[160]) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  bool found =
      file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
      findProblem(file, static_cast<uint64_t>(status.st_size), problem);
  if (file >= 0)
    close(file);
  return found;
}
