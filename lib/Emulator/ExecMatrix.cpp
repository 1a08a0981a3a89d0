//===- ExecMatrix.cpp - mma, ldmatrix, stmatrix, movmatrix ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The fragments of mma.m16n8k*: with g = lane / 4, t = lane % 4 and `per`
// elements in a register, register r of A holds row g + 8 (r % 2), depth
// per t + 4 per (r / 2) and on; register r of B holds depth per t + 4 per r and
// on, column g; element e of C and D holds row g + 8 (e / 2), column
// 2 t + e % 2.
//
//===----------------------------------------------------------------------===//

#include "Access.h"
#include "Execute.h"
#include "FloatFormats.h"
#include "Matrix.h"

#include <bit>

using namespace dilated::emulator;

namespace {

constexpr unsigned rows = 16, columns = 8;

unsigned elementsPerRegister(ScalarType type) {
  switch (type) {
  case ScalarType::F16:
  case ScalarType::BF16:
    return 2;
  case ScalarType::S8:
  case ScalarType::U8:
    return 4;
  default:
    return 1;
  }
}

/// Bits of rows of A, columns of B, elements of C that are undefined.
struct UndefinedFragments {
  uint32_t rowsOfA = 0, columnsOfB = 0;
  uint8_t elements[rows] = {}; // of C: columns, by row
  const UndefinedBits *origin = nullptr;
  bool any = false;
};

UndefinedFragments findUndefined(const Warp &w, const Instruction &i,
                                 unsigned numA, unsigned numB, unsigned numC) {
  UndefinedFragments found;
  auto visit = [&](unsigned operand, unsigned count, auto note) {
    for (unsigned r = 0; r < count; ++r) {
      const Operand &part = fragmentPart(w, w.operand(i, operand), r);
      for (unsigned lane = 0; lane < warpSize; ++lane)
        if (uint64_t bits = w.undefinedBits(part, lane)) {
          found.any = true;
          if (!found.origin)
            found.origin = w.undefinedOrigin(part);
          note(r, lane, bits);
        }
    }
  };
  visit(1, numA, [&](unsigned r, unsigned lane, uint64_t) {
    found.rowsOfA |= 1u << (lane / 4 + 8 * (r % 2));
  });
  visit(2, numB, [&](unsigned, unsigned lane, uint64_t) {
    found.columnsOfB |= 1u << (lane / 4);
  });
  visit(3, numC, [&](unsigned r, unsigned lane, uint64_t bits) {
    bool pairs = numC == 2; // two halves in a register
    unsigned row = lane / 4 + 8 * (pairs ? r : r / 2);
    for (unsigned e = 0; e < (pairs ? 2u : 1u); ++e)
      if (!pairs || (bits >> (16 * e) & 0xffff))
        found.elements[row] |=
            uint8_t(1u << (2 * (lane % 4) + (pairs ? e : r % 2)));
  });
  return found;
}

void markResults(Warp &w, const Instruction &i, unsigned numD,
                 const UndefinedFragments &found) {
  bool pairs = numD == 2;
  uint32_t line = found.origin && found.origin->originLine
                      ? found.origin->originLine
                      : i.line;
  bool fromShared = found.origin && found.origin->fromShared;
  for (unsigned r = 0; r < numD; ++r)
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      unsigned row = lane / 4 + 8 * (pairs ? r : r / 2);
      uint64_t bits = 0;
      for (unsigned e = 0; e < (pairs ? 2u : 1u); ++e) {
        unsigned column = 2 * (lane % 4) + (pairs ? e : r % 2);
        if ((found.rowsOfA >> row & 1) || (found.columnsOfB >> column & 1) ||
            (found.elements[row] >> column & 1))
          bits |= pairs ? uint64_t(0xffff) << (16 * e) : 0xffffffff;
      }
      w.markUndefined(fragmentPart(w, w.operand(i, 0), r), lane, bits, line,
                      fromShared);
    }
}

