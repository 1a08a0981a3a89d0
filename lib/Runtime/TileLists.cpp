//===- TileLists.cpp - tile lists on a device -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/TileLists.h"

#include "TensorCheck.h"
#include "dilated-mlir/Plan/TileList.h"

#include <string.h>

using namespace dilated::runtime;
using namespace dilated::plan;

/// A piece has that many bytes, unless a block of positions has more.
static constexpr int64_t kPieceBytes = int64_t(16) << 20;

/// Bytes of the device that are kept: at most, and when no run needs them.
static constexpr int64_t kMaxKeptBytes = int64_t(256) << 20;
static constexpr int64_t kIdleBytes = int64_t(64) << 20;

/// Blocks of a grid in y.
static constexpr int64_t kMaxBatches = 65535;

struct TileLists::Piece {
  void *address; // on the device
  int64_t bytes, tilesOffset, numTiles, nextBlock;
};

/// A piece of the list for what follows it: the pattern's numbers.
struct dilated::runtime::KeptPiece {
  KeptPiece *next;
  void *address;
  int64_t bytes, tilesOffset, numTiles, nextBlock;
  int64_t heads, length, blockKeys, firstBlock;
  int64_t patternSize;

  const int64_t *getPattern() const {
    return reinterpret_cast<const int64_t *>(this + 1);
  }
  bool isOf(const TileListCall &call, int64_t block) const {
    return heads == call.heads && length == call.length &&
           blockKeys == call.blockKeys && firstBlock == block &&
           patternSize == Pattern(call.pattern).getSize() &&
           memcmp(getPattern(), call.pattern, patternSize * sizeof(int64_t)) ==
               0;
  }
};

//===----------------------------------------------------------------------===//
// Making pieces
//===----------------------------------------------------------------------===//

/// Memory of the host; what was there is lost.
bool TileLists::reserve(int64_t bytes, int64_t words) {
  if (bytes > capacity) {
    allocator.put(buffer);
    buffer = static_cast<char *>(allocator.get(static_cast<size_t>(bytes)));
    capacity = buffer ? bytes : 0;
  }
  if (words > workWords) {
    allocator.put(work);
    work = static_cast<int64_t *>(allocator.get(words * sizeof(int64_t)));
    workWords = work ? words : 0;
  }
  return buffer && work;
}

/// The piece from `block` on, in the buffer.
dilated_status TileLists::make(const TileListCall &call, int64_t block,
                               Piece &piece, dilated_error *error) {
  TileGrid grid = makeListGrid(Pattern(call.pattern), call.heads, call.length);
  int64_t words = getWorkWords(grid.getPattern().getNumTerms(), grid.block);
  for (int64_t bytes = maxOf(capacity, kPieceBytes);; bytes *= 2) {
    if (!reserve(bytes, words))
      return setError(error, DILATED_OUT_OF_MEMORY,
                      "cannot allocate %lld bytes for a list of tiles",
                      static_cast<long long>(bytes));
    TileListPiece made =
        makeTileList(grid, call.blockKeys, block, buffer, capacity, work);
    piece = {nullptr, made.bytes, made.tilesOffset, made.numTiles,
             made.nextBlock};
    if (made.nextBlock != block)
      return DILATED_OK;
  }
}

dilated_status TileLists::upload(void *to, int64_t bytes, void *stream,
                                 dilated_error *error) {
  dilated_status status =
      device->copy(device->user, to, buffer, static_cast<size_t>(bytes),
                   DILATED_TO_DEVICE, stream, error);
  // The buffer is used again, and other streams may read what is kept.
  return status ? status : device->synchronize(device->user, stream, error);
}

//===----------------------------------------------------------------------===//
// Keeping pieces
//===----------------------------------------------------------------------===//

