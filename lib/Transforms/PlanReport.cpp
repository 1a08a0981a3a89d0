//===- PlanReport.cpp - what the tools say of a tile plan -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/PlanReport.h"

#include "dilated-mlir/Plan/PatternCount.h"
#include "dilated-mlir/Plan/PlanSummary.h"
#include "dilated-mlir/Transforms/EncodedPattern.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

/// Beyond that a plan takes seconds to look through.
static constexpr int64_t kMaxRows = int64_t(1) << 27;

//===----------------------------------------------------------------------===//
// One attention
//===----------------------------------------------------------------------===//

namespace {

struct NamedTarget {
  StringRef name, workers;
  plan::PlanTarget target;
};

} // namespace

static NamedTarget getCpu(const PlannedAttention &attention) {
  plan::CpuTile tile = attention.cpuTile;
  int64_t threads = attention.threads;
  bool isCausal = plan::Pattern(attention.pattern.data()).isCausal();
  return {"cpu",
          "threads",
          {plan::getCpuTiles(tile.rows, tile.blockRows, threads, isCausal),
           {{tile.rows, tile.keys}},
           plan::WorkOrder::Tasks,
           threads}};
}

/// Warps of a GPU compute 8 x 32 or 16 x 16 pairs each, skip 16 rows of a key
/// block, or all 64. Large GPUs have 132 multiprocessors.
static SmallVector<NamedTarget> getTargets(const PlannedAttention &attention) {
  return {getCpu(attention),
          {"gpu",
           "multiprocessors",
           {plan::kGpuTiles,
            {{8, 32}, {16, 16}, {16, 64}, {64, 64}},
            plan::WorkOrder::Tiles,
            132}}};
}

static std::optional<plan::PlanSummary>
summarize(const PlannedAttention &attention, const NamedTarget &target) {
  return plan::summarizePlan(plan::Pattern(attention.pattern.data()),
                             attention.batches, attention.heads,
                             attention.sequence, target.target, kMaxRows);
}

/// std::nullopt where it would take long.
static std::optional<int64_t> countPairs(const PlannedAttention &attention) {
  std::optional<int64_t> pairs =
      plan::countUsefulPairs(plan::Pattern(attention.pattern.data()),
                             attention.heads, attention.sequence, kMaxRows);
  if (!pairs)
    return std::nullopt;
  return plan::multiplySaturating(attention.batches, *pairs);
}

std::optional<int64_t>
mlir::dilated::countExecutedPairs(const PlannedAttention &attention) {
  std::optional<plan::PlanSummary> summary =
      summarize(attention, getCpu(attention));
  if (!summary)
    return std::nullopt;
  return static_cast<int64_t>(summary->executedPairs.front());
}

/// Pairs that are not computed by themselves: several terms select them, but
/// their keys are in one key range of a tile.
static int64_t countDeduplicatedPairs(const PlannedAttention &attention,
                                      const plan::PlanSummary &summary) {
  std::optional<int64_t> useful = countPairs(attention);
  double rest = static_cast<double>(useful.value_or(0)) - summary.usefulPairs;
  return static_cast<int64_t>(std::max(0.0, rest));
}

static std::string getName(plan::ComputeTile tile) {
  return std::to_string(tile.rows) + "x" + std::to_string(tile.keys);
}

void mlir::dilated::printPlan(const PlannedAttention &attention,
                              raw_ostream &os) {
  if (std::optional<int64_t> pairs = countPairs(attention))
    os << "  " << *pairs << " useful pairs\n";
  else
    os << "  useful pairs: not counted, it would take long\n";
  for (const NamedTarget &named : getTargets(attention)) {
    os << "  " << named.name << ": ";
    std::optional<plan::PlanSummary> summary = summarize(attention, named);
    if (!summary) {
      os << "not counted, it would take long\n";
      continue;
    }
    const plan::TileGrid &grid = summary->grid;
    os << grid.numBlocks << " blocks of up to " << grid.block << " rows, "
       << summary->tiles << " tiles of " << grid.width << ", "
       << summary->keyRanges << " key ranges, balance "
       << llvm::format("%.3f", summary->balance) << " on "
       << named.target.workers << ' ' << named.workers
       << "\n    useful/executed pairs:";
    for (auto [i, tile] : llvm::enumerate(named.target.computeTiles))
      os << (i ? ", " : " ") << getName(tile) << ' '
         << llvm::format("%.3f", summary->getEfficiency(i));
    if (int64_t pairs = countDeduplicatedPairs(attention, *summary))
      os << ", " << pairs << " pairs deduplicated";
    os << '\n';
  }
}

void mlir::dilated::writePlan(const PlannedAttention &attention,
                              llvm::json::OStream &json) {
  if (std::optional<int64_t> pairs = countPairs(attention))
    json.attribute("useful_pairs", *pairs);
  json.attributeArray("plans", [&] {
    for (const NamedTarget &named : getTargets(attention)) {
      std::optional<plan::PlanSummary> summary = summarize(attention, named);
      if (!summary)
        continue;
      json.object([&] {
        const plan::TileGrid &grid = summary->grid;
        json.attribute("device", named.name);
        json.attribute("block_rows", grid.block);
        json.attribute("blocks", grid.numBlocks);
        json.attribute("tile_rows", grid.width);
        json.attribute("tiles", summary->tiles);
        json.attribute("key_ranges", summary->keyRanges);
        json.attribute("deduplicated_pairs",
                       countDeduplicatedPairs(attention, *summary));
        json.attribute("workers", named.target.workers);
        json.attribute("balance", summary->balance);
        json.attributeObject("efficiency", [&] {
          for (auto [i, tile] : llvm::enumerate(named.target.computeTiles))
            json.attribute(getName(tile), summary->getEfficiency(i));
        });
      });
    }
  });
}

//===----------------------------------------------------------------------===//
// The attentions of a module
//===----------------------------------------------------------------------===//

void mlir::dilated::printPlans(
    ModuleOp module, int64_t threads,
    function_ref<plan::CpuTile(FusedAttentionOp)> getCpuTile, raw_ostream &os) {
  int64_t count = 0;
  module->walk([&](FusedAttentionOp op) {
    auto type = cast<ShapedType>(op.getQuery().getType());
    LayoutDims dims = getLayoutDims(op.getQueryLayout());
    os << "attention " << count++ << ": query " << type << ", "
       << op.getPattern() << (op.getCausal() ? " causal" : "") << '\n';
    std::optional<SmallVector<int64_t>> numbers =
        getEncodedPattern(op.getPattern(), op.getCausal());
    if (!numbers) {
      os << "  no plan: its pattern has terms without a plan\n";
      return;
    }
    if (type.isDynamicDim(dims.batch) || type.isDynamicDim(dims.head) ||
        type.isDynamicDim(dims.sequence)) {
      os << "  planned at run time: give sizes by --shape to see it here\n";
      return;
    }
    PlannedAttention attention = {*numbers,
                                  type.getDimSize(dims.batch),
                                  type.getDimSize(dims.head),
                                  type.getDimSize(dims.sequence),
                                  threads,
                                  getCpuTile(op)};
    if (attention.batches == 0 || attention.heads == 0 ||
        attention.sequence == 0) {
      os << "  no rows\n";
      return;
    }
    printPlan(attention, os);
  });
  if (count == 0)
    os << "no fused attention\n";
}
