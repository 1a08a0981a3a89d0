//===- CompilationCache.h - compiled code, kept between runs ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A folder of files, one per key. What goes into a key is the caller's matter
// (lib/Pipelines/CacheKey.h): an entry is found again only under the very key
// that it was stored with, and only when every byte of it is as it was written.
//
// Any number of processes may use one folder at a time: an entry appears by a
// rename, whole or not at all. Nothing here is an error to the caller: a folder
// that can't be written, a full disk or a damaged entry cost time, no more.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_SUPPORT_COMPILATIONCACHE_H
#define DILATED_MLIR_SUPPORT_COMPILATIONCACHE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mlir::dilated {

class CompilationCache {
public:
  /// A cryptographic hash of all that the code depends on.
  using Key = std::array<uint8_t, 32>;

  struct Limits {
    /// Bytes of all entries. What was not used for longest goes first.
    uint64_t bytes = uint64_t(1) << 30;
    /// The folder is measured, and thinned out, at most this often.
    std::chrono::seconds interval = std::chrono::minutes(10);
  };

  /// `folder` need not exist: the first store makes it, for this user alone.
  explicit CompilationCache(std::string folder)
      : CompilationCache(std::move(folder), Limits()) {}
  CompilationCache(std::string folder, Limits limits)
      : folder(std::move(folder)), limits(limits) {}

  /// The bytes stored under `key`. Nothing when there are none, or when the
  /// entry is damaged or of another user: what it holds is going to be run.
  std::optional<llvm::SmallVector<char>> load(const Key &key) const;

  /// Stores `object` under `key`, in the place of what may be there. Removes
  /// what other processes left half-written, and old entries beyond the limit.
  void store(const Key &key, llvm::ArrayRef<char> object) const;

  /// The file of an entry, whether it exists or not.
  std::string getPath(const Key &key) const;

private:
  std::string folder;
  Limits limits;
};

/// Where compiled code is kept when nothing else is said: DILATED_CACHE_DIR, or
/// dilated-mlir in XDG_CACHE_HOME or in ~/.cache. "" for nowhere: without a
/// home, or with DILATED_CACHE=off.
std::string getDefaultCacheFolder();

} // namespace mlir::dilated

#endif // DILATED_MLIR_SUPPORT_COMPILATIONCACHE_H
