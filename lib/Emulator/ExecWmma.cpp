//===- ExecWmma.cpp - wmma: matrices of a warp by pointer -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How a fragment of wmma lies in the registers of the lanes is left open by the
// ISA, so programs treat it element by element. Here slot e of lane l, with S
// slots per lane, holds element (l S + e) modulo the size of the matrix in
// row-major order; where there are more slots than elements, as for f16, the
// matrix stands in the fragment twice.
//
//===----------------------------------------------------------------------===//

#include "Access.h"
#include "Execute.h"
#include "FloatFormats.h"
#include "Matrix.h"

#include <bit>
#include <memory>

using namespace dilated::emulator;

namespace {

enum Role : uint8_t { RoleA, RoleB, RoleC };

struct Shape {
  std::string_view name;
  unsigned m, n, k;
};
constexpr Shape shapes[] = {{"m16n16k16", 16, 16, 16},
                            {"m8n32k16", 8, 32, 16},
                            {"m32n8k16", 32, 8, 16},
                            {"m16n16k8", 16, 16, 8}};

/// How a fragment of a role, shape and type lies in registers.
struct Layout {
  unsigned rows = 0, columns = 0;
  unsigned registers = 0, per = 1; // elements in a register
  unsigned bytes = 0;              // of an element
  unsigned slots() const { return registers * per; }
  unsigned size() const { return rows * columns; }
};

bool layoutOf(Role role, const Shape &shape, ScalarType type, Layout &layout) {
  layout.rows = role == RoleB ? shape.k : shape.m;
  layout.columns = role == RoleA ? shape.k : shape.n;
  layout.bytes = getTypeBytes(type);
  switch (type) {
  case ScalarType::F16:
    layout.per = 2;
    layout.registers = role == RoleC ? 4 : 8;
    return shape.k == 16;
  case ScalarType::BF16:
    layout.per = 2;
    layout.registers = layout.size() / 64;
    return role != RoleC && shape.k == 16;
  case ScalarType::S8:
  case ScalarType::U8:
    layout.per = 4;
    layout.registers = layout.size() / 128;
    return role != RoleC && shape.k == 16;
  case ScalarType::TF32:
    layout.bytes = 4;
    layout.registers = 4;
    return role != RoleC && shape.k == 8;
  case ScalarType::F32:
  case ScalarType::S32:
    layout.registers = 8;
    return role == RoleC;
  default:
    return false;
  }
}

int findShape(const Modifiers &m) {
  for (size_t s = 0; s < std::size(shapes); ++s)
    if (m.has(shapes[s].name))
      return int(s);
  return -1;
}

/// Addresses of slot e of all lanes. variant: the shape; operation: role, and
/// 4 for column-major.
void slotAddresses(const Instruction &i, const Layout &layout, unsigned e,
                   const uint64_t *base, const uint64_t *stride,
                   uint64_t *addresses) {
  bool isColumnMajor = i.operation & 4;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    unsigned index = (lane * layout.slots() + e) % layout.size();
    uint64_t row = index / layout.columns, column = index % layout.columns;
    uint64_t offset = isColumnMajor ? column * stride[lane] + row
                                    : row * stride[lane] + column;
    addresses[lane] = base[lane] + offset * layout.bytes;
  }
}

void readStride(const Warp &w, const Instruction &i, const Layout &layout,
                uint64_t *stride) {
  const Operand &operand = w.operand(i, 2);
  if (operand.kind == OperandKind::None)
    std::fill_n(stride, warpSize,
                i.operation & 4 ? layout.rows : layout.columns);
  else
    w.sourceBits(operand, stride);
}

