//===- Undefined.cpp - values that nobody has defined -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Undefinedness follows the data, bit by bit where an instruction moves bits:
// compilers emit copies of registers that have no value yet on paths where it
// does not matter. It is reported where it would decide something: an address,
// a guard, what a warp or a block is told, and what is stored to global memory.
//
// All of this is off the fast path: as long as every lane of every source is
// defined, a warp only tests and sets one mask per register.
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Warp.h"

#include <bit>
#include <fmt/format.h>

using namespace dilated::emulator;

static uint64_t lowBits(unsigned bytes) {
  return bytes >= 8 ? ~uint64_t(0) : (uint64_t(1) << (8 * bytes)) - 1;
}

bool Warp::shadowed() const { return block.state.checks; }

const UndefinedBits *Warp::undefinedOrigin(const Operand &operand) const {
  auto found = frame->undefined.find(operand.slot);
  return found == frame->undefined.end() ? nullptr : &found->second;
}

uint64_t Warp::undefinedBits(const Operand &operand, unsigned lane) const {
  if (operand.kind != OperandKind::Register &&
      operand.kind != OperandKind::Predicate &&
      !(operand.kind == OperandKind::Address &&
        operand.base == OperandKind::Register))
    return 0;
  if (frame->defined[operand.slot] >> lane & 1)
    return 0;
  auto found = frame->undefined.find(operand.slot);
  uint64_t all =
      operand.kind == OperandKind::Predicate ? 1 : lowBits(operand.bytes);
  // No entry: never written at all.
  return found == frame->undefined.end() || found->second.bits[lane] == 0
             ? all
             : found->second.bits[lane];
}

void Warp::reportUndefined(const Instruction &i, const Operand &operand,
                           uint32_t lanes, const char *use) const {
  if (!lanes || !block.state.checks)
    return;
  const UndefinedBits *origin = undefinedOrigin(operand);
  const std::string &name = frame->function->slotNames[operand.slot];
  if (origin && origin->fromShared)
    return report(i, ReportKind::UninitializedShared, lanes,
                  fmt::format("{} {}; it comes from shared memory that nobody "
                              "wrote, read at line {}",
                              name, use, origin->originLine));
  std::string from =
      origin && origin->originLine && origin->originLine != i.line
          ? fmt::format(", by way of line {}", origin->originLine)
          : std::string();
  report(i, ReportKind::UninitializedRegister, lanes,
         fmt::format("{} {} and has no value{}", name, use, from));
}

void Warp::markUndefined(const Operand &result, unsigned lane, uint64_t bits,
                         uint32_t originLine, bool fromShared) {
  if ((result.kind != OperandKind::Register &&
       result.kind != OperandKind::Predicate) ||
      bits == 0 || !block.state.checks)
    return;
  for (PendingUndefined &each : pendingUndefined)
    if (each.slot == result.slot) {
      each.bits.bits[lane] |= bits;
      each.bits.fromShared |= fromShared;
      return;
    }
  PendingUndefined pending{result.slot, {}};
  pending.bits.bits[lane] = bits;
  pending.bits.originLine = originLine;
  pending.bits.fromShared = fromShared;
  pendingUndefined.push_back(pending);
}

void Warp::applyUndefined() {
  for (PendingUndefined &pending : pendingUndefined) {
    UndefinedBits &stored = frame->undefined[pending.slot];
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      if (!(active >> lane & 1))
        continue;
      stored.bits[lane] = pending.bits.bits[lane];
      if (pending.bits.bits[lane])
        frame->defined[pending.slot] &= ~(1u << lane);
    }
    stored.originLine = pending.bits.originLine;
    stored.fromShared = pending.bits.fromShared;
  }
  pendingUndefined.clear();
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

