//===- CudaDriver.h - the CUDA driver, opened at run time -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table of the driver's functions that CudaDevice calls.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_EMULATOR_CUDADRIVER_H
#define DILATED_MLIR_LIB_EMULATOR_CUDADRIVER_H

#include "dilated-mlir/Runtime/CudaFunctions.h"

#include <cstddef>
#include <memory>
#include <string>

namespace dilated::emulator {

using namespace dilated::cuda;

struct CudaDriver {
#define DILATED_DECLARE(member, symbol, parameters)                            \
  CudaResult(*member) parameters = nullptr;
  DILATED_CUDA_FUNCTIONS(DILATED_DECLARE)
  DILATED_CUDA_OPTIONAL_FUNCTIONS(DILATED_DECLARE) // null: not there
#undef DILATED_DECLARE

  /// Opens the library; null, with `error` set, where it is missing or lacks a
  /// function. It stays open until the process ends: drivers have threads.
  static std::unique_ptr<CudaDriver> open(std::string &error);

  /// "CUDA_ERROR_OUT_OF_MEMORY: out of memory".
  std::string describe(CudaResult result) const;
};

} // namespace dilated::emulator

#endif // DILATED_MLIR_LIB_EMULATOR_CUDADRIVER_H
