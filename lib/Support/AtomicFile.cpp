//===- AtomicFile.cpp - files that appear when complete ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Support/AtomicFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir::dilated;

static llvm::Error makeWriteError(llvm::StringRef path, int error) {
  std::error_code code(error, std::generic_category());
  return llvm::createStringError(code, "cannot write '%s': %s",
                                 path.str().c_str(), code.message().c_str());
}

llvm::Error AtomicFile::fail(int error) const {
  return makeWriteError(path, error);
}

static llvm::SmallString<128> getFolder(llvm::StringRef path) {
  llvm::SmallString<128> folder(llvm::sys::path::parent_path(path));
  return folder.empty() ? llvm::SmallString<128>(".") : folder;
}

/// Opening a pipe waits for a reader, who may never come: seconds are enough
/// for one that a shell has started.
static int openDirect(const char *path) {
  int descriptor = -1;
  for (int attempt = 0; attempt < 200; ++attempt) {
    descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor >= 0 || errno != ENXIO)
      break;
    usleep(10'000);
  }
  // What is written may wait: the reader is there.
  if (descriptor >= 0)
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
  return descriptor;
}

llvm::Expected<AtomicFile> AtomicFile::create(llvm::StringRef path,
                                              bool executable) {
  mode_t mode = executable ? 0777 : 0666; // less the process' umask
  llvm::SmallString<128> target(path);
  struct stat status;
  if (stat(target.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode))
      return makeWriteError(path, EISDIR);
    if (!S_ISREG(status.st_mode)) {
      int direct = openDirect(target.c_str());
      if (direct < 0 && errno == ENXIO && S_ISFIFO(status.st_mode))
        return llvm::createStringError("cannot write '" + path +
                                       "': no process reads this pipe");
      if (direct < 0)
        return makeWriteError(path, errno);
      return AtomicFile(path, Kind::Direct, direct);
    }
    // Behind a link is the file that the user means.
    if (llvm::sys::fs::real_path(path, target))
      target = path;
  }
#ifdef O_TMPFILE
  int nameless =
      open(getFolder(target).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
  if (nameless >= 0)
    return AtomicFile(target, Kind::Nameless, nameless);
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
    return makeWriteError(path, errno);
#endif
  AtomicFile file(target, Kind::Temporary, -1);
  llvm::SmallString<128> name;
  std::error_code code =
      llvm::sys::fs::createUniqueFile(target + ".%%%%%%%%.tmp", file.descriptor,
                                      name, llvm::sys::fs::OF_None, mode);
  if (code)
    return makeWriteError(path, code.value());
  file.temporary = name.str().str();
  llvm::sys::RemoveFileOnSignal(name);
  return file;
}

AtomicFile::AtomicFile(AtomicFile &&other)
    : path(std::move(other.path)), temporary(std::move(other.temporary)),
      kind(other.kind), descriptor(other.descriptor) {
  other.descriptor = -1;
  other.temporary.clear();
}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0)
    close(descriptor);
  if (temporary.empty())
    return;
  llvm::sys::fs::remove(temporary);
  llvm::sys::DontRemoveFileOnSignal(temporary);
}

/// Gives a nameless file a name. Only a new name can be given, so an existing
/// file is replaced by way of a temporary one, which is complete.
static int linkNameless(int descriptor, const std::string &path) {
  std::string source = "/proc/self/fd/" + std::to_string(descriptor);
  auto link = [&](const char *name) {
    return linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name, AT_SYMLINK_FOLLOW)
               ? errno
               : 0;
  };
  int error = link(path.c_str());
  for (int attempt = 0; error == EEXIST && attempt < 100; ++attempt) {
    llvm::SmallString<128> name;
    llvm::sys::fs::createUniquePath(path + ".%%%%%%%%.tmp", name,
                                    /*MakeAbsolute=*/false);
    if (int problem = link(name.c_str())) {
      error = problem;
      continue;
    }
    error = rename(name.c_str(), path.c_str()) ? errno : 0;
    if (error)
      unlink(name.c_str());
    return error;
  }
  return error;
}

llvm::Error AtomicFile::commit() {
  int error = 0;
  if (kind == Kind::Nameless)
    error = linkNameless(descriptor, path);
  // A full disk may be noticed as late as here.
  int file = descriptor;
  descriptor = -1;
  if (close(file) != 0 && error == 0)
    error = errno;
  if (kind == Kind::Temporary && error == 0) {
    if (std::error_code code = llvm::sys::fs::rename(temporary, path)) {
      error = code.value();
    } else {
      llvm::sys::DontRemoveFileOnSignal(temporary);
      temporary.clear();
    }
  }
  return error ? fail(error) : llvm::Error::success();
}

llvm::Error
mlir::dilated::writeFile(llvm::StringRef path,
                         llvm::function_ref<void(llvm::raw_ostream &)> write,
                         bool executable) {
  if (path == "-") {
    write(llvm::outs());
    llvm::outs().flush();
    if (!llvm::outs().has_error())
      return llvm::Error::success();
    int error = llvm::outs().error().value();
    llvm::outs().clear_error();
    return makeWriteError("standard output", error);
  }
  llvm::Expected<AtomicFile> file = AtomicFile::create(path, executable);
  if (!file)
    return file.takeError();
  llvm::raw_fd_ostream stream(file->getDescriptor(), /*shouldClose=*/false);
  write(stream);
  stream.flush();
  if (stream.has_error()) {
    int error = stream.error().value();
    stream.clear_error();
    return makeWriteError(path, error);
  }
  return file->commit();
}

llvm::Error mlir::dilated::moveFile(llvm::StringRef from, llvm::StringRef path,
                                    bool executable) {
  struct stat status;
  std::string source = from.str(), target = path.str();
  bool exists = stat(target.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    return makeWriteError(path, EISDIR);
  llvm::SmallString<128> real(path);
  if (exists && llvm::sys::fs::real_path(path, real))
    real = path;
  if ((!exists || S_ISREG(status.st_mode)) &&
      rename(source.c_str(), real.c_str()) == 0)
    return llvm::Error::success();
  auto buffer = llvm::MemoryBuffer::getFile(from, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeWriteError(path, buffer.getError().value());
  return writeFile(
      path, [&](llvm::raw_ostream &os) { os << (*buffer)->getBuffer(); },
      executable);
}

llvm::Error mlir::dilated::checkWritable(llvm::StringRef path) {
  namespace fs = llvm::sys::fs;
  auto fail = [&](const llvm::Twine &problem) {
    return llvm::createStringError("cannot write '" + path + "': " + problem);
  };
  if (path == "-")
    return llvm::Error::success();
  if (fs::is_directory(path))
    return fail("it is a folder");
  llvm::SmallString<128> folder = getFolder(path);
  if (!fs::exists(folder))
    return fail("there is no folder '" + folder + "'");
  if (!fs::is_directory(folder))
    return fail("'" + folder + "' is not a folder");
  // A new file is renamed into place; a device is written as it is.
  bool isDevice = fs::exists(path) && !fs::is_regular_file(path);
  if (!isDevice && fs::access(folder, fs::AccessMode::Write))
    return fail("the folder '" + folder + "' is read-only");
  return llvm::Error::success();
}
