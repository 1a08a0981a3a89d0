//===- Operands.cpp - reading and writing rows of lanes ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Parser.h"
#include "Warp.h"

using namespace dilated::emulator;

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

template <typename T>
static void widen(const std::byte *row, uint64_t *bits) {
  const T *values = reinterpret_cast<const T *>(row);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    bits[lane] = values[lane];
}

template <typename T>
static void narrow(std::byte *row, const uint64_t *bits, uint32_t active) {
  T *values = reinterpret_cast<T *>(row);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (active >> lane & 1)
      values[lane] = T(bits[lane]);
}

void Warp::sourceBits(const Operand &operand, uint64_t *bits) const {
  switch (operand.kind) {
  case OperandKind::Register: {
    const std::byte *row = frame->registers.get() + operand.offset;
    switch (operand.bytes) {
    case 2:
      return widen<uint16_t>(row, bits);
    case 4:
      return widen<uint32_t>(row, bits);
    case 8:
      return widen<uint64_t>(row, bits);
    case 16: // the low half
      for (unsigned lane = 0; lane < warpSize; ++lane)
        std::memcpy(&bits[lane], row + lane * 16, 8);
      return;
    }
    break;
  }
  case OperandKind::Predicate: {
    uint32_t truth = predicate(operand);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      bits[lane] = truth >> lane & 1;
    return;
  }
  case OperandKind::Special:
    for (unsigned lane = 0; lane < warpSize; ++lane)
      bits[lane] = specialValue(SpecialRegister(operand.value), lane);
    return;
  case OperandKind::Symbol: {
    uint64_t address = symbolAddress(operand.symbol) + uint64_t(operand.value);
    std::fill_n(bits, warpSize, address);
    return;
  }
  case OperandKind::Function:
    std::fill_n(bits, warpSize, functionWindow + uint64_t(operand.symbol) * 16);
    return;
  default:
    break;
  }
  std::fill_n(bits, warpSize, uint64_t(operand.value));
}

void Warp::writeBits(const Operand &operand, const uint64_t *bits) {
  if (operand.kind != OperandKind::Register)
    return;
  std::byte *row = frame->registers.get() + operand.offset;
  switch (operand.bytes) {
  case 2:
    return narrow<uint16_t>(row, bits, active);
  case 4:
    return narrow<uint32_t>(row, bits, active);
  case 8:
    return narrow<uint64_t>(row, bits, active);
  case 16:
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if (active >> lane & 1) {
        std::memcpy(row + lane * 16, &bits[lane], 8);
        std::memset(row + lane * 16 + 8, 0, 8);
      }
    return;
  }
}

uint32_t Warp::predicate(const Operand &operand) const {
  if (operand.kind == OperandKind::Predicate) {
    uint32_t truth;
    std::memcpy(&truth, frame->registers.get() + operand.offset, 4);
    return operand.negated ? ~truth : truth;
  }
  return operand.value ? ~0u : 0u;
}

void Warp::writePredicate(const Operand &operand, uint32_t lanes) {
  if (operand.kind != OperandKind::Predicate)
    return;
  uint32_t truth;
  std::memcpy(&truth, frame->registers.get() + operand.offset, 4);
  truth = (truth & ~active) | (lanes & active);
  std::memcpy(frame->registers.get() + operand.offset, &truth, 4);
}

uint64_t Warp::symbolAddress(uint32_t symbol) const {
  const Variable &variable = block.state.module->symbols[symbol];
  switch (variable.space) {
  case Space::Local:
    return frame->localBase + variable.offset;
  case Space::Param:
    return variable.offset;
  default:
    return block.state.symbolAddresses[symbol];
  }
}

//===----------------------------------------------------------------------===//
// Special registers
//===----------------------------------------------------------------------===//

namespace {

struct SpecialName {
  std::string_view name, component;
  SpecialRegister value;
  unsigned bytes;
};

} // namespace

