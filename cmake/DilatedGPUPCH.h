//===- DilatedGPUPCH.h - the precompiled header of GPUs ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What nearly every file that emits code of GPUs includes; see
// DILATED_ENABLE_PCH.
//
//===----------------------------------------------------------------------===//

#ifndef CMAKE_DILATEDGPUPCH_H
#define CMAKE_DILATEDGPUPCH_H

#include "DilatedPCH.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Transforms/DialectConversion.h"

#endif // CMAKE_DILATEDGPUPCH_H
