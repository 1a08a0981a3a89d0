//===- Weights.cpp - the weights of a library -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table of weights belongs to the library, not to one of its models: the
// first model fills it in, the last one unmaps the side file.
//
//===----------------------------------------------------------------------===//

#include "Weights.h"

#include "Checksum.h"
#include "TensorCheck.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dilated::runtime;

namespace {

/// The one mapping of this library.
struct Mapping {
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  int64_t users = 0;
  void *address = nullptr;
  size_t bytes = 0;
};

} // namespace

static Mapping mapping;

static constexpr size_t kMaxPath = 4096;

/// The side file's path: `path`, or its name in the folder of the library.
static bool getPath(const WeightStore &store, const char *path,
                    char (&result)[kMaxPath]) {
  int length;
  Dl_info info;
  if (path) {
    length = snprintf(result, kMaxPath, "%s", path);
  } else if (dladdr(&store, &info) && info.dli_fname &&
             strrchr(info.dli_fname, '/')) {
    auto folder =
        static_cast<int>(strrchr(info.dli_fname, '/') - info.dli_fname);
    length = snprintf(result, kMaxPath, "%.*s/%s", folder, info.dli_fname,
                      store.fileName);
  } else {
    length = snprintf(result, kMaxPath, "%s", store.fileName);
  }
  return length >= 0 && static_cast<size_t>(length) < kMaxPath;
}

/// Maps an opened side file after having compared it with what the library
/// expects.
static dilated_status mapFile(const WeightStore &store, const char *path,
                              int file, bool trust, void *&address,
                              size_t &bytes, dilated_error *error) {
  struct stat status;
  WeightFileHeader header;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
      pread(file, &header, sizeof(header), 0) != ssize_t(sizeof(header)) ||
      memcmp(header.magic, kWeightFileMagic, sizeof(kWeightFileMagic)) != 0)
    return setError(error, DILATED_BAD_WEIGHTS, "'%s' is not a file of weights",
                    path);
  if (header.checksum != store.checksum)
    return setError(error, DILATED_BAD_WEIGHTS,
                    "the weights '%s' belong to another model: their checksum "
                    "is %016" PRIx64 ", that of the model's is %016" PRIx64,
                    path, header.checksum, store.checksum);
  int64_t expected = kWeightFileOffset + store.bytes;
  if (status.st_size != expected || header.bytes != store.bytes)
    return setError(error, DILATED_BAD_WEIGHTS,
                    "the weights '%s' have %" PRId64 " bytes; %" PRId64
                    " are expected",
                    path, int64_t(status.st_size), expected);
  bytes = static_cast<size_t>(expected);
  address = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0);
  if (address == MAP_FAILED)
    return setError(error, DILATED_OUT_OF_MEMORY,
                    "cannot map the %" PRId64 " bytes of the weights '%s': %s",
                    expected, path, strerror(errno));
  if (trust)
    return DILATED_OK;
  const char *data = static_cast<const char *>(address) + kWeightFileOffset;
  uint64_t actual = checksum(data, static_cast<size_t>(store.bytes));
  if (actual == store.checksum)
    return DILATED_OK;
  munmap(address, bytes);
  return setError(error, DILATED_BAD_WEIGHTS,
                  "the weights '%s' are damaged: their checksum is %016" PRIx64
                  ", that of the model's is %016" PRIx64,
                  path, actual, store.checksum);
}

/// The same by path. Every model looks at the file that it is given; the first
/// one's is kept.
static dilated_status mapSideFile(const WeightStore &store, const char *path,
                                  bool trust, dilated_error *error) {
  char fullPath[kMaxPath];
  if (!getPath(store, path, fullPath))
    return setError(error, DILATED_BAD_WEIGHTS,
                    "the path of the weights is longer than %zu characters",
                    kMaxPath - 1);
  // Not blocking: it may be a pipe.
  int file = open(fullPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0)
    return setError(error, DILATED_BAD_WEIGHTS,
                    "cannot open the weights '%s': %s", fullPath,
                    strerror(errno));
  void *address = nullptr;
  size_t bytes = 0;
  dilated_status status =
      mapFile(store, fullPath, file, trust, address, bytes, error);
  close(file);
  if (status != DILATED_OK)
    return status;
  if (mapping.users > 0) {
    munmap(address, bytes);
    return DILATED_OK;
  }
  mapping.address = address;
  mapping.bytes = bytes;
  return DILATED_OK;
}

dilated_status
dilated::runtime::acquireWeights(const ModelDescription &description,
                                 const WeightStore &store, const char *path,
                                 bool trust, dilated_error *error) {
  pthread_mutex_lock(&mapping.lock);
  dilated_status status = DILATED_OK;
  bool hasFile = !store.data && store.bytes > 0;
  if (hasFile)
    status = mapSideFile(store, path, trust, error);
  if (status == DILATED_OK && mapping.users++ == 0) {
    const char *data =
        hasFile ? static_cast<const char *>(mapping.address) + kWeightFileOffset
                : store.data;
    for (int64_t i = 0; i < description.weightCount; ++i)
      description.weightTable[i] = data + store.offsets[i];
  }
  pthread_mutex_unlock(&mapping.lock);
  return status;
}

void dilated::runtime::releaseWeights() {
  pthread_mutex_lock(&mapping.lock);
  if (--mapping.users == 0 && mapping.address) {
    munmap(mapping.address, mapping.bytes);
    mapping.address = nullptr;
  }
  pthread_mutex_unlock(&mapping.lock);
}
