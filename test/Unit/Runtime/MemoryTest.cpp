//===- MemoryTest.cpp - allocation and strided copies -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/Runtime.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <vector>

//===----------------------------------------------------------------------===//
// Allocation
//===----------------------------------------------------------------------===//

TEST(Memory, IsAlignedAndNeverNull) {
  for (size_t alignment : {1, 64, 4096})
    for (size_t bytes : {0, 1, 100, 100000}) {
      void *pointer = dilated_rt_alloc(bytes, alignment);
      ASSERT_NE(pointer, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(pointer) %
                    std::max<size_t>(alignment, 64),
                0u);
      dilated_rt_free(pointer);
    }
  dilated_rt_free(nullptr);
}

static std::string messageOf(void (*function)(void *)) {
  const char *message = nullptr;
  return dilated_rt_call(function, nullptr, &message) ? message : "";
}

TEST(Memory, AbsurdSizesAreMessages) {
  EXPECT_EQ(messageOf([](void *) { _mlir_memref_to_llvm_alloc(-8); }),
            "cannot allocate 18446744073709551608 bytes of memory");
  EXPECT_EQ(messageOf([](void *) {
              _mlir_memref_to_llvm_aligned_alloc(64, INT64_MAX);
            }),
            "cannot allocate 9223372036854775807 bytes of memory");
  EXPECT_EQ(messageOf([](void *) { dilated_rt_alloc(8, 96); }),
            "an alignment is not a power of two");
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

namespace {

/// A memref of int32 with its descriptor.
struct Memref {
  Memref(void *data, std::vector<int64_t> sizes, std::vector<int64_t> strides,
         int64_t offset = 0)
      : rank(static_cast<int64_t>(sizes.size())) {
    auto pointer = reinterpret_cast<int64_t>(data);
    fields = {pointer, pointer, offset};
    fields.insert(fields.end(), sizes.begin(), sizes.end());
    fields.insert(fields.end(), strides.begin(), strides.end());
  }
  dilated_rt_unranked_memref unranked() { return {rank, fields.data()}; }

  int64_t rank;
  std::vector<int64_t> fields;
};

template <typename T>
void copy(Memref source, Memref target) {
  dilated_rt_unranked_memref from = source.unranked(), to = target.unranked();
  memrefCopy(sizeof(T), &from, &to);
}

template <typename T>
std::vector<T> iota(size_t count) {
  std::vector<T> values(count);
  std::iota(values.begin(), values.end(), T(0));
  return values;
}

} // namespace

TEST(MemrefCopy, TransposesOneElementAtATime) {
  auto source = iota<int32_t>(6);
  std::vector<int32_t> target(6);
  copy<int32_t>({source.data(), {2, 3}, {3, 1}},
                {target.data(), {2, 3}, {1, 2}});
  EXPECT_EQ(target, (std::vector<int32_t>{0, 3, 1, 4, 2, 5}));
}

TEST(MemrefCopy, HonoursOffsetsAndLeavesTheRestAlone) {
  auto source = iota<int16_t>(20);
  std::vector<int16_t> target(20, -1);
  // Columns 1 and 2 of rows 1 and 2 (of 5), to the start of rows of 10.
  copy<int16_t>({source.data(), {2, 2}, {5, 1}, 6},
                {target.data(), {2, 2}, {10, 1}});
  std::vector<int16_t> expected(20, -1);
  expected[0] = 6;
  expected[1] = 7;
  expected[10] = 11;
  expected[11] = 12;
  EXPECT_EQ(target, expected);
}

TEST(MemrefCopy, RanksZeroAndEmpty) {
  double source = 2.5, target = 0;
  copy<double>({&source, {}, {}}, {&target, {}, {}});
  EXPECT_EQ(target, 2.5);
  copy<double>({&source, {0, 4}, {4, 1}}, {nullptr, {0, 4}, {4, 1}});
}

TEST(MemrefCopy, AllElementSizesAndBroadcast) {
  auto bytes = iota<uint8_t>(4);
  std::vector<uint8_t> pairs(8);
  copy<uint8_t>({bytes.data(), {4, 2}, {1, 0}}, {pairs.data(), {4, 2}, {2, 1}});
  EXPECT_EQ(pairs, (std::vector<uint8_t>{0, 0, 1, 1, 2, 2, 3, 3}));
  struct Wide {
    int64_t a, b;
    bool operator==(const Wide &other) const = default;
  };
  std::vector<Wide> wide = {{1, 2}, {3, 4}}, reversed(2);
  copy<Wide>({wide.data(), {2}, {-1}, 1}, {reversed.data(), {2}, {1}});
  EXPECT_EQ(reversed, (std::vector<Wide>{{3, 4}, {1, 2}}));
}

TEST(MemrefCopy, LargeCopiesAreParallelAndEqual) {
  constexpr int64_t rows = 700, columns = 900;
  auto source = iota<int64_t>(rows * columns);
  std::vector<int64_t> target(rows * columns);
  copy<int64_t>({source.data(), {columns, rows}, {1, columns}},
                {target.data(), {columns, rows}, {rows, 1}});
  for (int64_t i = 0; i < columns; i += 7)
    for (int64_t j = 0; j < rows; j += 5)
      ASSERT_EQ(target[i * rows + j], j * columns + i);
}

TEST(MemrefCopy, DifferentSizesFail) {
  int32_t data[4] = {};
  Memref four(data, {4}, {1}), three(data, {3}, {1});
  // The failure jumps out of the call: nothing with a destructor may live in
  // it.
  dilated_rt_unranked_memref memrefs[] = {four.unranked(), three.unranked()};
  const char *message = nullptr;
  int32_t failed = dilated_rt_call(
      [](void *context) {
        auto *memrefs = static_cast<dilated_rt_unranked_memref *>(context);
        memrefCopy(4, &memrefs[0], &memrefs[1]);
      },
      memrefs, &message);
  EXPECT_EQ(failed, 1);
  EXPECT_STREQ(message, "a copy between memrefs of different sizes");
}
