//===- TensorAttribute.cpp - a host tensor as a constant --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorAttribute.h"

#include "dilated-mlir/Runtime/Compare.h"
#include "dilated-mlir/Target/Signature.h"
#include "mlir/IR/BuiltinTypes.h"

#include <cstring>

using namespace mlir;
using namespace mlir::dilated;

/// Built element by element: raw buffers pack i1 into bits and read one element
/// as a splat.
DenseElementsAttr mlir::dilated::toAttribute(const HostTensor &tensor,
                                             MLIRContext *context) {
  Type element = getMlirType(tensor.getType(), context);
  auto type = RankedTensorType::get(tensor.getShape(), element);
  int64_t bytes = ::dilated::runtime::elementBytes(tensor.getType());
  unsigned width = element.getIntOrFloatBitWidth();
  const char *data = static_cast<const char *>(tensor.data());
  SmallVector<APInt> bits;
  for (int64_t i = 0; i < tensor.getNumElements(); ++i) {
    uint64_t value = 0; // little endian, as the machines that we run on
    std::memcpy(&value, data + i * bytes, bytes);
    if (tensor.getType() == DILATED_RT_BOOL)
      value = value != 0;
    bits.push_back(APInt(width, value));
  }
  auto floatType = dyn_cast<FloatType>(element);
  if (!floatType)
    return DenseElementsAttr::get(type, bits);
  SmallVector<APFloat> floats;
  for (const APInt &value : bits)
    floats.push_back(APFloat(floatType.getFloatSemantics(), value));
  return DenseElementsAttr::get(type, floats);
}
