//===- Instruction.h - the decoded form of a module -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands are resolved when the text is parsed: a register is a byte offset
// into the register file of a frame, an immediate a row of 32 equal lanes in
// the module's constant pool. Execution does no work on strings.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_INSTRUCTION_H
#define DILATED_LIB_EMULATOR_INSTRUCTION_H

#include "Types.h"
#include "dilated-mlir/Emulator/Counters.h"
#include "dilated-mlir/Emulator/Module.h"
#include "dilated-mlir/Emulator/Report.h"

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dilated::emulator {

class Warp;
struct Instruction;

/// Executes an instruction for the lanes of Warp::active.
using Handler = void (*)(Warp &, const Instruction &);

enum class OperandKind : uint8_t {
  None,      // an optional operand that is absent
  Register,  // a row of 32 lanes
  Predicate, // 32 bits
  Constant,  // a row of 32 equal lanes; for predicates 0 or 1 in `value`
  Special,   // %tid.x and the like: SpecialRegister in `value`
  Symbol,    // the address of variable `symbol`, plus `value`
  Function,  // the address of function `symbol`
  Sink,      // "_"
  Address,   // [base + value]; `base` says what stands in front
  Vector,    // operands first .. first + count of the function
  Label,     // an instruction: `value`
};

struct Operand {
  OperandKind kind = OperandKind::None;
  OperandKind base = OperandKind::None; // of an Address: Register, Symbol, None
  uint8_t bytes = 0;                    // width of the register or constant
  bool negated = false;                 // of predicates
  uint32_t slot = 0;                    // the number of the register
  uint32_t offset = 0;                  // bytes into registers or constants
  uint32_t symbol = 0;
  uint32_t first = 0, count = 0;
  int64_t value = 0; // immediate bits, displacement, label
};

enum class SpecialRegister : uint8_t {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NwarpId,
  SmId,
  NsmId,
  GridId,
  LanemaskEq,
  LanemaskLe,
  LanemaskLt,
  LanemaskGe,
  LanemaskGt,
  Clock,
  ClockHigh,
  Clock64,
  GlobalTimer,
  GlobalTimerLow,
  GlobalTimerHigh,
  DynamicShared,
  TotalShared,
  Zero,
  One, // cluster registers of a launch without clusters
};

/// What the warp itself does, rather than a handler.
enum class Control : uint8_t {
  None,
  Branch,
  BranchIndexed,
  Call,
  Return,
  Exit,
  Trap,
  BarrierSync, // bar.sync, bar.red
  BarrierArrive,
  WarpBarrier, // bar.warp.sync
  End,         // behind the last instruction of a function
};

/// How undefined bits of the sources become undefined bits of the results.
enum class ShadowRule : uint8_t {
  Any,  // all, if any source has one
  Move, // bit by bit; also packing and unpacking of vectors
  And,
  Or,
  Xor,
  Logic3, // lop3
  ShiftLeft,
  ShiftRight,
  Funnel,  // shf; `operation`: left, `variant`: wrap
  Reverse, // brev
  Select,
  Permute,
  Extract,    // bfe
  Insert,     // bfi
  SignExtend, // szext; `variant`: wrap
  Compare,    // setp
  Convert,    // integers: extension and truncation
  Sum,        // sums and differences: from the lowest undefined bit up
  Product,    // low bits of a product, of a product and a sum: likewise
  Packed,     // several numbers in each register, one by one
  Pack,       // two sources become the halves of the result
  Memory,     // addresses must be defined; the handler does the rest
  Strict,     // every source must be defined
  Handler,    // the handler asks for what it needs
};

/// Instruction::reconverge of lanes that meet no more.
inline constexpr uint32_t noReconvergence = UINT32_MAX;

struct Instruction {
  Handler handler = nullptr;
  uint32_t firstOperand = 0; // into Function::operands
  uint16_t numOperands = 0;
  Control control = Control::None;
  InstructionClass instructionClass = InstructionClass::Integer;
  ShadowRule shadowRule = ShadowRule::Any;
  ScalarType type = ScalarType::None;       // the first type in the text
  ScalarType sourceType = ScalarType::None; // the last one
  Rounding rounding = Rounding::Nearest;
  Comparison comparison = Comparison::Eq;
  Space space = Space::Generic;
  uint8_t vectorSize = 1;
  uint8_t elements[4] = {}; // of vector operands, by operand; 0: no vector
  uint8_t operation = 0;    // of atom, red, vote, shfl, setp's bool op, …
  uint8_t variant = 0;      // per opcode
  bool flush = false;       // .ftz
  bool saturate = false;
  bool strong = false;  // volatile, relaxed, acquire, …: races are meant
  bool aligned = false; // every thread of the warp must take part
  bool negatedGuard = false;
  bool hasGuard = false;
  uint32_t guardSlot = 0, guardOffset = 0;
  uint32_t memberMask = 0; // operand index + 1 of the member mask of .sync
  uint32_t target = 0;     // Branch: instruction; Call: function
  uint32_t reconverge = 0; // Branch: where the sides meet again
  uint32_t firstSource = 0, numSources = 0; // slots, into Function::slots
  uint32_t firstResult = 0, numResults = 0;
  uint32_t counter = 0; // index into the counters by instruction
  uint32_t line = 0;
  uint32_t location = 0; // into ModuleData::locations; 0: none
};

struct Variable {
  std::string name;
  Space space = Space::Global;
  ScalarType type = ScalarType::B8;
  uint32_t alignment = 1;
  uint64_t bytes = 0;
  uint64_t offset = 0; // Param, Local: from the start of the block, frame
  bool isDynamicShared = false; // .extern .shared x[]
  bool isArray = false;
  bool isFormal = false;      // a parameter of a device function, in its frame
  uint32_t variableIndex = 0; // Global, Const: into ModuleData::variables
  std::vector<std::byte> initializer;
  struct Relocation {
    uint64_t offset = 0;
    std::string symbol; // resolved when the module is complete
    int64_t addend = 0;
    unsigned bytes = 8;
    unsigned line = 0;
  };
  std::vector<Relocation> relocations;
};

/// An argument or a result of a call or of a function: a register or memory.
struct Function {
  std::string name;
  unsigned line = 0;
  bool isKernel = false;
  bool hasBody = false;
  std::vector<uint32_t> formals; // symbols, or register slots (see isRegister)
  std::vector<uint32_t> results;
  std::vector<Operand> formalOperands,
      resultOperands; // of kind Register/Symbol
  KernelDescription description;

  std::vector<Instruction> code; // the last one is Control::End
  std::vector<Operand> operands;
  std::vector<uint32_t> slots;
  std::vector<uint32_t> branchTargets; // of brx.idx, by operand lists
  std::vector<uint32_t> slotOffsets;   // bytes, by slot
  std::vector<uint8_t> slotBytes;      // 0: predicate
  std::vector<std::string> slotNames;
  uint32_t registerBytes = 0;
  uint32_t localBytes = 0; // of the frame, formals included
  std::vector<uint32_t> sharedSymbols, callees;
  bool callsIndirectly = false;

  Operand *getOperands(const Instruction &i) {
    return operands.data() + i.firstOperand;
  }
  const Operand *getOperands(const Instruction &i) const {
    return operands.data() + i.firstOperand;
  }
};

struct ModuleData {
  std::string version, target;
  unsigned addressBytes = 8;
  std::vector<std::string> lines;
  std::deque<Variable> symbols;
  std::deque<Function> functions;
  std::vector<KernelDescription> kernels;
  std::vector<VariableDescription> variables;
  std::vector<uint32_t> variableSymbols; // symbol of each variable
  std::vector<SourceLocation> locations; // [0]: none
  std::vector<std::byte> constants;      // rows of 32 lanes
  uint32_t numCounters = 0;
  /// Per counter: line and class.
  std::vector<uint32_t> counterLines;

  const Function *findFunction(std::string_view name) const;
};

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_INSTRUCTION_H
