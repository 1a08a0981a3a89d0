//===- CompilerIdentity.h - which build of the compiler this is -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_SUPPORT_COMPILERIDENTITY_H
#define DILATED_MLIR_SUPPORT_COMPILERIDENTITY_H

#include "llvm/ADT/StringRef.h"

namespace mlir::dilated {

/// Tells two builds of the compiler apart that may compile a module to
/// different code: the versions of this project and of LLVM, and the build ids
/// of the program or library that holds this function and of the LLVM and MLIR
/// libraries that are loaded. "" when one of them can't be told: then nothing
/// says that two processes run the same compiler.
llvm::StringRef getCompilerIdentity();

} // namespace mlir::dilated

#endif // DILATED_MLIR_SUPPORT_COMPILERIDENTITY_H
