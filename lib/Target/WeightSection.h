//===- WeightSection.h - weights in libraries and side files ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_WEIGHTSECTION_H
#define DILATED_MLIR_LIB_TARGET_WEIGHTSECTION_H

#include "mlir/Support/LLVM.h"

#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Triple.h"

#include <vector>

namespace mlir::dilated {

/// Where weights lie one after the other, each aligned to a cache line.
struct WeightLayout {
  explicit WeightLayout(ArrayRef<ArrayRef<char>> weights);

  ArrayRef<ArrayRef<char>> weights;
  std::vector<int64_t> offsets; // of each weight, in bytes
  int64_t bytes = 0;            // of all
};

/// Writes a relocatable ELF object whose one section, aligned to a page, holds
/// the weights; `symbol` is its start, hidden. Beyond the reach of the code:
/// only 64-bit addresses refer to it.
llvm::Error writeWeightObject(StringRef path, const WeightLayout &layout,
                              StringRef symbol, const llvm::Triple &triple);

/// Writes a side file (Runtime/ModelDescription.h), under a temporary name
/// until it is complete, and returns its checksum.
llvm::Expected<uint64_t> writeWeightFile(StringRef path,
                                         const WeightLayout &layout);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_WEIGHTSECTION_H
