//===- TargetMachine.cpp - which processor to compile for -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// "native" means the features that the processor reports, not what its name
// promises: a hypervisor may mask some, and a new processor may have a name
// that this LLVM does not know. The name is used for tuning alone.
//
//===----------------------------------------------------------------------===//

#include "HostTuning.h"
#include "dilated-mlir/Runtime/CpuFeatures.h"
#include "dilated-mlir/Target/ObjectEmission.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

#include <mutex>

using namespace mlir;
using namespace mlir::dilated;

static const llvm::Target *lookupHostTarget(std::string &error) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  return llvm::TargetRegistry::lookupTarget(triple, error);
}

/// What the target knows without a processor chosen: the tables of names.
static std::unique_ptr<llvm::MCSubtargetInfo> createSubtarget() {
  std::string error;
  const llvm::Target *target = lookupHostTarget(error);
  if (!target)
    return nullptr;
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      target->createMCSubtargetInfo(triple, /*CPU=*/"", /*Features=*/""));
}

std::vector<std::string> mlir::dilated::listCpus() {
  std::vector<std::string> names = {"native"};
  if (auto subtarget = createSubtarget())
    for (const llvm::SubtargetSubTypeKV &cpu :
         subtarget->getAllProcessorDescriptions())
      if (cpu.Key[0] != '\0')
        names.push_back(cpu.Key);
  return names;
}

/// Whether code for this machine should use a feature that the processor has:
/// the operating system may refuse it, and some are slow.
static bool isUseful(StringRef name) {
  if (name.starts_with("amx"))
    for (int bit = 0; bit < ::dilated::runtime::kCpuFeatureCount; ++bit)
      if (name == ::dilated::runtime::kCpuFeatures[bit])
        return ::dilated::runtime::getCpuFeatures() & (uint64_t(1) << bit);
  return name != "avx512bf16" || hasFastBf16Pairs();
}

/// The features of the host, each with its sign, so that nothing is left to a
/// processor's name. Sorted: the attribute must not depend on hashing.
static std::string hostFeatures() {
  std::vector<std::string> features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures()) {
    StringRef name = feature.getKey();
    bool use = feature.getValue() && isUseful(name);
    features.push_back(llvm::formatv("{0}{1}", use ? '+' : '-', name).str());
  }
  llvm::sort(features);
  return llvm::join(features, ",");
}

/// Whether the processor of that name has tile registers, without features that
/// are added to it.
static bool hasTileRegisters(const llvm::TargetMachine &machine,
                             StringRef name) {
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      machine.getTarget().createMCSubtargetInfo(machine.getTargetTriple(), name,
                                                /*Features=*/""));
  return subtarget->checkFeatures("+amx-tile");
}

std::string mlir::dilated::tuningFor(const TargetOptions &options,
                                     const llvm::TargetMachine &machine) {
  std::string name = options.cpu;
  const llvm::MCSubtargetInfo *subtarget = machine.getMCSubtargetInfo();
  if (options.cpu == "native") {
    name = llvm::sys::getHostCPUName().str();
    if (!subtarget->isCPUStringValid(name))
      name = "";
  }
  // AMX under a name without it: a guest that hides its processor's model, or
  // features added to a baseline. Scheduled for such a name, LLVM keeps tiles
  // on the stack; the first processor with AMX stands for all of them.
  bool isX86 = machine.getTargetTriple().getArch() == llvm::Triple::x86_64;
  if (isX86 && subtarget->checkFeatures("+amx-tile") &&
      !hasTileRegisters(machine, name))
    return "sapphirerapids";
  return name;
}

/// Each entry of "+a,-b" must be a signed name that the target has.
static LogicalResult
verifyFeatures(StringRef features, const llvm::MCSubtargetInfo &subtarget,
               function_ref<InFlightDiagnostic()> emitError) {
  SmallVector<StringRef> entries;
  features.split(entries, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef entry : entries) {
    if (!entry.starts_with("+") && !entry.starts_with("-"))
      return emitError() << "processor feature '" << entry
                         << "' must start with + or -";
    auto known = subtarget.getAllProcessorFeatures();
    if (llvm::none_of(known, [&](const llvm::SubtargetFeatureKV &feature) {
          return entry.drop_front() == feature.Key;
        }))
      return emitError() << "unknown processor feature '" << entry << "'";
  }
  return success();
}

