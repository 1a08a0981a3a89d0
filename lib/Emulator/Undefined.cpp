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

/// One instruction whose sources may have undefined bits.
struct Warp::UndefinedFlow {
  UndefinedFlow(Warp &warp, const Instruction &i)
      : warp(warp), i(i), function(*warp.frame->function), originLine(i.line) {}

  void checkOperands();
  void run();

private:
  void note(const Operand &each);
  uint32_t getUndefinedLanes(const Operand &each) const;
  bool isResult(const Operand &each) const;
  Operand getSlot(uint32_t index) const;
  void mark(const Operand &each, unsigned lane, uint64_t undefined);

  void runLane(unsigned lane);
  uint64_t getMoved(unsigned lane);
  void markParts(const Operand &result, unsigned lane, uint64_t undefined);
  uint64_t getShifted() const;
  uint64_t getSelected() const;
  uint64_t getConverted() const;
  uint64_t apply(unsigned lane);
  void spoilResults(unsigned lane);

  Warp &warp;
  const Instruction &i;
  const Function &function;
  // The first source that has undefined bits stands for all.
  const UndefinedBits *origin = nullptr;
  uint32_t originLine;
  // Sources other than the first operand, which is the result.
  uint64_t values[4][warpSize] = {};
  Bits sources[4];
};

void Warp::UndefinedFlow::note(const Operand &each) {
  if (origin)
    return;
  origin = warp.undefinedOrigin(each);
  if (origin && origin->originLine)
    originLine = origin->originLine;
}

uint32_t Warp::UndefinedFlow::getUndefinedLanes(const Operand &each) const {
  bool isRegister =
      each.kind == OperandKind::Register ||
      each.kind == OperandKind::Predicate ||
      (each.kind == OperandKind::Address && each.base == OperandKind::Register);
  return isRegister ? warp.active & ~warp.frame->defined[each.slot] : 0;
}

bool Warp::UndefinedFlow::isResult(const Operand &each) const {
  for (uint32_t n = 0; n < i.numResults; ++n)
    if (function.slots[i.firstResult + n] == each.slot)
      return true;
  return false;
}

/// The register or predicate of a slot, by its index into Function::slots.
Operand Warp::UndefinedFlow::getSlot(uint32_t index) const {
  Operand each;
  each.slot = function.slots[index];
  each.bytes = function.slotBytes[each.slot];
  each.kind = each.bytes ? OperandKind::Register : OperandKind::Predicate;
  return each;
}

void Warp::UndefinedFlow::mark(const Operand &each, unsigned lane,
                               uint64_t undefined) {
  warp.markUndefined(each, lane, undefined, originLine,
                     origin && origin->fromShared);
}

/// Reports undefined addresses, and undefined operands where any is an error.
void Warp::UndefinedFlow::checkOperands() {
  for (unsigned n = 0; n < i.numOperands; ++n) {
    const Operand &each = warp.operand(i, n);
    if (each.kind == OperandKind::Address)
      warp.reportUndefined(i, each, getUndefinedLanes(each), "is an address");
    else if (i.shadowRule == ShadowRule::Strict &&
             (each.kind == OperandKind::Register ||
              each.kind == OperandKind::Predicate) &&
             !(isResult(each) && n == 0))
      warp.reportUndefined(i, each, getUndefinedLanes(each), "is an operand");
  }
}

/// The concatenation of the sources.
uint64_t Warp::UndefinedFlow::getMoved(unsigned lane) {
  const Operand &from = warp.operand(i, 1);
  if (from.kind != OperandKind::Vector)
    return sources[0].undefined;
  uint64_t undefined = 0;
  for (uint32_t k = 0; k < from.count && k * from.bytes < 8; ++k) {
    const Operand &part = warp.element(from, k);
    uint64_t bits = warp.undefinedBits(part, lane);
    if (bits)
      note(part);
    undefined |= bits << (8 * from.bytes * k);
  }
  return undefined;
}

/// Cuts bits into the elements of the result.
void Warp::UndefinedFlow::markParts(const Operand &result, unsigned lane,
                                    uint64_t undefined) {
  for (uint32_t k = 0; k < result.count && k * result.bytes < 8; ++k)
    mark(warp.element(result, k), lane,
         undefined >> (8 * result.bytes * k) & lowBits(result.bytes));
}

uint64_t Warp::UndefinedFlow::getShifted() const {
  uint64_t amount = sources[1].value, bits = sources[0].undefined;
  unsigned width = getTypeBytes(i.type) * 8;
  if (sources[1].undefined)
    return ~uint64_t(0);
  if (i.shadowRule == ShadowRule::ShiftLeft)
    return amount >= width ? 0 : bits << amount;
  if (!isSignedInteger(i.type) || !(bits >> (width - 1) & 1))
    return amount >= width ? 0 : bits >> amount;
  if (amount >= width)
    return ~uint64_t(0);
  return bits >> amount | (amount ? ~uint64_t(0) << (width - amount) : 0);
}