void executeLoad(Warp &w, const Instruction &i) {
  Layout layout;
  layoutOf(Role(i.operation & 3), shapes[i.variant], i.type, layout);
  uint64_t base[warpSize], stride[warpSize], addresses[warpSize];
  computeAddresses(w, w.operand(i, 1), base);
  readStride(w, i, layout, stride);
  SharedFindings findings;
  for (unsigned r = 0; r < layout.registers; ++r) {
    uint32_t result[warpSize] = {};
    const Operand &part = fragmentPart(w, w.operand(i, 0), r);
    for (unsigned e = 0; e < layout.per; ++e) {
      slotAddresses(i, layout, r * layout.per + e, base, stride, addresses);
      Access access;
      beginAccess(w, i, i.space, addresses, layout.bytes, AccessKind::Read,
                  access);
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (!access.host[lane])
          continue;
        uint32_t value = 0;
        std::memcpy(&value, access.host[lane], layout.bytes);
        result[lane] |= value << (8 * layout.bytes * e % 32);
        if (!w.shadowed())
          continue;
        if (access.spaces[lane] == Space::Shared)
          checkShared(w, i, lane, uint32_t(access.addresses[lane]),
                      layout.bytes, AccessKind::Read, nullptr, findings);
        if (undefinedBytes(w, access, lane, 0, layout.bytes))
          w.markUndefined(part, lane, 0xffffffff, i.line,
                          isUnwritten(w, access, lane, 0, layout.bytes));
      }
    }
    w.write<uint32_t>(part, result);
  }
  finishShared(w, i, AccessKind::Read, findings);
}

void executeStore(Warp &w, const Instruction &i) {
  Layout layout;
  layoutOf(RoleC, shapes[i.variant], i.type, layout);
  uint64_t base[warpSize], stride[warpSize], addresses[warpSize];
  computeAddresses(w, w.operand(i, 0), base);
  readStride(w, i, layout, stride);
  SharedFindings findings;
  for (unsigned r = 0; r < layout.registers; ++r) {
    uint32_t scratch[warpSize];
    const Operand &part = fragmentPart(w, w.operand(i, 1), r);
    const uint32_t *values = w.source<uint32_t>(part, scratch);
    if (w.sawUndefined && w.shadowed() && part.kind == OperandKind::Register &&
        i.space != Space::Shared)
      w.reportUndefined(i, part, w.active & ~w.frame->defined[part.slot],
                        "is stored");
    for (unsigned e = 0; e < layout.per; ++e) {
      slotAddresses(i, layout, r * layout.per + e, base, stride, addresses);
      Access access;
      beginAccess(w, i, i.space, addresses, layout.bytes, AccessKind::Write,
                  access);
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (!access.host[lane])
          continue;
        uint32_t value = values[lane] >> (8 * layout.bytes * e % 32);
        if (access.spaces[lane] == Space::Shared)
          checkShared(w, i, lane, uint32_t(access.addresses[lane]),
                      layout.bytes, AccessKind::Write,
                      reinterpret_cast<const std::byte *>(&value), findings);
        std::memcpy(access.host[lane], &value, layout.bytes);
        if (w.shadowed())
          defineBytes(w, access, lane, 0, layout.bytes,
                      w.sawUndefined && w.undefinedBits(part, lane) ? 15 : 0);
      }
    }
  }
  finishShared(w, i, AccessKind::Write, findings);
}

/// Calls store(row, column, bits) for every element of a fragment.
template <typename Store>
void unpack(const Warp &w, const Operand &operand, const Layout &layout,
            Store store) {
  for (unsigned r = 0; r < layout.registers; ++r) {
    uint32_t scratch[warpSize];
    const uint32_t *values =
        w.source<uint32_t>(fragmentPart(w, operand, r), scratch);
    for (unsigned e = 0; e < layout.per; ++e)
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        unsigned index =
            (lane * layout.slots() + r * layout.per + e) % layout.size();
        store(index / layout.columns, index % layout.columns,
              values[lane] >> (32 / layout.per * e % 32));
      }
  }
}

template <typename Load>
void pack(Warp &w, const Operand &operand, const Layout &layout, Load load) {
  for (unsigned r = 0; r < layout.registers; ++r) {
    uint32_t values[warpSize] = {};
    for (unsigned e = 0; e < layout.per; ++e)
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        unsigned index =
            (lane * layout.slots() + r * layout.per + e) % layout.size();
        values[lane] |= load(index / layout.columns, index % layout.columns)
                        << (32 / layout.per * e % 32);
      }
    w.write<uint32_t>(fragmentPart(w, operand, r), values);
  }
}

/// Which rows of A, columns of B and elements of C have undefined bits.
struct UndefinedMatrices {
  uint32_t rowsOfA = 0, columnsOfB = 0;
  uint32_t elements[maximalRows] = {}; // of C: columns, by row
  const UndefinedBits *origin = nullptr;

