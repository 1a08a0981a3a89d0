//===- TileLists.h - tile lists on a device ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every launch of an attention kernel goes over a piece of a tile list
// (dilated-mlir/Plan/TileList.h). Pieces are made on the host and kept on the
// device, for all launches that have a pattern, a length and heads in common,
// in this run and in later ones. What is beyond the memory for that is made
// anew each time, the next piece while the device works on the one before.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_TILELISTS_H
#define DILATED_MLIR_RUNTIME_TILELISTS_H

#include "dilated-mlir/Runtime/Allocator.h"

#include <pthread.h>

namespace dilated::runtime {

struct KeptPiece;

/// Pieces that runs of one model on one device share.
struct TileListCache {
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  KeptPiece *pieces = nullptr;
  int64_t bytes = 0; // on the device
  int64_t users = 0; // runs
};

/// Frees the pieces; nobody uses them.
void clearTileLists(TileListCache &cache, const dilated_device &device,
                    const Allocator &allocator);

/// An attention of some pattern. All numbers are those of the call.
struct TileListCall {
  const int64_t *pattern; // encoded
  int64_t batches, heads, length;
  int64_t blockKeys; // of the kernel
};

/// A launch: numTiles x batches thread blocks. The layout is part of the
/// interface of generated code (dilated_rt_device_tiles).
struct TileLaunch {
  int64_t nextBlock;
  int64_t tiles; // an address of the device
  int64_t numTiles;
  int64_t firstBatch, batches;
};

/// What one run has of tile lists. It has no destructor: `release`.
class TileLists {
public:
  TileLists() = default;
  TileLists(TileListCache &cache, const dilated_device &device,
            const Allocator &allocator)
      : cache(&cache), device(&device), allocator(allocator) {}

  /// From one launch of a call to the next; the one before the first is all
  /// zeros. The end of the call is one with numTiles = 0. Copies are complete.
  dilated_status next(const TileListCall &call, void *stream,
                      TileLaunch &launch, dilated_error *error);

  /// Whether the run's launches use memory that `release` frees: the stream has
  /// to be waited for before.
  bool mustWait() const { return streamed != nullptr; }

  void release();

private:
  struct Piece;
  bool reserve(int64_t bytes, int64_t words);
  dilated_status make(const TileListCall &call, int64_t block, Piece &piece,
                      dilated_error *error);
  dilated_status keep(const TileListCall &call, int64_t block, void *stream,
                      Piece &piece, dilated_error *error);
  dilated_status stream(void *stream, Piece &piece, dilated_error *error);
  dilated_status upload(void *to, int64_t bytes, void *stream,
                        dilated_error *error);
  dilated_status findPiece(const TileListCall &call, int64_t block,
                           void *stream, Piece &piece, dilated_error *error);

  TileListCache *cache = nullptr;
  const dilated_device *device = nullptr;
  Allocator allocator;
  bool isUser = false;
  // Memory of the host.
  char *buffer = nullptr;
  int64_t capacity = 0;
  int64_t *work = nullptr;
  int64_t workWords = 0;
  // The piece on the device that is not kept.
  void *streamed = nullptr;
  int64_t streamedBytes = 0;
};

} // namespace dilated::runtime

#endif // DILATED_MLIR_RUNTIME_TILELISTS_H
