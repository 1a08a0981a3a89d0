//===- CudaDevice.h - a GPU of the CUDA driver ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_CUDADEVICE_H
#define DILATED_MLIR_RUNTIME_CUDADEVICE_H

#include "dilated-mlir/Runtime/Model.h"

namespace dilated::runtime {

/// The GPU `index` of the CUDA driver, with its primary context held until
/// releaseCudaDevice. `*device` is null on failure.
dilated_status openCudaDevice(int32_t index, const dilated_device **device,
                              dilated_error *error);
void releaseCudaDevice(const dilated_device *device);

} // namespace dilated::runtime

#endif // DILATED_MLIR_RUNTIME_CUDADEVICE_H
