//===- MemoryLayout.cpp - buffers that share one block of memory -*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MemoryLayout.h"

#include "dilated-mlir/CodeGen/Common/RuntimeMemory.h"

using namespace mlir;
using namespace mlir::dilated;

/// Bytes that a request takes: at least one unit, so that no two offsets of
/// buffers that are alive together are equal. Sums of them don't overflow.
static int64_t getTakenBytes(int64_t bytes) {
  constexpr int64_t kLimit = int64_t(1) << 44;
  return llvm::alignTo(std::clamp<int64_t>(bytes, 1, kLimit), kMemoryAlignment);
}

MemoryLayout mlir::dilated::layOutMemory(ArrayRef<LayoutRequest> requests) {
  unsigned count = requests.size();
  SmallVector<int64_t> bytes, offsets(count, 0);
  for (const LayoutRequest &request : requests)
    bytes.push_back(getTakenBytes(request.bytes));
  auto overlap = [&](unsigned i, unsigned j) {
    return requests[i].range.overlaps(requests[j].range);
  };

  // Offsets: large buffers first, in the order of time among equals.
  SmallVector<unsigned> bySize = llvm::to_vector(llvm::seq(count));
  llvm::stable_sort(bySize, [&](unsigned i, unsigned j) {
    if (bytes[i] != bytes[j])
      return bytes[i] > bytes[j];
    return requests[i].range.first < requests[j].range.first;
  });
  SmallVector<unsigned> placed; // by offset
  for (unsigned i : bySize) {
    int64_t end = 0, best = -1;
    int64_t bestGap = std::numeric_limits<int64_t>::max();
    for (unsigned j : placed) {
      if (!overlap(i, j))
        continue;
      int64_t gap = offsets[j] - end;
      if (gap >= bytes[i] && gap < bestGap) {
        best = end;
        bestGap = gap;
      }
      end = std::max(end, offsets[j] + bytes[j]);
    }
    offsets[i] = best >= 0 ? best : end;
    auto place = llvm::upper_bound(placed, i, [&](unsigned a, unsigned b) {
      return offsets[a] < offsets[b];
    });
    placed.insert(place, i);
  }

  MemoryLayout layout;
  layout.below.resize(count);
  layout.isTop.assign(count, true);
  for (auto [position, i] : llvm::enumerate(placed)) {
    // From the highest downwards: what lies below one that lies below is known.
    for (unsigned j : llvm::reverse(ArrayRef(placed).take_front(position))) {
      if (!overlap(i, j))
        continue;
      layout.isTop[j] = false;
      if (llvm::none_of(layout.below[i],
                        [&](unsigned between) { return overlap(between, j); }))
        layout.below[i].push_back(j);
    }
  }
  layout.order = std::move(placed);
  layout.offsets = std::move(offsets);
  return layout;
}
