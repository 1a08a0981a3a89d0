//===- CrashGuard.cpp - crashes of the compiler as errors --------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Support/CrashGuard.h"

#include "dilated-mlir/Support/CommandLine.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <cstring>
#include <mutex>

using namespace mlir::dilated;

static constexpr const char *kVersions =
    "dilated-mlir " DILATED_VERSION ", LLVM " LLVM_VERSION_STRING;

namespace {
/// LLVM's handlers of signals, as long as somebody needs them.
class Handlers {
public:
  Handlers() {
    std::lock_guard<std::mutex> lock(mutex);
    if (users++ == 0)
      llvm::CrashRecoveryContext::Enable();
  }
  ~Handlers() {
    std::lock_guard<std::mutex> lock(mutex);
    if (--users == 0)
      llvm::CrashRecoveryContext::Disable();
  }

private:
  static std::mutex mutex;
  static int users;
};
} // namespace

std::mutex Handlers::mutex;
int Handlers::users = 0;

/// A shell's exit code: a signal has 128 more than its number.
static const char *describeSignal(int code) {
  const char *name = code > 128 ? ::strsignal(code - 128) : nullptr;
  return name ? name : "unknown signal";
}

static std::string runGuarded(llvm::function_ref<void()> work,
                              bool printsStack) {
  Handlers handlers;
  llvm::CrashRecoveryContext context;
  context.DumpStackAndCleanupOnFailure = printsStack;
  if (context.RunSafely(work))
    return "";
  return std::string("the compiler crashed (") +
         describeSignal(context.RetCode) +
         "), which is a fault of the compiler and not of its input; please "
         "report it with that input, the options and the version (" +
         kVersions + ")";
}

std::string mlir::dilated::runGuarded(llvm::function_ref<void()> work) {
  return ::runGuarded(work, /*printsStack=*/false);
}

//===----------------------------------------------------------------------===//
// Tools
//===----------------------------------------------------------------------===//

static std::string &getCommandLine() {
  static std::string &commandLine = *new std::string;
  return commandLine;
}

static llvm::StringRef getToolName() {
  return llvm::sys::path::filename(
      llvm::StringRef(getCommandLine()).split(' ').first);
}

static void reportFatal(void *, const char *reason, bool) {
  llvm::errs() << getToolName() << ": error: " << reason << " ("
               << getCommandLine() << ")\n";
  llvm::sys::RunInterruptHandlers(); // removes temporary files
  std::_Exit(kUsage);
}

int mlir::dilated::runTool(int argc, char **argv,
                           llvm::function_ref<int()> work) {
  std::string &commandLine = getCommandLine();
  for (int i = 0; i < argc; ++i)
    commandLine.append(i ? " " : "").append(argv[i]);
  static std::string &report = *new std::string(
      "The compiler crashed; please report it with its input, this command "
      "line and the version (" +
      std::string(kVersions) + "): " + commandLine + "\n");
  llvm::setBugReportMsg(report.c_str()); // of threads that are not guarded
  llvm::install_fatal_error_handler(reportFatal);

  int exitCode = kNo;
  std::string crash =
      ::runGuarded([&] { exitCode = work(); }, /*printsStack=*/true);
  if (!crash.empty()) {
    llvm::errs() << getToolName() << ": error: " << crash << "\n  "
                 << commandLine << "\n";
    std::_Exit(kNo);
  }
  llvm::outs().flush();
  if (llvm::outs().has_error()) {
    llvm::errs() << getToolName() << ": error: cannot write standard output: "
                 << llvm::outs().error().message() << "\n";
    llvm::outs().clear_error();
    return kUsage;
  }
  return exitCode;
}
