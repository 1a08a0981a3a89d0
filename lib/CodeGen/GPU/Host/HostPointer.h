//===- HostPointer.h - addresses and constants of host code -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_HOST_HOSTPOINTER_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_HOST_HOSTPOINTER_H

#include "dilated-mlir/CodeGen/Common/RuntimeMemory.h"

namespace mlir::dilated {

/// The address of a memref's first element, its offset included, as `type`, an
/// !llvm.ptr of any address space; !llvm.ptr by default.
Value emitAddress(KernelBuilder &b, Value memref, Type type = nullptr);

/// An array of `count` i64 in the frame of the function.
Value emitStackArray(KernelBuilder &b, int64_t count);

/// array[position], an i64.
Value emitLoad(KernelBuilder &b, Value array, int64_t position);

/// Stores `value`, an i64 unless it is an argument of several words, at
/// array[position].
void emitStore(KernelBuilder &b, Value value, Value array, int64_t position);

/// The address of a constant of the module: a string with a zero at its end.
Value emitString(KernelBuilder &b, ModuleOp module, StringRef text,
                 StringRef name);
/// The same for numbers.
Value emitNumbers(KernelBuilder &b, ModuleOp module, ArrayRef<int64_t> values,
                  StringRef name);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_HOST_HOSTPOINTER_H
