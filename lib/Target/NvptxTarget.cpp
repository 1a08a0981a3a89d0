//===- NvptxTarget.cpp - which GPU to compile for ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM ends the process over a chip that a version of PTX does not know, so the
// pairs are checked here.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/NvptxTarget.h"

#include "dilated-mlir/Emulator/Chip.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"

#include <mutex>

using namespace mlir;
using namespace mlir::dilated;

namespace {
struct ChipVersion {
  StringLiteral name;
  unsigned firstPtxVersion;
};
} // namespace

// "Release history" of the PTX ISA.
static constexpr ChipVersion kChips[] = {
    {"sm_80", 70},   {"sm_86", 71},  {"sm_89", 78},
    {"sm_90", 78},   {"sm_90a", 80}, {"sm_100", 86},
    {"sm_100a", 86}, {"sm_120", 87}, {"sm_120a", 87},
};

// What this LLVM writes, from the first version that knows sm_80.
static constexpr unsigned kVersions[] = {70, 71, 72, 73, 74, 75, 76, 77, 78,
                                         80, 81, 82, 83, 84, 85, 86, 87, 88};

// Drivers since 525 (CUDA 12.0) take it.
static constexpr unsigned kDefaultVersion = 80;

std::string mlir::dilated::listChips() {
  return llvm::join(
      llvm::map_range(kChips,
                      [](const ChipVersion &chip) { return chip.name; }),
      ", ");
}

std::optional<unsigned> mlir::dilated::parsePtxVersion(StringRef text) {
  auto [majorText, minorText] = text.split('.');
  unsigned majorNumber, minorNumber;
  if (majorText.getAsInteger(10, majorNumber) ||
      minorText.getAsInteger(10, minorNumber) || majorNumber < 1 ||
      majorNumber > 99 || minorNumber > 9)
    return std::nullopt;
  return 10 * majorNumber + minorNumber;
}

std::string mlir::dilated::formatPtxVersion(unsigned version) {
  return llvm::formatv("{0}.{1}", version / 10, version % 10);
}

FailureOr<NvptxOptions>
mlir::dilated::resolveTarget(const NvptxOptions &options,
                             function_ref<InFlightDiagnostic()> emitError) {
  const ChipVersion *chip = llvm::find_if(kChips, [&](const ChipVersion &chip) {
    return chip.name == options.chip;
  });
  if (chip == std::end(kChips))
    return emitError() << "unknown chip '" << options.chip << "'; known are "
                       << listChips();
  NvptxOptions resolved = options;
  if (resolved.ptxVersion == 0)
    resolved.ptxVersion = std::max(kDefaultVersion, chip->firstPtxVersion);
  if (resolved.ptxVersion < chip->firstPtxVersion)
    return emitError() << "PTX version " << formatPtxVersion(options.ptxVersion)
                       << " is too low for chip '" << options.chip
                       << "', which needs "
                       << formatPtxVersion(chip->firstPtxVersion);
  if (!llvm::is_contained(kVersions, resolved.ptxVersion))
    return emitError() << "unknown PTX version "
                       << formatPtxVersion(options.ptxVersion) << "; known are "
                       << llvm::join(
                              llvm::map_range(kVersions, formatPtxVersion),
                              ", ");
  return resolved;
}

int64_t mlir::dilated::getSharedMemoryLimit(StringRef chip) {
  const ::dilated::emulator::Chip *limits =
      ::dilated::emulator::findChip(std::string_view(chip.data(), chip.size()));
  return limits ? limits->sharedPerBlock : 0;
}

std::unique_ptr<llvm::TargetMachine>
mlir::dilated::createNvptxMachine(const NvptxOptions &options) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string error;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, options.chip, "+ptx" + std::to_string(options.ptxVersion),
      llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
      options.optLevel == 0 ? llvm::CodeGenOptLevel::None
                            : llvm::CodeGenOptLevel::Aggressive));
}
