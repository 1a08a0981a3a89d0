//===- AttentionCaseTest.cpp - configurations and their modules -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/dilated-bench/AttentionCase.h"

#include "dilated-mlir/Transforms/EncodedPattern.h"

#include <gtest/gtest.h>

using namespace mlir::dilated;

TEST(AttentionCase, EveryConfigurationIsValid) {
  for (const char *name :
       {"gigapath", "gigapath-250k", "longvit-1024", "longvit-32k", "paper-lm",
        "paper-2.7b", "bench-128", "dense"}) {
    std::optional<AttentionCase> config = findConfig(name);
    ASSERT_TRUE(config) << name;
    EXPECT_EQ(llvm::toString(verifyCase(*config)), "") << name;
    EXPECT_NE(listConfigs().find(name), std::string::npos);
  }
  EXPECT_FALSE(findConfig("gigapath-2"));
}

static std::optional<int64_t> countPairs(const AttentionCase &attention) {
  mlir::MLIRContext context;
  context.loadDialect<DilatedDialect>();
  PatternAttr pattern = attention.parsePattern(context);
  return attention.countPairs(*getEncodedPattern(pattern, attention.causal));
}

// Row p has min(p + 1, 4) keys of the window. Of the two columns, those of rows
// 0 to 3 are among them, and so is the second one of row 4.
TEST(AttentionCase, CountsKeysOfASetOnce) {
  AttentionCase attention = *findConfig("dense");
  attention.heads = 3;
  attention.sequence = 10;
  attention.causal = true;
  attention.pattern = "<[window<3, 0>, columns<0, 2>], overlap = set>";
  EXPECT_EQ(countPairs(attention), 3 * (1 + 2 + 3 + 4 + 5 + 5 * 6));
  attention.pattern = "<[window<3, 0>, columns<0, 2>]>";
  EXPECT_EQ(countPairs(attention), 3 * ((1 + 2 + 3 + 7 * 4) + (1 + 9 * 2)));
  EXPECT_NE(buildModule(attention).find(
                "pattern(<[window<3, 0>, columns<0, 2>]>) causal"),
            std::string::npos);
}

TEST(AttentionCase, CountsWorkAndBytes) {
  AttentionCase attention = *findConfig("dense");
  attention.batch = 2;
  attention.sequence = 128;
  attention.kvHeads = 8;
  std::optional<int64_t> pairs = countPairs(attention);
  EXPECT_EQ(pairs, 2 * 32 * 128 * 128);
  EXPECT_EQ(attention.countFlops(*pairs), 4.0 * 64 * 2 * 32 * 128 * 128);
  EXPECT_EQ(attention.countBytes(),
            2 * (2 * 128 * 32 * 64 + 2 * 128 * 8 * 64) * 4);
}

TEST(AttentionCase, ModuleText) {
  AttentionCase attention;
  attention.sequence = 100;
  attention.heads = 4;
  attention.kvHeads = 2;
  attention.headDim = 16;
  attention.segments = {{32, 1}, {64, 2}};
  attention.causal = true;
  attention.padding = Padding::Exclude;
  attention.type = DILATED_RT_BF16;
  EXPECT_EQ(
      buildModule(attention),
      R"(func.func @main(%query: tensor<1x100x4x16xbf16> {dilated.name = "query"}, %key: tensor<1x100x2x16xbf16> {dilated.name = "key"}, %value: tensor<1x100x2x16xbf16> {dilated.name = "value"}) -> (tensor<1x100x4x16xbf16> {dilated.name = "out"}) {
  %out = dilated.attention %query, %key, %value
      pattern(<[segment<32, 1>, segment<64, 2>], offset = block, padding = exclude>) causal
      : tensor<1x100x4x16xbf16>, tensor<1x100x2x16xbf16>, tensor<1x100x2x16xbf16> -> tensor<1x100x4x16xbf16>
  return %out : tensor<1x100x4x16xbf16>
}
)");
}

TEST(AttentionCase, ImpossibleCasesAreErrors) {
  auto problem = [](auto change) {
    AttentionCase attention = *findConfig("gigapath");
    change(attention);
    return llvm::toString(verifyCase(attention));
  };
  EXPECT_EQ(problem([](AttentionCase &a) { a.sequence = 0; }),
            "--seq must be at least 1, is 0");
  EXPECT_EQ(problem([](AttentionCase &a) { a.kvHeads = 3; }),
            "--heads 16 is not a multiple of --kv-heads 3");
  EXPECT_EQ(problem([](AttentionCase &a) { a.segments[1].rate = 0; }),
            "segment 5792 with dilation 0: both must be at least 1");
  EXPECT_EQ(problem([](AttentionCase &a) { a.segments.clear(); }),
            "--segments and --dilations need at least one value, or --pattern");
  EXPECT_NE(problem([](AttentionCase &a) { a.sequence = INT64_MAX; }), "");
}