template <typename Element, typename Store>
void unpack(const Warp &w, const Operand &operand, unsigned count, unsigned per,
            bool isA, Element element, Store store) {
  for (unsigned r = 0; r < count; ++r) {
    uint32_t scratch[warpSize];
    const uint32_t *row =
        w.source<uint32_t>(fragmentPart(w, operand, r), scratch);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      unsigned g = lane / 4, t = lane % 4;
      unsigned outer = isA ? g + 8 * (r % 2) : g;
      unsigned depth = per * t + 4 * per * (isA ? r / 2 : r);
      for (unsigned e = 0; e < per; ++e)
        store(outer, depth + e, element(row[lane] >> (32 / per * e % 32)));
    }
  }
}

/// variant: the depth; type: of D; sourceType: of C; elementTypes: A and B.
template <ScalarType element>
void executeFloatMatrix(Warp &w, const Instruction &i) {
  SmallMatrices m;
  unsigned depth = i.variant, per = elementsPerRegister(element);
  unsigned numA = depth / (2 * per), numB = depth / (4 * per);
  auto load = [](uint32_t bits) { return matrixElement(element, bits); };
  unpack(w, w.operand(i, 1), numA, per, true, load,
         [&](unsigned row, unsigned k, float value) { m.a[row][k] = value; });
  unpack(w, w.operand(i, 2), numB, per, false, load,
         [&](unsigned n, unsigned k, float value) { m.b[k][n] = value; });
  bool halfSource = i.sourceType == ScalarType::F16;
  bool halfResult = i.type == ScalarType::F16;
  for (unsigned r = 0; r < (halfSource ? 2u : 4u); ++r) {
    uint32_t scratch[warpSize];
    const uint32_t *row =
        w.source<uint32_t>(fragmentPart(w, w.operand(i, 3), r), scratch);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      unsigned g = lane / 4, t = lane % 4;
      if (halfSource) {
        m.d[g + 8 * r][2 * t] = halfToFloat(uint16_t(row[lane]));
        m.d[g + 8 * r][2 * t + 1] = halfToFloat(uint16_t(row[lane] >> 16));
      } else {
        m.d[g + 8 * (r / 2)][2 * t + r % 2] = std::bit_cast<float>(row[lane]);
      }
    }
  }
  UndefinedFragments undefined;
  if (w.shadowed() && w.sawUndefined)
    undefined = findUndefined(w, i, numA, numB, halfSource ? 2 : 4);
  m.multiply(rows, columns, depth);
  for (unsigned r = 0; r < (halfResult ? 2u : 4u); ++r) {
    uint32_t row[warpSize];
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      unsigned g = lane / 4, t = lane % 4;
      if (halfResult)
        row[lane] = floatToHalf(m.d[g + 8 * r][2 * t]) |
                    uint32_t(floatToHalf(m.d[g + 8 * r][2 * t + 1])) << 16;
      else
        row[lane] = std::bit_cast<uint32_t>(
            canonical(m.d[g + 8 * (r / 2)][2 * t + r % 2]));
    }
    w.write<uint32_t>(fragmentPart(w, w.operand(i, 0), r), row);
  }
  if (undefined.any)
    markResults(w, i, halfResult ? 2 : 4, undefined);
  w.block.counters.flops += uint64_t(2) * rows * columns * depth;
}

