//===- TileBuilder.h - kernels in terms of tiles ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_BUILDERS_TILEBUILDER_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_BUILDERS_TILEBUILDER_H

#include "LaneBuilder.h"

namespace mlir::dilated {

/// A LaneBuilder whose methods also form fragments.
class TileBuilder : public LaneBuilder {
public:
  using LaneBuilder::LaneBuilder;

  //===--- Types ----------------------------------------------------------===//
  tile::FragmentType fragment(ArrayRef<int64_t> shape, Type element,
                              tile::Layout layout);
  /// Values of 16 rows.
  tile::FragmentType rows(Type element);
  tile::FragmentType rowParts(Type element);

  //===--- Fragments ------------------------------------------------------===//
  Value fill(tile::FragmentType type, Value value);
  Value fill(tile::FragmentType type, double value);
  /// Elements of the result from elements of the inputs.
  using Elements = function_ref<Value(ArrayRef<Value>)>;
  Value map(tile::FragmentType type, ValueRange inputs, Elements body);
  /// Row values from the number of the row in the fragment, i32.
  Value mapRows(Type element, function_ref<Value(Value)> body);

  //===--- Arithmetic of lanes --------------------------------------------===//
  Value fma(Value a, Value b, Value c);
  Value maximum(Value a, Value b); // of floats, the one that is a number
  Value exp2(Value a);
  Value log2(Value a);
  Value toFloat32(Value integer);
  /// The reduction over the lanes of a warp.
  Value reduceWarp(tile::Reduction kind, Value value);

  Value loadShared(Value pointer, Value byte, Type type);
  void storeShared(Value value, Value pointer, Value byte);
  /// `offset` bytes behind `pointer`. `alignment` 0 is the type's.
  Value loadGlobal(Value pointer, int64_t offset, Type type,
                   unsigned alignment = 0);
  /// `pointer` moved by elements.
  Value element(Value pointer, Value index, int64_t bytes);
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_BUILDERS_TILEBUILDER_H
