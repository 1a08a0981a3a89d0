//===- NvptxTarget.h - which GPU to compile for -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_NVPTXTARGET_H
#define DILATED_MLIR_TARGET_NVPTXTARGET_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/Support/LLVM.h"

#include <optional>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace mlir::dilated {

struct NvptxOptions {
  /// "sm_80", …; PTX runs on this chip and later ones, PTX of a name with an
  /// "a" on this chip alone.
  std::string chip = "sm_80";
  /// Version of the PTX language, 10 * major + minor; 0: 8.0, or the first
  /// that knows the chip.
  unsigned ptxVersion = 0;
  /// 0 to 3, as clang's -O.
  int optLevel = 3;
};

/// "sm_80, sm_86, …": what NvptxOptions::chip takes.
std::string listChips();

/// "8.0" as 80; nothing for what is no version.
std::optional<unsigned> parsePtxVersion(StringRef text);
/// 80 as "8.0".
std::string formatPtxVersion(unsigned version);

/// `options` with its version chosen. Errors: an unknown chip, a version that
/// does not exist or that does not know the chip.
FailureOr<NvptxOptions>
resolveTarget(const NvptxOptions &options,
              function_ref<InFlightDiagnostic()> emitError);

/// The most shared memory that a block may have on a known chip, in bytes.
int64_t getSharedMemoryLimit(StringRef chip);

/// A target machine of resolved options.
std::unique_ptr<llvm::TargetMachine>
createNvptxMachine(const NvptxOptions &options);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_NVPTXTARGET_H
