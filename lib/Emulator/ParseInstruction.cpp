//===- ParseInstruction.cpp - the statements of a function body -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

#include <algorithm>
#include <fmt/format.h>

using namespace dilated::emulator;

bool Parser::parseStatement() {
  const Token &at = peek();
  if (at.kind == TokenKind::DotWord)
    return parseDirectiveStatement();
  if (at.kind == TokenKind::Identifier && peek(1).is(':'))
    return parseLabelled();
  if (at.is('@') || at.kind == TokenKind::Identifier)
    return parseInstruction();
  if (consume(';')) // an empty statement, as inline assembly leaves it
    return true;
  return fail(at, fmt::format("unexpected '{}'", at.text));
}

bool Parser::parseDirectiveStatement() {
  const Token &word = peek();
  if (word.text == "loc")
    return parseLocation();
  if (word.text == "section")
    return parseSection();
  if (word.text == "reg") {
    take();
    return parseRegisters();
  }
  if (word.text == "pragma") {
    while (!peek().is(';') && peek().kind != TokenKind::End)
      take();
    return expect(';');
  }
  std::optional<Space> space = parseSpace(word.text);
  if (!space)
    return fail(word, fmt::format("unknown directive '.{}'", word.text));
  take();
  // A .param of a body is where arguments of a call are put together.
  if (*space == Space::Param)
    space = Space::Local;
  return parseVariables(*space, false);
}

bool Parser::parseLocation() {
  take();
  LocationKey key{};
  if (!parseUnsigned(key.file, UINT32_MAX, "the number of a file") ||
      !parseUnsigned(key.line, UINT32_MAX, "a line") ||
      !parseUnsigned(key.column, UINT32_MAX, "a column"))
    return false;
  while (consume(',')) {
    std::string_view word;
    if (!expectIdentifier(word, "function_name or inlined_at"))
      return false;
    if (word == "function_name") {
      take();
      if (consume('+') && peek().kind == TokenKind::Integer)
        take();
    } else if (word == "inlined_at") {
      uint64_t ignored;
      for (int i = 0; i < 3; ++i)
        if (!parseUnsigned(ignored, UINT32_MAX, "a number"))
          return false;
    } else {
      return fail(peek(), fmt::format("unknown attribute '{}' of .loc", word));
    }
  }
  auto [entry, isNew] =
      locations.try_emplace(key, uint32_t(module.locations.size()));
  if (isNew)
    module.locations.push_back(
        {std::to_string(key.file), unsigned(key.line), unsigned(key.column)});
  currentLocation = key.line ? entry->second : 0;
  return true;
}

