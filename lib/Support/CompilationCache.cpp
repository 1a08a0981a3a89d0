//===- CompilationCache.cpp - compiled code, kept between runs --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An entry is a header and the object file:
//
//   magic    8 bytes   "DILCACHE"
//   key     32 bytes   what it was stored under
//   length   8 bytes   of the object, little endian
//   digest  32 bytes   BLAKE3 of the object
//
// Entries are named llvmcache-<key>, so that LLVM's pruneCache takes care of
// the size. LLVM's localCache would do for the rest, but ends the process when
// the disk is full.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Support/CompilationCache.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/CachePruning.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;
using namespace mlir::dilated;

static constexpr StringLiteral kMagic = "DILCACHE";
static constexpr StringLiteral kTemporary = "dilated-tmp-";
static constexpr size_t kHeaderBytes = 8 + 32 + 8 + 32;

using Header = std::array<char, kHeaderBytes>;

static Header makeHeader(const CompilationCache::Key &key, StringRef object) {
  Header header;
  char *at = std::copy(kMagic.begin(), kMagic.end(), header.data());
  at = std::copy(key.begin(), key.end(), at);
  support::endian::write64le(at, object.size());
  auto digest = BLAKE3::hash<32>(arrayRefFromStringRef(object));
  std::copy(digest.begin(), digest.end(), at + 8);
  return header;
}

namespace {
/// A file descriptor that closes itself.
struct Descriptor {
  explicit Descriptor(int fd) : fd(fd) {}
  Descriptor(const Descriptor &) = delete;
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
  int fd;
};
} // namespace

std::string CompilationCache::getPath(const Key &key) const {
  SmallString<128> path(folder);
  sys::path::append(path, "llvmcache-" + toHex(key, /*LowerCase=*/true));
  return path.str().str();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// A file that nobody but this user (or root) can have written.
static bool isOurs(const struct stat &status) {
  return S_ISREG(status.st_mode) &&
         (status.st_uid == ::geteuid() || status.st_uid == 0) &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::optional<SmallVector<char>> CompilationCache::load(const Key &key) const {
  std::string path = getPath(key);
  // O_NONBLOCK: opening a FIFO must not wait for somebody to write to it.
  Descriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status;
  if (file.fd < 0 || ::fstat(file.fd, &status) != 0 || !isOurs(status))
    return std::nullopt;
  // Volatile: a copy, not a mapping, so that it is checked as it is used.
  auto buffer = MemoryBuffer::getOpenFile(
      file.fd, path, static_cast<uint64_t>(status.st_size),
      /*RequiresNullTerminator=*/false, /*IsVolatile=*/true);
  if (!buffer || (*buffer)->getBufferSize() < kHeaderBytes)
    return std::nullopt;
  StringRef bytes = (*buffer)->getBuffer();
  StringRef object = bytes.drop_front(kHeaderBytes);
  // Equal headers are an equal key, length and digest.
  Header header = makeHeader(key, object);
  if (bytes.take_front(kHeaderBytes) != StringRef(header.data(), kHeaderBytes))
    return std::nullopt;
  // Pruning goes by the time of access, which many systems don't keep.
  const struct timespec times[] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  (void)::futimens(file.fd, times);
  return SmallVector<char>(object.begin(), object.end());
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static bool writeAll(int fd, StringRef bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    bytes = bytes.drop_front(static_cast<size_t>(count));
  }
  return true;
}

/// Who writes holds a lock on the file, which the system takes away when the
/// process ends in whatever way. A temporary without a lock is nobody's.
static void removeAbandoned(StringRef folder) {
  std::error_code code;
  for (sys::fs::directory_iterator it(folder, code), end; it != end && !code;
       it.increment(code)) {
    if (!sys::path::filename(it->path()).starts_with(kTemporary))
      continue;
    Descriptor file(::open(it->path().c_str(),
                           O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file.fd >= 0 && ::flock(file.fd, LOCK_EX | LOCK_NB) == 0)
      (void)::unlink(it->path().c_str());
  }
}

void CompilationCache::store(const Key &key, ArrayRef<char> object) const {
  if (sys::fs::create_directories(folder, /*IgnoreExisting=*/true,
                                  sys::fs::owner_all))
    return;
  removeAbandoned(folder);
  std::string temporary = folder + "/" + kTemporary.str() + "XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.fd < 0)
    return;
  StringRef bytes(object.data(), object.size());
  Header header = makeHeader(key, bytes);
  // Between its creation and the lock another process may take the file for
  // abandoned; then there is nothing to rename, and no entry this time.
  bool isComplete = ::flock(file.fd, LOCK_EX | LOCK_NB) == 0 &&
                    writeAll(file.fd, StringRef(header.data(), kHeaderBytes)) &&
                    writeAll(file.fd, bytes);
  if (!isComplete || ::rename(temporary.c_str(), getPath(key).c_str()) != 0) {
    (void)::unlink(temporary.c_str());
    return;
  }
  CachePruningPolicy policy;
  policy.Interval = limits.interval;
  policy.Expiration = std::chrono::seconds(0); // none
  policy.MaxSizePercentageOfAvailableSpace = 0;
  policy.MaxSizeBytes = limits.bytes;
  pruneCache(folder, policy);
}

//===----------------------------------------------------------------------===//
// The default folder
//===----------------------------------------------------------------------===//

static StringRef getVariable(const char *name) {
  const char *value = std::getenv(name);
  return value ? StringRef(value) : StringRef();
}

std::string mlir::dilated::getDefaultCacheFolder() {
  StringRef state = getVariable("DILATED_CACHE");
  if (state == "off" || state == "0")
    return "";
  if (StringRef folder = getVariable("DILATED_CACHE_DIR"); !folder.empty())
    return folder.str();
  SmallString<128> path(getVariable("XDG_CACHE_HOME"));
  // The specification of XDG wants anything but an absolute path ignored.
  if (!sys::path::is_absolute(path)) {
    path = getVariable("HOME");
    if (!sys::path::is_absolute(path))
      return "";
    sys::path::append(path, ".cache");
  }
  sys::path::append(path, "dilated-mlir");
  return path.str().str();
}
