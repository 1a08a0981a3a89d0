//===- PtxFile.h - PTX that says what it is ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A .ptx of the compiler begins with comment lines that hold a JSON object: the
// kernels with their launch data, and, where the model is one attention, the
// model's inputs and outputs and how they become a launch (docs/gpu.md). Any
// program that reads PTX reads the file; ours run it.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_PTXFILE_H
#define DILATED_MLIR_TARGET_PTXFILE_H

#include "dilated-mlir/Target/KernelLaunch.h"
#include "dilated-mlir/Target/Signature.h"

#include "llvm/Support/Error.h"

namespace mlir::dilated {

/// A size that is known when the inputs are: `factor`, or dimension `dim` of
/// input `input`, times `factor`, over `divisor`.
struct SizeRule {
  int64_t input = -1; // none
  int64_t dim = 0;
  int64_t factor = 1, divisor = 1;

  bool isConstant() const { return input < 0; }
  /// Nothing on overflow or where the divisor does not divide.
  std::optional<int64_t> evaluate(ArrayRef<TensorShape> inputs) const;
};

/// An operand of attention as a view of an input or output: the same elements
/// in the same order (row-major), with these sizes.
struct PtxOperand {
  int64_t tensor = 0;
  /// The dimensions of `sizes` in order: b batch, n position, h head,
  /// d feature. "bnhd", "bhnd"; "bhn" for an lse.
  std::string layout;
  SmallVector<SizeRule, 4> sizes;
};

/// A model that is one attention.
struct PtxModel {
  Signature signature;
  int64_t kernel = 0; // its position in PtxDescription::kernels
  double scale = 1;
  std::vector<int64_t> pattern; // encoded (dilated-mlir/Plan/Pattern.h)
  PtxOperand query, key, value; // of inputs
  PtxOperand out;               // of an output
  std::optional<PtxOperand> lse;
  std::vector<SmallVector<SizeRule, 4>> outputShapes;
};

struct PtxDescription {
  std::string producer, chip;
  std::vector<KernelLaunch> kernels;
  /// Nothing: the file has the kernels of a larger model.
  std::optional<PtxModel> model;
};

/// The text of a file: description and PTX.
std::string writePtxFile(const PtxDescription &description, StringRef ptx);

/// The description of a file's text, with everything checked that a launch
/// relies on. Errors say what is wrong with the file.
llvm::Expected<PtxDescription> readPtxFile(StringRef text);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_PTXFILE_H
