//===- ControlFlow.cpp - where diverged lanes meet again --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warp that splits at a branch meets again at the branch's immediate
// post-dominator: the first instruction that every path from the branch to the
// end of the function passes. Returns and exits lead to the end.
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

#include <algorithm>

using namespace dilated::emulator;

/// The instructions that may follow `index`.
static void getSuccessors(const Function &function, uint32_t index,
                          std::vector<uint32_t> &successors) {
  const Instruction &i = function.code[index];
  uint32_t end = uint32_t(function.code.size()) - 1;
  successors.clear();
  switch (i.control) {
  case Control::End:
    return;
  case Control::Branch:
    successors.push_back(i.target);
    if (i.hasGuard)
      successors.push_back(index + 1);
    return;
  case Control::BranchIndexed: {
    uint32_t count = uint32_t(function.getOperands(i)[1].value);
    for (uint32_t j = 0; j < count; ++j)
      successors.push_back(function.branchTargets[i.target + j]);
    if (i.hasGuard || count == 0)
      successors.push_back(index + 1);
    return;
  }
  case Control::Return:
  case Control::Exit:
  case Control::Trap:
    successors.push_back(end);
    if (i.hasGuard)
      successors.push_back(index + 1);
    return;
  default:
    successors.push_back(index + 1);
  }
}

namespace {

/// Immediate post-dominators of basic blocks, by the algorithm of Cooper,
/// Harvey and Kennedy on the reversed graph.
class PostDominators {
public:
  explicit PostDominators(Function &function) : function(function) {}

  void run() {
    splitIntoBlocks();
    orderBlocks();
    solve();
    for (Instruction &i : function.code)
      i.reconverge = uint32_t(function.code.size()) - 1;
    for (uint32_t block = 0; block < starts.size(); ++block) {
      Instruction &last = function.code[lastOf(block)];
      if (last.control == Control::Branch ||
          last.control == Control::BranchIndexed ||
          last.control == Control::Return || last.control == Control::Exit)
        if (parents[block] >= 0)
          last.reconverge = starts[uint32_t(parents[block])];
    }
  }

private:
  uint32_t lastOf(uint32_t block) const {
    return (block + 1 < starts.size() ? starts[block + 1]
                                      : uint32_t(function.code.size())) -
           1;
  }

  void splitIntoBlocks() {
    uint32_t size = uint32_t(function.code.size());
    std::vector<bool> isStart(size, false);
    isStart[0] = isStart[size - 1] = true;
    std::vector<uint32_t> next;
    for (uint32_t i = 0; i < size; ++i) {
      getSuccessors(function, i, next);
      if (next.size() == 1 && next[0] == i + 1)
        continue;
      for (uint32_t target : next)
        isStart[target] = true;
      if (i + 1 < size)
        isStart[i + 1] = true;
    }
    blockOf.resize(size);
    for (uint32_t i = 0; i < size; ++i) {
      if (isStart[i])
        starts.push_back(i);
      blockOf[i] = uint32_t(starts.size()) - 1;
    }
    predecessors.resize(starts.size());
    successors.resize(starts.size());
    for (uint32_t block = 0; block < starts.size(); ++block) {
      getSuccessors(function, lastOf(block), next);
      for (uint32_t target : next) {
        successors[block].push_back(blockOf[target]);
        predecessors[blockOf[target]].push_back(block);
      }
    }
  }

  /// Post-order of the reversed graph, from the end; explicit stack, since a
  /// kernel can be one long chain of blocks.
  void orderBlocks() {
    uint32_t exit = uint32_t(starts.size()) - 1;
    order.assign(starts.size(), -1);
    std::vector<bool> seen(starts.size(), false);
    auto walk = [&](uint32_t root) {
      std::vector<std::pair<uint32_t, uint32_t>> stack = {{root, 0}};
      seen[root] = true;
      while (!stack.empty()) {
        auto &[block, child] = stack.back();
        if (child == predecessors[block].size()) {
          order[block] = int32_t(postOrder.size());
          postOrder.push_back(block);
          stack.pop_back();
          continue;
        }
        uint32_t next = predecessors[block][child++];
        if (!seen[next]) {
          seen[next] = true;
          stack.push_back({next, 0});
        }
      }
    };
    // Blocks of endless loops don't reach the end; they keep it as the place
    // where they meet.
    walk(exit);
  }

