//===- FolderFile.cpp - maps a file that must lie in a folder ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The path is looked at as text first, for a clear message, and then opened in
// a way that cannot leave the folder whatever is renamed meanwhile: by openat2
// where the kernel has it, else component by component without following links.
// Checks are made on the open file, never on its name again.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Support/FolderFile.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

using namespace llvm;
using namespace mlir::dilated;

namespace {
/// A file descriptor that closes itself.
class Descriptor {
public:
  explicit Descriptor(int fd = -1) : fd(fd) {}
  Descriptor(Descriptor &&other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
  int get() const { return fd; }
  bool isValid() const { return fd >= 0; }

private:
  int fd;
};
} // namespace

// O_NONBLOCK: opening a FIFO must not wait for somebody to write to it.
static constexpr int fileFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

std::string mlir::dilated::checkPathInFolder(StringRef path) {
  if (path.empty())
    return "is empty";
  if (path.contains('\0'))
    return "contains a NUL character";
  if (path.starts_with("/"))
    return "is absolute";
  SmallVector<StringRef> components;
  path.split(components, '/');
  for (StringRef component : components)
    if (component == "..")
      return "contains '..'";
  return "";
}

/// Opens `path` one component at a time, refusing links.
static Descriptor openByComponents(int folder, StringRef path) {
  SmallVector<StringRef> components;
  path.split(components, '/', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  Descriptor current;
  int parent = folder;
  for (auto [index, component] : llvm::enumerate(components)) {
    bool last = index + 1 == components.size();
    int flags =
        (last ? fileFlags : O_PATH | O_DIRECTORY | O_CLOEXEC) | O_NOFOLLOW;
    Descriptor next(::openat(parent, component.str().c_str(), flags));
    if (!next.isValid())
      return next;
    current = std::move(next);
    parent = current.get();
  }
  return current;
}

static Descriptor openBeneath(int folder, StringRef path) {
  struct open_how how = {};
  how.flags = fileFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd =
      ::syscall(SYS_openat2, folder, path.str().c_str(), &how, sizeof(how));
  // A kernel before 5.6, or a sandbox that does not know the call.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM))
    return openByComponents(folder, path);
  return Descriptor(static_cast<int>(fd));
}

static std::string describeErrno() {
  if (errno == ELOOP)
    return "is, or lies behind, a symbolic link";
  if (errno == EXDEV)
    return "leads out of its folder";
  return std::generic_category().message(errno);
}

std::unique_ptr<MemoryBuffer>
mlir::dilated::mapFileInFolder(StringRef folder, StringRef path,
                               std::string &error) {
  error = checkPathInFolder(path);
  if (!error.empty())
    return nullptr;

  std::string base = folder.empty() ? "." : folder.str();
  Descriptor directory(::open(base.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.isValid()) {
    error = "cannot open folder '" + base + "': " + describeErrno();
    return nullptr;
  }
  Descriptor file = openBeneath(directory.get(), path);
  if (!file.isValid()) {
    error = describeErrno();
    return nullptr;
  }
  struct stat status;
  if (::fstat(file.get(), &status) != 0) {
    error = describeErrno();
    return nullptr;
  }
  if (!S_ISREG(status.st_mode)) {
    error = "is not a regular file";
    return nullptr;
  }
  auto buffer = MemoryBuffer::getOpenFile(file.get(), path,
                                          static_cast<uint64_t>(status.st_size),
                                          /*RequiresNullTerminator=*/false);
  if (!buffer) {
    error = buffer.getError().message();
    return nullptr;
  }
  return std::move(*buffer);
}
