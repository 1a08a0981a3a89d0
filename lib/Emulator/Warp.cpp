//===- Warp.cpp - running, splitting and joining fragments ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Warp.h"
#include "Block.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

using namespace dilated::emulator;

/// Atomic and volatile accesses after which a fragment that others wait for
/// counts as spinning on one of them.
static constexpr uint32_t spinLimit = 512;

//===----------------------------------------------------------------------===//
// Start and end
//===----------------------------------------------------------------------===//

void Warp::start(const Function &kernel, uint32_t lanes) {
  constants = block.state.module->constants.data();
  fragments.clear();
  asyncCopies.clear();
  asyncGroups.fill(0);
  pendingUndefined.clear();
  clock = WarpClock();
  live = launched = lanes;
  executed = ticks = 0;
  next = 0;
  dissolvedAny = false;
  freeFrames.clear();
  for (std::unique_ptr<Frame> &each : frames)
    freeFrames[each->function].push_back(each.get());
  auto fragment = std::make_unique<Fragment>();
  fragment->mask = lanes;
  fragment->frame = makeFrame(kernel);
  fragment->frame->lanes = lanes;
  ensureLocal(kernel.localBytes);
  std::fill(localDefined.begin(), localDefined.end(), 0);
  frame = fragment->frame;
  fragments.push_back(std::move(fragment));
}

void Warp::abandon() {
  fragments.clear();
  asyncCopies.clear();
  live = 0;
}

Frame *Warp::makeFrame(const Function &function) {
  std::vector<Frame *> &unused = freeFrames[&function];
  Frame *made;
  size_t bytes = std::max<size_t>(function.registerBytes, 64);
  if (unused.empty()) {
    frames.push_back(std::make_unique<Frame>());
    made = frames.back().get();
    made->function = &function;
    made->registers = AlignedBytes(static_cast<std::byte *>(
        ::operator new[](bytes, std::align_val_t(64))));
  } else {
    made = unused.back();
    unused.pop_back();
  }
  std::memset(made->registers.get(), 0, bytes);
  made->defined.assign(function.slotOffsets.size(), 0);
  made->undefined.clear();
  made->caller = nullptr;
  made->site = nullptr;
  made->carry = 0;
  made->localBase = 0;
  return made;
}

void Warp::exitLanes(uint32_t lanes) {
  live &= ~lanes;
  std::vector<std::shared_ptr<Join>> complete;
  for (std::unique_ptr<Fragment> &fragment : fragments) {
    for (std::shared_ptr<Join> &join : fragment->joins) {
      join->lanes &= ~lanes;
      join->arrived &= ~lanes;
      if (join->lanes && join->arrived == join->lanes &&
          std::find(complete.begin(), complete.end(), join) == complete.end())
        complete.push_back(join);
    }
    // Members that have exited are not waited for: look again.
    if (fragment->state == FragmentState::AtMembers)
      fragment->state = FragmentState::Ready;
  }
  for (const std::shared_ptr<Join> &join : complete)
    releaseJoin(join);
  bool open = false;
  for (const AsyncCopy &copy : asyncCopies)
    open |= lanes >> copy.lane & 1;
  if (open) {
    uint32_t guilty = 0;
    const Instruction *first = nullptr;
    for (const AsyncCopy &copy : asyncCopies)
      if (lanes >> copy.lane & 1) {
        guilty |= 1u << copy.lane;
        first = first ? first : copy.instruction;
      }
    if (block.state.checks)
      report(*first, ReportKind::AsyncAtExit, guilty,
             "the thread exits without having waited for this copy");
    std::erase_if(asyncCopies, [&](const AsyncCopy &copy) {
      return lanes >> copy.lane & 1;
    });
  }
  block.lanesLeft();
}

void Warp::removeDead() {
  std::erase_if(fragments,
                [](const std::unique_ptr<Fragment> &f) { return !f->mask; });
}

//===----------------------------------------------------------------------===//
// Joins
//===----------------------------------------------------------------------===//

void Warp::refreshJoin(Fragment &fragment) {
  while (!fragment.joins.empty() && fragment.joins.back()->dissolved)
    fragment.joins.pop_back();
  fragment.joinPc =
      fragment.joins.empty() || fragment.joins.back()->frame != fragment.frame
          ? UINT32_MAX
          : fragment.joins.back()->pc;
}

