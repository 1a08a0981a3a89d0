//===- DeviceRuns.h - attention on memory of a GPU --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_BENCH_DEVICERUNS_H
#define DILATED_MLIR_TOOLS_DILATED_BENCH_DEVICERUNS_H

#include "Measure.h"

namespace mlir::dilated {

/// As measureRuns, of a model with one output of `shape` and the first input's
/// type, with inputs and output on `device`: no copies are under the clock.
llvm::Error measureOnDevice(Executable &executable,
                            const dilated_device &device,
                            ArrayRef<HostTensor> inputs,
                            ArrayRef<int64_t> shape, int64_t repeat,
                            Measurement &measurement);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_BENCH_DEVICERUNS_H
