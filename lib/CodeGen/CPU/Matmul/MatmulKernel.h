//===- MatmulKernel.h - the matrix product of the CPU -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_MATMUL_MATMULKERNEL_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_MATMUL_MATMULKERNEL_H

#include "../Vector/RegisterTile.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::dilated {

/// Sizes that depend on the machine, not on the problem.
struct MatmulTiling {
  /// Bytes of a vector register.
  int64_t vectorBytes = 64;
  /// The largest block of the result that one task computes; rows a multiple of
  /// the tile's rows, columns of the tile's columns.
  int64_t blockRows = 192, blockColumns = 256;
  /// Depth that is packed at a time.
  int64_t blockDepth = 256;
  /// Accumulators of a register tile: rows times vectors of columns.
  RegisterTileShape tile = {12, 2};
};

/// Emits C[i, j, m, n] += sum over k of A[i, j, m, k] * B[i, j, k, n] as the
/// body of `kernel`, whose arguments are A, B and C: memrefs of any sizes and
/// strides, stride 0 included for A and B. Products and sums are f64 when C is,
/// else f32.
void emitMatmulKernel(func::FuncOp kernel, const MatmulTiling &tiling);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_MATMUL_MATMULKERNEL_H
