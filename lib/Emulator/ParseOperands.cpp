//===- ParseOperands.cpp - registers, numbers, addresses --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>

using namespace dilated::emulator;

/// 64 MiB of registers for one warp.
static constexpr uint64_t maximalRegisterBytes = uint64_t(1) << 26;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

uint32_t Parser::addSlot(std::string_view name, unsigned bytes) {
  uint32_t slot = uint32_t(function->slotOffsets.size());
  function->slotOffsets.push_back(function->registerBytes);
  function->slotBytes.push_back(uint8_t(bytes));
  function->slotNames.emplace_back(name);
  // Rows keep the alignment of a vector register; predicates share a row.
  function->registerBytes += bytes ? bytes * warpSize : 64;
  return slot;
}

bool Parser::resolveRegister(std::string_view name, Operand &operand) {
  for (int at = scope; at >= 0; at = scopes[at].parent) {
    Scope &level = scopes[at];
    auto found = level.registers.find(name);
    if (found == level.registers.end()) {
      // %r12 of .reg .b32 %r<20>
      size_t digits = name.size();
      while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
        --digits;
      if (digits == name.size() || name.size() - digits > 9 ||
          (name[digits] == '0' && name.size() - digits > 1))
        continue;
      auto range = level.ranges.find(name.substr(0, digits));
      uint64_t number = 0;
      for (char c : name.substr(digits))
        number = number * 10 + (c - '0');
      if (range == level.ranges.end() || number >= range->second.count)
        continue;
      found = level.registers
                  .emplace(name, RegisterDeclaration{range->second.bytes, -1})
                  .first;
    }
    RegisterDeclaration &declaration = found->second;
    if (declaration.slot < 0) {
      if (function->registerBytes > maximalRegisterBytes)
        return false;
      declaration.slot = addSlot(name, declaration.bytes);
    }
    operand.kind =
        declaration.bytes ? OperandKind::Register : OperandKind::Predicate;
    operand.bytes = declaration.bytes;
    operand.slot = uint32_t(declaration.slot);
    operand.offset = function->slotOffsets[operand.slot];
    return true;
  }
  return false;
}

