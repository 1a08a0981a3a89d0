//===- CountersTest.cpp - counts as text ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Counters.h"
#include "dilated-mlir/Emulator/Module.h"

#include <gtest/gtest.h>

using namespace dilated::emulator;

namespace {

Counters makeCounters() {
  Counters counters;
  counters.blocks = 2;
  counters.warps = 8;
  counters.threads = 250;
  counters.warpInstructions = 100;
  counters.laneInstructions = 2500;
  counters.warpByClass[unsigned(InstructionClass::Matrix)] = 12;
  counters.laneByClass[unsigned(InstructionClass::Matrix)] = 384;
  counters.bytesRead[unsigned(CountedSpace::Global)] = 4096;
  counters.globalRequests = 10;
  counters.globalSectors = 45;
  counters.sharedRequests = 4;
  counters.sharedWavefronts = 12;
  counters.sharedIdealWavefronts = 8;
  counters.seconds = 0.25;
  counters.occupancy.chip = "sm_80";
  counters.occupancy.limiter = "shared memory";
  counters.lines = {{{4, 100, 1, 45, 0, 0}, 3}, {{}, 5}};
  return counters;
}

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST(Counters, TableHasRatios) {
  std::string table = makeCounters().formatTable();
  EXPECT_TRUE(contains(table, "2 blocks, 8 warps, 250 threads")) << table;
  EXPECT_TRUE(contains(table, "all                        100              "
                              "2500          25.0\n"))
      << table;
  EXPECT_TRUE(contains(table, "matrix                      12")) << table;
  EXPECT_TRUE(contains(table, "4.50 sectors of 32 bytes each")) << table;
  EXPECT_TRUE(contains(table, "12 passes over the banks, 8 without conflicts "
                              "(1.50 times)"))
      << table;
  EXPECT_FALSE(contains(table, "barriers")) << table;
}

TEST(Counters, TableOfNothingDividesByNothing) {
  std::string table = Counters().formatTable();
  EXPECT_FALSE(contains(table, "nan")) << table;
  EXPECT_TRUE(contains(table, "0 blocks")) << table;
}

TEST(Counters, JsonIsOneObject) {
  std::string json = makeCounters().formatJson();
  EXPECT_TRUE(contains(json, "\"seconds\": 0.25, ")) << json;
  EXPECT_TRUE(contains(json, "\"matrix\": {\"warps\": 12, \"lanes\": 384}"));
  EXPECT_TRUE(contains(json, "\"global\": {\"read\": 4096, \"written\": 0}"));
  EXPECT_TRUE(contains(json, "\"limiter\": \"shared memory\""));
  // Lines that ran, and those alone.
  EXPECT_TRUE(contains(json, "\"lines\": [{\"line\": 3, ")) << json;
  EXPECT_FALSE(contains(json, "\"line\": 5")) << json;
  int depth = 0;
  for (char c : json) {
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    EXPECT_GE(depth, 0);
  }
  EXPECT_EQ(depth, 0);
}

TEST(Counters, ListingKeepsEveryLine) {
  ParseError error;
  std::unique_ptr<Module> module =
      Module::parse(".version 7.0\n.target sm_80\n.address_size 64\n", error);
  ASSERT_TRUE(module) << error.message;
  std::string listing = makeCounters().formatListing(*module);
  EXPECT_TRUE(contains(listing, "     1  .version 7.0\n")) << listing;
  EXPECT_TRUE(
      contains(listing, "           4            100        1           45"))
      << listing;
  EXPECT_TRUE(contains(listing, "     3  .address_size 64\n")) << listing;
}
