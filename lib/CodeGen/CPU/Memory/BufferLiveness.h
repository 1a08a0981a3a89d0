//===- BufferLiveness.h - when a buffer is in use ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_MEMORY_BUFFERLIVENESS_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_MEMORY_BUFFERLIVENESS_H

#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::dilated {

/// Positions of the ops of a block, first and last included.
struct LiveRange {
  int64_t first, last;

  bool overlaps(const LiveRange &other) const {
    return first <= other.last && other.first <= last;
  }
};

/// What may happen to buffers that are planned together.
struct LivenessRules {
  /// Iterations of an scf.forall or scf.parallel run one after the other.
  bool serialLoops = false;
  /// A memref.dealloc is no use: it will be erased.
  bool ignoreDeallocs = false;
};

/// Lifetimes of buffers, aliases included, in steps of the ops of one block.
class BufferLiveness {
public:
  BufferLiveness(Block *block, LivenessRules rules);

  /// From the first to the last op that may touch the memory of `alloc`, which
  /// stands in the block or in regions of its ops. std::nullopt where memory at
  /// a fixed place would not do: the buffer leaves the block, lives from one
  /// iteration of a loop to the next, is freed by hand, or its address is
  /// taken.
  std::optional<LiveRange> getRange(memref::AllocOp alloc) const;

private:
  bool mayStandInLoops(memref::AllocOp alloc,
                       const BufferViewFlowAnalysis::ValueSetT &aliases) const;

  Block *block;
  LivenessRules rules;
  BufferViewFlowAnalysis flow;
  DenseMap<Operation *, int64_t> positions;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_MEMORY_BUFFERLIVENESS_H
