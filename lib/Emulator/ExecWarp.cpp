//===- ExecWarp.cpp - lanes that talk to each other -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execute.h"

#include <algorithm>
#include <bit>

using namespace dilated::emulator;

namespace {

enum ShuffleMode : uint8_t { Up, Down, Butterfly, Index };

// Operands: d, p, a, b, c, member mask.
void executeShuffle(Warp &w, const Instruction &i) {
  uint32_t scratchA[warpSize], scratchB[warpSize], scratchC[warpSize];
  uint32_t result[warpSize];
  const Operand &value = w.operand(i, 2);
  const uint32_t *a = w.source<uint32_t>(value, scratchA);
  const uint32_t *b = w.source<uint32_t>(w.operand(i, 3), scratchB);
  const uint32_t *c = w.source<uint32_t>(w.operand(i, 4), scratchC);
  uint32_t inside = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint32_t distance = b[lane] & 31;
    uint32_t clamp = c[lane] & 31, segment = c[lane] >> 8 & 31;
    uint32_t highest = (lane & segment) | (clamp & ~segment);
    uint32_t lowest = lane & segment;
    int32_t from = 0;
    bool ok = false;
    switch (i.operation) {
    case Up:
      from = int32_t(lane) - int32_t(distance);
      ok = from >= int32_t(highest);
      break;
    case Down:
      from = int32_t(lane + distance);
      ok = from <= int32_t(highest);
      break;
    case Butterfly:
      from = int32_t(lane ^ distance);
      ok = from <= int32_t(highest);
      break;
    default:
      from = int32_t(lowest | (distance & ~segment));
      ok = from <= int32_t(highest);
    }
    unsigned source = ok ? unsigned(from) & 31 : lane;
    result[lane] = a[source];
    inside |= uint32_t(ok) << lane;
    if (!w.shadowed() || !(w.active >> lane & 1))
      continue;
    // A lane that does not take part has nothing to give.
    uint64_t undefined =
        w.active >> source & 1 ? w.undefinedBits(value, source) : 0xffffffff;
    if (undefined) {
      const UndefinedBits *origin = w.undefinedOrigin(value);
      bool known = (w.active >> source & 1) && origin;
      w.markUndefined(w.operand(i, 0), lane, undefined,
                      known && origin->originLine ? origin->originLine : i.line,
                      known && origin->fromShared);
    }
  }
  w.write<uint32_t>(w.operand(i, 0), result);
  w.writePredicate(w.operand(i, 1), inside);
}

std::string selectShuffle(const Modifiers &m, Instruction &i) {
  static constexpr std::string_view modes[] = {"up", "down", "bfly", "idx"};
  int mode = m.indexOf(modes);
  if (mode < 0)
    return "shfl needs a mode";
  i.operation = uint8_t(mode);
  i.shadowRule = ShadowRule::Handler;
  i.memberMask = 6;
  i.handler = executeShuffle;
  return {};
}

enum VoteMode : uint8_t { All, Any, Uniform, Ballot };

// Operands: d, a, member mask.
void executeVote(Warp &w, const Instruction &i) {
  uint32_t truth = w.predicate(w.operand(i, 1)) & w.active;
  if (i.operation == Ballot) {
    uint64_t result[warpSize];
    std::fill_n(result, warpSize, truth);
    w.writeBits(w.operand(i, 0), result);
    return;
  }
  bool value = i.operation == All   ? truth == w.active
               : i.operation == Any ? truth != 0
                                    : truth == 0 || truth == w.active;
  w.writePredicate(w.operand(i, 0), value ? ~0u : 0u);
}

template <VoteMode mode>
std::string selectVote(const Modifiers &, Instruction &i) {
  i.operation = mode;
  i.shadowRule = ShadowRule::Strict;
  i.memberMask = 3;
  i.handler = executeVote;
  return {};
}

// Operands: d, p, a, member mask.
void executeMatch(Warp &w, const Instruction &i) {
  uint64_t values[warpSize], result[warpSize] = {};
  w.sourceBits(w.operand(i, 2), values);
  uint32_t same = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned other = 0; other < warpSize; ++other)
      if ((w.active >> lane & 1) && (w.active >> other & 1) &&
          values[lane] == values[other])
        result[lane] |= uint64_t(1) << other;
  if (i.operation == All) {
    bool all = true;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if (w.active >> lane & 1)
        all &= result[lane] == w.active;
    same = all ? ~0u : 0u;
    std::fill_n(result, warpSize, all ? uint64_t(w.active) : 0);
  }
  w.writeBits(w.operand(i, 0), result);
  w.writePredicate(w.operand(i, 1), same);
}

