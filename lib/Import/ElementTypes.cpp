//===- ElementTypes.cpp - element types of ONNX tensors ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of element types, and sizes in checked arithmetic.
//
//===----------------------------------------------------------------------===//

#include "ElementTypes.h"

#include "OnnxProto.pb.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::dilated;
namespace onnxpb = ::dilated_mlir::onnxpb;

// User addresses have 47 bits: nothing larger can ever be held.
static constexpr int64_t maxBytes = int64_t(1) << 47;

Type mlir::dilated::getElementType(MLIRContext *context, int dataType) {
  Builder builder(context);
  switch (dataType) {
  case onnxpb::TensorProto::FLOAT:
    return builder.getF32Type();
  case onnxpb::TensorProto::DOUBLE:
    return builder.getF64Type();
  case onnxpb::TensorProto::FLOAT16:
    return builder.getF16Type();
  case onnxpb::TensorProto::BFLOAT16:
    return builder.getBF16Type();
  case onnxpb::TensorProto::INT64:
    return builder.getIntegerType(64);
  case onnxpb::TensorProto::INT32:
    return builder.getIntegerType(32);
  case onnxpb::TensorProto::INT16:
    return builder.getIntegerType(16);
  case onnxpb::TensorProto::INT8:
    return builder.getIntegerType(8);
  case onnxpb::TensorProto::BOOL:
    return builder.getI1Type();
  default:
    return {};
  }
}

int64_t mlir::dilated::getElementSize(int dataType) {
  switch (dataType) {
  case onnxpb::TensorProto::DOUBLE:
  case onnxpb::TensorProto::INT64:
    return 8;
  case onnxpb::TensorProto::FLOAT:
  case onnxpb::TensorProto::INT32:
    return 4;
  case onnxpb::TensorProto::FLOAT16:
  case onnxpb::TensorProto::BFLOAT16:
  case onnxpb::TensorProto::INT16:
    return 2;
  default:
    return 1;
  }
}

std::string mlir::dilated::describeElementType(int dataType) {
  static constexpr llvm::StringLiteral names[] = {
      "undefined",      "float",      "uint8",
      "int8",           "uint16",     "int16",
      "int32",          "int64",      "string",
      "bool",           "float16",    "double",
      "uint32",         "uint64",     "complex64",
      "complex128",     "bfloat16",   "float8e4m3fn",
      "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
      "uint4",          "int4",       "float4e2m1",
      "float8e8m0",     "uint2",      "int2"};
  StringRef name =
      dataType >= 0 && dataType < static_cast<int>(std::size(names))
          ? StringRef(names[dataType])
          : StringRef("unknown");
  return (name + " (" + llvm::Twine(dataType) + ")").str();
}

StringRef mlir::dilated::listElementTypes() {
  return "float, double, float16, bfloat16, int64, int32, int16, int8, bool";
}

std::optional<int64_t> mlir::dilated::getNumBytes(ArrayRef<int64_t> dims,
                                                  int64_t elementSize) {
  // A zero anywhere makes the tensor empty, however absurd the rest is; so look
  // for signs first and multiply without zeros, or 2^40 x 2^40 x 0 would pass.
  int64_t bytes = elementSize;
  for (int64_t dim : dims) {
    if (ShapedType::isDynamic(dim))
      continue;
    if (dim < 0)
      return std::nullopt;
    if (dim != 0 && (llvm::MulOverflow(bytes, dim, bytes) || bytes > maxBytes))
      return std::nullopt;
  }
  return llvm::is_contained(dims, 0) ? 0 : bytes;
}
