//===- AttentionArguments.h - what attention kernels are given --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one list of the arguments of an attention kernel of GPUs, in their order:
// the emitter, the host code, launchers, the description in a .ptx and
// docs/gpu.md follow it. No LLVM: it is part of the run-time library too.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_ATTENTIONARGUMENTS_H
#define DILATED_MLIR_PLAN_ATTENTIONARGUMENTS_H

#include <stdint.h>

// ARGUMENT(identifier, name, kind, meaning). Strides are in elements.
#define DILATED_ATTENTION_ARGUMENTS(ARGUMENT)                                  \
  ARGUMENT(Query, "query", Address, "element [0, 0, 0, 0]")                    \
  ARGUMENT(Key, "key", Address, "element [0, 0, 0, 0]")                        \
  ARGUMENT(Value, "value", Address, "element [0, 0, 0, 0]")                    \
  ARGUMENT(Out, "out", Address, "element [0, 0, 0, 0]")                        \
  ARGUMENT(Lse, "lse", Address, "element [0, 0, 0], or null")                  \
  ARGUMENT(Tiles, "tiles", Address, "the first tile of a piece of the list")   \
  ARGUMENT(FirstBatch, "first_batch", Int64, "of the launch")                  \
  ARGUMENT(HeadGroup, "head_group", Int32, "query heads of a key head")        \
  ARGUMENT(QueryBatch, "query_batch", Int64, "stride")                         \
  ARGUMENT(QuerySequence, "query_sequence", Int64, "stride")                   \
  ARGUMENT(QueryHead, "query_head", Int64, "stride")                           \
  ARGUMENT(QueryFeature, "query_feature", Int64, "stride")                     \
  ARGUMENT(KeyBatch, "key_batch", Int64, "stride")                             \
  ARGUMENT(KeySequence, "key_sequence", Int64, "stride")                       \
  ARGUMENT(KeyHead, "key_head", Int64, "stride")                               \
  ARGUMENT(KeyFeature, "key_feature", Int64, "stride")                         \
  ARGUMENT(ValueBatch, "value_batch", Int64, "stride")                         \
  ARGUMENT(ValueSequence, "value_sequence", Int64, "stride")                   \
  ARGUMENT(ValueHead, "value_head", Int64, "stride")                           \
  ARGUMENT(ValueFeature, "value_feature", Int64, "stride")                     \
  ARGUMENT(OutBatch, "out_batch", Int64, "stride")                             \
  ARGUMENT(OutSequence, "out_sequence", Int64, "stride")                       \
  ARGUMENT(OutHead, "out_head", Int64, "stride")                               \
  ARGUMENT(OutFeature, "out_feature", Int64, "stride")                         \
  ARGUMENT(LseBatch, "lse_batch", Int64, "stride")                             \
  ARGUMENT(LseHead, "lse_head", Int64, "stride")                               \
  ARGUMENT(LseSequence, "lse_sequence", Int64, "stride")                       \
  ARGUMENT(Scale, "scale", Float32, "of the scores")

namespace dilated::plan {

/// What an argument is. A value that is passed by its bytes, such as a tensor
/// map of 128, is a kind of its own.
enum class ArgumentKind { Address, Int64, Int32, Float32 };

constexpr uint32_t getBytes(ArgumentKind kind) {
  switch (kind) {
  case ArgumentKind::Address:
  case ArgumentKind::Int64:
    return 8;
  case ArgumentKind::Int32:
  case ArgumentKind::Float32:
    return 4;
  }
  return 0;
}

enum class AttentionArgument {
#define ARGUMENT(identifier, name, kind, meaning) identifier,
  DILATED_ATTENTION_ARGUMENTS(ARGUMENT)
#undef ARGUMENT
};

struct ArgumentInfo {
  const char *name;
  ArgumentKind kind;
};

constexpr ArgumentInfo kAttentionArguments[] = {
#define ARGUMENT(identifier, name, kind, meaning) {name, ArgumentKind::kind},
    DILATED_ATTENTION_ARGUMENTS(ARGUMENT)
#undef ARGUMENT
};

constexpr int kNumAttentionArguments =
    sizeof(kAttentionArguments) / sizeof(kAttentionArguments[0]);

/// The first stride of an operand, after which its others follow.
constexpr AttentionArgument kFirstStrides[] = {
    AttentionArgument::QueryBatch, AttentionArgument::KeyBatch,
    AttentionArgument::ValueBatch, AttentionArgument::OutBatch,
    AttentionArgument::LseBatch};

/// The position of an argument, `behind` after it.
constexpr int getIndex(AttentionArgument argument, int behind = 0) {
  return static_cast<int>(argument) + behind;
}

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_ATTENTIONARGUMENTS_H
