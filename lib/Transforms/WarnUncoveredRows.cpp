//===- WarnUncoveredRows.cpp - rows that no term covers ----------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "dialects/Dilated/Dilated.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDWARNUNCOVEREDROWS
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {
struct WarnUncoveredRows
    : mlir::dilated::impl::DilatedWarnUncoveredRowsBase<WarnUncoveredRows> {
  void runOnOperation() override {
    getOperation()->walk([](AttentionOp op) {
      if (op.getPattern().mayLeaveRowsUncovered())
        op.emitWarning("no term of the pattern covers every position, so some "
                       "rows may have no key at all; they are exactly 0");
    });
  }
};
} // namespace
