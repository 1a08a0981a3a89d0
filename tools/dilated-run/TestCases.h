//===- TestCases.h - folders of ONNX test cases -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_RUN_TESTCASES_H
#define DILATED_MLIR_TOOLS_DILATED_RUN_TESTCASES_H

#include "RunOptions.h"

namespace mlir::dilated {

/// Runs the cases in `folders` (DIR/model.onnx, DIR/test_data_set_*/input_0.pb,
/// output_0.pb, …), every data set, and prints a line for each and the closing
/// line `N passed, N failed`. `model`, when not empty, takes the place of every
/// DIR/model.onnx. Returns the exit code.
int runTestCases(StringRef model, ArrayRef<std::string> folders,
                 const RunOptions &options);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_RUN_TESTCASES_H