void Warp::split(Fragment &fragment, uint32_t joinPc, uint32_t otherMask,
                 uint32_t otherPc) {
  refreshJoin(fragment);
  // The exits of a loop all lead to the same place: one join serves them.
  bool joins = joinPc != noReconvergence;
  if (joins && (fragment.joins.empty() ||
                fragment.joins.back()->frame != fragment.frame ||
                fragment.joins.back()->pc != joinPc)) {
    auto join = std::make_shared<Join>();
    join->pc = joinPc;
    join->frame = fragment.frame;
    join->lanes = fragment.mask;
    fragment.joins.push_back(std::move(join));
  }
  refreshJoin(fragment);
  auto other = std::make_unique<Fragment>();
  other->mask = otherMask;
  other->pc = otherPc;
  other->frame = fragment.frame;
  other->joins = fragment.joins;
  other->joinPc = fragment.joinPc;
  fragment.mask &= ~otherMask;
  fragments.push_back(std::move(other));
}

/// True if the fragment can go on.
bool Warp::arriveAtJoin(Fragment &fragment) {
  std::shared_ptr<Join> join = fragment.joins.back();
  if (join->dissolved) {
    refreshJoin(fragment);
    return true;
  }
  join->arrived |= fragment.mask;
  fragment.state = FragmentState::AtJoin;
  if (join->arrived != join->lanes)
    return false;
  releaseJoin(join);
  return false; // the merged fragment is chosen anew
}

void Warp::releaseJoin(const std::shared_ptr<Join> &join) {
  Fragment *merged = nullptr;
  std::shared_ptr<Join> keep = join;
  for (std::unique_ptr<Fragment> &fragment : fragments) {
    if (fragment->state != FragmentState::AtJoin || fragment->joins.empty() ||
        fragment->joins.back() != keep)
      continue;
    if (!merged) {
      merged = fragment.get();
      continue;
    }
    merged->mask |= fragment->mask;
    fragment->mask = 0;
    fragment->joins.clear();
  }
  if (!merged)
    return;
  merged->mask &= live;
  merged->joins.pop_back();
  merged->state = FragmentState::Ready;
  merged->strongAccesses = merged->yields = 0;
  refreshJoin(*merged);
}

