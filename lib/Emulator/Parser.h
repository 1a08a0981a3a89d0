//===- Parser.h - tokens to a decoded module --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_PARSER_H
#define DILATED_LIB_EMULATOR_PARSER_H

#include "Instruction.h"
#include "Lexer.h"
#include "Opcodes.h"

#include <map>
#include <optional>

namespace dilated::emulator {

/// Every method that can fail returns false with `error` set.
class Parser {
public:
  Parser(std::string_view text, ModuleData &module, ParseError &error)
      : text(text), module(module), error(error) {}

  bool run();

private:
  //===--- Tokens (Parser.cpp) --------------------------------------------===//
  const Token &peek(unsigned ahead = 0) const {
    return tokens[std::min(position + ahead, tokens.size() - 1)];
  }
  const Token &take() {
    const Token &token = peek();
    if (position + 1 < tokens.size())
      ++position;
    return token;
  }
  bool fail(const Token &at, std::string message);
  bool expect(char punctuation);
  bool consume(char punctuation);
  bool expectIdentifier(std::string_view &name, const char *what);
  bool parseUnsigned(uint64_t &value, uint64_t limit, const char *what);

  //===--- Modules and functions (Parser.cpp) -----------------------------===//
  bool parseTopLevel();
  bool parseVersionTarget();
  bool parseFile();
  bool parseSection();
  bool parseAlias();
  bool parseFunction(bool isKernel);
  bool parseFormals(Function &function, bool areResults);
  bool parsePerformanceDirectives(Function &function);
  bool parseBody();
  bool finishFunction();
  bool finishModule();
  bool resolveRelocations();
  void describeKernels();

  //===--- Variables (ParseVariables.cpp) ---------------------------------===//
  struct Declaration {
    std::string_view name;
    const Token *at = nullptr;
    ScalarType type = ScalarType::None;
    uint32_t alignment = 0;
    uint64_t bytes = 0;
    uint64_t elements = 1;
    bool isArray = false, isUnsized = false;
  };
  /// Attributes, type, name and bounds; the space is already read.
  bool parseDeclaration(Declaration &declaration);
  bool parseVariables(Space space, bool isExtern);
  bool parseInitializer(Variable &variable, const Declaration &declaration);
  bool parseInitializerList(Variable &variable, ScalarType type,
                            uint64_t &offset, unsigned depth);
  bool parseInitializerElement(Variable &variable, ScalarType type,
                               uint64_t &offset);
  bool parseRegisters();
  bool declareRegister(const Token &at, std::string_view name, ScalarType type);
  /// Registers a variable in the current scope.
  bool declareSymbol(const Token &at, Variable variable, uint32_t &index);

  //===--- Statements (ParseInstruction.cpp) ------------------------------===//
  bool parseStatement();
  bool parseDirectiveStatement();
  bool parseLocation();
  bool parseLabelled();
  bool parseInstruction();
  bool parseModifiers(const Opcode *&opcode, Modifiers &modifiers);
  bool parseCall(Instruction &instruction, const Modifiers &modifiers);
  bool parseCallArguments(uint32_t &first, uint32_t &count);
  bool parseBranch(Instruction &instruction);
  bool parseBranchIndexed(Instruction &instruction);
  std::string checkOperands(const Instruction &instruction) const;
  void collectSlots(Instruction &instruction, std::string_view letters);

  //===--- Operands (ParseOperands.cpp) -----------------------------------===//
  bool parseOperands(Instruction &instruction, const Opcode &opcode,
                     Modifiers &modifiers);
  bool parseTwoResults(char letter, ScalarType type, std::vector<Operand> &out);
  bool parseVectorOrScalar(char letter, ScalarType first, Operand &operand);
  bool parseOperand(char letter, const Modifiers &modifiers,
                    std::vector<Operand> &out);
  bool parseScalar(bool isResult, unsigned bytes, bool mayBeWider,
                   ScalarType type, Operand &operand);
  bool parseVector(bool isResult, unsigned bytes, bool packs, ScalarType type,
                   Operand &operand);
  bool parsePredicate(bool isResult, Operand &operand);
  bool parseAddress(Operand &operand);
  bool parseNumber(ScalarType type, unsigned bytes, uint64_t &bits);
  bool parseInteger(int64_t &value);
  void makeConstant(uint64_t bits, unsigned bytes, Operand &operand);
  bool resolveRegister(std::string_view name, Operand &operand);
  std::optional<uint32_t> findSymbol(std::string_view name) const;
  uint32_t addSlot(std::string_view name, unsigned bytes);

  //===--- State ----------------------------------------------------------===//
  struct RegisterDeclaration {
    uint8_t bytes = 0; // 0: predicate
    int64_t slot = -1; // given at the first use
  };
  struct RegisterRange {
    uint8_t bytes = 0;
    uint64_t count = 0;
  };
  struct Scope {
    int parent = -1;
    std::unordered_map<std::string_view, RegisterDeclaration> registers;
    std::unordered_map<std::string_view, RegisterRange> ranges;
    std::unordered_map<std::string_view, uint32_t> symbols;
    std::unordered_map<std::string_view, uint32_t> labels;
    std::unordered_map<std::string_view, std::vector<const Token *>> targets;
  };
  struct LabelUse {
    uint32_t instruction = 0;
    const Token *name = nullptr;
    int scope = 0;
    int targetIndex =
        -1; // into Function::branchTargets; -1: Instruction::target
  };
  struct TableUse {
    uint32_t instruction;
    const Token *name;
    int scope;
  };
  std::string_view text;
  ModuleData &module;
  ParseError &error;
  std::vector<Token> tokens;
  size_t position = 0;

  std::unordered_map<std::string_view, uint32_t> symbols;   // of the module
  std::unordered_map<std::string_view, uint32_t> functions; // by name
  std::map<uint64_t, std::string> files;
  struct LocationKey {
    uint64_t file, line, column;
    auto operator<=>(const LocationKey &) const = default;
  };
  std::map<LocationKey, uint32_t> locations;
  uint32_t currentLocation = 0;

  Function *function = nullptr;
  std::vector<Scope> scopes;
  int scope = 0;
  std::vector<LabelUse> labelUses;
  std::vector<TableUse> tableUses;
  std::map<std::pair<uint64_t, unsigned>, uint32_t> constantOffsets;
  /// Signature letters of the instruction at hand, one per parsed operand.
  std::string letters;
};

/// Fills Instruction::reconverge of every branch, and the description's
/// liveRegisters (ControlFlow.cpp, Liveness.cpp).
void computeReconvergence(Function &function);
uint32_t computeLiveRegisters(const Function &function);

/// Names of special registers, without components: "%tid.x" (Special.cpp).
/// `bytes` is the natural width.
std::optional<SpecialRegister> parseSpecialRegister(std::string_view name,
                                                    std::string_view component,
                                                    unsigned &bytes);

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_PARSER_H