template <VoteMode mode>
std::string selectMatch(const Modifiers &, Instruction &i) {
  if (getTypeBytes(i.type) < 4)
    return unsupportedType("match", i.type);
  i.operation = mode;
  i.shadowRule = ShadowRule::Strict;
  i.memberMask = 4;
  i.handler = executeMatch;
  return {};
}

enum Reduction : uint8_t { RedAdd, RedMin, RedMax, RedAnd, RedOr, RedXor };

// Operands: d, a, member mask.
void executeReduction(Warp &w, const Instruction &i) {
  uint32_t scratch[warpSize];
  const uint32_t *a = w.source<uint32_t>(w.operand(i, 1), scratch);
  bool isSigned = i.type == ScalarType::S32;
  uint32_t value = 0;
  bool first = true;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(w.active >> lane & 1))
      continue;
    uint32_t x = a[lane];
    if (first) {
      value = x;
      first = false;
      continue;
    }
    bool less = isSigned ? int32_t(x) < int32_t(value) : x < value;
    switch (i.operation) {
    case RedAdd:
      value += x;
      break;
    case RedMin:
      value = less ? x : value;
      break;
    case RedMax:
      value = less ? value : x;
      break;
    case RedAnd:
      value &= x;
      break;
    case RedOr:
      value |= x;
      break;
    default:
      value ^= x;
    }
  }
  uint64_t result[warpSize];
  std::fill_n(result, warpSize, value);
  w.writeBits(w.operand(i, 0), result);
}

std::string selectReduction(const Modifiers &m, Instruction &i) {
  static constexpr std::string_view operations[] = {"add", "min", "max",
                                                    "and", "or",  "xor"};
  int operation = m.indexOf(operations);
  if (operation < 0)
    return "redux needs an operation";
  if (!isIntegerLike(i.type) || getTypeBytes(i.type) != 4)
    return unsupportedType("redux", i.type);
  i.operation = uint8_t(operation);
  i.shadowRule = ShadowRule::Strict;
  i.memberMask = 3;
  i.handler = executeReduction;
  return {};
}

void executeActiveMask(Warp &w, const Instruction &i) {
  uint64_t result[warpSize];
  std::fill_n(result, warpSize, w.active);
  w.writeBits(w.operand(i, 0), result);
}

std::string selectActiveMask(const Modifiers &, Instruction &i) {
  i.handler = executeActiveMask;
  return {};
}

/// elect.sync d|p, member mask: the lowest lane is elected.
void executeElect(Warp &w, const Instruction &i) {
  unsigned leader = unsigned(std::countr_zero(w.active));
  uint64_t result[warpSize];
  std::fill_n(result, warpSize, leader);
  w.writeBits(w.operand(i, 0), result);
  w.writePredicate(w.operand(i, 1), 1u << leader);
}

std::string selectElect(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Strict;
  i.memberMask = 3;
  i.handler = executeElect;
  return {};
}

} // namespace

static constexpr InstructionClass warp = InstructionClass::Warp;

static constexpr Opcode opcodes[] = {
    {"shfl.sync", "rsuuu", "up down bfly idx", 1, 1, warp, selectShuffle},
    {"vote.sync.all", "pPu", "pred", 1, 1, warp, selectVote<All>},
    {"vote.sync.any", "pPu", "pred", 1, 1, warp, selectVote<Any>},
    {"vote.sync.uni", "pPu", "pred", 1, 1, warp, selectVote<Uniform>},
    {"vote.sync.ballot", "dPu", "", 1, 1, warp, selectVote<Ballot>},
    {"match.any.sync", "U-su", "", 1, 1, warp, selectMatch<Any>},
    {"match.all.sync", "rsu", "", 1, 1, warp, selectMatch<All>},
    {"redux.sync", "dsu", "add min max and or xor", 1, 1, warp,
     selectReduction},
    {"activemask", "d", "", 1, 1, warp, selectActiveMask},
    {"elect.sync", "ru", "", 0, 0, warp, selectElect},
};

std::span<const Opcode> dilated::emulator::getWarpOpcodes() { return opcodes; }
