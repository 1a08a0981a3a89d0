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
#include "UndefinedRules.h"
#include "Warp.h"

#include <algorithm>
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
  void spoilResults(unsigned lane);
  void runCompare(unsigned lane);

  Warp &warp;
  const Instruction &i;
  const Function &function;
  // The first source that has undefined bits stands for all.
  const UndefinedBits *origin = nullptr;
  uint32_t originLine;
  // Sources other than the first operand, which is the result.
  uint64_t values[4][warpSize] = {};
  SourceArray sources;
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

/// A comparison: where false or true decides together with the other
/// predicate, the sources don't matter; pairs have one result per half.
void Warp::UndefinedFlow::runCompare(unsigned lane) {
  // The one that is combined with is behind p, q, a and b.
  auto undefined = [&](unsigned n) {
    uint64_t bits = warp.undefinedBits(warp.operand(i, n), lane);
    if (bits)
      note(warp.operand(i, n));
    return bits;
  };
  bool isAndOr = i.operation == 1 || i.operation == 2;
  bool isOtherUndefined = i.operation && undefined(4);
  if (isAndOr && !isOtherUndefined &&
      (warp.predicate(warp.operand(i, 4)) >> lane & 1) == (i.operation == 2))
    return;
  if (i.type != ScalarType::F16x2 && i.type != ScalarType::BF16x2)
    return spoilResults(lane);
  uint64_t halves = undefined(2) | undefined(3);
  for (unsigned half = 0; half < 2; ++half)
    if (isOtherUndefined || (halves >> (16 * half) & 0xffff))
      mark(warp.operand(i, half), lane, 1);
}

void Warp::UndefinedFlow::runLane(unsigned lane) {
  if (i.shadowRule == ShadowRule::Any)
    return spoilResults(lane);
  if (i.shadowRule == ShadowRule::Compare)
    return runCompare(lane);
  const Operand &result = warp.operand(i, 0);
  uint64_t undefined = i.shadowRule == ShadowRule::Move
                           ? getMoved(lane)
                           : getUndefinedResult(i, sources);
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
      sources[n] = SourceBits();
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