static constexpr SpecialName specialNames[] = {
    {"%tid", "x", SpecialRegister::TidX, 4},
    {"%tid", "y", SpecialRegister::TidY, 4},
    {"%tid", "z", SpecialRegister::TidZ, 4},
    {"%ntid", "x", SpecialRegister::NtidX, 4},
    {"%ntid", "y", SpecialRegister::NtidY, 4},
    {"%ntid", "z", SpecialRegister::NtidZ, 4},
    {"%ctaid", "x", SpecialRegister::CtaidX, 4},
    {"%ctaid", "y", SpecialRegister::CtaidY, 4},
    {"%ctaid", "z", SpecialRegister::CtaidZ, 4},
    {"%nctaid", "x", SpecialRegister::NctaidX, 4},
    {"%nctaid", "y", SpecialRegister::NctaidY, 4},
    {"%nctaid", "z", SpecialRegister::NctaidZ, 4},
    {"%laneid", "", SpecialRegister::LaneId, 4},
    {"%warpid", "", SpecialRegister::WarpId, 4},
    {"%nwarpid", "", SpecialRegister::NwarpId, 4},
    {"%smid", "", SpecialRegister::SmId, 4},
    {"%nsmid", "", SpecialRegister::NsmId, 4},
    {"%gridid", "", SpecialRegister::GridId, 8},
    {"%lanemask_eq", "", SpecialRegister::LanemaskEq, 4},
    {"%lanemask_le", "", SpecialRegister::LanemaskLe, 4},
    {"%lanemask_lt", "", SpecialRegister::LanemaskLt, 4},
    {"%lanemask_ge", "", SpecialRegister::LanemaskGe, 4},
    {"%lanemask_gt", "", SpecialRegister::LanemaskGt, 4},
    {"%clock", "", SpecialRegister::Clock, 4},
    {"%clock_hi", "", SpecialRegister::ClockHigh, 4},
    {"%clock64", "", SpecialRegister::Clock64, 8},
    {"%globaltimer", "", SpecialRegister::GlobalTimer, 8},
    {"%globaltimer_lo", "", SpecialRegister::GlobalTimerLow, 4},
    {"%globaltimer_hi", "", SpecialRegister::GlobalTimerHigh, 4},
    {"%dynamic_smem_size", "", SpecialRegister::DynamicShared, 4},
    {"%total_smem_size", "", SpecialRegister::TotalShared, 4},
    // A launch without clusters is one of clusters of one block.
    {"%cluster_ctaid", "x", SpecialRegister::Zero, 4},
    {"%cluster_ctaid", "y", SpecialRegister::Zero, 4},
    {"%cluster_ctaid", "z", SpecialRegister::Zero, 4},
    {"%cluster_nctaid", "x", SpecialRegister::One, 4},
    {"%cluster_nctaid", "y", SpecialRegister::One, 4},
    {"%cluster_nctaid", "z", SpecialRegister::One, 4},
    {"%cluster_ctarank", "", SpecialRegister::Zero, 4},
    {"%cluster_nctarank", "", SpecialRegister::One, 4},
    {"%clusterid", "x", SpecialRegister::CtaidX, 4},
    {"%clusterid", "y", SpecialRegister::CtaidY, 4},
    {"%clusterid", "z", SpecialRegister::CtaidZ, 4},
    {"%nclusterid", "x", SpecialRegister::NctaidX, 4},
    {"%nclusterid", "y", SpecialRegister::NctaidY, 4},
    {"%nclusterid", "z", SpecialRegister::NctaidZ, 4},
};

std::optional<SpecialRegister> dilated::emulator::parseSpecialRegister(
    std::string_view name, std::string_view component, unsigned &bytes) {
  for (const SpecialName &each : specialNames)
    if (each.name == name && each.component == component) {
      bytes = each.bytes;
      return each.value;
    }
  return std::nullopt;
}

uint64_t Warp::specialValue(SpecialRegister special, unsigned lane) const {
  const Dim3 &size = block.state.launch->block;
  const Dim3 &grid = block.state.launch->grid;
  uint32_t thread = threadOf(lane);
  switch (special) {
  case SpecialRegister::TidX:
    return thread % size.x;
  case SpecialRegister::TidY:
    return thread / size.x % size.y;
  case SpecialRegister::TidZ:
    return thread / size.x / size.y;
  case SpecialRegister::NtidX:
    return size.x;
  case SpecialRegister::NtidY:
    return size.y;
  case SpecialRegister::NtidZ:
    return size.z;
  case SpecialRegister::CtaidX:
    return block.blockIndex.x;
  case SpecialRegister::CtaidY:
    return block.blockIndex.y;
  case SpecialRegister::CtaidZ:
    return block.blockIndex.z;
  case SpecialRegister::NctaidX:
    return grid.x;
  case SpecialRegister::NctaidY:
    return grid.y;
  case SpecialRegister::NctaidZ:
    return grid.z;
  case SpecialRegister::LaneId:
    return lane;
  case SpecialRegister::WarpId:
    return index;
  case SpecialRegister::NwarpId:
    return block.numWarps();
  case SpecialRegister::SmId:
    return 0;
  case SpecialRegister::NsmId:
    return 1;
  case SpecialRegister::GridId:
    return 1;
  case SpecialRegister::LanemaskEq:
    return 1u << lane;
  case SpecialRegister::LanemaskLe:
    return uint32_t((uint64_t(2) << lane) - 1);
  case SpecialRegister::LanemaskLt:
    return (1u << lane) - 1;
  case SpecialRegister::LanemaskGe:
    return ~((1u << lane) - 1);
  case SpecialRegister::LanemaskGt:
    return ~uint32_t((uint64_t(2) << lane) - 1);
  case SpecialRegister::Clock:
    return uint32_t(ticks);
  case SpecialRegister::ClockHigh:
    return ticks >> 32;
  case SpecialRegister::Clock64:
  case SpecialRegister::GlobalTimer:
    return ticks;
  case SpecialRegister::GlobalTimerLow:
    return uint32_t(ticks);
  case SpecialRegister::GlobalTimerHigh:
    return ticks >> 32;
  case SpecialRegister::DynamicShared:
    return block.state.dynamicSharedBytes;
  case SpecialRegister::TotalShared:
    return block.state.sharedBytes;
  case SpecialRegister::Zero:
    return 0;
  case SpecialRegister::One:
    return 1;
  }
  return 0;
}
