//===- Block.cpp - scheduling the warps of a block; barriers ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Block.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

using namespace dilated::emulator;

/// Instructions of a warp between two looks at the others.
static constexpr uint64_t quantum = 256;

void Block::run(Dim3 index, uint64_t linear, std::string &text) {
  blockIndex = index;
  linearIndex = linear;
  output.clear();
  shared.assign(state.sharedBytes, std::byte(0));
  if (state.checks)
    shadow.reset(state.sharedBytes);
  barriers.fill(Barrier());
  uint32_t threads = numThreads();
  while (warps.size() < numWarps())
    warps.push_back(std::make_unique<Warp>(*this, uint32_t(warps.size())));
  for (uint32_t w = 0; w < warps.size(); ++w) {
    uint32_t count = std::min(threads - w * warpSize, warpSize);
    warps[w]->start(*state.kernel, count == warpSize ? ~0u : (1u << count) - 1);
  }
  uint64_t limit = state.launch->instructionLimit;
  while (!state.stop) {
    uint64_t progress = 0;
    bool done = true;
    for (std::unique_ptr<Warp> &warp : warps) {
      if (warp->isDone())
        continue;
      done = false;
      progress += warp->run(quantum);
      if (limit && warp->executed > limit && !warp->isDone()) {
        const Fragment &at = *warp->fragments.front();
        const Instruction &i = at.frame->function->code[at.pc];
        warp->report(i, ReportKind::InstructionLimit, at.mask,
                     fmt::format("the warp has executed {} instructions",
                                 warp->executed));
        state.stop = true;
      }
    }
    if (done)
      break;
    if (progress || state.stop)
      continue;
    bool ready = false;
    for (std::unique_ptr<Warp> &warp : warps)
      ready |= !warp->isDone() && warp->hasReady();
    for (std::unique_ptr<Warp> &warp : warps)
      if (!ready && !warp->isDone() && warp->dissolveJoins())
        ready = true;
    if (!ready) {
      reportDeadlock();
      state.stop = true;
    }
  }
  for (std::unique_ptr<Warp> &warp : warps)
    warp->abandon();
  text = std::move(output);
}

void Block::reportDeadlock() {
  std::string text = "no thread of the block can go on";
  const Instruction *first = nullptr;
  const Warp *firstWarp = nullptr;
  uint32_t lanes = 0;
  for (const std::unique_ptr<Warp> &warp : warps) {
    if (warp->isDone())
      continue;
    warp->describeWaiting(text);
    for (const std::unique_ptr<Fragment> &fragment : warp->fragments)
      if (!first && fragment->mask) {
        first = &fragment->frame->function->code[fragment->pc];
        firstWarp = warp.get();
        lanes = fragment->mask;
      }
  }
  if (first)
    firstWarp->report(*first, ReportKind::Deadlock, lanes, text);
}

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

bool Block::isComplete(const Barrier &barrier) const {
  if (!barrier.waitingWarps)
    return false;
  if (barrier.expected)
    return barrier.arrivedThreads >= barrier.expected;
  for (uint32_t w = 0; w < warps.size(); ++w)
    if (!warps[w]->isDone() && !(barrier.arrivedWarps >> w & 1))
      return false;
  return true;
}

void Block::complete(uint32_t number) {
  Barrier opened = barriers[number];
  barriers[number] = Barrier();
  for (uint32_t w = 0; w < warps.size(); ++w)
    if (opened.waitingWarps >> w & 1) {
      for (unsigned v = 0; v < maximalWarps; ++v)
        warps[w]->clock.seen[v] =
            std::max(warps[w]->clock.seen[v], opened.seen[v]);
      warps[w]->release(number, opened);
    }
}

void Block::arrive(Warp &warp, const Instruction &i, uint32_t number,
                   uint32_t expected, uint32_t lanes, uint32_t truth,
                   bool waits) {
  Barrier &barrier = barriers[number];
  bool isFirst = !barrier.arrivedThreads && !barrier.firstLine;
  if (isFirst) {
    barrier.expected = expected;
    barrier.firstLine = i.line;
  } else if (barrier.expected != expected) {
    auto spell = [](uint32_t count) {
      return count ? fmt::format("{} threads", count)
                   : std::string("all threads");
    };
    warp.report(i, ReportKind::MismatchedBarrier, lanes,
                fmt::format("barrier {} is for {} here and for {} at line {}",
                            number, spell(expected), spell(barrier.expected),
                            barrier.firstLine));
  }
  barrier.population += unsigned(std::popcount(truth & lanes));
  barrier.allTrue &= (truth & lanes) == lanes;
  barrier.anyTrue |= (truth & lanes) != 0;
  barrier.partial[warp.index] |= lanes;
  if (waits)
    barrier.waitingWarps |= 1u << warp.index;
  // A warp counts when its last lane is there.
  if (warp.live & ~barrier.partial[warp.index])
    return;
  barrier.partial[warp.index] = 0;
  barrier.arrivedThreads += warpSize;
  barrier.arrivedWarps |= 1u << warp.index;
  for (unsigned v = 0; v < maximalWarps; ++v)
    barrier.seen[v] = std::max(barrier.seen[v], warp.clock.seen[v]);
  barrier.seen[warp.index] = std::max(barrier.seen[warp.index], warp.clock.now);
  warp.clock.synchronizeLanes(warp.live, warp.live);
  if (barrier.expected && barrier.arrivedThreads > barrier.expected)
    warp.report(i, ReportKind::MismatchedBarrier, lanes,
                fmt::format("{} threads arrive at barrier {}, which is for {}",
                            barrier.arrivedThreads, number, barrier.expected));
  if (isComplete(barrier))
    complete(number);
}