/// LLVM ends the process over code for another mode of the processor.
static LogicalResult verifyMode(const llvm::Target *target,
                                const TargetOptions &options, bool native,
                                function_ref<InFlightDiagnostic()> emitError) {
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  if (triple.getArch() != llvm::Triple::x86_64)
    return success();
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      target->createMCSubtargetInfo(triple, native ? "x86-64" : options.cpu,
                                    options.features));
  if (subtarget->checkFeatures("+64bit") &&
      subtarget->checkFeatures("-soft-float") &&
      subtarget->checkFeatures("+sse2"))
    return success();
  return emitError() << "processor '" << options.cpu << "' with features '"
                     << options.features
                     << "' is not supported: 64-bit mode and SSE2 are needed";
}

FailureOr<std::unique_ptr<llvm::TargetMachine>>
mlir::dilated::createTargetMachine(
    const TargetOptions &options,
    function_ref<InFlightDiagnostic()> emitError) {
  std::string error;
  const llvm::Target *target = lookupHostTarget(error);
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget = createSubtarget();
  if (!target || !subtarget)
    return emitError() << "no LLVM target for this machine: " << error;

  bool native = options.cpu == "native";
  // A processor given by name must be one; "" would silently mean a default.
  if (!native &&
      (options.cpu.empty() || !subtarget->isCPUStringValid(options.cpu)))
    return emitError() << "unknown processor '" << options.cpu
                       << "'; known are " << llvm::join(listCpus(), ", ");
  if (failed(verifyFeatures(options.features, *subtarget, emitError)))
    return failure();
  if (failed(verifyMode(target, options, native, emitError)))
    return failure();

  std::string features = native ? hostFeatures() : "";
  if (!options.features.empty())
    features += (features.empty() ? "" : ",") + options.features;

  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  // Native code is built up from the architecture's baseline by features.
  std::string cpu = options.cpu;
  if (native)
    cpu = triple.getArch() == llvm::Triple::x86_64 ? "x86-64" : "generic";

  llvm::CodeGenOptLevel level =
      options.optLevel <= 0   ? llvm::CodeGenOptLevel::None
      : options.optLevel == 1 ? llvm::CodeGenOptLevel::Less
      : options.optLevel == 2 ? llvm::CodeGenOptLevel::Default
                              : llvm::CodeGenOptLevel::Aggressive;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, cpu, features, llvm::TargetOptions(), llvm::Reloc::PIC_,
      llvm::CodeModel::Small, level));
  if (!machine)
    return emitError() << "cannot create a target machine for " << triple.str();
  return machine;
}

FailureOr<VectorFeatures>
mlir::dilated::getVectorFeatures(const TargetOptions &options,
                                 function_ref<InFlightDiagnostic()> emitError) {
  FailureOr<std::unique_ptr<llvm::TargetMachine>> machine =
      createTargetMachine(options, emitError);
  if (failed(machine))
    return failure();
  const llvm::MCSubtargetInfo *subtarget = (*machine)->getMCSubtargetInfo();
  if ((*machine)->getTargetTriple().getArch() != llvm::Triple::x86_64)
    return VectorFeatures();
  return VectorFeatures::get([&](StringRef name) {
    return subtarget->checkFeatures(("+" + name).str());
  });
}

FailureOr<std::string>
mlir::dilated::getTargetKey(const TargetOptions &options,
                            function_ref<InFlightDiagnostic()> emitError) {
  FailureOr<std::unique_ptr<llvm::TargetMachine>> machine =
      createTargetMachine(options, emitError);
  if (failed(machine))
    return failure();
  return llvm::formatv("{0} cpu {1} features {2} tune {3} -O{4}",
                       (*machine)->getTargetTriple().str(),
                       (*machine)->getTargetCPU(),
                       (*machine)->getTargetFeatureString(),
                       tuningFor(options, **machine), options.optLevel)
      .str();
}
