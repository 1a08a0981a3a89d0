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
  dilated_rt_type type = DILATED_RT_F32;

  int64_t getKvHeads() const { return kvHeads ? kvHeads : heads; }
  TensorShape getQueryShape() const;
  TensorShape getKeyShape() const;

  /// The encoded pattern (dilated-mlir/Plan/Pattern.h).
  SmallVector<int64_t> getEncodedPattern() const;

  /// Useful pairs of all batch elements (see PatternCount.h), saturating, and
  /// 4 * D operations for each.
  int64_t countPairs() const;
  double countFlops() const;

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
