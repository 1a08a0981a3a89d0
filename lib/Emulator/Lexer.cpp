//===- Lexer.cpp - PTX text to tokens ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lexer.h"

#include <bit>
#include <cstdlib>
#include <fmt/format.h>

using namespace dilated::emulator;

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isHexDigit(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool startsWord(char c) {
  return isLetter(c) || c == '_' || c == '$' || c == '%';
}
bool continuesWord(char c) {
  return isLetter(c) || isDigit(c) || c == '_' || c == '$';
}

class Lexer {
public:
  Lexer(std::string_view text, std::vector<Token> &tokens, ParseError &error)
      : text(text), tokens(tokens), error(error) {}

  bool run() {
    while (true) {
      if (!skipBlank())
        return false;
      if (position == text.size()) {
        push(TokenKind::End, position, position);
        return true;
      }
      if (!lexToken())
        return false;
    }
  }

private:
  char peek(size_t ahead = 0) const {
    return position + ahead < text.size() ? text[position + ahead] : '\0';
  }

  bool fail(std::string message) {
    error = {line, unsigned(position - lineStart) + 1, std::move(message)};
    return false;
  }

  Token &push(TokenKind kind, size_t begin, size_t end) {
    tokens.push_back({kind, text.substr(begin, end - begin), 0, line,
                      unsigned(begin - lineStart) + 1});
    return tokens.back();
  }

  bool skipBlank() {
    while (position < text.size()) {
      char c = peek();
      if (c == '\n') {
        ++position;
        ++line;
        lineStart = position;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\0' || c == '\f') {
        ++position; // the driver takes a terminating zero as blank, so do we
      } else if (c == '/' && peek(1) == '/') {
        while (position < text.size() && peek() != '\n')
          ++position;
      } else if (c == '/' && peek(1) == '*') {
        if (!skipComment())
          return false;
      } else {
        break;
      }
    }
    return true;
  }

  bool skipComment() {
    for (position += 2; position < text.size(); ++position) {
      if (peek() == '*' && peek(1) == '/') {
        position += 2;
        return true;
      }
      if (peek() == '\n') {
        ++line;
        lineStart = position + 1;
      }
    }
    return fail("comment without an end");
  }

  bool lexToken() {
    char c = peek();
    size_t begin = position;
    if (startsWord(c)) {
      do
        ++position;
      while (continuesWord(peek()));
      push(TokenKind::Identifier, begin, position);
      return true;
    }
    if (isDigit(c))
      return lexNumber();
    if (c == '.' && (isLetter(peek(1)) || isDigit(peek(1)) || peek(1) == '_'))
      return lexDotWord();
    if (c == '"')
      return lexString();
    static constexpr std::string_view punctuation = "{}[]()<>,;:@!|+-=*/&^~?.";
    if (punctuation.find(c) == std::string_view::npos)
      return fail(fmt::format("unexpected character 0x{:02x}",
                              unsigned(static_cast<unsigned char>(c))));
    ++position;
    push(TokenKind::Punctuation, begin, position);
    return true;
  }

  bool lexDotWord() {
    size_t begin = ++position;
    while (continuesWord(peek()) ||
           (peek() == ':' && peek(1) == ':' && continuesWord(peek(2)))) {
      position += peek() == ':' ? 2 : 1;
    }
    push(TokenKind::DotWord, begin, position);
    return true;
  }

  bool lexString() {
    size_t begin = ++position;
    while (peek() != '"') {
      if (position >= text.size() || peek() == '\n')
        return fail("string without an end");
      position += peek() == '\\' && position + 1 < text.size() ? 2 : 1;
      if (position > text.size())
        return fail("string without an end");
    }
    push(TokenKind::String, begin, position);
    ++position;
    return true;
  }

  bool lexNumber() {
    size_t begin = position;
    char mark = peek(1);
    if (peek() == '0' &&
        (mark == 'f' || mark == 'F' || mark == 'd' || mark == 'D')) {
      bool isDouble = mark == 'd' || mark == 'D';
      unsigned digits = isDouble ? 16 : 8;
      position += 2;
      uint64_t bits = 0;
      unsigned count = 0;
      for (; isHexDigit(peek()); ++position, ++count)
        bits = bits << 4 | hexValue(peek());
      if (count != digits)
        return fail(fmt::format("expects {} hexadecimal digits, not {}", digits,
                                count));
      push(isDouble ? TokenKind::Float64 : TokenKind::Float32, begin, position)
          .bits = bits;
      return true;
    }
    unsigned base = 10;
    if (peek() == '0' && (mark == 'x' || mark == 'X')) {
      base = 16;
      position += 2;
    } else if (peek() == '0' && (mark == 'b' || mark == 'B')) {
      base = 2;
      position += 2;
    } else if (isDecimalFloat()) {
      return lexDecimalFloat();
    } else if (peek() == '0') {
      base = 8;
    }
    uint64_t value = 0;
    size_t first = position;
    for (; isHexDigit(peek()); ++position) {
      unsigned digit = hexValue(peek());
      if (digit >= base)
        break;
      uint64_t next;
      if (__builtin_mul_overflow(value, uint64_t(base), &next) ||
          __builtin_add_overflow(next, uint64_t(digit), &next))
        return fail("integer does not fit 64 bits");
      value = next;
    }
    if (position == first)
      return fail("number without digits");
    Token &token = push(TokenKind::Integer, begin, position);
    token.bits = value;
    if (peek() == 'U')
      ++position;
    if (continuesWord(peek()))
      return fail("letters after a number");
    return true;
  }

  static unsigned hexValue(char c) {
    return isDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
  }

  bool isDecimalFloat() const {
    size_t i = position;
    while (i < text.size() && isDigit(text[i]))
      ++i;
    return i < text.size() &&
           ((text[i] == '.' && i + 1 < text.size() && isDigit(text[i + 1])) ||
            text[i] == 'e' || text[i] == 'E');
  }

  bool lexDecimalFloat() {
    size_t begin = position;
    while (isDigit(peek()) || peek() == '.' || peek() == 'e' || peek() == 'E' ||
           ((peek() == '-' || peek() == '+') &&
            (text[position - 1] | 0x20) == 'e'))
      ++position;
    std::string digits(text.substr(begin, position - begin));
    char *end = nullptr;
    double value = std::strtod(digits.c_str(), &end);
    if (*end)
      return fail("malformed number");
    push(TokenKind::Float64, begin, position).bits =
        std::bit_cast<uint64_t>(value);
    return true;
  }

  std::string_view text;
  std::vector<Token> &tokens;
  ParseError &error;
  size_t position = 0, lineStart = 0;
  unsigned line = 1;
};

} // namespace

bool dilated::emulator::tokenize(std::string_view text,
                                 std::vector<Token> &tokens,
                                 ParseError &error) {
  return Lexer(text, tokens, error).run();
}
