//===- KernelLaunch.h - how a GPU kernel is launched ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the host needs to know of an attention kernel: #tile.launch of its
// function, a field per parameter, and what a launch passes.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_KERNELLAUNCH_H
#define DILATED_MLIR_TARGET_KERNELLAUNCH_H

#include "dilated-mlir/Plan/AttentionArguments.h"
#include "dilated-mlir/Target/HostTensor.h"
#include "mlir/IR/Operation.h"

#include <string>
#include <vector>

namespace mlir::dilated {

struct KernelLaunch {
  std::string name;
  dilated_rt_type type = DILATED_RT_F32; // of query, key, value and out
  int64_t headDim = 0, valueDim = 0;
  bool lse = false;
  int64_t blockKeys = 0;   // of a block of keys in the tile list
  int64_t threads = 0;     // of a block
  int64_t sharedBytes = 0; // dynamic, of a block

  /// The launch data of all functions in `gpuModule` that have some.
  static std::vector<KernelLaunch> readAll(Operation *gpuModule);
};

/// The sizes and strides (in elements) that a kernel gets of an operand, in the
/// order batch, position, head, feature.
struct KernelOperand {
  uint64_t address = 0;
  int64_t sizes[4] = {}, strides[4] = {};
};

/// Everything that a launch passes: a value for each of the kernel's arguments
/// (dilated-mlir/Plan/AttentionArguments.h).
struct KernelArguments {
  uint64_t words[::dilated::plan::kNumAttentionArguments] = {};

  uint64_t &operator[](::dilated::plan::AttentionArgument argument) {
    return words[::dilated::plan::getIndex(argument)];
  }
};

/// The arguments of an attention kernel, but for those that say which tiles and
/// batch elements. `lse` is [batch, head, position, 1], null without one.
KernelArguments packArguments(const KernelOperand &query,
                              const KernelOperand &key,
                              const KernelOperand &value,
                              const KernelOperand &out,
                              const KernelOperand *lse, float scale);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_KERNELLAUNCH_H
