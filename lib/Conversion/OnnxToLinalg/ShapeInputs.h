//===- ShapeInputs.h - sizes and positions given as tensors -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_SHAPEINPUTS_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_SHAPEINPUTS_H

#include "NodeView.h"

namespace mlir::dilated {

/// Input i as a list of sizes, each at least 0: known to be, or checked.
FailureOr<Sizes> readSizes(NodeView &node, unsigned i);

/// Input i as axes of a tensor of rank `rank`, known now; ascending.
FailureOr<SmallVector<int64_t>> readAxes(NodeView &node, unsigned i,
                                         int64_t rank);

/// The integer behind a scalar, when it is a constant.
std::optional<int64_t> constantScalar(Value scalar);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_SHAPEINPUTS_H