/// operation: 1 A is signed, 2 B is signed.
void executeIntegerMatrix(Warp &w, const Instruction &i) {
  SmallIntegerMatrices m;
  unsigned depth = i.variant;
  unsigned numA = depth / 8, numB = depth / 16;
  bool signedA = i.operation & 1, signedB = i.operation & 2;
  auto load = [](bool isSigned) {
    return [isSigned](uint32_t bits) {
      return isSigned ? int32_t(int8_t(bits)) : int32_t(uint8_t(bits));
    };
  };
  unpack(w, w.operand(i, 1), numA, 4, true, load(signedA),
         [&](unsigned row, unsigned k, int32_t value) { m.a[row][k] = value; });
  unpack(w, w.operand(i, 2), numB, 4, false, load(signedB),
         [&](unsigned n, unsigned k, int32_t value) { m.b[k][n] = value; });
  for (unsigned r = 0; r < 4; ++r) {
    uint32_t scratch[warpSize];
    const uint32_t *row =
        w.source<uint32_t>(fragmentPart(w, w.operand(i, 3), r), scratch);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      m.d[lane / 4 + 8 * (r / 2)][2 * (lane % 4) + r % 2] = int32_t(row[lane]);
  }
  UndefinedFragments undefined;
  if (w.shadowed() && w.sawUndefined)
    undefined = findUndefined(w, i, numA, numB, 4);
  m.multiply(rows, columns, depth, i.saturate);
  for (unsigned r = 0; r < 4; ++r) {
    uint32_t row[warpSize];
    for (unsigned lane = 0; lane < warpSize; ++lane)
      row[lane] = uint32_t(m.d[lane / 4 + 8 * (r / 2)][2 * (lane % 4) + r % 2]);
    w.write<uint32_t>(fragmentPart(w, w.operand(i, 0), r), row);
  }
  if (undefined.any)
    markResults(w, i, 4, undefined);
  w.block.counters.flops += uint64_t(2) * rows * columns * depth;
}

std::string selectMma(const Modifiers &m, Instruction &i) {
  static constexpr std::string_view shapes[] = {"m16n8k4", "m16n8k8",
                                                "m16n8k16", "m16n8k32"};
  int shape = m.indexOf(shapes);
  if (shape < 0)
    return "only the shapes m16n8k4, m16n8k8, m16n8k16 and m16n8k32 are "
           "supported";
  if (!m.has("row") || !m.has("col"))
    return "the layouts are .row.col";
  ScalarType a = m.types[1], b = m.types[2];
  unsigned depth = 4u << shape;
  unsigned per = elementsPerRegister(a);
  i.variant = uint8_t(depth);
  i.saturate = m.has("satfinite");
  i.shadowRule = ShadowRule::Handler;
  i.aligned = true;
  i.memberMask = 255; // all lanes
  bool integer = per == 4;
  bool ok;
  switch (a) {
  case ScalarType::F16:
    ok = b == a && (depth == 8 || depth == 16);
    i.handler = executeFloatMatrix<ScalarType::F16>;
    break;
  case ScalarType::BF16:
    ok = b == a && (depth == 8 || depth == 16);
    i.handler = executeFloatMatrix<ScalarType::BF16>;
    break;
  case ScalarType::TF32:
    ok = b == a && (depth == 4 || depth == 8);
    i.handler = executeFloatMatrix<ScalarType::TF32>;
    break;
  case ScalarType::S8:
  case ScalarType::U8:
    ok = elementsPerRegister(b) == 4 && (depth == 16 || depth == 32);
    i.operation = (a == ScalarType::S8) | (b == ScalarType::S8) << 1;
    i.handler = executeIntegerMatrix;
    break;
  default:
    ok = false;
  }
  if (integer)
    ok &= i.type == ScalarType::S32 && i.sourceType == ScalarType::S32;
  else
    ok &= (i.type == ScalarType::F32 || i.type == ScalarType::F16) &&
          i.sourceType == i.type &&
          (i.type == ScalarType::F32 || a == ScalarType::F16);
  if (!ok)
    return "mma does not support this combination of shape and types";
  i.elements[0] = i.elements[3] = i.type == ScalarType::F16 ? 2 : 4;
  i.elements[1] = uint8_t(depth / (2 * per));
  i.elements[2] = uint8_t(depth / (4 * per));
  return {};
}

//===----------------------------------------------------------------------===//
// Matrices of 8 rows of 16 bytes in shared memory
//===----------------------------------------------------------------------===//

