//===- DeviceRun.h - the device of a run ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_DEVICERUN_H
#define DILATED_MLIR_LIB_RUNTIME_DEVICERUN_H

#include "Run.h"

namespace dilated::runtime {

/// True for an address that the host cannot read.
bool isOnDevice(const Run &run, const void *address);

/// The bytes [low, high) about `data`, memory of the device, in memory of the
/// host that is freed with the run's blocks; the result stands for `data`.
/// Fails as generated code does.
char *copyToHost(Run &run, const void *data, int64_t low, int64_t high);

/// Memory of the host for an output on the device, copied there by
/// finishDevice.
void *stageOutput(Run &run, int64_t index, int64_t bytes);

/// The end of a run: staged outputs go to the device if `copies`, the stream is
/// waited for where the host depends on it, memory of the device is freed. To
/// be called before the run's blocks are freed, after success and failure.
dilated_status finishDevice(Run &run, bool copies, dilated_error *error);

} // namespace dilated::runtime

#endif // DILATED_MLIR_LIB_RUNTIME_DEVICERUN_H
