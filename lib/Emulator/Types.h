//===- Types.h - scalar types of PTX ----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_TYPES_H
#define DILATED_LIB_EMULATOR_TYPES_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace dilated::emulator {

inline constexpr unsigned warpSize = 32;

enum class ScalarType : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  B128,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  U16x2,
  S16x2,
  F16,
  F16x2,
  BF16,
  BF16x2,
  TF32,
  F32,
  F64,
  E4M3x2,
  E5M2x2,
  F32x2,
};

/// "u32" without the dot; nothing where it is no type.
std::optional<ScalarType> parseScalarType(std::string_view text);
std::string_view getTypeName(ScalarType type);

/// 0 for a predicate.
unsigned getTypeBytes(ScalarType type);
bool isSignedInteger(ScalarType type);
/// Signed, unsigned or untyped bits of 8 to 64 bits.
bool isIntegerLike(ScalarType type);
bool isFloat(ScalarType type);

enum class Space : uint8_t { Generic, Global, Shared, Local, Const, Param };

/// "shared", "shared::cta", "global", …
std::optional<Space> parseSpace(std::string_view text);

enum class Rounding : uint8_t {
  Nearest, // ties to even
  NearestAway,
  Zero,
  Down,
  Up,
};

enum class Comparison : uint8_t {
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  Equ, // the unordered ones: true where an operand is NaN
  Neu,
  Ltu,
  Leu,
  Gtu,
  Geu,
  Num,
  Nan,
};

std::optional<Comparison> parseComparison(std::string_view text);

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_TYPES_H