/// The address of row `row` of matrix `k` comes from lane 8 k + row.
void resolveRows(Warp &w, const Instruction &i, unsigned addressOperand,
                 AccessKind kind, Access &access) {
  uint64_t addresses[warpSize];
  computeAddresses(w, w.operand(i, addressOperand), addresses);
  uint32_t all = w.active;
  w.active = i.vectorSize == 4 ? ~0u : (1u << (8 * i.vectorSize)) - 1;
  beginAccess(w, i, i.space, addresses, 16, kind, access);
  w.active = all;
}

/// Where thread `lane` finds its element e of a matrix: row and column.
void elementPlace(unsigned lane, unsigned e, bool transposed, unsigned &row,
                  unsigned &column) {
  row = lane / 4;
  column = 2 * (lane % 4) + e;
  if (transposed)
    std::swap(row, column);
}

void executeLoadMatrix(Warp &w, const Instruction &i) {
  Access access;
  resolveRows(w, i, 1, AccessKind::Read, access);
  uint16_t matrices[4][8][8] = {};
  uint32_t undefined[warpSize] = {}; // bytes of the row that a lane addresses
  bool anyUndefined = false, unwritten = true;
  SharedFindings findings;
  for (unsigned lane = 0; lane < 8u * i.vectorSize; ++lane) {
    if (!access.host[lane])
      continue;
    std::memcpy(matrices[lane / 8][lane % 8], access.host[lane], 16);
    if (!w.shadowed() || access.spaces[lane] != Space::Shared)
      continue;
    checkShared(w, i, lane, uint32_t(access.addresses[lane]), 16,
                AccessKind::Read, nullptr, findings);
    undefined[lane] = undefinedBytes(w, access, lane, 0, 16);
    if (!undefined[lane])
      continue;
    anyUndefined = true;
    unwritten &= isUnwritten(w, access, lane, 0, 16);
  }
  finishShared(w, i, AccessKind::Read, findings);
  for (unsigned k = 0; k < i.vectorSize; ++k) {
    uint32_t result[warpSize];
    const Operand &part = fragmentPart(w, w.operand(i, 0), k);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      unsigned row, column;
      elementPlace(lane, 0, i.variant, row, column);
      uint32_t low = matrices[k][row][column];
      uint64_t bits = undefined[8 * k + row] >> (2 * column) & 3 ? 0xffff : 0;
      elementPlace(lane, 1, i.variant, row, column);
      result[lane] = low | uint32_t(matrices[k][row][column]) << 16;
      if (undefined[8 * k + row] >> (2 * column) & 3)
        bits |= 0xffff0000;
      if (anyUndefined)
        w.markUndefined(part, lane, bits, i.line, unwritten);
    }
    w.write<uint32_t>(part, result);
  }
}

void executeStoreMatrix(Warp &w, const Instruction &i) {
  Access access;
  resolveRows(w, i, 0, AccessKind::Write, access);
  uint16_t matrices[4][8][8];
  uint32_t undefined[4][8] = {};
  for (unsigned k = 0; k < i.vectorSize; ++k) {
    const Operand &part = fragmentPart(w, w.operand(i, 1), k);
    uint32_t scratch[warpSize];
    const uint32_t *values = w.source<uint32_t>(part, scratch);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned e = 0; e < 2; ++e) {
        unsigned row, column;
        elementPlace(lane, e, i.variant, row, column);
        matrices[k][row][column] = uint16_t(values[lane] >> (16 * e));
        if (w.sawUndefined && w.shadowed() &&
            (w.undefinedBits(part, lane) >> (16 * e) & 0xffff))
          undefined[k][row] |= 3u << (2 * column);
      }
  }
  SharedFindings findings;
  for (unsigned lane = 0; lane < 8u * i.vectorSize; ++lane) {
    if (!access.host[lane])
      continue;
    const std::byte *data =
        reinterpret_cast<const std::byte *>(matrices[lane / 8][lane % 8]);
    if (access.spaces[lane] == Space::Shared)
      checkShared(w, i, lane, uint32_t(access.addresses[lane]), 16,
                  AccessKind::Write, data, findings);
    std::memcpy(access.host[lane], data, 16);
    if (w.shadowed())
      defineBytes(w, access, lane, 0, 16, undefined[lane / 8][lane % 8]);
  }
  finishShared(w, i, AccessKind::Write, findings);
}

