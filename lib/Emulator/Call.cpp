//===- Call.cpp - function calls of a warp ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Warp.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

using namespace dilated::emulator;

/// Per thread, as on the device.
static constexpr uint32_t maximalLocal = 512 * 1024;

/// Of one warp; a device has less for threads that call without end.
static constexpr size_t maximalFrames = 1024;

void Warp::ensureLocal(uint32_t bytes) {
  if (bytes <= localStride)
    return;
  uint32_t stride = std::max<uint32_t>(256, std::bit_ceil(bytes));
  std::vector<std::byte> grown(size_t(stride) * warpSize);
  std::vector<uint8_t> grownDefined(size_t(stride) * warpSize, 0);
  for (unsigned lane = 0; lane < warpSize && localStride; ++lane) {
    std::memcpy(&grown[size_t(lane) * stride],
                &local[size_t(lane) * localStride], localStride);
    std::memcpy(&grownDefined[size_t(lane) * stride],
                &localDefined[size_t(lane) * localStride], localStride);
  }
  local = std::move(grown);
  localDefined = std::move(grownDefined);
  localStride = stride;
}

void Warp::copyArgument(const Operand &from, const Frame &fromFrame,
                        const Operand &to, Frame &toFrame, uint32_t lanes) {
  const ModuleData &module = *block.state.module;
  auto isMemory = [&](const Operand &each) {
    return each.kind == OperandKind::Symbol &&
           module.symbols[each.symbol].space == Space::Local;
  };
  uint64_t bits[warpSize];
  uint32_t definedLanes = ~0u;
  if (!isMemory(from)) {
    Frame *current = frame;
    frame = const_cast<Frame *>(&fromFrame);
    sourceBits(from, bits);
    if (from.kind == OperandKind::Register ||
        from.kind == OperandKind::Predicate)
      definedLanes = fromFrame.defined[from.slot];
    frame = current;
  }
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(lanes >> lane & 1))
      continue;
    size_t base = size_t(lane) * localStride;
    const std::byte *source = reinterpret_cast<const std::byte *>(&bits[lane]);
    const uint8_t *sourceDefined = nullptr;
    uint64_t sourceBytes = 8;
    if (isMemory(from)) {
      const Variable &variable = module.symbols[from.symbol];
      size_t at = base + fromFrame.localBase + variable.offset;
      source = &local[at];
      sourceDefined = &localDefined[at];
      sourceBytes = variable.bytes;
    }
    if (isMemory(to)) {
      const Variable &variable = module.symbols[to.symbol];
      size_t at = base + toFrame.localBase + variable.offset;
      uint64_t bytes = std::min(sourceBytes, variable.bytes);
      std::memcpy(&local[at], source, bytes);
      for (uint64_t k = 0; k < bytes; ++k)
        localDefined[at + k] =
            sourceDefined ? sourceDefined[k] : (definedLanes >> lane & 1);
    } else if (to.kind == OperandKind::Register) {
      uint64_t value = 0;
      std::memcpy(&value, source, std::min<uint64_t>(sourceBytes, 8));
      unsigned width = std::min<unsigned>(to.bytes, 8);
      std::memcpy(toFrame.registers.get() + to.offset + lane * to.bytes, &value,
                  width);
      bool whole = definedLanes >> lane & 1;
      for (unsigned k = 0; sourceDefined && k < width && k < sourceBytes; ++k)
        whole &= sourceDefined[k] != 0;
      if (whole)
        toFrame.defined[to.slot] |= 1u << lane;
    } else if (to.kind == OperandKind::Predicate) {
      uint32_t truth;
      std::memcpy(&truth, toFrame.registers.get() + to.offset, 4);
      truth = (truth & ~(1u << lane)) | uint32_t(bits[lane] & 1) << lane;
      std::memcpy(toFrame.registers.get() + to.offset, &truth, 4);
      toFrame.defined[to.slot] |= 1u << lane;
    }
  }
}