namespace {

/// Sources as values and undefined bits, for one lane.
struct Bits {
  uint64_t value = 0, undefined = 0;
};

Bits ruleAnd(Bits a, Bits b) {
  return {0, (a.undefined & (b.value | b.undefined)) |
                 (b.undefined & (a.value | a.undefined))};
}

Bits ruleOr(Bits a, Bits b) {
  return {0, (a.undefined & (~b.value | b.undefined)) |
                 (b.undefined & (~a.value | a.undefined))};
}

Bits rulePermute(Bits a, Bits b, Bits selector) {
  if (selector.undefined)
    return {0, 0xffffffff};
  uint64_t both = (b.undefined << 32) | (a.undefined & 0xffffffff);
  uint64_t result = 0;
  for (unsigned k = 0; k < 4; ++k) {
    unsigned nibble = selector.value >> (4 * k) & 15;
    uint64_t byte = both >> (8 * (nibble & 7)) & 255;
    if (nibble & 8) // the sign of a byte, eight times
      byte = byte & 128 ? 255 : 0;
    result |= byte << (8 * k);
  }
  return {0, result};
}

/// Bits position … position + length of an undefined source, and those that
/// repeat the sign; of bfe.
uint64_t ruleExtract(const Bits *sources, bool isSigned, unsigned width) {
  if (sources[1].undefined || sources[2].undefined)
    return ~uint64_t(0);
  unsigned position = sources[1].value & 255, length = sources[2].value & 255;
  if (position >= width || length == 0)
    return isSigned && (sources[0].undefined >> (width - 1) & 1) && length
               ? ~uint64_t(0)
               : 0;
  unsigned present = length < width - position ? length : width - position;
  uint64_t keep = present >= 64 ? ~uint64_t(0) : (uint64_t(1) << present) - 1;
  uint64_t field = sources[0].undefined >> position & keep;
  if (isSigned && (field >> (present - 1) & 1))
    field |= ~keep;
  return field;
}

/// bfi a, b, position, length: undefined bits of a inside the field, of b
/// outside.
uint64_t ruleInsert(const Bits *sources, unsigned width) {
  if (sources[2].undefined || sources[3].undefined)
    return ~uint64_t(0);
  unsigned position = sources[2].value & 255, length = sources[3].value & 255;
  if (position >= width || length == 0)
    return sources[1].undefined;
  unsigned present = length < width - position ? length : width - position;
  uint64_t keep = (present >= 64 ? ~uint64_t(0) : (uint64_t(1) << present) - 1)
                  << position;
  return (sources[1].undefined & ~keep) |
         (sources[0].undefined << position & keep);
}

} // namespace

