//===- InitAll.h - everything that the tools register -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_INITALL_H
#define DILATED_MLIR_INITALL_H

namespace mlir {
class DialectRegistry;
namespace dilated {

/// Our dialects, the upstream dialects that a phase may produce, and the
/// interfaces (bufferisation, tiling, translation) that the phases need.
void registerAllDialects(DialectRegistry &registry);

/// Our passes, the upstream passes that our pipelines use, and every phase as
/// a pipeline `--pipeline-<phase>`.
void registerAllPasses();

} // namespace dilated
} // namespace mlir

#endif // DILATED_MLIR_INITALL_H