uint64_t Warp::UndefinedFlow::getSelected() const {
  if (!(sources[2].undefined & 1))
    return (sources[2].value & 1 ? sources[0] : sources[1]).undefined;
  bool isSame = sources[0].value == sources[1].value && !sources[0].undefined &&
                !sources[1].undefined;
  return isSame ? 0 : ~uint64_t(0);
}

uint64_t Warp::UndefinedFlow::getConverted() const {
  unsigned from = getTypeBytes(i.sourceType);
  uint64_t undefined = sources[0].undefined & lowBits(from);
  if (isSignedInteger(i.sourceType) && from < 8 &&
      (undefined >> (8 * from - 1) & 1))
    undefined |= ~lowBits(from);
  return undefined;
}

/// Undefined bits of the result, by the rule of the instruction.
uint64_t Warp::UndefinedFlow::apply(unsigned lane) {
  switch (i.shadowRule) {
  case ShadowRule::Move:
    return getMoved(lane);
  case ShadowRule::And:
    return ruleAnd(sources[0], sources[1]).undefined;
  case ShadowRule::Or:
    return ruleOr(sources[0], sources[1]).undefined;
  case ShadowRule::Xor:
    return sources[0].undefined | sources[1].undefined;
  case ShadowRule::ShiftLeft:
  case ShadowRule::ShiftRight:
    return getShifted();
  case ShadowRule::Select:
    return getSelected();
  case ShadowRule::Permute:
    return rulePermute(sources[0], sources[1], sources[2]).undefined;
  case ShadowRule::Extract:
    return ruleExtract(sources, isSignedInteger(i.type),
                       getTypeBytes(i.type) * 8);
  case ShadowRule::Insert:
    return ruleInsert(sources, getTypeBytes(i.type) * 8);
  default:
    return getConverted();
  }
}

/// Any undefined bit, of the width that is read, spoils the results.
void Warp::UndefinedFlow::spoilResults(unsigned lane) {
  bool isSpoilt = false;
  for (unsigned n = 0; n < i.numSources; ++n) {
    Operand each = getSlot(i.firstSource + n);
    if (warp.undefinedBits(each, lane)) {
      note(each);
      isSpoilt = true;
    }
  }
  for (unsigned n = 0; n < i.numResults && isSpoilt; ++n) {
    Operand each = getSlot(i.firstResult + n);
    mark(each, lane, each.bytes ? lowBits(each.bytes) : 1);
  }
}

void Warp::UndefinedFlow::runLane(unsigned lane) {
  switch (i.shadowRule) {
  case ShadowRule::Combine: {
    // False and anything, true or anything: the comparison decides nothing.
    const Operand &other = warp.operand(i, 4);
    bool isDecided = i.operation < 3 && !warp.undefinedBits(other, lane) &&
                     (warp.predicate(other) >> lane & 1) == (i.operation == 2);
    return isDecided ? void() : spoilResults(lane);
  }
  case ShadowRule::Move:
  case ShadowRule::And:
  case ShadowRule::Or:
  case ShadowRule::Xor:
  case ShadowRule::ShiftLeft:
  case ShadowRule::ShiftRight:
  case ShadowRule::Select:
  case ShadowRule::Permute:
  case ShadowRule::Extract:
  case ShadowRule::Insert:
  case ShadowRule::Convert:
    break;
  default:
    return spoilResults(lane);
  }
  const Operand &result = warp.operand(i, 0);
  uint64_t undefined = apply(lane);
  if (result.kind == OperandKind::Vector)
    return markParts(result, lane, undefined);
  mark(result, lane,
       undefined &
           (result.kind == OperandKind::Predicate ? 1 : lowBits(result.bytes)));
}

void Warp::UndefinedFlow::run() {
  constexpr unsigned first = 1;
  unsigned numSources =
      std::min(i.numOperands > first ? i.numOperands - first : 0u, 4u);
  auto isScalar = [&](unsigned n) {
    return warp.operand(i, first + n).kind != OperandKind::Vector;
  };
  for (unsigned n = 0; n < numSources; ++n)
    if (isScalar(n))
      warp.sourceBits(warp.operand(i, first + n), values[n]);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(warp.active >> lane & 1))
      continue;
    for (unsigned n = 0; n < 4; ++n) {
      sources[n] = Bits();
      if (n >= numSources || !isScalar(n))
        continue;
      const Operand &each = warp.operand(i, first + n);
      sources[n] = {values[n][lane], warp.undefinedBits(each, lane)};
      if (sources[n].undefined)
        note(each);
    }
    runLane(lane);
  }
}

void Warp::propagateUndefined(const Instruction &i) {
  if (i.shadowRule == ShadowRule::Handler)
    return;
  UndefinedFlow flow(*this, i);
  if (i.shadowRule == ShadowRule::Memory || i.shadowRule == ShadowRule::Strict)
    return flow.checkOperands();
  flow.run();
}
