//===- ReshapeTarget.h - what sizes a Reshape asks for ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_RESHAPETARGET_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_RESHAPETARGET_H

#include "NodeView.h"

namespace mlir::dilated {

/// The sizes that input 1 of a Reshape asks for, with 0 and -1 resolved.
FailureOr<Sizes> readReshapeTarget(NodeView &node);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_RESHAPETARGET_H
