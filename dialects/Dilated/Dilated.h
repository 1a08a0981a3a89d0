//===- Dilated.h - the dilated dialect --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one header of the dialect: pattern attributes and ops of dilated
// attention on whole tensors. The meaning is docs/spec.md.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DILATED_DILATED_H
#define DIALECTS_DILATED_DILATED_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Dilated/DilatedDialect.h.inc"
#include "dialects/Dilated/DilatedEnums.h.inc"

#include "dialects/Dilated/DilatedAttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Dilated/DilatedAttrs.h.inc"

#define GET_OP_CLASSES
#include "dialects/Dilated/DilatedOps.h.inc"

namespace mlir::dilated {

/// Where batch, sequence, head and feature stand in an operand of a layout.
struct LayoutDims {
  unsigned batch, sequence, head, feature;
};
LayoutDims getLayoutDims(Layout layout);

/// ceil(a/b) for a >= 0, b >= 1 without overflow.
inline int64_t ceilDiv(int64_t a, int64_t b) {
  return a == 0 ? 0 : (a - 1) / b + 1;
}

/// Destination-style bufferisation of fused_attention.
void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry);

} // namespace mlir::dilated

#endif // DIALECTS_DILATED_DILATED_H
