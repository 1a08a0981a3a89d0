//===- DilatedDialect.cpp - registration of the dilated dialect -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Dilated.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::dilated;

#include "dialects/Dilated/DilatedDialect.cpp.inc"

void DilatedDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "dialects/Dilated/DilatedOps.cpp.inc"
      >();
}

LayoutDims mlir::dilated::getLayoutDims(Layout layout) {
  if (layout == Layout::BHND)
    return {0, 2, 1, 3};
  return {0, 1, 2, 3};
}

#define GET_OP_CLASSES
#include "dialects/Dilated/DilatedOps.cpp.inc"
