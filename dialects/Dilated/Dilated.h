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

#include "dilated-mlir/Plan/Geometry.h"
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

/// Says of a combine that an attention was decomposed to it.
constexpr StringLiteral kDecomposedAttrName = "dilated.decomposed";

/// The rule as the geometry takes it.
inline ::dilated::plan::OffsetRule getOffsetRule(HeadOffsetAttr offset) {
  return static_cast<::dilated::plan::OffsetRule>(offset.getRule());
}

/// Segments G = ceil(N/w') and rows per residue class L = ceil(w'/r) of a
/// sequence (S1); both dynamic where `n` is.
std::pair<int64_t, int64_t> getClassShape(SegmentAttr segment, int64_t n);

/// (C3) for a term: an error when a constant head offset is no residue of its
/// rate.
LogicalResult verifyHeadOffset(function_ref<InFlightDiagnostic()> emitError,
                               TermAttrInterface term, HeadOffsetAttr offset);

/// Destination-style bufferisation of fused_attention.
void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry);

} // namespace mlir::dilated

#endif // DIALECTS_DILATED_DILATED_H
