//===- MemrefCopy.cpp - strided copies --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// memref.copy between layouts. Dimensions are ordered by the target's stride
// and merged where both sides are contiguous, so that the usual cases (a view
// of rows, a slice of columns, two equal layouts) end in memcpy of long rows.
//
//===----------------------------------------------------------------------===//

#include "Descriptor.h"

#include <string.h>

using namespace dilated::runtime;

namespace {

struct Dim {
  int64_t size, source, target; // strides in bytes
};

/// Copies of at least this many bytes are shared between threads.
constexpr int64_t kParallelBytes = int64_t(1) << 20;

struct Copy {
  const char *source;
  char *target;
  int64_t elementBytes;
  int64_t rowBytes; // what is contiguous on both sides
  int rank;
  Dim dims[kMaxRank];
};

} // namespace

template <typename T>
static void copyElements(const char *source, char *target, const Dim &dim) {
  for (int64_t i = 0; i < dim.size; ++i) {
    T value;
    memcpy(&value, source + i * dim.source, sizeof(T));
    memcpy(target + i * dim.target, &value, sizeof(T));
  }
}

/// The innermost dimension, whose rows are `rowBytes` long.
static void copyInner(const Copy &copy, const char *source, char *target,
                      const Dim &dim) {
  switch (copy.rowBytes) {
  case 1:
    return copyElements<uint8_t>(source, target, dim);
  case 2:
    return copyElements<uint16_t>(source, target, dim);
  case 4:
    return copyElements<uint32_t>(source, target, dim);
  case 8:
    return copyElements<uint64_t>(source, target, dim);
  default:
    for (int64_t i = 0; i < dim.size; ++i)
      memcpy(target + i * dim.target, source + i * dim.source,
             static_cast<size_t>(copy.rowBytes));
  }
}

static void copyFrom(const Copy &copy, int dim, const char *source,
                     char *target) {
  if (dim == copy.rank) {
    memcpy(target, source, static_cast<size_t>(copy.rowBytes));
    return;
  }
  const Dim &d = copy.dims[dim];
  if (dim + 1 == copy.rank)
    return copyInner(copy, source, target, d);
  for (int64_t i = 0; i < d.size; ++i)
    copyFrom(copy, dim + 1, source + i * d.source, target + i * d.target);
}

/// Orders the dimensions by falling target stride, drops those of size 1,
/// merges what is contiguous on both sides. Sizes are positive.
static void normalise(Copy &copy) {
  int rank = 0;
  for (int i = 0; i < copy.rank; ++i)
    if (copy.dims[i].size != 1)
      copy.dims[rank++] = copy.dims[i];
  for (int i = 1; i < rank;
       ++i) { // insertion sort: ranks are small, and stable
    Dim d = copy.dims[i];
    int j = i;
    for (; j > 0 && copy.dims[j - 1].target < d.target; --j)
      copy.dims[j] = copy.dims[j - 1];
    copy.dims[j] = d;
  }
  int merged = 0;
  for (int i = 0; i < rank; ++i) {
    Dim d = copy.dims[i];
    if (merged > 0) {
      Dim &outer = copy.dims[merged - 1];
      if (outer.source == d.size * d.source &&
          outer.target == d.size * d.target) {
        outer = {outer.size * d.size, d.source, d.target};
        continue;
      }
    }
    copy.dims[merged++] = d;
  }
  copy.rowBytes = copy.elementBytes;
  if (merged > 0) {
    const Dim &inner = copy.dims[merged - 1];
    if (inner.source == copy.elementBytes &&
        inner.target == copy.elementBytes) {
      copy.rowBytes = inner.size * copy.elementBytes;
      --merged;
    }
  }
  copy.rank = merged;
}

static void copySlice(void *context, int64_t i) {
  const Copy &copy = *static_cast<const Copy *>(context);
  const Dim &d = copy.dims[0];
  copyFrom(copy, 1, copy.source + i * d.source, copy.target + i * d.target);
}

void memrefCopy(int64_t elementBytes, dilated_rt_unranked_memref *source,
                dilated_rt_unranked_memref *target) {
  Descriptor from(source->rank, source->descriptor);
  Descriptor to(target->rank, target->descriptor);
  if (from.rank != to.rank || from.rank > kMaxRank)
    dilated_rt_fail("a copy between memrefs of different or excessive ranks");

  Copy copy;
  copy.elementBytes = elementBytes;
  copy.rank = static_cast<int>(from.rank);
  int64_t bytes = elementBytes;
  for (int i = 0; i < copy.rank; ++i) {
    if (from.sizes[i] != to.sizes[i])
      dilated_rt_fail("a copy between memrefs of different sizes");
    if (from.sizes[i] <= 0)
      return;
    bytes *= from.sizes[i];
    copy.dims[i] = {from.sizes[i], from.strides[i] * elementBytes,
                    to.strides[i] * elementBytes};
  }
  copy.source = from.data + from.offset * elementBytes;
  copy.target = const_cast<char *>(to.data) + to.offset * elementBytes;
  normalise(copy);

  if (bytes >= kParallelBytes && copy.rank > 0) {
    dilated_rt_parallel_for(copySlice, &copy, copy.dims[0].size);
    return;
  }
  copyFrom(copy, 0, copy.source, copy.target);
}
