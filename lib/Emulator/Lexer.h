//===- Lexer.h - PTX text to tokens -----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_LEXER_H
#define DILATED_LIB_EMULATOR_LEXER_H

#include "dilated-mlir/Emulator/Module.h"

#include <string_view>
#include <vector>

namespace dilated::emulator {

enum class TokenKind : uint8_t {
  Identifier, // with %, $, _ as PTX allows them
  DotWord,    // ".f32", ".shared::cta": directives, modifiers, components
  Integer,
  Float32, // 0f3F800000, kept as bits
  Float64, // 0d…, or a decimal number with a point or an exponent
  String,
  Punctuation, // one character
  End,
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string_view text; // a DotWord without its dot, a String without quotes
  uint64_t bits = 0;     // value of numbers
  unsigned line = 0, column = 0;

  bool is(char punctuation) const {
    return kind == TokenKind::Punctuation && text[0] == punctuation;
  }
  bool isDot(std::string_view word) const {
    return kind == TokenKind::DotWord && text == word;
  }
};

/// The tokens and a last one of kind End; false and `error` where the text
/// holds something that is no token. Tokens point into `text`.
bool tokenize(std::string_view text, std::vector<Token> &tokens,
              ParseError &error);

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_LEXER_H
