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

/// Compares an opened side file with what the library expects.
static dilated_status verifyFile(const WeightStore &store, const char *path,
                                 int file, bool trust, dilated_error *error) {
  struct stat status;
  if (fstat(file, &status) != 0)
    return setError(error, DILATED_BAD_WEIGHTS,
                    "cannot read the weights '%s': %s", path, strerror(errno));
  int64_t expected = kWeightFileOffset + store.bytes;
  WeightFileHeader header;
  bool hasHeader =
      pread(file, &header, sizeof(header), 0) == ssize_t(sizeof(header));
  if (!hasHeader ||
      memcmp(header.magic, kWeightFileMagic, sizeof(kWeightFileMagic)) != 0)
    return setError(error, DILATED_BAD_WEIGHTS, "'%s' is not a file of weights",
                    path);
  if (header.checksum != store.checksum || header.bytes != store.bytes)
    return setError(error, DILATED_BAD_WEIGHTS,
                    "the weights '%s' belong to another model: their checksum "
                    "is %016" PRIx64 ", that of the model's is %016" PRIx64,
                    path, header.checksum, store.checksum);
  if (status.st_size != expected)
    return setError(error, DILATED_BAD_WEIGHTS,
                    "the weights '%s' have %" PRId64 " bytes; %" PRId64
                    " are expected",
                    path, int64_t(status.st_size), expected);
  mapping.bytes = static_cast<size_t>(expected);
  mapping.address =
      mmap(nullptr, mapping.bytes, PROT_READ, MAP_PRIVATE, file, 0);
  if (mapping.address == MAP_FAILED)
    return setError(error, DILATED_OUT_OF_MEMORY,
                    "cannot map the %" PRId64 " bytes of the weights '%s': %s",
                    expected, path, strerror(errno));
  if (trust)
    return DILATED_OK;
  const char *data = static_cast<const char *>(mapping.address);
  uint64_t actual =
      checksum(data + kWeightFileOffset, static_cast<size_t>(store.bytes));
  if (actual == store.checksum)
    return DILATED_OK;
  munmap(mapping.address, mapping.bytes);
  return setError(error, DILATED_BAD_WEIGHTS,
                  "the weights '%s' are damaged: their checksum is %016" PRIx64
                  ", that of the model's is %016" PRIx64,
                  path, actual, store.checksum);
}

static dilated_status mapSideFile(const WeightStore &store, const char *path,
                                  bool trust, dilated_error *error) {
  char fullPath[kMaxPath];
  if (!getPath(store, path, fullPath))
    return setError(error, DILATED_BAD_WEIGHTS,
                    "the path of the weights is longer than %zu characters",
                    kMaxPath - 1);
  int file = open(fullPath, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return setError(error, DILATED_BAD_WEIGHTS,
                    "cannot open the weights '%s': %s", fullPath,
                    strerror(errno));
  dilated_status status = verifyFile(store, fullPath, file, trust, error);
  close(file);
  if (status != DILATED_OK)
    mapping.address = nullptr;
  return status;
}

dilated_status
dilated::runtime::acquireWeights(const ModelDescription &description,
                                 const WeightStore &store, const char *path,
                                 bool trust, dilated_error *error) {
  pthread_mutex_lock(&mapping.lock);
  dilated_status status = DILATED_OK;
  if (mapping.users == 0) {
    const char *data = store.data;
    if (!data && store.bytes > 0) {
      status = mapSideFile(store, path, trust, error);
      data = static_cast<const char *>(mapping.address) + kWeightFileOffset;
    }
    for (int64_t i = 0; status == DILATED_OK && i < description.weightCount;
         ++i)
      description.weightTable[i] = data + store.offsets[i];
  }
  if (status == DILATED_OK)
    ++mapping.users;
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
