//===- AttentionCase.cpp - one attention to measure -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionCase.h"

#include "dilated-mlir/Plan/PatternCount.h"
#include "mlir/AsmParser/AsmParser.h"
#include "llvm/Support/raw_ostream.h"

#include <limits>

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

TensorShape AttentionCase::getQueryShape() const {
  return {batch, sequence, heads, headDim};
}

TensorShape AttentionCase::getKeyShape() const {
  return {batch, sequence, getKvHeads(), headDim};
}

std::string AttentionCase::getPatternText() const {
  if (!pattern.empty())
    return pattern;
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "<[";
  llvm::interleaveComma(segments, os, [&](SegmentSize segment) {
    os << "segment<" << segment.length << ", " << segment.rate << '>';
  });
  os << "], offset = " << stringifyHeadOffsetRule(offset)
     << ", padding = " << stringifyPadding(padding) << '>';
  return text;
}

PatternAttr AttentionCase::parsePattern(MLIRContext &context) const {
  return dyn_cast_if_present<PatternAttr>(
      parseAttribute("#dilated.pattern" + getPatternText(), &context));
}

std::optional<int64_t>
AttentionCase::countPairs(ArrayRef<int64_t> encodedPattern) const {
  constexpr int64_t maxSteps = int64_t(1) << 26; // a second or so
  std::optional<int64_t> pairs = plan::countUsefulPairs(
      plan::Pattern(encodedPattern.data()), heads, sequence, maxSteps);
  if (pairs)
    pairs = plan::multiplySaturating(batch, *pairs);
  return pairs;
}

int64_t AttentionCase::countBytes() const {
  return 2 * checkedByteSize(getQueryShape(), type).value_or(0) +
         2 * checkedByteSize(getKeyShape(), type).value_or(0);
}

//===----------------------------------------------------------------------===//
// Configurations
//===----------------------------------------------------------------------===//

/// Rows of the table; a dense segment is as long as the sequence, whatever that
/// is.
static std::vector<AttentionCase> makeConfigs() {
  constexpr int64_t wholeSequence = std::numeric_limits<int64_t>::max();
  auto make = [](StringRef name, int64_t heads, int64_t headDim,
                 std::vector<SegmentSize> segments, bool causal,
                 int64_t sequence) {
    AttentionCase config;
    config.name = name.str();
    config.heads = heads;
    config.headDim = headDim;
    config.segments = std::move(segments);
    config.causal = causal;
    config.sequence = sequence;
    return config;
  };
  std::vector<SegmentSize> paper = {
      {2048, 1}, {4096, 2}, {8192, 4}, {16384, 6}, {32768, 12}};
  return {
      make("gigapath", 16, 48,
           {{1024, 1}, {5792, 2}, {32768, 4}, {185363, 8}, {1048576, 16}},
           false, 8192),
      make("gigapath-250k", 16, 48,
           {{1024, 1}, {4870, 2}, {23170, 4}, {110217, 8}, {524288, 16}}, false,
           250000),
      make("longvit-1024", 16, 24,
           {{64, 1}, {128, 2}, {256, 4}, {512, 8}, {1024, 16}}, false, 1024),
      make("longvit-32k", 16, 24,
           {{1024, 1}, {4096, 2}, {32768, 4}, {262144, 8}, {1048576, 16}},
           false, 1048576),
      make("paper-lm", 12, 64, paper, true, 32768),
      make("paper-2.7b", 32, 80, paper, true, 32768),
      make("bench-128", 32, 128,
           {{2048, 1}, {4096, 2}, {8192, 4}, {16384, 8}, {32768, 16}}, false,
           32768),
      make("dense", 32, 64, {{wholeSequence, 1}}, false, 4096),
  };
}

std::optional<AttentionCase> mlir::dilated::findConfig(StringRef name) {
  for (AttentionCase &config : makeConfigs())
    if (config.name == name)
      return std::move(config);
  return std::nullopt;
}

std::string mlir::dilated::listConfigs() {
  std::string names;
  for (const AttentionCase &config : makeConfigs())
    names += (names.empty() ? "" : ", ") + config.name;
  return names;
}

//===----------------------------------------------------------------------===//
// Checking and building
//===----------------------------------------------------------------------===//

llvm::Error mlir::dilated::verifyCase(const AttentionCase &attention) {
  struct {
    const char *option;
    int64_t value;
  } sizes[] = {{"--batch", attention.batch},
               {"--seq", attention.sequence},
               {"--heads", attention.heads},
               {"--kv-heads", attention.getKvHeads()},
               {"--head-dim", attention.headDim}};
  for (auto [option, value] : sizes)
    if (value < 1)
      return makeError(Twine(option) + " must be at least 1, is " +
                       Twine(value));
  // Pairs are counted head by head.
  constexpr int64_t maxHeads = 1 << 20, maxHeadDim = 256;
  if (attention.heads > maxHeads)
    return makeError("--heads must be at most " + Twine(maxHeads) + ", is " +
                     Twine(attention.heads));
  if (attention.headDim > maxHeadDim)
    return makeError("--head-dim must be at most " + Twine(maxHeadDim) +
                     ", is " + Twine(attention.headDim));
  if (attention.segments.empty() && attention.pattern.empty())
    return makeError(
        "--segments and --dilations need at least one value, or --pattern");
  for (const SegmentSize &segment : attention.segments)
    if (segment.length < 1 || segment.rate < 1)
      return makeError("segment " + Twine(segment.length) + " with dilation " +
                       Twine(segment.rate) + ": both must be at least 1");
  if (attention.heads % attention.getKvHeads() != 0)
    return makeError("--heads " + Twine(attention.heads) +
                     " is not a multiple of --kv-heads " +
                     Twine(attention.getKvHeads()));
  std::optional<int64_t> bytes =
      checkedByteSize(attention.getQueryShape(), attention.type);
  if (!bytes || *bytes > std::numeric_limits<int64_t>::max() / 4)
    return makeError(formatType(attention.getQueryShape(), attention.type) +
                     " is beyond what can be addressed");
  return llvm::Error::success();
}

std::string mlir::dilated::buildModule(const AttentionCase &attention) {
  std::string query =
      "tensor<" + formatType(attention.getQueryShape(), attention.type) + ">";
  std::string key =
      "tensor<" + formatType(attention.getKeyShape(), attention.type) + ">";
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "func.func @main(%query: " << query
     << " {dilated.name = \"query\"}, %key: " << key
     << " {dilated.name = \"key\"}, %value: " << key
     << " {dilated.name = \"value\"}) -> (" << query
     << " {dilated.name = \"out\"}) {\n"
     << "  %out = dilated.attention %query, %key, %value\n      pattern("
     << attention.getPatternText() << ")" << (attention.causal ? " causal" : "")
     << "\n      : " << query << ", " << key << ", " << key << " -> " << query
     << "\n  return %out : " << query << "\n}\n";
  return text;
}