void Warp::call(Fragment &f, const Instruction &i, uint32_t lanes) {
  const ModuleData &module = *block.state.module;
  const Operand &target = operand(i, 1);
  uint32_t index = target.symbol;
  if (target.kind == OperandKind::Register) {
    // Lanes that call the same function go together.
    uint64_t bits[warpSize];
    sourceBits(target, bits);
    if (block.state.checks && (lanes & ~frame->defined[target.slot]))
      reportUndefined(i, target, lanes & ~frame->defined[target.slot],
                      "is the address of a function");
    uint64_t address = bits[std::countr_zero(lanes)];
    uint32_t same = 0;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if ((lanes >> lane & 1) && bits[lane] == address)
        same |= 1u << lane;
    uint64_t number = (address - functionWindow) / 16;
    if ((address & windowMask) != functionWindow ||
        number >= module.functions.size() ||
        module.functions[number].isKernel) {
      report(i, ReportKind::InvalidInstruction, same,
             fmt::format("0x{:x} is not the address of a function", address));
      f.mask &= ~same;
      exitLanes(same);
      return;
    }
    index = uint32_t(number);
    if (same != lanes) {
      split(f, f.pc + 1, lanes & ~same, f.pc);
      lanes = same;
    }
  }
  const Function &callee = module.functions[index];
  if (!callee.hasBody) {
    active = lanes;
    callExternal(callee, i, lanes);
    ++f.pc;
    return;
  }
  uint32_t base =
      (frame->localBase + frame->function->localBytes + 15) / 16 * 16;
  if (base + callee.localBytes > maximalLocal ||
      frames.size() > maximalFrames) {
    report(i, ReportKind::ResourceLimit, lanes,
           fmt::format("the stack of a thread has more than {} bytes or {} "
                       "calls",
                       maximalLocal, maximalFrames));
    f.mask &= ~lanes;
    exitLanes(lanes);
    return;
  }
  ensureLocal(base + callee.localBytes);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (lanes >> lane & 1)
      std::fill_n(localDefined.begin() + size_t(lane) * localStride + base,
                  callee.localBytes, 0);
  Frame *made = makeFrame(callee);
  made->caller = frame;
  made->site = &i;
  made->returnPc = f.pc + 1;
  made->lanes = lanes;
  made->localBase = base;
  const Operand &arguments = operand(i, 2);
  size_t count =
      std::min<size_t>(arguments.count, callee.formalOperands.size());
  if (arguments.count != callee.formalOperands.size())
    report(i, ReportKind::InvalidInstruction, lanes,
           fmt::format("{} arguments for the {} parameters of '{}'",
                       arguments.count, callee.formalOperands.size(),
                       callee.name));
  for (size_t k = 0; k < count; ++k)
    copyArgument(element(arguments, unsigned(k)), *frame,
                 callee.formalOperands[k], *made, lanes);
  f.frame = made;
  f.pc = 0;
  refreshJoin(f);
}

void Warp::leaveFrame(Fragment &f) {
  Frame *left = f.frame;
  uint32_t lanes = f.mask;
  if (!left->caller) {
    f.mask = 0;
    exitLanes(lanes);
    return;
  }
  Frame *caller = left->caller;
  const Operand &results = caller->function->getOperands(*left->site)[0];
  size_t count =
      std::min<size_t>(results.count, left->function->resultOperands.size());
  for (size_t k = 0; k < count; ++k)
    copyArgument(left->function->resultOperands[k], *left,
                 caller->function->operands[results.first + k], *caller, lanes);
  f.frame = caller;
  f.pc = left->returnPc;
  while (!f.joins.empty() && f.joins.back()->frame == left)
    f.joins.pop_back();
  refreshJoin(f);
  left->lanes &= ~lanes & live;
  if (left->lanes == 0)
    freeFrames[left->function].push_back(left);
}

void Warp::callExternal(const Function &callee, const Instruction &i,
                        uint32_t lanes) {
  if (callee.name == "vprintf") {
    printFormatted(i, lanes);
    return;
  }
  if (callee.name == "__assertfail" || callee.name == "__assert_fail") {
    report(i, ReportKind::InvalidInstruction, lanes, "an assertion failed");
    block.state.stop = true;
    return;
  }
  report(i, ReportKind::InvalidInstruction, lanes,
         fmt::format("'{}' is declared and not defined", callee.name));
  block.state.stop = true;
}
