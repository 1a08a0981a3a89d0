//===- EmbeddedFiles.h - files inside the compiler --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_EMBEDDEDFILES_H
#define DILATED_MLIR_LIB_TARGET_EMBEDDEDFILES_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::dilated {

/// The run-time library, an archive that is linked into compiled models.
StringRef getRuntimeArchive();

/// The text of Runtime/Model.h, which goes into generated headers.
StringRef getModelHeader();

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_EMBEDDEDFILES_H
