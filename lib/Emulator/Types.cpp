//===- Types.cpp - scalar types of PTX --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Types.h"

#include <iterator>

using namespace dilated::emulator;

namespace {

enum Kind : uint8_t { Bits, Unsigned, Signed, Float, Other };

struct TypeInfo {
  std::string_view name;
  uint8_t bytes;
  Kind kind;
};

} // namespace

// In the order of ScalarType.
static constexpr TypeInfo types[] = {
    {"", 0, Other},       {"pred", 0, Other},   {"b8", 1, Bits},
    {"b16", 2, Bits},     {"b32", 4, Bits},     {"b64", 8, Bits},
    {"b128", 16, Other},  {"u8", 1, Unsigned},  {"u16", 2, Unsigned},
    {"u32", 4, Unsigned}, {"u64", 8, Unsigned}, {"s8", 1, Signed},
    {"s16", 2, Signed},   {"s32", 4, Signed},   {"s64", 8, Signed},
    {"u16x2", 4, Other},  {"s16x2", 4, Other},  {"f16", 2, Float},
    {"f16x2", 4, Float},  {"bf16", 2, Float},   {"bf16x2", 4, Float},
    {"tf32", 4, Float},   {"f32", 4, Float},    {"f64", 8, Float},
    {"e4m3x2", 2, Other}, {"e5m2x2", 2, Other}, {"f32x2", 8, Float},
};

std::optional<ScalarType>
dilated::emulator::parseScalarType(std::string_view text) {
  for (size_t i = 1; i < std::size(types); ++i)
    if (types[i].name == text)
      return ScalarType(i);
  return std::nullopt;
}

std::string_view dilated::emulator::getTypeName(ScalarType type) {
  return types[size_t(type)].name;
}

unsigned dilated::emulator::getTypeBytes(ScalarType type) {
  return types[size_t(type)].bytes;
}

bool dilated::emulator::isSignedInteger(ScalarType type) {
  return types[size_t(type)].kind == Signed;
}

bool dilated::emulator::isIntegerLike(ScalarType type) {
  return types[size_t(type)].kind <= Signed;
}

bool dilated::emulator::isFloat(ScalarType type) {
  return types[size_t(type)].kind == Float;
}

std::optional<Space> dilated::emulator::parseSpace(std::string_view text) {
  static constexpr struct {
    std::string_view name;
    Space space;
  } spaces[] = {
      {"global", Space::Global},      {"shared", Space::Shared},
      {"shared::cta", Space::Shared}, {"local", Space::Local},
      {"const", Space::Const},        {"param", Space::Param},
      {"param::entry", Space::Param}, {"param::func", Space::Param},
  };
  for (const auto &entry : spaces)
    if (entry.name == text)
      return entry.space;
  return std::nullopt;
}

std::optional<Comparison>
dilated::emulator::parseComparison(std::string_view text) {
  static constexpr struct {
    std::string_view name;
    Comparison comparison;
  } comparisons[] = {
      {"eq", Comparison::Eq},
      {"ne", Comparison::Ne},
      {"lt", Comparison::Lt},
      {"le", Comparison::Le},
      {"gt", Comparison::Gt},
      {"ge", Comparison::Ge},
      // Of unsigned integers: lower, lower or same, higher, higher or same.
      {"lo", Comparison::Lt},
      {"ls", Comparison::Le},
      {"hi", Comparison::Gt},
      {"hs", Comparison::Ge},
      {"equ", Comparison::Equ},
      {"neu", Comparison::Neu},
      {"ltu", Comparison::Ltu},
      {"leu", Comparison::Leu},
      {"gtu", Comparison::Gtu},
      {"geu", Comparison::Geu},
      {"num", Comparison::Num},
      {"nan", Comparison::Nan},
  };
  for (const auto &entry : comparisons)
    if (entry.name == text)
      return entry.comparison;
  return std::nullopt;
}
