//===- Parser.cpp - modules and functions -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

#include <algorithm>
#include <fmt/format.h>

using namespace dilated::emulator;

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

bool Parser::fail(const Token &at, std::string message) {
  // A word of the text may be as long as the text.
  constexpr size_t longest = 400;
  if (message.size() > longest) {
    message.resize(longest);
    message += "…";
  }
  error = {at.line, at.column, std::move(message)};
  return false;
}

static std::string spell(const Token &token) {
  if (token.kind == TokenKind::End)
    return "the end of the text";
  if (token.kind == TokenKind::DotWord)
    return fmt::format("'.{}'", token.text);
  return fmt::format("'{}'", token.text);
}

bool Parser::expect(char punctuation) {
  if (consume(punctuation))
    return true;
  return fail(peek(),
              fmt::format("expects '{}', not {}", punctuation, spell(peek())));
}

bool Parser::consume(char punctuation) {
  if (!peek().is(punctuation))
    return false;
  take();
  return true;
}

bool Parser::expectIdentifier(std::string_view &name, const char *what) {
  if (peek().kind != TokenKind::Identifier)
    return fail(peek(), fmt::format("expects {}, not {}", what, spell(peek())));
  name = take().text;
  return true;
}

bool Parser::parseUnsigned(uint64_t &value, uint64_t limit, const char *what) {
  const Token &at = peek();
  if (at.kind != TokenKind::Integer)
    return fail(at, fmt::format("expects {}, not {}", what, spell(at)));
  if (at.bits > limit)
    return fail(at,
                fmt::format("{} is {}, the most is {}", what, at.bits, limit));
  value = take().bits;
  return true;
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

bool Parser::run() {
  module.locations.emplace_back();
  size_t begin = 0;
  while (begin <= text.size()) {
    size_t end = std::min(text.find('\n', begin), text.size());
    module.lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (!tokenize(text, tokens, error))
    return false;
  while (peek().kind != TokenKind::End)
    if (!parseTopLevel())
      return false;
  if (module.version.empty())
    return fail(peek(), "the module has no .version");
  return finishModule();
}

bool Parser::parseTopLevel() {
  const Token &at = peek();
  if (at.kind != TokenKind::DotWord)
    return fail(at, fmt::format("expects a directive, not {}", spell(at)));
  if (at.text == "version" || at.text == "target" || at.text == "address_size")
    return parseVersionTarget();
  if (module.version.empty())
    return fail(at, "a module begins with .version");
  if (at.text == "file")
    return parseFile();
  if (at.text == "section")
    return parseSection();
  if (at.text == "loc")
    return parseLocation();
  if (at.text == "alias")
    return parseAlias();
  if (at.text == "pragma") {
    while (!peek().is(';') && peek().kind != TokenKind::End)
      take();
    return expect(';');
  }
  bool isExtern = false;
  while (true) {
    const Token &word = take();
    if (word.kind != TokenKind::DotWord)
      return fail(word,
                  fmt::format("expects a directive, not {}", spell(word)));
    if (word.text == "extern") {
      isExtern = true;
      continue;
    }
    if (word.text == "visible" || word.text == "weak" || word.text == "common")
      continue;
    if (word.text == "entry" || word.text == "func")
      return parseFunction(word.text == "entry");
    if (word.text == "reg")
      return fail(word, "registers of a module are not supported");
    std::optional<Space> space = parseSpace(word.text);
    if (!space || *space == Space::Param || *space == Space::Local)
      return fail(word, fmt::format("unknown directive {}", spell(word)));
    return parseVariables(*space, isExtern);
  }
}

bool Parser::parseVersionTarget() {
  const Token &word = take();
  const Token &value = take();
  if (word.text == "version") {
    if (value.kind != TokenKind::Float64 && value.kind != TokenKind::Integer)
      return fail(value, "expects a version such as 8.0");
    module.version = value.text;
    return true;
  }
  if (word.text == "address_size") {
    if (value.kind != TokenKind::Integer || value.bits != 64)
      return fail(value, fmt::format("address size {} is not supported, 64 is",
                                     spell(value)));
    return true;
  }
  if (value.kind != TokenKind::Identifier)
    return fail(value, "expects a target such as sm_80");
  module.target = value.text;
  while (consume(',')) { // texmode_…, debug, map_f64_to_f32
    std::string_view option;
    if (!expectIdentifier(option, "a target option"))
      return false;
  }
  return true;
}

bool Parser::parseFile() {
  take();
  uint64_t number = 0;
  if (!parseUnsigned(number, UINT32_MAX, "the number of a file"))
    return false;
  const Token &name = take();
  if (name.kind != TokenKind::String)
    return fail(name, "expects the name of a file");
  files[number] = name.text;
  while (consume(',')) // time stamp, size
    take();
  return true;
}

bool Parser::parseSection() {
  take();
  const Token &name = take();
  if (name.kind != TokenKind::DotWord && name.kind != TokenKind::Identifier)
    return fail(name, "expects the name of a section");
  if (!expect('{'))
    return false;
  while (!peek().is('}')) {
    if (peek().kind == TokenKind::End)
      return fail(name, fmt::format("section {} has no end", spell(name)));
    take();
  }
  return expect('}');
}

bool Parser::parseAlias() {
  take();
  const Token &at = peek();
  std::string_view alias, aliasee;
  if (!expectIdentifier(alias, "a name") || !expect(',') ||
      !expectIdentifier(aliasee, "a name"))
    return false;
  auto found = functions.find(aliasee);
  if (found == functions.end())
    return fail(at, fmt::format("'{}' is no function", aliasee));
  functions[alias] = found->second;
  return expect(';');
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

bool Parser::parseFunction(bool isKernel) {
  Function header;
  header.isKernel = isKernel;
  scopes.clear();
  scopes.emplace_back();
  scope = 0;
  labelUses.clear();
  tableUses.clear();
  function = &header;
  // .attribute(…) and the like are not emitted; a result list comes first.
  if (!isKernel && peek().is('(') && !parseFormals(header, true))
    return false;
  const Token &at = peek();
  std::string_view name;
  if (!expectIdentifier(name, "the name of a function"))
    return false;
  header.name = name;
  header.line = at.line;
  header.description.name = name;
  header.description.line = at.line;
  if (peek().is('(') && !parseFormals(header, false))
    return false;
  if (!parsePerformanceDirectives(header))
    return false;

  // A declaration may precede the definition.
  auto [entry, isNew] = functions.try_emplace(name, module.functions.size());
  if (isNew)
    module.functions.emplace_back();
  Function &known = module.functions[entry->second];
  if (consume(';')) {
    if (!known.hasBody)
      known = std::move(header);
    function = nullptr;
    return true;
  }
  if (known.hasBody)
    return fail(at, fmt::format("function '{}' is defined twice", name));
  known = std::move(header);
  known.hasBody = true;
  function = &known;
  if (!expect('{') || !parseBody() || !finishFunction())
    return false;
  function = nullptr;
  return true;
}

bool Parser::parseFormals(Function &function, bool areResults) {
  if (!expect('('))
    return false;
  if (consume(')'))
    return true;
  do {
    const Token &space = take();
    bool isRegister = space.isDot("reg");
    if (!isRegister && !space.isDot("param"))
      return fail(space, fmt::format("expects .param, not {}", spell(space)));
    Declaration declaration;
    if (!parseDeclaration(declaration))
      return false;
    std::vector<Operand> &operands =
        areResults ? function.resultOperands : function.formalOperands;
    Operand operand;
    if (isRegister) {
      if (function.isKernel)
        return fail(space, "a kernel has no parameters in registers");
      if (!declareRegister(*declaration.at, declaration.name,
                           declaration.type) ||
          !resolveRegister(declaration.name, operand))
        return false;
      operands.push_back(operand);
      continue;
    }
    if (declaration.isUnsized)
      return fail(*declaration.at, "a parameter needs a size");
    Variable variable;
    variable.name = declaration.name;
    variable.space = function.isKernel ? Space::Param : Space::Local;
    variable.isFormal = true;
    variable.type = declaration.type;
    variable.alignment = declaration.alignment;
    variable.bytes = declaration.bytes;
    variable.isArray = declaration.isArray;
    uint32_t index = 0;
    if (!declareSymbol(*declaration.at, variable, index))
      return false;
    operand.kind = OperandKind::Symbol;
    operand.symbol = index;
    operands.push_back(operand);
    if (function.isKernel) {
      const Variable &stored = module.symbols[index];
      function.description.parameters.push_back(
          {stored.name, std::string(getTypeName(stored.type)),
           uint32_t(stored.bytes), stored.alignment, uint32_t(stored.offset),
           stored.isArray});
      function.description.parameterBytes =
          uint32_t(stored.offset + stored.bytes);
    }
  } while (consume(','));
  return expect(')');
}

bool Parser::parsePerformanceDirectives(Function &function) {
  KernelDescription &description = function.description;
  while (peek().kind == TokenKind::DotWord) {
    const Token &word = take();
    auto parseExtents = [&](uint32_t (&extents)[3]) {
      extents[1] = extents[2] = 1;
      for (unsigned i = 0; i < 3; ++i) {
        uint64_t value = 0;
        if (i && !consume(','))
          return true;
        if (!parseUnsigned(value, UINT32_MAX, "a number of threads"))
          return false;
        extents[i] = uint32_t(value);
      }
      return true;
    };
    uint64_t value = 0;
    uint32_t ignored[3];
    if (word.text == "maxntid") {
      if (!parseExtents(description.maximalThreads))
        return false;
    } else if (word.text == "reqntid") {
      if (!parseExtents(description.requiredThreads))
        return false;
    } else if (word.text == "minnctapersm") {
      if (!parseUnsigned(value, UINT32_MAX, "a number of blocks"))
        return false;
      description.minimalBlocks = uint32_t(value);
    } else if (word.text == "maxnreg") {
      if (!parseUnsigned(value, UINT32_MAX, "a number of registers"))
        return false;
      description.maximalRegisters = uint32_t(value);
    } else if (word.text == "maxnctapersm" || word.text == "maxclusterrank") {
      if (!parseUnsigned(value, UINT32_MAX, "a number"))
        return false;
    } else if (word.text == "reqnctapercluster") {
      if (!parseExtents(ignored))
        return false;
      if (uint64_t(ignored[0]) * ignored[1] * ignored[2] != 1)
        return fail(word, "clusters of more than one block are not supported");
    } else if (word.text == "pragma") {
      take();
      if (!expect(';'))
        return false;
    } else if (word.text != "noreturn" && word.text != "unique") {
      return fail(word, fmt::format("unknown directive {}", spell(word)));
    }
  }
  return true;
}

bool Parser::parseBody() {
  unsigned depth = 0;
  while (true) {
    if (peek().kind == TokenKind::End)
      return fail(peek(),
                  fmt::format("function '{}' has no end", function->name));
    if (consume('{')) {
      if (++depth > 64)
        return fail(peek(), "more than 64 nested scopes");
      scopes.emplace_back().parent = scope;
      scope = int(scopes.size()) - 1;
      continue;
    }
    if (consume('}')) {
      if (depth-- == 0)
        return true;
      scope = scopes[scope].parent;
      continue;
    }
    if (!parseStatement())
      return false;
  }
}

bool Parser::finishFunction() {
  Instruction end;
  end.control = Control::End;
  end.instructionClass = InstructionClass::Control;
  end.line = peek(0).line;
  if (position > 0)
    end.line = tokens[position - 1].line;
  end.counter = module.numCounters++;
  module.counterLines.push_back(0);
  function->code.push_back(end);

  auto findLabel = [&](std::string_view name,
                       int at) -> std::optional<uint32_t> {
    for (; at >= 0; at = scopes[at].parent) {
      auto found = scopes[at].labels.find(name);
      if (found != scopes[at].labels.end())
        return found->second;
    }
    return std::nullopt;
  };
  for (const TableUse &use : tableUses) {
    const std::vector<const Token *> *targets = nullptr;
    for (int at = use.scope; at >= 0 && !targets; at = scopes[at].parent) {
      auto found = scopes[at].targets.find(use.name->text);
      if (found != scopes[at].targets.end())
        targets = &found->second;
    }
    if (!targets)
      return fail(*use.name,
                  fmt::format("'{}' is no list of targets", use.name->text));
    Instruction &branch = function->code[use.instruction];
    branch.target = uint32_t(function->branchTargets.size());
    for (const Token *target : *targets) {
      labelUses.push_back({use.instruction, target, use.scope,
                           int(function->branchTargets.size())});
      function->branchTargets.push_back(0);
    }
    // The number of targets stands in a slot of its own for execution.
    function->getOperands(branch)[1].value = int64_t(targets->size());
  }
  for (const LabelUse &use : labelUses) {
    std::optional<uint32_t> label = findLabel(use.name->text, use.scope);
    if (!label)
      return fail(*use.name, fmt::format("unknown label '{}'", use.name->text));
    if (use.targetIndex >= 0)
      function->branchTargets[use.targetIndex] = *label;
    else
      function->code[use.instruction].target = *label;
  }
  computeReconvergence(*function);
  return true;
}
