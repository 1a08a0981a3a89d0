//===- ScalarMath.h - arithmetic on single elements -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one arith or math op does not say: ONNX's conversions, division and
// power, without undefined behaviour for any input.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_SCALARMATH_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_SCALARMATH_H

#include "mlir/IR/Builders.h"

namespace mlir::dilated {

/// A number of a float, integer or index type.
Value buildNumber(ImplicitLocOpBuilder &b, Type type, double value);

/// The quotient of two integers, rounded towards zero. x / 0 is 0 and the
/// smallest integer divided by -1 is itself (ONNX defines neither; a CPU
/// traps).
Value buildTruncatingDivision(ImplicitLocOpBuilder &b, Value x, Value y);

/// x^y in the type of x.
Value buildPower(ImplicitLocOpBuilder &b, Value x, Value y);

/// Cast between float, integer and bool. Float to integer rounds towards zero;
/// what does not fit is the nearest that does, NaN is 0 (ONNX defines neither).
Value buildConversion(ImplicitLocOpBuilder &b, Value x, Type type);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_SCALARMATH_H