std::optional<uint32_t> Parser::findSymbol(std::string_view name) const {
  for (int at = function ? scope : -1; at >= 0; at = scopes[at].parent) {
    auto found = scopes[at].symbols.find(name);
    if (found != scopes[at].symbols.end())
      return found->second;
  }
  auto found = symbols.find(name);
  if (found == symbols.end())
    return std::nullopt;
  return found->second;
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

void Parser::makeConstant(uint64_t bits, unsigned bytes, Operand &operand) {
  operand.kind = OperandKind::Constant;
  operand.bytes = uint8_t(bytes);
  if (bytes < 8)
    bits &= (uint64_t(1) << (8 * bytes)) - 1;
  operand.value = int64_t(bits);
  auto [entry, isNew] = constantOffsets.try_emplace(
      {bits, bytes}, uint32_t(module.constants.size()));
  if (isNew) {
    // Rows of one byte are padded to 64: every row is aligned alike.
    size_t begin = module.constants.size();
    module.constants.resize(begin + std::max(64u, bytes * warpSize));
    for (unsigned lane = 0; lane < warpSize; ++lane)
      std::memcpy(&module.constants[begin + lane * bytes], &bits, bytes);
  }
  operand.offset = entry->second;
}

/// [-] integer, and sums, differences and products of such in parentheses.
bool Parser::parseInteger(int64_t &value) {
  // Innermost sign last: a loop, since a text may hold any number of them.
  std::vector<bool> complements;
  while (peek().is('-') || peek().is('~'))
    complements.push_back(take().is('~'));
  const Token &at = peek();
  if (at.kind != TokenKind::Integer)
    return fail(at, fmt::format("expects a number, not '{}'", at.text));
  value = int64_t(take().bits);
  for (size_t i = complements.size(); i-- > 0;)
    value = complements[i] ? ~value : int64_t(-uint64_t(value));
  return true;
}

bool Parser::parseNumber(ScalarType type, unsigned bytes, uint64_t &bits) {
  const Token &at = peek();
  bool negative = peek().is('-') && (peek(1).kind == TokenKind::Float32 ||
                                     peek(1).kind == TokenKind::Float64);
  const Token &number = peek(negative ? 1 : 0);
  bool isHexadecimal = number.text.size() > 1 && number.text[0] == '0' &&
                       (number.text[1] | 0x20) == 'd';
  if (number.kind == TokenKind::Float32 || number.kind == TokenKind::Float64) {
    if (negative)
      take();
    take();
    bits = number.bits;
    if (number.kind == TokenKind::Float32 && bytes == 4) {
      bits ^= negative ? uint64_t(1) << 31 : 0;
      return true;
    }
    if (number.kind == TokenKind::Float32)
      bits =
          std::bit_cast<uint64_t>(double(std::bit_cast<float>(uint32_t(bits))));
    bits ^= negative ? uint64_t(1) << 63 : 0;
    if (bytes == 8)
      return true;
    if (bytes == 4 && type == ScalarType::F32 && !isHexadecimal) {
      bits = std::bit_cast<uint32_t>(float(std::bit_cast<double>(bits)));
      return true;
    }
    return fail(at, fmt::format("the constant {} does not fit type .{}",
                                number.text, getTypeName(type)));
  }
  if (isFloat(type))
    return fail(at, fmt::format("expects a constant of type .{}, not '{}'",
                                getTypeName(type), at.text));
  if (consume('(')) {
    int64_t value = 0, next = 0;
    if (!parseInteger(value))
      return false;
    while (peek().is('+') || peek().is('-') || peek().is('*')) {
      char sign = take().text[0];
      if (!parseInteger(next))
        return false;
      uint64_t a = uint64_t(value), b = uint64_t(next);
      value = int64_t(sign == '+' ? a + b : sign == '-' ? a - b : a * b);
    }
    bits = uint64_t(value);
    return expect(')');
  }
  int64_t value = 0;
  if (!parseInteger(value))
    return false;
  bits = uint64_t(value);
  return true;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

bool Parser::parseScalar(bool isResult, unsigned bytes, bool mayBeWider,
                         ScalarType type, Operand &operand) {
  const Token &at = peek();
  if (at.kind != TokenKind::Identifier) {
    if (isResult)
      return fail(at, fmt::format("expects a register, not '{}'", at.text));
    uint64_t bits = 0;
    if (!parseNumber(type, bytes, bits))
      return false;
    makeConstant(bits, bytes, operand);
    return true;
  }
  take();
  if (at.text == "_" && isResult) {
    operand.kind = OperandKind::Sink;
    operand.bytes = uint8_t(bytes);
    return true;
  }
  if (resolveRegister(at.text, operand)) {
    if (operand.kind == OperandKind::Predicate)
      return fail(at, fmt::format("'{}' is a predicate, expects {} bits",
                                  at.text, bytes * 8));
    unsigned needed = bytes == 1 ? 2 : bytes;
    if (operand.bytes < bytes || (!mayBeWider && operand.bytes != needed))
      return fail(at, fmt::format("'{}' has {} bits, expects {}", at.text,
                                  operand.bytes * 8, needed * 8));
    return true;
  }
  if (isResult)
    return fail(at, fmt::format("unknown register '{}'", at.text));
  std::string_view component;
  if (peek().kind == TokenKind::DotWord)
    component = take().text;
  unsigned natural = 0;
  if (std::optional<SpecialRegister> special =
          parseSpecialRegister(at.text, component, natural)) {
    operand.kind = OperandKind::Special;
    operand.bytes = uint8_t(natural);
    operand.value = int64_t(*special);
    return true;
  }
  if (!component.empty())
    return fail(at,
                fmt::format("unknown register '{}.{}'", at.text, component));
  if (at.text == "WARP_SZ") {
    makeConstant(warpSize, bytes, operand);
    return true;
  }
  operand.bytes = uint8_t(bytes);
  if (std::optional<uint32_t> symbol = findSymbol(at.text)) {
    operand.kind = OperandKind::Symbol;
    operand.symbol = *symbol;
    if (module.symbols[*symbol].space == Space::Shared)
      function->sharedSymbols.push_back(*symbol);
    bool minus = peek().is('-');
    if (minus || peek().is('+')) {
      take();
      if (!parseInteger(operand.value))
        return false;
      if (minus)
        operand.value = int64_t(-uint64_t(operand.value));
    }
    return true;
  }
  auto called = functions.find(at.text);
  if (called != functions.end()) {
    operand.kind = OperandKind::Function;
    operand.symbol = called->second;
    function->callsIndirectly = true;
    return true;
  }
  return fail(at, fmt::format("unknown name '{}'", at.text));
}

bool Parser::parsePredicate(bool isResult, Operand &operand) {
  bool negated = !isResult && consume('!');
  // nvcc writes "mov.pred %p1, -1" for true.
  if (!isResult && !negated)
    consume('-');
  const Token &at = take();
  if (at.kind == TokenKind::Integer && !isResult) {
    operand.kind = OperandKind::Constant;
    operand.value = (at.bits != 0) != negated;
    return true;
  }
  if (at.kind == TokenKind::Identifier) {
    if (at.text == "_" && isResult) {
      operand.kind = OperandKind::Sink;
      return true;
    }
    if (!resolveRegister(at.text, operand))
      return fail(at, fmt::format("unknown register '{}'", at.text));
    if (operand.kind != OperandKind::Predicate)
      return fail(at, fmt::format("'{}' is not a predicate", at.text));
    operand.negated = negated;
    return true;
  }
  return fail(at, fmt::format("expects a predicate, not '{}'", at.text));
}

/// `packs`: of mov, whose vector has `bytes` in total; else of each element.
bool Parser::parseVector(bool isResult, unsigned bytes, bool packs,
                         ScalarType type, Operand &operand) {
  const Token &at = peek();
  if (!expect('{'))
    return false;
  // How many elements decides how wide each is.
  unsigned count = 1;
  for (unsigned i = 0; !peek(i).is('}'); ++i) {
    if (peek(i).kind == TokenKind::End)
      return fail(at, "vector without an end");
    count += peek(i).is(',');
  }
  if (count > 64)
    return fail(at, fmt::format("a vector of {} elements", count));
  unsigned each = packs ? bytes / count : bytes;
  if (each == 0 || (packs && each * count != bytes))
    return fail(at, fmt::format("{} bits in {} elements", bytes * 8, count));
  std::vector<Operand> elements(count);
  for (unsigned i = 0; i < count; ++i) {
    if (i && !expect(','))
      return false;
    if (!parseScalar(isResult, each, !packs, packs ? ScalarType::None : type,
                     elements[i]))
      return false;
  }
  operand.kind = OperandKind::Vector;
  operand.bytes = uint8_t(each);
  operand.first = uint32_t(function->operands.size());
  operand.count = count;
  function->operands.insert(function->operands.end(), elements.begin(),
                            elements.end());
  return expect('}');
}

bool Parser::parseAddress(Operand &operand) {
  if (!expect('['))
    return false;
  operand.kind = OperandKind::Address;
  const Token &at = peek();
  if (at.kind == TokenKind::Identifier) {
    take();
    Operand base;
    if (resolveRegister(at.text, base)) {
      if (base.kind != OperandKind::Register || base.bytes < 4)
        return fail(at, fmt::format("'{}' is no address", at.text));
      operand.base = OperandKind::Register;
      operand.bytes = base.bytes;
      operand.slot = base.slot;
      operand.offset = base.offset;
    } else if (std::optional<uint32_t> symbol = findSymbol(at.text)) {
      operand.base = OperandKind::Symbol;
      operand.symbol = *symbol;
      if (module.symbols[*symbol].space == Space::Shared)
        function->sharedSymbols.push_back(*symbol);
    } else {
      return fail(at, fmt::format("unknown name '{}'", at.text));
    }
    bool minus = consume('-');
    if (minus || consume('+')) {
      if (!parseInteger(operand.value))
        return false;
      if (minus)
        operand.value = int64_t(-uint64_t(operand.value));
    }
  } else if (!parseInteger(operand.value)) {
    return false;
  }
  if (peek().is(','))
    return fail(peek(), "tensor coordinates are not supported");
  return expect(']');
}

/// d|p, p|q: the second one may be left out.
bool Parser::parseTwoResults(char letter, ScalarType type,
                             std::vector<Operand> &out) {
  Operand first, second;
  if (letter == 'q'
          ? !parsePredicate(true, first)
          : !parseScalar(true, getTypeBytes(type), false, type, first))
    return false;
  letters += "dp";
  if (consume('|') && !parsePredicate(true, second))
    return false;
  out.push_back(first);
  out.push_back(second);
  return true;
}

/// What may be a vector in braces.
bool Parser::parseVectorOrScalar(char letter, ScalarType first,
                                 Operand &operand) {
  bool isResult = letter == 'v' || letter == 'k' || letter == 'f';
  bool isMove = letter == 'k' || letter == 'K';
  if (isMove && first == ScalarType::Pred)
    return parsePredicate(isResult, operand);
  // A fragment of one register may stand without braces.
  bool isFragment = letter == 'f' || letter == 'F';
  ScalarType type = isFragment ? ScalarType::B32 : first;
  unsigned bytes = getTypeBytes(type);
  if (peek().is('{'))
    return parseVector(isResult, bytes, isMove, type, operand);
  return parseScalar(isResult, bytes, !isMove && !isFragment, type, operand);
}

bool Parser::parseOperand(char letter, const Modifiers &modifiers,
                          std::vector<Operand> &out) {
  ScalarType first =
      modifiers.types.empty() ? ScalarType::B32 : modifiers.types.front();
  ScalarType last =
      modifiers.types.empty() ? ScalarType::B32 : modifiers.types.back();
  if (letter == 'q' || letter == 'r')
    return parseTwoResults(letter, first, out);
  Operand operand;
  bool ok = false;
  switch (letter) {
  case 'd':
  case 's':
  case 'x':
  case 'y':
  case 'D':
  case 'S': {
    bool isResult = letter == 'd' || letter == 'x' || letter == 'D';
    ScalarType type =
        letter == 'y' || letter == 'D' || letter == 'S' ? last : first;
    if (type == ScalarType::Pred)
      ok = parsePredicate(isResult, operand);
    else
      ok = parseScalar(isResult, getTypeBytes(type),
                       letter == 'x' || letter == 'y', type, operand);
    break;
  }
  case 'W':
  case 'w':
    ok = parseScalar(letter == 'W', 2 * getTypeBytes(first), false,
                     ScalarType::B64, operand);
    break;
  case 'U':
  case 'u':
    ok = parseScalar(letter == 'U', 4, false, ScalarType::B32, operand);
    break;
  case 'g':
    ok = parseScalar(false, 8, false, ScalarType::B64, operand);
    break;
  case 'b':
    ok = parseScalar(false, 2, true, ScalarType::B16, operand);
    break;
  case 'p':
  case 'P':
    ok = parsePredicate(letter == 'p', operand);
    break;
  case 'v':
  case 'V':
  case 'k':
  case 'K':
  case 'f':
  case 'F':
    ok = parseVectorOrScalar(letter, first, operand);
    break;
  case 'm':
    ok = parseAddress(operand);
    break;
  default:
    return fail(peek(), fmt::format("operand letter '{}'", letter));
  }
  if (!ok)
    return false;
  letters += letter;
  out.push_back(operand);
  return true;
}

bool Parser::parseOperands(Instruction &instruction, const Opcode &opcode,
                           Modifiers &modifiers) {
  std::vector<Operand> operands;
  letters.clear();
  std::string_view signature = opcode.operands;
  bool isFirst = true;
  for (size_t i = 0; i < signature.size(); ++i) {
    bool isOptional = i + 1 < signature.size() && signature[i + 1] == '?';
    char letter = signature[i];
    i += isOptional;
    // An operand of other forms of the instruction; and the count of bar.red,
    // which may be left out in the middle.
    if (letter == '-' || (letter == 'c' && !peek(2).is(','))) {
      operands.emplace_back();
      letters += letter;
      continue;
    }
    if (letter == 'c')
      letter = 'u';
    if (isOptional && (isFirst ? peek().is(';') : !peek().is(','))) {
      operands.emplace_back();
      letters += letter;
      continue;
    }
    if (!isFirst && !expect(','))
      return false;
    isFirst = false;
    if (!parseOperand(letter, modifiers, operands))
      return false;
    ++modifiers.numOperands;
  }
  if (peek().is(','))
    return fail(peek(),
                fmt::format("'{}' takes no more operands", opcode.name));
  instruction.firstOperand = uint32_t(function->operands.size());
  instruction.numOperands = uint16_t(operands.size());
  function->operands.insert(function->operands.end(), operands.begin(),
                            operands.end());
  return true;
}
