//===- Jit.h - running an object file in this process -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_JIT_H
#define DILATED_MLIR_TARGET_JIT_H

#include "mlir/Support/LLVM.h"

#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace mlir::dilated {

struct JitOptions {
  /// Writes perf-PID.map, by which Linux' perf names generated functions.
  bool perfMap = false;
};

/// An object file linked into this process: against our run-time library, then
/// against what the process exports (libc, libm).
class Jit {
public:
  static llvm::Expected<std::unique_ptr<Jit>>
  create(ArrayRef<char> object, const JitOptions &options = {});
  ~Jit();

  /// The address of a global symbol; an error that names it when there is none.
  llvm::Expected<void *> lookup(StringRef symbol);

  /// The same, null when the object does not define the symbol.
  void *lookupOrNull(StringRef symbol);

private:
  Jit() = default;
  std::unique_ptr<std::string> problems; // of the session, as they came
  std::unique_ptr<llvm::orc::LLJIT> jit; // reports to `problems`
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_JIT_H
