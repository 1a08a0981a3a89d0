//===- CrashGuard.h - crashes of the compiler as errors ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// IR written by hand reaches parsers and passes of upstream that crash on some
// of it. A process that uses the compiler as a library survives that, and the
// tools say what to send to whom.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_SUPPORT_CRASHGUARD_H
#define DILATED_MLIR_SUPPORT_CRASHGUARD_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace mlir::dilated {

/// Runs `work`; "" unless it crashed on this thread. Then the text says that it
/// did, at which signal, and what a report of it should hold; what `work` made
/// is not destroyed, so all of the compiler it uses is to be made inside. The
/// handlers of signals are there while any thread is in here.
std::string runGuarded(llvm::function_ref<void()> work);

/// The main function of a tool once its options are read: runs `work` guarded
/// and returns its exit code, kNo after a crash, and kUsage where stdout could
/// not be written. Errors of LLVM that end the process get the tool's name.
int runTool(int argc, char **argv, llvm::function_ref<int()> work);

} // namespace mlir::dilated

#endif // DILATED_MLIR_SUPPORT_CRASHGUARD_H
