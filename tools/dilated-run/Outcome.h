//===- Outcome.h - is an output what it should be? --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_RUN_OUTCOME_H
#define DILATED_MLIR_TOOLS_DILATED_RUN_OUTCOME_H

#include "RunOptions.h"
#include "dilated-mlir/Target/HostTensor.h"

namespace mlir::dilated {

struct Outcome {
  bool passed = false;
  double largestError = 0.0;
  std::string text; // "largest error 2.1e-06 at [0, 17, 3]", or what is wrong
};

/// Compares at --rtol and --atol, by default: f64 and f32 1e-3 and 1e-4, f16
/// 1e-2 both, bf16 6e-2 both, integers and bools exactly. Types and shapes must
/// be equal.
Outcome compareOutput(const HostTensor &actual, const HostTensor &expected,
                      const RunOptions &options);

/// "2x3xf32, min -1.2, max 0.7, mean 0.01", with all values when there are few.
std::string summarise(const HostTensor &tensor);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_RUN_OUTCOME_H