bool Warp::dissolveJoins() {
  bool any = false;
  for (std::unique_ptr<Fragment> &fragment : fragments)
    if (fragment->state == FragmentState::AtJoin) {
      fragment->joins.back()->dissolved = true;
      any = true;
    }
  for (std::unique_ptr<Fragment> &fragment : fragments) {
    if (fragment->state == FragmentState::AtJoin)
      fragment->state = FragmentState::Ready;
    refreshJoin(*fragment);
  }
  dissolvedAny |= any;
  return any;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

bool Warp::hasReady() const {
  return std::any_of(fragments.begin(), fragments.end(), [](const auto &f) {
    return f->state == FragmentState::Ready && f->mask;
  });
}

Fragment *Warp::chooseReady() {
  for (size_t n = 0; n < fragments.size(); ++n) {
    next = next + 1 < fragments.size() ? next + 1 : 0;
    Fragment *fragment = fragments[next].get();
    if (fragment->state == FragmentState::Ready && fragment->mask)
      return fragment;
  }
  return nullptr;
}

uint64_t Warp::run(uint64_t quantum) {
  uint64_t count = 0;
  while (count < quantum && live) {
    Fragment *fragment = chooseReady();
    if (!fragment)
      break;
    count += runFragment(next, quantum - count);
    removeDead();
  }
  executed += count;
  return count;
}

void Warp::checkGuard(const Instruction &i, uint32_t lanes) {
  Operand guard;
  guard.kind = OperandKind::Predicate;
  guard.slot = i.guardSlot;
  guard.offset = i.guardOffset;
  reportUndefined(i, guard, lanes & ~frame->defined[i.guardSlot],
                  "decides whether the instruction executes");
}

void Warp::execute(const Instruction &i, uint32_t lanes) {
  active = lanes;
  if (!block.state.checks) {
    i.handler(*this, i);
    return;
  }
  const uint32_t *slots = frame->function->slots.data();
  uint32_t missing = 0;
  for (uint32_t n = 0; n < i.numSources; ++n)
    missing |= lanes & ~frame->defined[slots[i.firstSource + n]];
  sawUndefined = missing != 0;
  if (missing)
    propagateUndefined(i);
  i.handler(*this, i);
  for (uint32_t n = 0; n < i.numResults; ++n)
    frame->defined[slots[i.firstResult + n]] |= lanes;
  if (!pendingUndefined.empty())
    applyUndefined();
}

/// Lanes that are on their way out are not missing at a barrier: those that can
/// run go first, for a while.
bool Warp::othersMayExit(Fragment &fragment) {
  static constexpr uint32_t patience = 1024;
  for (const std::unique_ptr<Fragment> &other : fragments) {
    if (other.get() == &fragment || !other->mask ||
        other->state != FragmentState::Ready)
      continue;
    Control control = other->frame->function->code[other->pc].control;
    if (control != Control::BarrierSync && control != Control::BarrierArrive)
      return ++fragment.yields < patience;
  }
  return false;
}

/// Control flow that no lane takes. Branches are counted all the same, and the
/// end of a function is not guarded.
static bool isSkippedWithoutLanes(Control control) {
  return control != Control::None && control != Control::Branch &&
         control != Control::End;
}

uint64_t Warp::runFragment(size_t at, uint64_t quantum) {
  Fragment *f = fragments[at].get();
  uint64_t count = 0;
  LaunchState &state = block.state;
  while (count < quantum) {
    if (f->pc == f->joinPc) {
      if (!arriveAtJoin(*f))
        return count;
      continue;
    }
    frame = f->frame;
    const Instruction &i = frame->function->code[f->pc];
    uint32_t lanes = f->mask;
    if (i.hasGuard) {
      uint32_t truth;
      std::memcpy(&truth, frame->registers.get() + i.guardOffset, 4);
      if (state.checks && (lanes & ~frame->defined[i.guardSlot]))
        checkGuard(i, lanes);
      lanes &= i.negatedGuard ? ~truth : truth;
    }
    if (i.memberMask && waitForMembers(*f, i))
      return count + 1;
    bool isBarrier = i.control == Control::BarrierSync ||
                     i.control == Control::BarrierArrive;
    if (isBarrier && (live & ~f->mask) && othersMayExit(*f))
      return count;
    ++count;
    ++ticks;
    if (state.count) {
      InstructionCounts &counts = block.counters.instructions[i.counter];
      ++counts.warps;
      counts.lanes += unsigned(std::popcount(lanes));
    }
    if (lanes == 0 && isSkippedWithoutLanes(i.control)) {
      ++f->pc;
      continue;
    }
    if (i.control == Control::None) {
      if (lanes)
        executeGroups(i, lanes);
      ++f->pc;
      // Lanes that wait for a lock's holder, which waits for them at a join.
      if (i.strong && fragments.size() > 1 && ++f->strongAccesses > spinLimit) {
        f->strongAccesses = 0;
        dissolveJoins();
      }
    } else if (!transferControl(*f, i, lanes)) {
      return count;
    }
  }
  return count;
}

//===----------------------------------------------------------------------===//
// Waiting for other lanes of the warp
//===----------------------------------------------------------------------===//

static std::string formatLanes(uint32_t lanes) {
  return fmt::format("0x{:08x}", lanes);
}

/// Groups of lanes may name each other in masks of their own: the union.
uint32_t Warp::gatherMembers(const Instruction &i, const Operand &masks,
                             uint32_t lanes, ReportKind kind) const {
  uint64_t bits[warpSize];
  sourceBits(masks, bits);
  uint32_t all = 0, missing = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(lanes >> lane & 1))
      continue;
    all |= uint32_t(bits[lane]);
    if (!(bits[lane] >> lane & 1))
      missing |= 1u << lane;
  }
  if (missing)
    report(i, kind, missing,
           fmt::format("the member mask {} does not name the lane itself",
                       formatLanes(uint32_t(
                           bits[unsigned(std::countr_zero(missing))]))));
  return all;
}

/// One execution per group of lanes with the same member mask.
void Warp::executeGroups(const Instruction &i, uint32_t lanes) {
  if (i.memberMask == 0 || i.memberMask > i.numOperands)
    return execute(i, lanes);
  uint64_t bits[warpSize];
  sourceBits(operand(i, i.memberMask - 1), bits);
  while (lanes) {
    uint64_t mask = bits[unsigned(std::countr_zero(lanes))];
    uint32_t group = 0;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if ((lanes >> lane & 1) && bits[lane] == mask)
        group |= 1u << lane;
    execute(i, group);
    lanes &= ~group;
  }
}

