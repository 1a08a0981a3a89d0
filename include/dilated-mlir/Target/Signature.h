//===- Signature.h - inputs and outputs of a model --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Names, element types and dimensions of what goes into a model and what comes
// out, read while the module still speaks of tensors: machine code knows only
// pointers.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_SIGNATURE_H
#define DILATED_MLIR_TARGET_SIGNATURE_H

#include "dilated-mlir/Target/HostTensor.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace mlir::dilated {

struct Dimension {
  int64_t size = -1;  // -1 when only known at run time
  std::string symbol; // "" when it has no name; equal names are equal sizes

  bool isDynamic() const { return size < 0; }
};

struct TensorInfo {
  std::string name;
  dilated_rt_type type = DILATED_RT_F32;
  SmallVector<Dimension, 6> dims;

  /// As messages show it: "[batch, 300, ?] f32".
  std::string describe() const;
};

/// The MLIR type of elements of `type`.
Type getMlirType(dilated_rt_type type, MLIRContext *context);

struct Signature {
  std::vector<TensorInfo> inputs, outputs;

  /// Position by name, -1 when there is none.
  int findInput(StringRef name) const;
  int findOutput(StringRef name) const;

  /// Notes the signature at the module, for when its types no longer tell: from
  /// phase kernel on. `read` takes it from there.
  void attachTo(ModuleOp module) const;
  static bool isAttachedTo(ModuleOp module);

  /// The signature of @main, from its types and the argument and result
  /// attributes `dilated.name` and `dilated.symbols`; names default to arg0…,
  /// result0…. An error when there is no public function @main over ranked
  /// tensors or memrefs of element types that the run-time library has.
  static FailureOr<Signature> read(ModuleOp module);
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_SIGNATURE_H
