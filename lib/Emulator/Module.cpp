//===- Module.cpp - finishing and asking a module ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Module.h"
#include "Parser.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

using namespace dilated::emulator;

//===----------------------------------------------------------------------===//
// What needs the whole module
//===----------------------------------------------------------------------===//

bool Parser::resolveRelocations() {
  for (Variable &variable : module.symbols)
    for (Variable::Relocation &relocation : variable.relocations) {
      if (findSymbol(relocation.symbol) || functions.count(relocation.symbol))
        continue;
      error = {relocation.line, 1,
               fmt::format("unknown name '{}' in the initial values of '{}'",
                           relocation.symbol, variable.name)};
      return false;
    }
  return true;
}

bool Parser::finishModule() {
  function = nullptr;
  if (!resolveRelocations())
    return false;
  for (uint32_t i = 0; i < module.symbols.size(); ++i) {
    Variable &variable = module.symbols[i];
    if (variable.space != Space::Global && variable.space != Space::Const)
      continue;
    variable.variableIndex = uint32_t(module.variables.size());
    module.variables.push_back({variable.name, variable.bytes,
                                variable.alignment,
                                variable.space == Space::Const});
    module.variableSymbols.push_back(i);
  }
  for (size_t i = 1; i < module.locations.size(); ++i) {
    SourceLocation &location = module.locations[i];
    auto found = files.find(std::stoull(location.file));
    location.file = found == files.end() ? "" : found->second;
  }
  describeKernels();
  return true;
}

void Parser::describeKernels() {
  auto reach = [&](uint32_t start) {
    std::set<uint32_t> reached = {start};
    std::vector<uint32_t> work = {start};
    bool all = false;
    while (!work.empty()) {
      const Function &each = module.functions[work.back()];
      work.pop_back();
      auto visit = [&](uint32_t callee) {
        if (reached.insert(callee).second)
          work.push_back(callee);
      };
      for (uint32_t callee : each.callees)
        visit(callee);
      if (each.callsIndirectly && !all) {
        all = true;
        for (uint32_t i = 0; i < module.functions.size(); ++i)
          if (!module.functions[i].isKernel)
            visit(i);
      }
    }
    return reached;
  };
  for (uint32_t i = 0; i < module.functions.size(); ++i) {
    Function &kernel = module.functions[i];
    if (!kernel.isKernel || !kernel.hasBody)
      continue;
    KernelDescription &description = kernel.description;
    std::set<uint32_t> shared;
    for (uint32_t each : reach(i)) {
      const Function &reached = module.functions[each];
      shared.insert(reached.sharedSymbols.begin(), reached.sharedSymbols.end());
      description.localBytes += reached.localBytes;
      description.liveRegisters =
          std::max(description.liveRegisters, computeLiveRegisters(reached));
    }
    // Static variables in the order of the text, the dynamic array behind.
    uint64_t used = 0;
    uint32_t dynamicAlignment = 1;
    kernel.sharedSymbols.assign(shared.begin(), shared.end());
    for (uint32_t symbol : kernel.sharedSymbols) {
      const Variable &variable = module.symbols[symbol];
      uint64_t alignment = variable.alignment;
      if (variable.isDynamicShared) {
        description.usesDynamicShared = true;
        dynamicAlignment = std::max(dynamicAlignment, variable.alignment);
        continue;
      }
      used = (used + alignment - 1) / alignment * alignment + variable.bytes;
    }
    used = (used + dynamicAlignment - 1) / dynamicAlignment * dynamicAlignment;
    description.staticSharedBytes =
        uint32_t(std::min<uint64_t>(used, UINT32_MAX / 2));
    module.kernels.push_back(description);
  }
}

const Function *ModuleData::findFunction(std::string_view name) const {
  for (const Function &function : functions)
    if (function.name == name && function.hasBody)
      return &function;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Module
//===----------------------------------------------------------------------===//

Module::Module() : data(std::make_unique<ModuleData>()) {}
Module::~Module() = default;

std::unique_ptr<Module> Module::parse(std::string_view text,
                                      ParseError &error) {
  std::unique_ptr<Module> module(new Module());
  if (!Parser(text, *module->data, error).run())
    return nullptr;
  return module;
}

const std::string &Module::getVersion() const { return data->version; }
const std::string &Module::getTarget() const { return data->target; }
const std::vector<KernelDescription> &Module::getKernels() const {
  return data->kernels;
}
const std::vector<VariableDescription> &Module::getVariables() const {
  return data->variables;
}
const std::vector<std::string> &Module::getLines() const { return data->lines; }

const KernelDescription *Module::findKernel(std::string_view name) const {
  for (const KernelDescription &kernel : data->kernels)
    if (kernel.name == name)
      return &kernel;
  return nullptr;
}
