//===- TileListsTest.cpp - tile lists on a device ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/TileLists.h"

#include "dilated-mlir/Plan/TileList.h"

#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <vector>

using namespace dilated::runtime;
using namespace dilated::plan;

namespace {

/// A device whose memory is the host's, and what was asked of it.
class FakeDevice {
public:
  FakeDevice() {
    device.struct_size = sizeof(device);
    device.user = this;
    device.allocate = [](void *user, size_t bytes, void **address,
                         dilated_error *) {
      auto &self = *static_cast<FakeDevice *>(user);
      *address = aligned_alloc(256, (bytes + 255) / 256 * 256);
      self.live.insert(*address);
      ++self.allocations;
      return DILATED_OK;
    };
    device.deallocate = [](void *user, void *address) {
      auto &self = *static_cast<FakeDevice *>(user);
      EXPECT_EQ(self.live.erase(address), 1u);
      free(address);
    };
    device.copy = [](void *user, void *to, const void *from, size_t bytes,
                     dilated_copy, void *, dilated_error *error) {
      auto &self = *static_cast<FakeDevice *>(user);
      memcpy(to, from, bytes);
      self.copied += static_cast<int64_t>(bytes);
      return self.fails ? error->status = DILATED_DEVICE_FAILED : DILATED_OK;
    };
    device.synchronize = [](void *, void *, dilated_error *) {
      return DILATED_OK;
    };
  }

  dilated_device device = {};
  std::set<void *> live;
  int64_t allocations = 0, copied = 0;
  bool fails = false;
};

class TileListsTest : public testing::Test {
protected:
  void TearDown() override {
    clearTileLists(cache, fake.device, {});
    EXPECT_TRUE(fake.live.empty());
  }

  void setPattern(std::initializer_list<Term<>> terms) {
    numbers.clear();
    PatternEncoder::writeHeader(numbers, static_cast<int64_t>(terms.size()),
                                {});
    for (const Term<> &term : terms)
      PatternEncoder::writeTerm(numbers, term);
  }

  /// All launches of a call; every row of batch element 0 is in one tile.
  std::vector<TileLaunch> run(TileLists &lists, int64_t batches, int64_t heads,
                              int64_t length) {
    std::vector<TileLaunch> launches;
    TileListCall call = {numbers.data(), batches, heads, length, 64};
    TileLaunch launch = {};
    int64_t rows = 0;
    dilated_error error = {};
    while (!lists.next(call, nullptr, launch, &error) && launch.numTiles > 0) {
      launches.push_back(launch);
      const auto *tiles = reinterpret_cast<const TileRecord *>(
          static_cast<intptr_t>(launch.tiles));
      for (int64_t i = 0; i < launch.numTiles && launch.firstBatch == 0; ++i) {
        const auto *offsets = reinterpret_cast<const int32_t *>(
            reinterpret_cast<const char *>(&tiles[i]) + tiles[i].rows);
        for (int64_t lane = 0; lane < kListRows; ++lane)
          rows += offsets[lane] >= 0;
      }
    }
    EXPECT_EQ(rows, batches > 0 ? heads * length : 0);
    return launches;
  }

  FakeDevice fake;
  TileListCache cache;
  std::vector<int64_t> numbers;
};

} // namespace

TEST_F(TileListsTest, RunsShareWhatIsKept) {
  setPattern({makeSegment(64, 1), makeSegment(256, 2)});
  TileLists first(cache, fake.device, {});
  EXPECT_EQ(run(first, 2, 4, 1000).size(), 1u);
  EXPECT_EQ(run(first, 7, 4, 1000).size(), 1u); // another layer and batch
  first.release();
  EXPECT_EQ(fake.allocations, 1);
  TileLists second(cache, fake.device, {});
  run(second, 2, 4, 1000);
  EXPECT_EQ(fake.allocations, 1);
  run(second, 2, 4, 999);
  setPattern({makeSegment(64, 1), makeSegment(256, 4)});
  run(second, 2, 4, 1000);
  EXPECT_EQ(fake.allocations, 3);
  EXPECT_FALSE(second.mustWait());
  second.release();
}

TEST_F(TileListsTest, BatchesBeyondAGridAreSeveralLaunches) {
  setPattern({makeWindow(3, 0)});
  TileLists lists(cache, fake.device, {});
  std::vector<TileLaunch> launches = run(lists, 150000, 1, 10);
  ASSERT_EQ(launches.size(), 3u);
  int64_t done = 0;
  for (const TileLaunch &launch : launches) {
    EXPECT_EQ(launch.firstBatch, done);
    EXPECT_LE(launch.batches, 65535);
    done += launch.batches;
  }
  EXPECT_EQ(done, 150000);
  EXPECT_TRUE(run(lists, 0, 1, 10).empty());
  EXPECT_TRUE(run(lists, 1, 0, 10).empty());
  lists.release();
}

TEST_F(TileListsTest, LargeListsComeInPieces) {
  setPattern({makeSegment(64, 1), makeColumns(0, 4)});
  TileLists lists(cache, fake.device, {});
  EXPECT_GT(run(lists, 1, 1, 1 << 22).size(), 1u);
  EXPECT_FALSE(lists.mustWait());
  int64_t kept = cache.bytes;
  run(lists, 1, 1, 1 << 22);
  EXPECT_EQ(fake.copied, kept);
  // What does not fit beside it has one place on the device.
  cache.bytes = int64_t(256) << 20;
  auto before = fake.live.size();
  EXPECT_GT(run(lists, 1, 1, (1 << 22) + 64).size(), 1u);
  EXPECT_TRUE(lists.mustWait());
  EXPECT_EQ(fake.live.size(), before + 1);
  // No run is left: more than what may idle is freed.
  lists.release();
  EXPECT_EQ(fake.live.size(), 0u);
  EXPECT_EQ(cache.bytes, 0);
}

TEST_F(TileListsTest, FailuresLeaveNothing) {
  setPattern({makeSegment(64, 1)});
  TileLists lists(cache, fake.device, {});
  fake.fails = true;
  TileLaunch launch = {};
  dilated_error error = {};
  EXPECT_EQ(
      lists.next({numbers.data(), 1, 1, 100, 64}, nullptr, launch, &error),
      DILATED_DEVICE_FAILED);
  EXPECT_TRUE(fake.live.empty());
  fake.fails = false;
  EXPECT_EQ(run(lists, 1, 1, 100).size(), 1u);
  lists.release();
}
