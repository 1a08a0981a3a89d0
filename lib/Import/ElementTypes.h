//===- ElementTypes.h - element types of ONNX tensors -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ELEMENTTYPES_H
#define LIB_IMPORT_ELEMENTTYPES_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/ArrayRef.h"

#include <optional>
#include <string>

namespace mlir::dilated {

/// The builtin type for a TensorProto.DataType; null when it is not read.
Type getElementType(MLIRContext *context, int dataType);

/// Bytes per element in a file; only for types that are read.
int64_t getElementSize(int dataType);

/// "float16 (10)"; for messages.
std::string describeElementType(int dataType);

/// "float, double, ...": the types that are read.
llvm::StringRef listElementTypes();

/// The product of the dimensions times the size of an element; nothing when a
/// dimension is negative or the bytes would not fit an address space. Dynamic
/// dimensions count as 1.
std::optional<int64_t> getNumBytes(llvm::ArrayRef<int64_t> dims,
                                   int64_t elementSize);

/// The largest rank that is read.
inline constexpr int64_t maxRank = 64;

} // namespace mlir::dilated

#endif // LIB_IMPORT_ELEMENTTYPES_H