void Block::lanesLeft() {
  for (uint32_t number = 0; number < barriers.size(); ++number) {
    Barrier &barrier = barriers[number];
    if (!barrier.firstLine)
      continue;
    for (uint32_t w = 0; w < warps.size(); ++w)
      if (barrier.partial[w] && !(warps[w]->live & ~barrier.partial[w]) &&
          warps[w]->live) {
        barrier.partial[w] = 0;
        barrier.arrivedThreads += warpSize;
        barrier.arrivedWarps |= 1u << w;
        WarpClock &clock = warps[w]->clock;
        for (unsigned v = 0; v < maximalWarps; ++v)
          barrier.seen[v] = std::max(barrier.seen[v], clock.seen[v]);
        barrier.seen[w] = std::max(barrier.seen[w], clock.now);
        clock.synchronizeLanes(warps[w]->live, warps[w]->live);
      }
    if (isComplete(barrier))
      complete(number);
  }
}

void Warp::enterBarrier(Fragment &f, const Instruction &i, uint32_t lanes) {
  active = lanes;
  unsigned leader = unsigned(std::countr_zero(lanes));
  uint64_t bits[warpSize];
  // Operands: result (bar.red), number, count, predicate.
  const Operand &numberOperand = operand(i, 1);
  const Operand &countOperand = operand(i, 2);
  const Operand &predicateOperand = operand(i, 3);
  if (block.state.checks)
    for (const Operand *each : {&numberOperand, &countOperand})
      if (each->kind == OperandKind::Register)
        reportUndefined(i, *each, lanes & ~frame->defined[each->slot],
                        "is an operand of a barrier");
  sourceBits(numberOperand, bits);
  uint32_t number = uint32_t(bits[leader]);
  uint32_t expected = 0;
  if (countOperand.kind != OperandKind::None) {
    sourceBits(countOperand, bits);
    expected = uint32_t(bits[leader]);
  }
  bool waits = i.control == Control::BarrierSync;
  if (number >= block.barriers.size() || expected % warpSize ||
      expected > 1024 || (!waits && expected == 0)) {
    report(i, ReportKind::InvalidInstruction, lanes,
           fmt::format("barrier {} for {} threads: the number is at most 15, "
                       "the threads a multiple of 32",
                       number, expected));
    block.state.stop = true;
    ++f.pc;
    return;
  }
  if (i.aligned && (live & ~lanes) && !dissolvedAny &&
      !block.barriers[number].partial[index])
    report(i, ReportKind::DivergentBarrier, lanes,
           fmt::format("{} of the {} threads of warp {} are at the barrier",
                       std::popcount(lanes), std::popcount(live), index));
  uint32_t truth = predicateOperand.kind == OperandKind::None
                       ? 0
                       : predicate(predicateOperand);
  ++block.counters.barriers;
  if (waits) {
    f.state = FragmentState::AtBarrier;
    f.barrier = number;
  } else {
    ++f.pc;
  }
  block.arrive(*this, i, number, expected, lanes, truth, waits);
}

void Warp::release(uint32_t number, const Barrier &barrier) {
  for (std::unique_ptr<Fragment> &f : fragments) {
    if (f->state != FragmentState::AtBarrier || f->barrier != number)
      continue;
    const Instruction &i = f->frame->function->code[f->pc];
    f->state = FragmentState::Ready;
    ++f->pc;
    Frame *currentFrame = frame;
    uint32_t currentActive = active;
    frame = f->frame;
    active = f->mask;
    const Operand &result = operand(i, 0);
    if (result.kind == OperandKind::Register) {
      uint64_t values[warpSize];
      std::fill_n(values, warpSize, uint64_t(barrier.population));
      writeBits(result, values);
      frame->defined[result.slot] |= active;
    } else if (result.kind == OperandKind::Predicate) {
      bool truth = i.operation ? barrier.anyTrue : barrier.allTrue;
      writePredicate(result, truth ? ~0u : 0u);
      frame->defined[result.slot] |= active;
    }
    frame = currentFrame;
    active = currentActive;
  }
}
