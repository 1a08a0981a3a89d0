//===- PlanReport.h - what the tools say of a tile plan ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TRANSFORMS_PLANREPORT_H
#define DILATED_MLIR_TRANSFORMS_PLANREPORT_H

#include "dialects/Dilated/Dilated.h"
#include "dilated-mlir/Plan/TileGrid.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace mlir::dilated {

/// An attention whose sizes are known. All are at least 1.
struct PlannedAttention {
  ArrayRef<int64_t> pattern; // encoded
  int64_t batches, heads, sequence;
  int64_t threads; // of the CPU
  ::dilated::plan::CpuTile cpuTile;
};

/// Pairs that the CPU's kernel computes, useful or not; std::nullopt where to
/// count them would take long.
std::optional<int64_t> countExecutedPairs(const PlannedAttention &attention);

/// Lines that say for a CPU and for a GPU how many tiles there are and how
/// much of what they compute is useful. Each begins with two blanks.
void printPlan(const PlannedAttention &attention, raw_ostream &os);

/// The same as attributes `useful_pairs` (if it is known) and `plans` of the
/// JSON object that is open.
void writePlan(const PlannedAttention &attention, llvm::json::OStream &json);

/// What printPlan says for every attention of a module in phase fused, those
/// with sizes that are not known named as such.
void printPlans(
    ModuleOp module, int64_t threads,
    function_ref<::dilated::plan::CpuTile(FusedAttentionOp)> getCpuTile,
    raw_ostream &os);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TRANSFORMS_PLANREPORT_H