  template <typename Note>
  void visit(const Warp &w, const Operand &operand, const Layout &layout,
             Note note) {
    for (unsigned r = 0; r < layout.registers; ++r) {
      const Operand &part = fragmentPart(w, operand, r);
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        uint64_t bits = w.undefinedBits(part, lane);
        if (!bits)
          continue;
        if (!origin)
          origin = w.undefinedOrigin(part);
        for (unsigned e = 0; e < layout.per; ++e) {
          unsigned width = 32 / layout.per;
          unsigned index =
              (lane * layout.slots() + r * layout.per + e) % layout.size();
          if (bits >> (width * e) & (~uint64_t(0) >> (64 - width)))
            note(index / layout.columns, index % layout.columns);
        }
      }
    }
  }

  void mark(Warp &w, const Instruction &i, const Layout &layout) const {
    for (unsigned r = 0; r < layout.registers; ++r)
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        uint64_t bits = 0;
        for (unsigned e = 0; e < layout.per; ++e) {
          unsigned width = 32 / layout.per;
          unsigned index =
              (lane * layout.slots() + r * layout.per + e) % layout.size();
          unsigned row = index / layout.columns;
          unsigned column = index % layout.columns;
          if ((rowsOfA >> row & 1) || (columnsOfB >> column & 1) ||
              (elements[row] >> column & 1))
            bits |= (~uint64_t(0) >> (64 - width)) << (width * e);
        }
        w.markUndefined(fragmentPart(w, w.operand(i, 0), r), lane, bits,
                        origin && origin->originLine ? origin->originLine
                                                     : i.line,
                        origin && origin->fromShared);
      }
  }
};

/// type: of D; sourceType: of C; operation: the type of A and B.
void executeMultiply(Warp &w, const Instruction &i) {
  const Shape &shape = shapes[i.variant];
  ScalarType element = ScalarType(i.operation);
  Layout a, b, c, d;
  layoutOf(RoleA, shape, element, a);
  layoutOf(RoleB, shape, element, b);
  layoutOf(RoleC, shape, i.sourceType, c);
  layoutOf(RoleC, shape, i.type, d);
  if (w.shadowed() && w.sawUndefined) {
    UndefinedMatrices undefined;
    undefined.visit(w, w.operand(i, 1), a, [&](unsigned row, unsigned) {
      undefined.rowsOfA |= 1u << row;
    });
    undefined.visit(w, w.operand(i, 2), b, [&](unsigned, unsigned column) {
      undefined.columnsOfB |= 1u << column;
    });
    undefined.visit(w, w.operand(i, 3), c, [&](unsigned row, unsigned column) {
      undefined.elements[row] |= 1u << column;
    });
    undefined.mark(w, i, d);
  }
  if (element == ScalarType::S8 || element == ScalarType::U8) {
    auto m = std::make_unique<SmallIntegerMatrices>();
    bool isSigned = element == ScalarType::S8;
    auto load = [&](uint32_t bits) {
      return isSigned ? int32_t(int8_t(bits)) : int32_t(uint8_t(bits));
    };
    unpack(w, w.operand(i, 1), a,
           [&](unsigned r, unsigned n, uint32_t x) { m->a[r][n] = load(x); });
    unpack(w, w.operand(i, 2), b,
           [&](unsigned r, unsigned n, uint32_t x) { m->b[r][n] = load(x); });
    unpack(w, w.operand(i, 3), c, [&](unsigned r, unsigned n, uint32_t x) {
      m->d[r][n] = int32_t(x);
    });
    m->multiply(shape.m, shape.n, shape.k, i.saturate);
    pack(w, w.operand(i, 0), d,
         [&](unsigned r, unsigned n) { return uint32_t(m->d[r][n]); });
  } else {
    auto m = std::make_unique<SmallMatrices>();
    unpack(w, w.operand(i, 1), a, [&](unsigned r, unsigned n, uint32_t x) {
      m->a[r][n] = matrixElement(element, x);
    });
    unpack(w, w.operand(i, 2), b, [&](unsigned r, unsigned n, uint32_t x) {
      m->b[r][n] = matrixElement(element, x);
    });
    unpack(w, w.operand(i, 3), c, [&](unsigned r, unsigned n, uint32_t x) {
      m->d[r][n] = matrixElement(i.sourceType, x);
    });
    m->multiply(shape.m, shape.n, shape.k);
    pack(w, w.operand(i, 0), d, [&](unsigned r, unsigned n) {
      float value = m->d[r][n];
      return i.type == ScalarType::F16
                 ? uint32_t(floatToHalf(value))
                 : std::bit_cast<uint32_t>(canonical(value));
    });
  }
  w.block.counters.flops += uint64_t(2) * shape.m * shape.n * shape.k;
}

