//===- ParseVariables.cpp - declarations in PTX -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>

using namespace dilated::emulator;

/// No GPU has more; keeps sizes far from overflow.
static constexpr uint64_t maximalBytes = uint64_t(1) << 38;
/// Of variables whose bytes exist per thread or are written in the text.
static constexpr uint64_t maximalLocalBytes = uint64_t(1) << 19;

static uint64_t roundUp(uint64_t value, uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

bool Parser::parseDeclaration(Declaration &declaration) {
  bool sawPointer = false;
  while (peek().kind == TokenKind::DotWord) {
    const Token &word = take();
    if (word.text == "align") {
      uint64_t alignment = 0;
      const Token &at = peek();
      if (!parseUnsigned(alignment, 1 << 16, "an alignment"))
        return false;
      if (!std::has_single_bit(alignment))
        return fail(
            at, fmt::format("alignment {} is not a power of two", alignment));
      if (!sawPointer) // behind .ptr: of what it points to
        declaration.alignment = uint32_t(alignment);
      continue;
    }
    if (word.text == "ptr") {
      sawPointer = true;
      continue;
    }
    if (parseSpace(word.text)) // .ptr .global
      continue;
    if (word.text == "attribute") {
      if (!expect('('))
        return false;
      while (!peek().is(')') && peek().kind != TokenKind::End)
        take();
      if (!expect(')'))
        return false;
      continue;
    }
    std::optional<ScalarType> type = parseScalarType(word.text);
    if (!type)
      return fail(word, fmt::format("'.{}' is not supported in a declaration",
                                    word.text));
    declaration.type = *type;
  }
  if (declaration.type == ScalarType::None)
    return fail(peek(), "a declaration needs a type");
  declaration.at = &peek();
  if (!expectIdentifier(declaration.name, "a name"))
    return false;
  declaration.elements = 1;
  while (consume('[')) {
    declaration.isArray = true;
    if (consume(']')) {
      declaration.isUnsized = true;
      continue;
    }
    uint64_t bound = 0;
    if (!parseUnsigned(bound, maximalBytes, "an array bound") || !expect(']'))
      return false;
    if (bound && declaration.elements > maximalBytes / bound)
      return fail(*declaration.at, "an array of more than 2^38 bytes");
    declaration.elements *= bound;
  }
  unsigned bytes = std::max(getTypeBytes(declaration.type), 1u);
  declaration.bytes = declaration.elements * bytes;
  if (declaration.bytes > maximalBytes)
    return fail(*declaration.at, "an array of more than 2^38 bytes");
  if (declaration.alignment == 0)
    declaration.alignment = bytes;
  return true;
}

bool Parser::declareSymbol(const Token &at, Variable variable,
                           uint32_t &index) {
  if (variable.space == Space::Param || variable.space == Space::Local) {
    if (variable.bytes > maximalLocalBytes)
      return fail(at, fmt::format("'{}' has {} bytes, the most is {}",
                                  variable.name, variable.bytes,
                                  maximalLocalBytes));
    uint32_t &used = variable.space == Space::Param
                         ? function->description.parameterBytes
                         : function->localBytes;
    variable.offset = roundUp(used, variable.alignment);
    uint64_t end = variable.offset + variable.bytes;
    if (end > maximalLocalBytes)
      return fail(at, fmt::format("the frame has {} bytes, the most is {}", end,
                                  maximalLocalBytes));
    used = uint32_t(end);
  }
  index = uint32_t(module.symbols.size());
  auto &names = function ? scopes[scope].symbols : symbols;
  auto [entry, isNew] = names.try_emplace(at.text, index);
  if (!isNew) {
    // An .extern declaration may be followed by the definition.
    if (!function && module.symbols[entry->second].bytes == variable.bytes &&
        module.symbols[entry->second].space == variable.space) {
      index = entry->second;
      module.symbols[index] = std::move(variable);
      return true;
    }
    return fail(at, fmt::format("'{}' is declared twice", at.text));
  }
  module.symbols.push_back(std::move(variable));
  return true;
}

bool Parser::parseVariables(Space space, bool isExtern) {
  do {
    Declaration declaration;
    if (!parseDeclaration(declaration))
      return false;
    Variable variable;
    variable.name = declaration.name;
    variable.space = space;
    variable.type = declaration.type;
    variable.alignment = declaration.alignment;
    variable.bytes = declaration.bytes;
    variable.isArray = declaration.isArray;
    if (declaration.isUnsized && !peek().is('=')) {
      if (space != Space::Shared)
        return fail(*declaration.at,
                    fmt::format("'{}' has no size", declaration.name));
      variable.isDynamicShared = true;
      variable.bytes = 0;
    }
    if (consume('=') && !parseInitializer(variable, declaration))
      return false;
    if (isExtern && !variable.isDynamicShared && space != Space::Shared)
      return fail(*declaration.at,
                  fmt::format("'{}' is defined in another module, which is "
                              "not supported",
                              declaration.name));
    uint32_t index = 0;
    if (!declareSymbol(*declaration.at, std::move(variable), index))
      return false;
  } while (consume(','));
  return expect(';');
}

bool Parser::parseInitializer(Variable &variable,
                              const Declaration &declaration) {
  const Token &at = peek();
  if (variable.space != Space::Global && variable.space != Space::Const)
    return fail(at, "only .global and .const variables have initial values");
  uint64_t offset = 0;
  if (peek().is('{')) {
    if (!parseInitializerList(variable, declaration.type, offset, 0))
      return false;
  } else if (peek().kind == TokenKind::String) {
    for (char c : take().text) {
      variable.initializer.push_back(std::byte(c));
      ++offset;
    }
  } else if (!parseInitializerElement(variable, declaration.type, offset)) {
    return false;
  }
  if (declaration.isUnsized)
    variable.bytes = offset;
  if (offset > variable.bytes)
    return fail(at, fmt::format("{} bytes of initial values for {} bytes",
                                offset, variable.bytes));
  return true;
}

bool Parser::parseInitializerList(Variable &variable, ScalarType type,
                                  uint64_t &offset, unsigned depth) {
  if (depth > 8)
    return fail(peek(), "initial values nested more than 8 deep");
  if (!expect('{'))
    return false;
  if (consume('}'))
    return true;
  do {
    if (peek().is('{')) {
      if (!parseInitializerList(variable, type, offset, depth + 1))
        return false;
    } else if (!parseInitializerElement(variable, type, offset)) {
      return false;
    }
  } while (consume(','));
  return expect('}');
}

bool Parser::parseInitializerElement(Variable &variable, ScalarType type,
                                     uint64_t &offset) {
  unsigned bytes = std::max(getTypeBytes(type), 1u);
  uint64_t bits = 0;
  if (peek().kind == TokenKind::Integer && peek(1).is('(')) {
    // 0xFF(symbol): one byte of an address, lowest first.
    uint64_t mask = take().bits;
    take();
    Variable::Relocation relocation;
    relocation.line = peek().line;
    std::string_view name;
    bool isGeneric = peek().text == "generic" && peek(1).is('(');
    if (isGeneric) {
      take();
      take();
    }
    if (!expectIdentifier(name, "a symbol") || !expect(')') ||
        (isGeneric && !expect(')')))
      return false;
    if (mask == 0 || std::popcount(mask) != 8 || std::countr_zero(mask) % 8)
      return fail(peek(), "expects the mask of one byte");
    relocation.offset = offset;
    relocation.symbol = name;
    relocation.addend = std::countr_zero(mask); // shift of a one-byte field
    relocation.bytes = 1;
    variable.relocations.push_back(std::move(relocation));
  } else if (peek().kind == TokenKind::Identifier) {
    Variable::Relocation relocation;
    relocation.line = peek().line;
    std::string_view name;
    bool isGeneric = peek().text == "generic" && peek(1).is('(');
    if (isGeneric) {
      take();
      take();
    }
    if (!expectIdentifier(name, "a symbol") || (isGeneric && !expect(')')))
      return false;
    if (consume('+')) {
      uint64_t addend = 0;
      if (!parseUnsigned(addend, INT64_MAX, "an offset"))
        return false;
      relocation.addend = int64_t(addend);
    }
    relocation.offset = offset;
    relocation.symbol = name;
    relocation.bytes = bytes;
    variable.relocations.push_back(std::move(relocation));
  } else if (!parseNumber(type, bytes, bits)) {
    return false;
  }
  if (offset + bytes > variable.bytes && variable.bytes != 0)
    return fail(peek(), "more initial values than elements");
  variable.initializer.resize(offset + bytes);
  std::memcpy(variable.initializer.data() + offset, &bits, std::min(bytes, 8u));
  offset += bytes;
  return true;
}

bool Parser::declareRegister(const Token &at, std::string_view name,
                             ScalarType type) {
  RegisterDeclaration declaration;
  declaration.bytes = uint8_t(getTypeBytes(type));
  // Registers of 8 bits hold what ld.u8 into .b16 would.
  if (declaration.bytes == 1)
    declaration.bytes = 2;
  if (!scopes[scope].registers.try_emplace(name, declaration).second)
    return fail(at, fmt::format("register '{}' is declared twice", name));
  return true;
}

bool Parser::parseRegisters() {
  const Token &word = take();
  if (word.kind != TokenKind::DotWord)
    return fail(word, "expects the type of registers");
  std::optional<ScalarType> type = parseScalarType(word.text);
  if (!type)
    return fail(word, fmt::format("registers of type '.{}' are not supported",
                                  word.text));
  do {
    const Token &at = peek();
    std::string_view name;
    if (!expectIdentifier(name, "the name of a register"))
      return false;
    if (!consume('<')) {
      if (!declareRegister(at, name, *type))
        return false;
      continue;
    }
    RegisterRange range;
    range.bytes = uint8_t(getTypeBytes(*type) == 1 ? 2 : getTypeBytes(*type));
    if (!parseUnsigned(range.count, UINT32_MAX, "a number of registers") ||
        !expect('>'))
      return false;
    if (!scopes[scope].ranges.try_emplace(name, range).second)
      return fail(at, fmt::format("registers '{}' are declared twice", name));
  } while (consume(','));
  return expect(';');
}
