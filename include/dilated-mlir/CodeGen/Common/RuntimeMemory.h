//===- RuntimeMemory.h - memory from the run-time library -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_COMMON_RUNTIMEMEMORY_H
#define DILATED_MLIR_CODEGEN_COMMON_RUNTIMEMEMORY_H

#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::dilated {

/// Bytes to which the run-time library aligns memory and a plan its offsets: a
/// cache line and the widest vector register.
constexpr int64_t kMemoryAlignment = 64;

/// Of the entry: the function that computes the bytes of its arena.
constexpr StringLiteral kScratchFunctionAttr = "dilated.scratch";

/// Bytes of an element in memory; std::nullopt for types that hold no numbers.
std::optional<int64_t> getElementBytes(Type element);

/// Whether a buffer of this type may be a view of bytes: row-major, in the
/// default memory space, of numbers.
bool isPlainMemRef(MemRefType type);

/// `function` of the run-time library, declared in `module` if it is not yet.
func::FuncOp declareRuntime(ModuleOp module, StringRef function,
                            TypeRange arguments, TypeRange results);

/// `bytes` (index) bytes at `pointer` (!llvm.ptr) as memref<?xi8>, for views.
Value emitBytes(KernelBuilder &b, Value pointer, Value bytes);

/// `bytes` of memory from dilated_rt_scratch or dilated_rt_task_scratch.
Value emitScratch(KernelBuilder &b, ModuleOp module, StringRef function,
                  Value bytes);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_COMMON_RUNTIMEMEMORY_H