void Warp::propagateUndefined(const Instruction &i) {
  const Function &function = *frame->function;
  const UndefinedBits *origin = nullptr;
  uint32_t originLine = i.line;
  // The first source that has undefined bits stands for all.
  auto note = [&](const Operand &each) {
    if (origin)
      return;
    origin = undefinedOrigin(each);
    if (origin && origin->originLine)
      originLine = origin->originLine;
  };
  auto undefinedLanes = [&](const Operand &each) {
    if (each.kind == OperandKind::Register ||
        each.kind == OperandKind::Predicate ||
        (each.kind == OperandKind::Address &&
         each.base == OperandKind::Register))
      return active & ~frame->defined[each.slot];
    return 0u;
  };
  auto isResult = [&](const Operand &each) {
    for (uint32_t n = 0; n < i.numResults; ++n)
      if (function.slots[i.firstResult + n] == each.slot)
        return true;
    return false;
  };

  if (i.shadowRule == ShadowRule::Handler)
    return;
  if (i.shadowRule == ShadowRule::Memory ||
      i.shadowRule == ShadowRule::Strict) {
    for (unsigned n = 0; n < i.numOperands; ++n) {
      const Operand &each = operand(i, n);
      if (each.kind == OperandKind::Address)
        reportUndefined(i, each, undefinedLanes(each), "is an address");
      else if (i.shadowRule == ShadowRule::Strict &&
               (each.kind == OperandKind::Register ||
                each.kind == OperandKind::Predicate) &&
               !(isResult(each) && n == 0))
        reportUndefined(i, each, undefinedLanes(each), "is an operand");
    }
    return;
  }

  auto bitsOf = [&](const Operand &each, const uint64_t *values,
                    unsigned lane) {
    uint64_t undefined = undefinedBits(each, lane);
    if (undefined)
      note(each);
    return Bits{values[lane], undefined};
  };

  // Sources other than the first operand, which is the result.
  const unsigned first = 1;
  unsigned numSources = i.numOperands > first ? i.numOperands - first : 0;
  uint64_t values[4][warpSize] = {};
  for (unsigned n = 0; n < numSources && n < 4; ++n)
    if (operand(i, first + n).kind != OperandKind::Vector)
      sourceBits(operand(i, first + n), values[n]);
  const Operand &result = operand(i, 0);

  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(active >> lane & 1))
      continue;
    Bits sources[4];
    for (unsigned n = 0; n < numSources && n < 4; ++n)
      if (operand(i, first + n).kind != OperandKind::Vector)
        sources[n] = bitsOf(operand(i, first + n), values[n], lane);
    uint64_t undefined = 0;
    switch (i.shadowRule) {
    case ShadowRule::Move: {
      // The concatenation of the sources, cut into the results.
      const Operand &from = operand(i, 1);
      if (from.kind == OperandKind::Vector) {
        for (uint32_t k = 0; k < from.count && k * from.bytes < 8; ++k) {
          const Operand &part = element(from, k);
          uint64_t bits = undefinedBits(part, lane);
          if (bits)
            note(part);
          undefined |= bits << (8 * from.bytes * k);
        }
      } else {
        undefined = sources[0].undefined;
      }
      if (result.kind == OperandKind::Vector) {
        for (uint32_t k = 0; k < result.count && k * result.bytes < 8; ++k)
          markUndefined(element(result, k), lane,
                        undefined >> (8 * result.bytes * k) &
                            lowBits(result.bytes),
                        originLine, origin && origin->fromShared);
        continue;
      }
      break;
    }
    case ShadowRule::And:
      undefined = ruleAnd(sources[0], sources[1]).undefined;
      break;
    case ShadowRule::Or:
      undefined = ruleOr(sources[0], sources[1]).undefined;
      break;
    case ShadowRule::Xor:
      undefined = sources[0].undefined | sources[1].undefined;
      break;
    case ShadowRule::ShiftLeft:
    case ShadowRule::ShiftRight: {
      uint64_t amount = sources[1].value;
      bool isSigned = isSignedInteger(i.type);
      unsigned width = getTypeBytes(i.type) * 8;
      uint64_t bits = sources[0].undefined;
      if (sources[1].undefined)
        undefined = ~uint64_t(0);
      else if (i.shadowRule == ShadowRule::ShiftLeft)
        undefined = amount >= width ? 0 : bits << amount;
      else if (isSigned && (bits >> (width - 1) & 1))
        undefined = amount >= width
                        ? ~uint64_t(0)
                        : bits >> amount |
                              (amount ? ~uint64_t(0) << (width - amount) : 0);
      else
        undefined = amount >= width ? 0 : bits >> amount;
      break;
    }
    case ShadowRule::Select:
      if (sources[2].undefined & 1)
        undefined = sources[0].value == sources[1].value &&
                            !sources[0].undefined && !sources[1].undefined
                        ? 0
                        : ~uint64_t(0);
      else
        undefined = (sources[2].value & 1 ? sources[0] : sources[1]).undefined;
      break;
    case ShadowRule::Permute:
      undefined = rulePermute(sources[0], sources[1], sources[2]).undefined;
      break;
    case ShadowRule::Extract:
      undefined = ruleExtract(sources, isSignedInteger(i.type),
                              getTypeBytes(i.type) * 8);
      break;
    case ShadowRule::Insert:
      undefined = ruleInsert(sources, getTypeBytes(i.type) * 8);
      break;
    case ShadowRule::Convert: {
      unsigned from = getTypeBytes(i.sourceType);
      undefined = sources[0].undefined & lowBits(from);
      if (isSignedInteger(i.sourceType) && from < 8 &&
          (undefined >> (8 * from - 1) & 1))
        undefined |= ~lowBits(from);
      break;
    }
    case ShadowRule::Combine: {
      // False and anything, true or anything: the comparison decides nothing.
      const Operand &other = operand(i, 4);
      if (i.operation < 3 && !undefinedBits(other, lane) &&
          (predicate(other) >> lane & 1) == (i.operation == 2))
        continue;
      [[fallthrough]];
    }
    default:
      // Any undefined bit, of the width that is read, spoils the result.
      for (unsigned n = 0; n < i.numSources; ++n) {
        Operand each;
        each.slot = function.slots[i.firstSource + n];
        each.bytes = function.slotBytes[each.slot];
        each.kind = each.bytes ? OperandKind::Register : OperandKind::Predicate;
        if (undefinedBits(each, lane)) {
          note(each);
          undefined = ~uint64_t(0);
        }
      }
      for (unsigned n = 0; n < i.numResults && undefined; ++n) {
        Operand each;
        each.slot = function.slots[i.firstResult + n];
        each.bytes = function.slotBytes[each.slot];
        each.kind = each.bytes ? OperandKind::Register : OperandKind::Predicate;
        markUndefined(each, lane, each.bytes ? lowBits(each.bytes) : 1,
                      originLine, origin && origin->fromShared);
      }
      continue;
    }
    if (result.kind == OperandKind::Predicate)
      undefined &= 1;
    else
      undefined &= lowBits(result.bytes);
    markUndefined(result, lane, undefined, originLine,
                  origin && origin->fromShared);
  }
}