  void solve() {
    uint32_t exit = uint32_t(starts.size()) - 1;
    parents.assign(starts.size(), -1);
    parents[exit] = int32_t(exit);
    bool changed = true;
    while (changed) {
      changed = false;
      for (size_t i = postOrder.size(); i-- > 0;) {
        uint32_t block = postOrder[i];
        if (block == exit)
          continue;
        int32_t parent = -1;
        for (uint32_t next : successors[block]) {
          if (order[next] < 0 || parents[next] < 0)
            continue;
          parent = parent < 0 ? int32_t(next) : meet(parent, int32_t(next));
        }
        if (parent >= 0 && parents[block] != parent) {
          parents[block] = parent;
          changed = true;
        }
      }
    }
  }

  int32_t meet(int32_t a, int32_t b) const {
    while (a != b) {
      while (order[a] < order[b])
        a = parents[a];
      while (order[b] < order[a])
        b = parents[b];
    }
    return a;
  }

  Function &function;
  std::vector<uint32_t> starts, blockOf, postOrder;
  std::vector<int32_t> order, parents;
  std::vector<std::vector<uint32_t>> predecessors, successors;
};

/// Backward data flow over instructions: sets of registers, as words of bits.
class Liveness {
public:
  explicit Liveness(const Function &function) : function(function) {}

  uint32_t run() {
    size_t size = function.code.size();
    words = (function.slotOffsets.size() + 63) / 64;
    // A set per instruction; what is larger than this is not worth an estimate.
    if (words * size > (size_t(1) << 24))
      return 0;
    sets.assign(words * size, 0);
    std::vector<uint32_t> next;
    uint32_t most = 0;
    bool changed = true;
    for (unsigned round = 0; changed && round < 64; ++round) {
      changed = false;
      for (size_t i = size; i-- > 0;) {
        getSuccessors(function, uint32_t(i), next);
        std::vector<uint64_t> live(words, 0);
        for (uint32_t target : next)
          for (size_t w = 0; w < words; ++w)
            live[w] |= sets[target * words + w];
        most = std::max(most, count(live));
        const Instruction &instruction = function.code[i];
        auto slot = [&](uint32_t j) { return function.slots[j]; };
        if (!instruction.hasGuard)
          for (uint32_t j = 0; j < instruction.numResults; ++j)
            live[slot(instruction.firstResult + j) / 64] &=
                ~(uint64_t(1) << slot(instruction.firstResult + j) % 64);
        for (uint32_t j = 0; j < instruction.numSources; ++j)
          live[slot(instruction.firstSource + j) / 64] |=
              uint64_t(1) << slot(instruction.firstSource + j) % 64;
        if (instruction.hasGuard)
          live[instruction.guardSlot / 64] |= uint64_t(1)
                                              << instruction.guardSlot % 64;
        for (size_t w = 0; w < words; ++w)
          if (live[w] != sets[i * words + w]) {
            sets[i * words + w] = live[w];
            changed = true;
          }
      }
    }
    return most;
  }

private:
  uint32_t count(const std::vector<uint64_t> &live) const {
    uint32_t total = 0;
    for (size_t w = 0; w < words; ++w)
      for (uint64_t bits = live[w]; bits; bits &= bits - 1) {
        size_t slot = w * 64 + size_t(__builtin_ctzll(bits));
        unsigned bytes = function.slotBytes[slot];
        total += bytes == 0 ? 0 : std::max(1u, bytes / 4);
      }
    return total;
  }

  const Function &function;
  size_t words = 0;
  std::vector<uint64_t> sets;
};

} // namespace

void dilated::emulator::computeReconvergence(Function &function) {
  PostDominators(function).run();
  if (!function.isKernel)
    return;
  // Lanes that only meet to exit do not wait for each other: an early return
  // is an exit, and later barriers are for the others.
  for (Instruction &i : function.code) {
    const Instruction &meeting = function.code[i.reconverge];
    bool exits = meeting.control == Control::End ||
                 (!meeting.hasGuard && (meeting.control == Control::Return ||
                                        meeting.control == Control::Exit));
    if (exits)
      i.reconverge = noReconvergence;
  }
}

uint32_t dilated::emulator::computeLiveRegisters(const Function &function) {
  return function.code.empty() ? 0 : Liveness(function).run();
}