bool Warp::waitForMembers(Fragment &f, const Instruction &i) {
  uint32_t lanes = f.mask;
  if (i.hasGuard) {
    uint32_t truth;
    std::memcpy(&truth, frame->registers.get() + i.guardOffset, 4);
    lanes &= i.negatedGuard ? ~truth : truth;
  }
  if (lanes == 0)
    return false;
  uint32_t needed = ~0u;
  if (i.memberMask > i.numOperands) { // all lanes: mma.sync.aligned and others
    if (f.mask == ~0u)
      return false;
    if (!dissolvedAny || live != launched || launched != ~0u) {
      report(i, ReportKind::InvalidInstruction, lanes,
             fmt::format("executed by the lanes {} of a warp, needs all",
                         formatLanes(lanes)));
      return false;
    }
  } else {
    needed = gatherMembers(i, operand(i, i.memberMask - 1), lanes,
                           ReportKind::InvalidInstruction);
    uint32_t guardedOff = needed & f.mask & ~lanes;
    if (guardedOff)
      report(i, ReportKind::InvalidInstruction, guardedOff,
             fmt::format("the member mask {} names lanes whose guard is false",
                         formatLanes(needed)));
    needed &= live;
  }
  if ((needed & ~f.mask) == 0)
    return false;
  f.state = FragmentState::AtMembers;
  f.members = needed;
  uint32_t together = 0;
  for (const std::unique_ptr<Fragment> &each : fragments)
    if (each->state == FragmentState::AtMembers && each->pc == f.pc &&
        each->frame == f.frame)
      together |= each->mask;
  if (needed & ~together)
    return true;
  // All are here: one execution for all of them.
  uint32_t executing = together;
  if (i.hasGuard) {
    uint32_t truth;
    std::memcpy(&truth, frame->registers.get() + i.guardOffset, 4);
    executing &= i.negatedGuard ? ~truth : truth;
  }
  if (block.state.count) {
    InstructionCounts &counts = block.counters.instructions[i.counter];
    ++counts.warps;
    counts.lanes += unsigned(std::popcount(executing));
  }
  uint32_t pc = f.pc;
  executeGroups(i, executing);
  for (const std::unique_ptr<Fragment> &each : fragments)
    if (each->state == FragmentState::AtMembers && each->pc == pc &&
        each->frame == f.frame) {
      each->state = FragmentState::Ready;
      ++each->pc;
    }
  return true;
}

bool Warp::waitAtWarpBarrier(Fragment &f, const Instruction &i,
                             uint32_t lanes) {
  uint32_t needed =
      gatherMembers(i, operand(i, 0), lanes, ReportKind::MismatchedBarrier) &
      live;
  f.state = FragmentState::AtMembers;
  f.members = needed;
  uint32_t together = 0;
  auto waitsHere = [&](const Fragment &each) {
    return each.state == FragmentState::AtMembers &&
           each.frame->function->code[each.pc].control == Control::WarpBarrier;
  };
  for (const std::unique_ptr<Fragment> &each : fragments)
    if (waitsHere(*each))
      together |= each->mask;
  if (needed & ~together)
    return true;
  clock.synchronizeLanes(needed | lanes, live);
  for (const std::unique_ptr<Fragment> &each : fragments)
    if (waitsHere(*each) && (each->mask & needed)) {
      each->state = FragmentState::Ready;
      ++each->pc;
    }
  return f.state != FragmentState::Ready;
}

void Warp::describeWaiting(std::string &text) const {
  for (const std::unique_ptr<Fragment> &f : fragments) {
    if (f->mask == 0)
      continue;
    const Instruction &i = f->frame->function->code[f->pc];
    text += fmt::format("\n  warp {} lanes {} ", index, formatLanes(f->mask));
    switch (f->state) {
    case FragmentState::AtBarrier: {
      const Barrier &barrier = block.barriers[f->barrier];
      text += fmt::format("wait at barrier {} (line {}, {} of {} threads)",
                          f->barrier, i.line, barrier.arrivedThreads,
                          barrier.expected ? barrier.expected
                                           : block.numWarps() * warpSize);
      break;
    }
    case FragmentState::AtMembers:
      text += fmt::format("wait at line {} for lanes {}", i.line,
                          formatLanes(f->members & ~f->mask));
      break;
    case FragmentState::AtJoin:
      text += fmt::format(
          "wait at line {} for lanes {} to meet them", i.line,
          formatLanes(f->joins.back()->lanes & ~f->joins.back()->arrived));
      break;
    case FragmentState::Ready:
      text += fmt::format("are at line {}", i.line);
      break;
    }
  }
}