std::string readMatrixModifiers(const Modifiers &m, Instruction &i) {
  static constexpr std::string_view counts[] = {"x1", "x2", "x4"};
  int count = m.indexOf(counts);
  if (!m.has("m8n8") || count < 0)
    return "needs .m8n8 and .x1, .x2 or .x4";
  if (i.type != ScalarType::B16)
    return unsupportedType("a matrix in shared memory", i.type);
  i.vectorSize = uint8_t(1u << count);
  i.variant = m.has("trans");
  i.space = Space::Generic;
  for (std::string_view word : m.words)
    if (std::optional<Space> space = parseSpace(word))
      i.space = *space;
  i.shadowRule = ShadowRule::Memory;
  i.aligned = true;
  i.memberMask = 255;
  return {};
}

std::string selectLoadMatrix(const Modifiers &m, Instruction &i) {
  i.handler = executeLoadMatrix;
  std::string problem = readMatrixModifiers(m, i);
  i.elements[0] = i.vectorSize;
  return problem;
}

std::string selectStoreMatrix(const Modifiers &m, Instruction &i) {
  i.handler = executeStoreMatrix;
  std::string problem = readMatrixModifiers(m, i);
  i.elements[1] = i.vectorSize;
  return problem;
}

void executeMoveMatrix(Warp &w, const Instruction &i) {
  uint32_t scratch[warpSize], result[warpSize];
  const Operand &from = w.operand(i, 1);
  const uint32_t *a = w.source<uint32_t>(from, scratch);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    result[lane] = 0;
    uint64_t undefined = 0;
    for (unsigned e = 0; e < 2; ++e) {
      // Element (r, c) of the result is element (c, r) of the source.
      unsigned row = 2 * (lane % 4) + e, column = lane / 4;
      unsigned source = row * 4 + column / 2;
      result[lane] |= (a[source] >> (16 * (column % 2)) & 0xffff) << (16 * e);
      if (w.sawUndefined && w.shadowed() &&
          (w.undefinedBits(from, source) >> (16 * (column % 2)) & 0xffff))
        undefined |= uint64_t(0xffff) << (16 * e);
    }
    w.markUndefined(w.operand(i, 0), lane, undefined, i.line, false);
  }
  w.write<uint32_t>(w.operand(i, 0), result);
}

std::string selectMoveMatrix(const Modifiers &, Instruction &i) {
  i.shadowRule = ShadowRule::Handler;
  i.aligned = true;
  i.memberMask = 255;
  i.handler = executeMoveMatrix;
  i.elements[0] = i.elements[1] = 1;
  return {};
}

} // namespace

static constexpr InstructionClass matrix = InstructionClass::Matrix;

static constexpr Opcode opcodes[] = {
    {"mma.sync", "fFFF",
     "aligned m16n8k4 m16n8k8 m16n8k16 m16n8k32 row col satfinite", 4, 4,
     matrix, selectMma},
    {"ldmatrix.sync", "fm", "$ aligned m8n8 x1 x2 x4 trans", 1, 1, matrix,
     selectLoadMatrix},
    {"stmatrix.sync", "mF", "$ aligned m8n8 x1 x2 x4 trans", 1, 1, matrix,
     selectStoreMatrix},
    {"movmatrix.sync", "fF", "aligned m8n8 trans", 1, 1, matrix,
     selectMoveMatrix},
};

std::span<const Opcode> dilated::emulator::getMatrixOpcodes() {
  return opcodes;
}
