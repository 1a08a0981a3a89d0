//===- ExecControl.cpp - branches, calls, barriers, fences ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execute.h"

using namespace dilated::emulator;

namespace {

void executeNothing(Warp &, const Instruction &) {}

template <Control control>
std::string selectControl(const Modifiers &, Instruction &i) {
  i.control = control;
  return {};
}

std::string selectNothing(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Handler;
  i.handler = executeNothing;
  return {};
}

// Operands of every barrier: result, number, count, predicate.
template <Control control, bool aligned>
std::string selectBarrier(const Modifiers &m, Instruction &i) {
  i.control = control;
  i.aligned = aligned || m.has("aligned");
  i.operation = m.has("or");
  if (m.has("popc") && i.type != ScalarType::U32)
    return unsupportedType("bar.red.popc", i.type);
  return {};
}

std::string selectWarpBarrier(const Modifiers &, Instruction &i) {
  i.control = Control::WarpBarrier;
  return {};
}

} // namespace

static constexpr InstructionClass control = InstructionClass::Control;
static constexpr InstructionClass barrier = InstructionClass::Barrier;
static constexpr Selector alignedSync =
    selectBarrier<Control::BarrierSync, true>;
static constexpr Selector unalignedSync =
    selectBarrier<Control::BarrierSync, false>;
static constexpr Selector arrive = selectBarrier<Control::BarrierArrive, true>;
static constexpr Selector unalignedArrive =
    selectBarrier<Control::BarrierArrive, false>;

static constexpr std::string_view fenceWords =
    "cta cluster gpu sys gl sc acq_rel acquire release proxy async alias "
    "global shared::cta shared::cluster mbarrier_init";

// bra, brx.idx and call are parsed by themselves.
static constexpr Opcode opcodes[] = {
    {"bra", "", "", 0, 0, control, selectNothing},
    {"brx.idx", "", "", 0, 0, control, selectNothing},
    {"call", "", "", 0, 0, control, selectNothing},
    {"ret", "", "", 0, 0, control, selectControl<Control::Return>},
    {"exit", "", "", 0, 0, control, selectControl<Control::Exit>},
    {"trap", "", "", 0, 0, control, selectControl<Control::Trap>},
    {"brkpt", "", "", 0, 0, control, selectNothing},
    {"nanosleep", "u", "", 1, 1, control, selectNothing},
    {"pmevent", "u", "mask", 0, 0, control, selectNothing},
    {"griddepcontrol.wait", "", "", 0, 0, control, selectNothing},
    {"griddepcontrol.launch_dependents", "", "", 0, 0, control, selectNothing},
    {"setmaxnreg", "u", "inc dec sync aligned", 1, 1, control, selectNothing},

    {"bar.sync", "-uu?-", "", 0, 0, barrier, alignedSync},
    {"bar.cta.sync", "-uu?-", "", 0, 0, barrier, alignedSync},
    {"barrier.sync", "-uu?-", "aligned", 0, 0, barrier, unalignedSync},
    {"barrier.cta.sync", "-uu?-", "aligned", 0, 0, barrier, unalignedSync},
    {"bar.arrive", "-uu-", "", 0, 0, barrier, arrive},
    {"bar.cta.arrive", "-uu-", "", 0, 0, barrier, arrive},
    {"barrier.arrive", "-uu-", "aligned", 0, 0, barrier, unalignedArrive},
    {"barrier.cta.arrive", "-uu-", "aligned", 0, 0, barrier, unalignedArrive},
    {"bar.red.popc", "UucP", "popc", 1, 1, barrier, alignedSync},
    {"bar.cta.red.popc", "UucP", "popc", 1, 1, barrier, alignedSync},
    {"barrier.cta.red.popc", "UucP", "popc aligned", 1, 1, barrier,
     unalignedSync},
    {"bar.red", "pucP", "and or", 1, 1, barrier, alignedSync},
    {"bar.cta.red", "pucP", "and or", 1, 1, barrier, alignedSync},
    {"barrier.cta.red", "pucP", "and or aligned", 1, 1, barrier, unalignedSync},
    {"bar.warp.sync", "u", "", 0, 0, barrier, selectWarpBarrier},
    {"membar", "", fenceWords, 0, 0, barrier, selectNothing},
    {"fence", "", fenceWords, 0, 0, barrier, selectNothing},
};

std::span<const Opcode> dilated::emulator::getControlOpcodes() {
  return opcodes;
}
