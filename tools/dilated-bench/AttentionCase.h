//===- AttentionCase.h - one attention to measure ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_BENCH_ATTENTIONCASE_H
#define DILATED_MLIR_TOOLS_DILATED_BENCH_ATTENTIONCASE_H

#include "PairCount.h"
#include "dilated-mlir/Target/HostTensor.h"

namespace mlir::dilated {

/// What stands where a segment has fewer real keys than rows (S5).
enum class PaddingRule { NullKeys, Exclude };

struct AttentionCase {
  std::string name; // of a configuration, or "custom"
  int64_t batch = 1;
  int64_t sequence = 0;
  int64_t heads = 0;
  int64_t kvHeads = 0; // 0: as many as heads
  int64_t headDim = 0;
  std::vector<SegmentBranch> branches;
  bool causal = false;
  OffsetRule offset = OffsetRule::Block;
  PaddingRule padding = PaddingRule::NullKeys;
  dilated_rt_type type = DILATED_RT_F32;

  int64_t getKvHeads() const { return kvHeads ? kvHeads : heads; }
  TensorShape getQueryShape() const;
  TensorShape getKeyShape() const;

  /// Pairs of all batch elements, and 4 * D operations for each.
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