bool Parser::parseLabelled() {
  const Token &label = take();
  take(); // the colon
  const Token &word = peek();
  if (word.isDot("branchtargets")) {
    take();
    std::vector<const Token *> targets;
    do {
      targets.push_back(&peek());
      std::string_view name;
      if (!expectIdentifier(name, "a label"))
        return false;
    } while (consume(','));
    scopes[scope].targets[label.text] = std::move(targets);
    return expect(';');
  }
  if (word.isDot("callprototype") || word.isDot("calltargets")) {
    // The call itself says what it passes.
    while (!peek().is(';') && peek().kind != TokenKind::End)
      take();
    return expect(';');
  }
  if (!scopes[scope]
           .labels.try_emplace(label.text, uint32_t(function->code.size()))
           .second)
    return fail(label, fmt::format("label '{}' is defined twice", label.text));
  return true;
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

static bool isWordOf(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word)
      return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

/// Hints that change no result: caches, sizes of prefetches, proofs of
/// uniformity.
static bool isHint(std::string_view word) {
  return word == "uni" || word.starts_with("L1::") ||
         word.starts_with("L2::") || word == "L2" || word == "L1";
}

bool Parser::parseModifiers(const Opcode *&opcode, Modifiers &modifiers) {
  const Token &name = take();
  std::vector<const Token *> words;
  while (peek().kind == TokenKind::DotWord)
    words.push_back(&take());

  // The longest name in the table: "mul.wide", "cp.async.wait_group".
  std::string full(name.text);
  opcode = findOpcode(full);
  size_t used = 0;
  for (size_t i = 0; i < words.size() && i < 4; ++i) {
    full += '.';
    full += words[i]->text;
    if (const Opcode *longer = findOpcode(full)) {
      opcode = longer;
      used = i + 1;
    }
  }
  if (!opcode) {
    std::string spelled(name.text);
    if (!words.empty())
      spelled += fmt::format(".{}", words.front()->text);
    return fail(name, fmt::format("unknown instruction '{}'", spelled));
  }
  for (size_t i = used; i < words.size(); ++i) {
    std::string_view word = words[i]->text;
    if (std::optional<ScalarType> type = parseScalarType(word)) {
      if (modifiers.types.size() == opcode->maxTypes)
        return fail(*words[i], fmt::format("'{}' takes no type '.{}'",
                                           opcode->name, word));
      modifiers.types.push_back(*type);
      continue;
    }
    if (isWordOf(opcode->modifiers, word) ||
        (isWordOf(opcode->modifiers, "$") && parseSpace(word))) {
      modifiers.words.push_back(word);
      continue;
    }
    if (isHint(word))
      continue;
    return fail(*words[i], fmt::format("unknown modifier '.{}' of '{}'", word,
                                       opcode->name));
  }
  if (modifiers.types.size() < opcode->minTypes)
    return fail(name, fmt::format("'{}' needs a type", opcode->name));
  return true;
}

bool Parser::parseInstruction() {
  Instruction instruction;
  instruction.line = peek().line;
  instruction.location = currentLocation;
  if (consume('@')) {
    bool negated = consume('!');
    const Token &at = take();
    Operand guard;
    if (at.kind != TokenKind::Identifier || !resolveRegister(at.text, guard) ||
        guard.kind != OperandKind::Predicate)
      return fail(at, fmt::format("'{}' is not a predicate", at.text));
    instruction.hasGuard = true;
    instruction.negatedGuard = negated;
    instruction.guardSlot = guard.slot;
    instruction.guardOffset = guard.offset;
  }
  const Token &name = peek();
  if (name.kind != TokenKind::Identifier)
    return fail(name,
                fmt::format("expects an instruction, not '{}'", name.text));
  const Opcode *opcode = nullptr;
  Modifiers modifiers;
  if (!parseModifiers(opcode, modifiers))
    return false;

  instruction.instructionClass = opcode->instructionClass;
  if (!modifiers.types.empty()) {
    instruction.type = modifiers.types.front();
    instruction.sourceType = modifiers.types.back();
  }
  instruction.counter = module.numCounters++;
  module.counterLines.push_back(instruction.line);
  if (opcode->name == "call") {
    if (!parseCall(instruction, modifiers))
      return false;
  } else if (opcode->name == "bra") {
    if (!parseBranch(instruction))
      return false;
  } else if (opcode->name == "brx.idx") {
    if (!parseBranchIndexed(instruction))
      return false;
  } else {
    if (!parseOperands(instruction, *opcode, modifiers))
      return false;
    std::string problem = opcode->select(modifiers, instruction);
    if (!problem.empty())
      return fail(name, problem);
    if (opcode->name == "mov")
      specializeMove(function->getOperands(instruction)[0],
                     function->getOperands(instruction)[1], instruction);
    problem = checkOperands(instruction);
    if (!problem.empty())
      return fail(name, problem);
    collectSlots(instruction, letters);
  }
  if (!expect(';'))
    return false;
  function->code.push_back(instruction);
  return true;
}

/// Handlers index vectors by the sizes that the modifiers say.
std::string Parser::checkOperands(const Instruction &instruction) const {
  const Operand *operands = function->getOperands(instruction);
  bool isMove = instruction.instructionClass == InstructionClass::Move;
  for (unsigned n = 0; n < instruction.numOperands; ++n) {
    const Operand &operand = operands[n];
    unsigned expected = n < 4 ? instruction.elements[n] : 0;
    unsigned count = operand.kind == OperandKind::Vector ? operand.count : 1;
    if (isMove) {
      if (instruction.type == ScalarType::B128 &&
          (operand.kind == OperandKind::Vector
               ? operand.count != 2
               : operand.kind != OperandKind::Register))
        return "mov.b128 takes a register or a vector of two";
      continue;
    }
    if (expected && count != expected)
      return fmt::format("operand {} has {} elements, expects {}", n + 1, count,
                         expected);
    if (expected && expected != 1 && operand.kind != OperandKind::Vector)
      return fmt::format("operand {} is not a vector", n + 1);
    if (!expected && operand.kind == OperandKind::Vector)
      return fmt::format("operand {} is a vector", n + 1);
  }
  return {};
}

void Parser::collectSlots(Instruction &instruction, std::string_view letters) {
  static constexpr std::string_view resultLetters = "dxDWUpvfk";
  std::vector<uint32_t> sources, results;
  const Operand *operands = function->getOperands(instruction);
  for (unsigned i = 0; i < instruction.numOperands; ++i) {
    bool isResult = resultLetters.find(letters[i]) != std::string_view::npos;
    std::vector<uint32_t> &slots = isResult ? results : sources;
    const Operand &operand = operands[i];
    auto add = [&](const Operand &each) {
      if (each.kind == OperandKind::Register ||
          each.kind == OperandKind::Predicate)
        slots.push_back(each.slot);
    };
    add(operand);
    if (operand.kind == OperandKind::Vector)
      for (uint32_t j = 0; j < operand.count; ++j)
        add(function->operands[operand.first + j]);
    if (operand.kind == OperandKind::Address &&
        operand.base == OperandKind::Register)
      sources.push_back(operand.slot);
    if (operand.kind == OperandKind::Symbol ||
        (operand.kind == OperandKind::Address &&
         operand.base == OperandKind::Symbol)) {
      // Kernel parameters are read-only memory of the launch, those of device
      // functions and of calls lie in a frame.
      if (instruction.space == Space::Param &&
          module.symbols[operand.symbol].space == Space::Local)
        instruction.space = Space::Local;
    }
  }
  // A register address in .param of a device function points into its frame.
  if (instruction.space == Space::Param && !function->isKernel)
    instruction.space = Space::Local;
  instruction.firstSource = uint32_t(function->slots.size());
  instruction.numSources = uint32_t(sources.size());
  function->slots.insert(function->slots.end(), sources.begin(), sources.end());
  instruction.firstResult = uint32_t(function->slots.size());
  instruction.numResults = uint32_t(results.size());
  function->slots.insert(function->slots.end(), results.begin(), results.end());
}

//===----------------------------------------------------------------------===//
// Branches and calls
//===----------------------------------------------------------------------===//

bool Parser::parseBranch(Instruction &instruction) {
  const Token &label = take();
  if (label.kind != TokenKind::Identifier)
    return fail(label, fmt::format("expects a label, not '{}'", label.text));
  instruction.control = Control::Branch;
  labelUses.push_back({uint32_t(function->code.size()), &label, scope, -1});
  return true;
}

bool Parser::parseBranchIndexed(Instruction &instruction) {
  Operand index, table;
  if (!parseScalar(false, 4, false, ScalarType::U32, index) || !expect(','))
    return false;
  const Token &name = take();
  if (name.kind != TokenKind::Identifier)
    return fail(name,
                fmt::format("expects a list of targets, not '{}'", name.text));
  table.kind = OperandKind::Label;
  instruction.control = Control::BranchIndexed;
  instruction.shadowRule = ShadowRule::Strict;
  instruction.firstOperand = uint32_t(function->operands.size());
  instruction.numOperands = 2;
  function->operands.push_back(index);
  function->operands.push_back(table);
  letters = "sl";
  collectSlots(instruction, letters);
  tableUses.push_back({uint32_t(function->code.size()), &name, scope});
  return true;
}

/// "(a, b)": operands of the function, one after the other.
bool Parser::parseCallArguments(uint32_t &first, uint32_t &count) {
  std::vector<Operand> arguments;
  if (!expect('('))
    return false;
  if (!consume(')')) {
    do {
      Operand operand;
      const Token &at = peek();
      if (at.kind == TokenKind::Identifier && resolveRegister(at.text, operand))
        take();
      else if (!parseScalar(false, 8, true, ScalarType::B64, operand))
        return false;
      arguments.push_back(operand);
    } while (consume(','));
    if (!expect(')'))
      return false;
  }
  first = uint32_t(function->operands.size());
  count = uint32_t(arguments.size());
  function->operands.insert(function->operands.end(), arguments.begin(),
                            arguments.end());
  return true;
}

/// Operands: results (Vector), callee (Function or Register), arguments
/// (Vector).
bool Parser::parseCall(Instruction &instruction, const Modifiers &) {
  Operand results, callee, arguments;
  results.kind = arguments.kind = OperandKind::Vector;
  if (peek().is('(')) {
    if (!parseCallArguments(results.first, results.count) || !expect(','))
      return false;
  }
  const Token &name = take();
  if (name.kind != TokenKind::Identifier)
    return fail(name, fmt::format("expects a function, not '{}'", name.text));
  bool isRegister = resolveRegister(name.text, callee);
  if (!isRegister) {
    auto found = functions.find(name.text);
    if (found == functions.end())
      return fail(name, fmt::format("unknown function '{}'", name.text));
    if (module.functions[found->second].isKernel)
      return fail(name, fmt::format("'{}' is a kernel", name.text));
    callee.kind = OperandKind::Function;
    callee.symbol = found->second;
    function->callees.push_back(found->second);
  } else if (callee.kind != OperandKind::Register || callee.bytes != 8) {
    return fail(name,
                fmt::format("'{}' is no address of a function", name.text));
  } else {
    function->callsIndirectly = true;
  }
  if (consume(',')) {
    if (peek().is('(')) {
      if (!parseCallArguments(arguments.first, arguments.count))
        return false;
      if (consume(',')) // the prototype or the list of targets
        take();
    } else {
      take();
    }
  }
  instruction.control = Control::Call;
  instruction.shadowRule = ShadowRule::Handler;
  instruction.firstOperand = uint32_t(function->operands.size());
  instruction.numOperands = 3;
  function->operands.push_back(results);
  function->operands.push_back(callee);
  function->operands.push_back(arguments);
  return true;
}
