//===- KernelRun.h - one kernel, once ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loads PTX on a device, passes the arguments, launches, reads back. What it
// says goes to stderr; profiles and what the kernel prints go to stdout.
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_DILATED_PTX_RUN_KERNELRUN_H
#define TOOLS_DILATED_PTX_RUN_KERNELRUN_H

#include "Argument.h"
#include "dilated-mlir/Emulator/Device.h"

namespace mlir::dilated {

enum ExitCode {
  kDone = 0,
  kNo = 1,    // the kernel does something wrong
  kUsage = 2, // bad usage or unreadable input
};

enum class Profile { None, Table, Json, Listing };

struct KernelRun {
  std::string file; // the PTX file's name, for messages
  std::string ptx;
  std::string kernel; // empty: the only one
  ::dilated::emulator::Dim3 grid, block;
  uint32_t dynamicSharedBytes = 0;
  bool onCuda = false;
  ::dilated::emulator::EmulatedDeviceOptions emulator;
  Profile profile = Profile::None;
  std::vector<Argument> arguments;
  std::vector<std::pair<size_t, std::string>> outputs; // argument, path
};

/// Prints `message` as an error of the tool; returns `code`.
int toolError(const Twine &message, ExitCode code);

int runKernel(KernelRun &run);

/// Prints every kernel of the file with its parameters and needs.
int listKernels(const std::string &file, const std::string &ptx);

} // namespace mlir::dilated

#endif // TOOLS_DILATED_PTX_RUN_KERNELRUN_H
