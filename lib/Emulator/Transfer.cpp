//===- Transfer.cpp - where a fragment goes on ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Warp.h"

#include <fmt/format.h>

using namespace dilated::emulator;

void Warp::branch(Fragment &f, const Instruction &i, uint32_t lanes) {
  if (!i.hasGuard || lanes == f.mask) {
    block.counters.branches += i.hasGuard;
    f.pc = i.target;
    return;
  }
  ++block.counters.branches;
  if (lanes != 0) {
    ++block.counters.divergentBranches;
    if (block.state.count)
      ++block.counters.instructions[i.counter].divergences;
    split(f, i.reconverge, lanes, i.target);
  }
  ++f.pc;
}

bool Warp::leaveKernel(Fragment &f, uint32_t lanes) {
  f.mask &= ~lanes;
  ++f.pc;
  exitLanes(lanes);
  return f.mask != 0 && f.state == FragmentState::Ready;
}

bool Warp::transferControl(Fragment &f, const Instruction &i, uint32_t lanes) {
  // Lanes that do not take part go on after the instruction.
  auto splitOthers = [&](uint32_t reconverge) {
    if (lanes != f.mask)
      split(f, reconverge, f.mask & ~lanes, f.pc + 1);
  };
  switch (i.control) {
  case Control::None:
    return true;
  case Control::Branch:
    branch(f, i, lanes);
    return true;
  case Control::Return:
    if (!frame->caller)
      return leaveKernel(f, lanes);
    splitOthers(i.reconverge);
    f.pc = uint32_t(frame->function->code.size()) - 1;
    return true;
  case Control::End:
    leaveFrame(f);
    return f.mask != 0;
  case Control::Trap:
    report(i, ReportKind::InvalidInstruction, lanes, "trap");
    block.state.stop = true;
    return leaveKernel(f, lanes);
  case Control::Exit:
    return leaveKernel(f, lanes);
  case Control::BranchIndexed:
    splitOthers(i.reconverge);
    branchIndexed(f, i);
    return true;
  case Control::Call:
    splitOthers(f.pc + 1);
    call(f, i, lanes);
    return true;
  case Control::BarrierSync:
  case Control::BarrierArrive:
    splitOthers(f.pc + 1);
    enterBarrier(f, i, lanes);
    return f.state == FragmentState::Ready;
  case Control::WarpBarrier:
    splitOthers(f.pc + 1);
    return !waitAtWarpBarrier(f, i, lanes);
  }
  return true;
}

void Warp::branchIndexed(Fragment &f, const Instruction &i) {
  active = f.mask;
  if (block.state.checks) {
    sawUndefined = false;
    propagateUndefined(i);
    pendingUndefined.clear();
  }
  uint32_t scratch[warpSize];
  const uint32_t *index = source<uint32_t>(operand(i, 0), scratch);
  uint32_t count = uint32_t(operand(i, 1).value);
  auto targetOf = [&](unsigned lane) {
    return index[lane] < count
               ? frame->function->branchTargets[i.target + index[lane]]
               : UINT32_MAX;
  };
  uint32_t outside = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if ((f.mask >> lane & 1) && targetOf(lane) == UINT32_MAX)
      outside |= 1u << lane;
  if (outside) {
    report(i, ReportKind::InvalidInstruction, outside,
           fmt::format("index {} of {} targets",
                       index[std::countr_zero(outside)], count));
    f.mask &= ~outside;
    exitLanes(outside);
    if (f.mask == 0)
      return;
  }
  uint32_t pc = f.pc;
  uint32_t rest = f.mask;
  bool first = true;
  uint32_t own = 0, ownTarget = 0;
  while (rest) {
    uint32_t target = targetOf(unsigned(std::countr_zero(rest)));
    uint32_t lanes = 0;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if ((rest >> lane & 1) && targetOf(lane) == target)
        lanes |= 1u << lane;
    rest &= ~lanes;
    if (first) {
      own = lanes;
      ownTarget = target;
      first = false;
    } else {
      split(f, i.reconverge, lanes, target);
    }
  }
  (void)own;
  (void)pc;
  f.pc = ownTarget;
}
