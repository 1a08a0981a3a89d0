//===- RuntimeSymbols.h - the run-time library by name ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_RUNTIMESYMBOLS_H
#define DILATED_MLIR_LIB_TARGET_RUNTIMESYMBOLS_H

#include "mlir/Support/LLVM.h"

#include "llvm/ADT/ArrayRef.h"

namespace mlir::dilated {

struct RuntimeSymbol {
  const char *name;
  void *address;
};

/// Every function that generated code may call in the run-time library.
ArrayRef<RuntimeSymbol> getRuntimeSymbols();

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_RUNTIMESYMBOLS_H
