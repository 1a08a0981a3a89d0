//===- Module.h - a parsed PTX module ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PTX text in, a checked and decoded module out. A module is immutable: any
// number of launches, on any number of host threads, may share one.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_EMULATOR_MODULE_H
#define DILATED_MLIR_EMULATOR_MODULE_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dilated::emulator {

/// Where the PTX text breaks a rule, or uses what the emulator does not know.
struct ParseError {
  unsigned line = 0;   // 1-based line of the PTX text
  unsigned column = 0; // 1-based
  std::string message; // names the construct; lower case, no full stop
};

/// One parameter of a kernel, in order.
struct Parameter {
  std::string name;
  std::string type;   // the element type as PTX writes it, "u64", "f32", "b8"
  uint32_t bytes = 0; // of the whole parameter: a structure is b8[bytes]
  uint32_t alignment = 1; // bytes
  uint32_t offset = 0;    // bytes from the start of the parameter block
  bool isArray = false;   // declared with brackets: a structure by value
};

struct KernelDescription {
  std::string name;
  unsigned line = 0;
  std::vector<Parameter> parameters;
  uint32_t parameterBytes = 0; // the whole parameter block
  /// 0 where the directive is absent.
  uint32_t requiredThreads[3] = {0, 0, 0}; // .reqntid
  uint32_t maximalThreads[3] = {0, 0, 0};  // .maxntid
  uint32_t minimalBlocks = 0;              // .minnctapersm
  uint32_t maximalRegisters = 0;           // .maxnreg
  /// Statically declared shared memory that the kernel can reach, in bytes.
  uint32_t staticSharedBytes = 0;
  bool usesDynamicShared = false;
  /// Local memory of one thread, without that of recursive calls, in bytes.
  uint32_t localBytes = 0;
  /// The most 32-bit registers alive at one point: a lower bound of what ptxas
  /// will allocate per thread.
  uint32_t liveRegisters = 0;
};

/// A .global or .const variable of the module.
struct VariableDescription {
  std::string name;
  uint64_t bytes = 0;
  uint32_t alignment = 1;
  bool isConstant = false;
};

struct ModuleData; // the decoded form, private to lib/Emulator

class Module {
public:
  /// Null and `error` set where the text is not PTX that the emulator knows.
  static std::unique_ptr<Module> parse(std::string_view text,
                                       ParseError &error);
  ~Module();

  /// As in ".version 8.6" and ".target sm_90a".
  const std::string &getVersion() const;
  const std::string &getTarget() const;

  const std::vector<KernelDescription> &getKernels() const;
  /// Null when there is no such kernel.
  const KernelDescription *findKernel(std::string_view name) const;
  const std::vector<VariableDescription> &getVariables() const;

  /// The lines of the PTX text, for listings.
  const std::vector<std::string> &getLines() const;

  const ModuleData &getData() const { return *data; }

private:
  Module();
  std::unique_ptr<ModuleData> data;
};

} // namespace dilated::emulator

#endif // DILATED_MLIR_EMULATOR_MODULE_H
