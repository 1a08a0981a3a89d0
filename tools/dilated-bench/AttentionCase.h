//===- AttentionCase.h - one attention to measure ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_BENCH_ATTENTIONCASE_H
#define DILATED_MLIR_TOOLS_DILATED_BENCH_ATTENTIONCASE_H

#include "dialects/Dilated/Dilated.h"
#include "dilated-mlir/Target/HostTensor.h"

namespace mlir::dilated {

struct SegmentSize {
  int64_t length, rate;
};

struct AttentionCase {
  std::string name; // of a configuration, or "custom"
  int64_t batch = 1;
  int64_t sequence = 0;
  int64_t heads = 0;
  int64_t kvHeads = 0; // 0: as many as heads
  int64_t headDim = 0;
  std::vector<SegmentSize> segments;
  bool causal = false;
  HeadOffsetRule offset = HeadOffsetRule::Block;
  Padding padding = Padding::NullKeys;
  std::string pattern; // as text: instead of segments, offset and padding
  dilated_rt_type type = DILATED_RT_F32;

  int64_t getKvHeads() const { return kvHeads ? kvHeads : heads; }
  TensorShape getQueryShape() const;
  TensorShape getKeyShape() const;

  /// `pattern`, or what the segments are as text: "<[segment<8, 1>], ...>".
  std::string getPatternText() const;
  /// Null when the text is none; the reason is a diagnostic of the context.
  PatternAttr parsePattern(MLIRContext &context) const;

  /// Useful pairs of all batch elements (see PatternCount.h), saturating, and
  /// 4 * D operations for each; std::nullopt where to count them takes long.
  std::optional<int64_t> countPairs(ArrayRef<int64_t> encodedPattern) const;
  double countFlops(int64_t pairs) const {
    return 4.0 * static_cast<double>(headDim) * static_cast<double>(pairs);
  }

  /// Bytes of query, key, value and output, each once.
  int64_t countBytes() const;
};

/// The configurations of the specification, section 9.
std::optional<AttentionCase> findConfig(StringRef name);
std::string listConfigs();

/// An error that names what is missing or impossible: no sequence, a rate of 0,
/// heads that are no multiple of the kv heads, a size beyond int64.
llvm::Error verifyCase(const AttentionCase &attention);

/// A module whose @main is one dilated.attention.
std::string buildModule(const AttentionCase &attention);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_BENCH_ATTENTIONCASE_H