void readCommon(const Modifiers &m, Instruction &i) {
  i.space = Space::Generic;
  for (std::string_view word : m.words)
    if (std::optional<Space> space = parseSpace(word))
      i.space = *space;
  i.aligned = true;
  i.memberMask = 255;
}

template <Role role>
std::string selectLoad(const Modifiers &m, Instruction &i) {
  int shape = findShape(m);
  Layout layout;
  if (shape < 0 || !layoutOf(role, shapes[shape], i.type, layout))
    return "wmma.load does not support this combination of shape and type";
  readCommon(m, i);
  i.variant = uint8_t(shape);
  i.operation = uint8_t(role | (m.has("col") ? 4 : 0));
  i.shadowRule = ShadowRule::Memory;
  i.elements[0] = uint8_t(layout.registers);
  i.handler = executeLoad;
  return {};
}

std::string selectStore(const Modifiers &m, Instruction &i) {
  int shape = findShape(m);
  Layout layout;
  if (shape < 0 || !layoutOf(RoleC, shapes[shape], i.type, layout))
    return "wmma.store does not support this combination of shape and type";
  readCommon(m, i);
  i.variant = uint8_t(shape);
  i.operation = uint8_t(RoleC | (m.has("col") ? 4 : 0));
  i.shadowRule = ShadowRule::Memory;
  i.elements[1] = uint8_t(layout.registers);
  i.handler = executeStore;
  return {};
}

std::string selectMultiply(const Modifiers &m, Instruction &i) {
  int shape = findShape(m);
  // Two types: of D and C, the factors are f16.
  ScalarType element = m.types.size() == 4 ? m.types[1] : ScalarType::F16;
  if (m.types.size() == 3 || (m.types.size() == 4 && m.types[2] != element))
    return "wmma.mma does not support this combination of types";
  Layout a, b, c, d;
  if (shape < 0 || !layoutOf(RoleA, shapes[shape], element, a) ||
      !layoutOf(RoleB, shapes[shape], element, b) ||
      !layoutOf(RoleC, shapes[shape], i.sourceType, c) ||
      !layoutOf(RoleC, shapes[shape], i.type, d))
    return "wmma.mma does not support this combination of shape and types";
  bool isInteger = element == ScalarType::S8 || element == ScalarType::U8;
  if ((i.type == ScalarType::S32) != isInteger ||
      (i.sourceType == ScalarType::S32) != isInteger)
    return "wmma.mma does not support this combination of types";
  readCommon(m, i);
  i.variant = uint8_t(shape);
  i.operation = uint8_t(element);
  i.saturate = m.has("satfinite");
  i.shadowRule = ShadowRule::Handler;
  i.elements[0] = uint8_t(d.registers);
  i.elements[1] = uint8_t(a.registers);
  i.elements[2] = uint8_t(b.registers);
  i.elements[3] = uint8_t(c.registers);
  i.handler = executeMultiply;
  return {};
}

} // namespace

static constexpr std::string_view words =
    "$ aligned row col m16n16k16 m8n32k16 m32n8k16 m16n16k8 satfinite";
static constexpr InstructionClass matrix = InstructionClass::Matrix;

static constexpr Opcode opcodes[] = {
    {"wmma.load.a.sync", "fmu?", words, 1, 1, matrix, selectLoad<RoleA>},
    {"wmma.load.b.sync", "fmu?", words, 1, 1, matrix, selectLoad<RoleB>},
    {"wmma.load.c.sync", "fmu?", words, 1, 1, matrix, selectLoad<RoleC>},
    {"wmma.store.d.sync", "mFu?", words, 1, 1, matrix, selectStore},
    {"wmma.mma.sync", "fFFF", words, 2, 4, matrix, selectMultiply},
};

std::span<const Opcode> dilated::emulator::getWmmaOpcodes() { return opcodes; }