/// Puts the piece in the buffer into the cache, which is locked.
dilated_status TileLists::keep(const TileListCall &call, int64_t block,
                               void *stream, Piece &piece,
                               dilated_error *error) {
  int64_t size = Pattern(call.pattern).getSize();
  size_t patternBytes = size * sizeof(int64_t);
  auto *kept =
      static_cast<KeptPiece *>(allocator.get(sizeof(KeptPiece) + patternBytes));
  if (!kept)
    return setError(error, DILATED_OUT_OF_MEMORY,
                    "cannot allocate the description of a list of tiles");
  dilated_status status = device->allocate(
      device->user, static_cast<size_t>(piece.bytes), &piece.address, error);
  if (status) {
    allocator.put(kept);
    return status;
  }
  status = upload(piece.address, piece.bytes, stream, error);
  if (status) {
    device->deallocate(device->user, piece.address);
    allocator.put(kept);
    return status;
  }
  *kept = {cache->pieces,  piece.address,   piece.bytes, piece.tilesOffset,
           piece.numTiles, piece.nextBlock, call.heads,  call.length,
           call.blockKeys, block,           size};
  memcpy(kept + 1, call.pattern, patternBytes);
  cache->pieces = kept;
  cache->bytes += piece.bytes;
  return DILATED_OK;
}

/// Copies the piece in the buffer to where the one before was, which the device
/// has done with then.
dilated_status TileLists::stream(void *stream, Piece &piece,
                                 dilated_error *error) {
  dilated_status status = device->synchronize(device->user, stream, error);
  if (status)
    return status;
  if (piece.bytes > streamedBytes) {
    if (streamed)
      device->deallocate(device->user, streamed);
    streamed = nullptr;
    streamedBytes = 0;
    status = device->allocate(device->user, static_cast<size_t>(piece.bytes),
                              &streamed, error);
    if (status)
      return status;
    streamedBytes = piece.bytes;
  }
  piece.address = streamed;
  return upload(streamed, piece.bytes, stream, error);
}

dilated_status TileLists::findPiece(const TileListCall &call, int64_t block,
                                    void *stream, Piece &piece,
                                    dilated_error *error) {
  pthread_mutex_lock(&cache->lock);
  cache->users += !isUser;
  isUser = true;
  dilated_status status = DILATED_OK;
  KeptPiece *kept = cache->pieces;
  while (kept && !kept->isOf(call, block))
    kept = kept->next;
  if (kept) {
    piece = {kept->address, kept->bytes, kept->tilesOffset, kept->numTiles,
             kept->nextBlock};
  } else {
    status = make(call, block, piece, error);
    bool isKept = cache->bytes + piece.bytes <= kMaxKeptBytes;
    if (!status && piece.numTiles > 0)
      status = isKept ? keep(call, block, stream, piece, error)
                      : this->stream(stream, piece, error);
  }
  pthread_mutex_unlock(&cache->lock);
  return status;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

dilated_status TileLists::next(const TileListCall &call, void *stream,
                               TileLaunch &launch, dilated_error *error) {
  // The same tiles for more batch elements than fit into one grid.
  int64_t done = launch.firstBatch + launch.batches;
  if (launch.batches > 0 && done < call.batches) {
    launch.firstBatch = done;
    launch.batches = minOf(call.batches - done, kMaxBatches);
    return DILATED_OK;
  }
  launch.numTiles = 0;
  if (call.batches < 1 || call.heads < 1 || call.length < 1)
    return DILATED_OK;
  int64_t numBlocks =
      makeListGrid(Pattern(call.pattern), call.heads, call.length).numBlocks;
  while (launch.numTiles == 0 && launch.nextBlock < numBlocks) {
    Piece piece = {};
    if (dilated_status status =
            findPiece(call, launch.nextBlock, stream, piece, error))
      return status;
    launch = {piece.nextBlock,
              static_cast<int64_t>(reinterpret_cast<intptr_t>(piece.address)) +
                  piece.tilesOffset,
              piece.numTiles, 0, minOf(call.batches, kMaxBatches)};
  }
  return DILATED_OK;
}

void TileLists::release() {
  if (streamed)
    device->deallocate(device->user, streamed);
  allocator.put(buffer);
  allocator.put(work);
  streamed = buffer = nullptr;
  work = nullptr;
  streamedBytes = capacity = workWords = 0;
  if (!isUser)
    return;
  isUser = false;
  pthread_mutex_lock(&cache->lock);
  // Memory that a stream still reads is freed after it.
  if (--cache->users == 0 && cache->bytes > kIdleBytes)
    clearTileLists(*cache, *device, allocator);
  pthread_mutex_unlock(&cache->lock);
}

void dilated::runtime::clearTileLists(TileListCache &cache,
                                      const dilated_device &device,
                                      const Allocator &allocator) {
  while (KeptPiece *piece = cache.pieces) {
    cache.pieces = piece->next;
    device.deallocate(device.user, piece->address);
    allocator.put(piece);
  }
  cache.bytes = 0;
}
