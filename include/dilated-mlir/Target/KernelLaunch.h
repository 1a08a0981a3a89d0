//===- KernelLaunch.h - how a GPU kernel is launched ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the host needs to know of an attention kernel: the attribute
// `dilated.launch` of its function, a field per entry.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_KERNELLAUNCH_H
#define DILATED_MLIR_TARGET_KERNELLAUNCH_H

#include "dilated-mlir/Target/HostTensor.h"
#include "mlir/IR/Operation.h"

#include <string>
#include <vector>

namespace mlir::dilated {

/// The attribute's name. Its entries: type (a string), and integers head_dim,
/// value_dim, terms, offset (the rule's number), constant, causal, null_keys,
/// lse, threads, shared, rows, max_rows, group_rows, max_sets.
constexpr StringLiteral kLaunchAttr = "dilated.launch";

struct KernelLaunch {
  std::string name;
  dilated_rt_type type = DILATED_RT_F32; // of query, key, value and out
  int64_t headDim = 0, valueDim = 0;
  int64_t terms = 0;
  std::string offset;   // head offset rule: block, modulo, end or constant
  int64_t constant = 0; // of the rule
  bool causal = false, nullKeys = false, lse = false;

  int64_t threads = 0;     // of a block
  int64_t sharedBytes = 0; // dynamic, of a block
  // The grid: TileOptions of lib/Plan.
  int64_t width = 0, maxRows = 0, groupRows = 0, maxSets = 0;

  /// What the attribute of `function` says; an error where an entry is missing
  /// or of another kind.
  static FailureOr<KernelLaunch> read(Operation *function);

  /// The launch data of all functions in `gpuModule` that have the attribute.
  static FailureOr<std::vector<KernelLaunch>> readAll(Operation *gpuModule);
};

/// A term of a pattern, as kernels take it.
struct KernelTerm {
  int64_t length = 1, rate = 1, multiplicity = 1;
};

/// The sizes and strides (in elements) that a kernel gets of an operand, in the
/// order batch, position, head, feature.
struct KernelOperand {
  uint64_t address = 0;
  int64_t sizes[4] = {}, strides[4] = {};
};

/// Everything that one launch passes: the scalars of the kernel's interface
/// (docs/gpu.md), each in eight bytes, and how many of these it takes.
struct KernelArguments {
  std::vector<uint64_t> words;
  std::vector<uint32_t> bytes;
};

/// The arguments of an attention kernel. `lse` is [batch, head, position, 1],
/// null without one.
KernelArguments packArguments(const KernelOperand &query,
                              const KernelOperand &key,
                              const KernelOperand &value,
                              const KernelOperand &out,
                              const KernelOperand *lse, float scale,
                              ArrayRef<KernelTerm> terms);

/// Blocks of a launch: those of the tile plan, times the slots of each. Nothing
/// when there are more than a GPU takes, 2^31 - 1.
std::optional<int64_t> countBlocks(const KernelLaunch &launch,
                                   ArrayRef<KernelTerm> terms, int64_t batches,
                                   int64_t heads, int64_t sequence);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_KERNELLAUNCH_H
