//===- EmitPtx.h - kernels of tests as PTX ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_TEST_UNIT_CODEGEN_EMITPTX_H
#define DILATED_TEST_UNIT_CODEGEN_EMITPTX_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

#include <string>

namespace mlir::dilated::test {

/// PTX for sm_80 of the only gpu.module in `module`, which has kernels with ops
/// of scf, arith, gpu, NVVM and LLVM. Fails the test and returns "" when that
/// is not possible.
std::string emitPtx(ModuleOp module);

} // namespace mlir::dilated::test

#endif // DILATED_TEST_UNIT_CODEGEN_EMITPTX_H
