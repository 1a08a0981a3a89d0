//===- Artifact.h - a compiled model behind its handle ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CAPI_ARTIFACT_H
#define DILATED_MLIR_LIB_CAPI_ARTIFACT_H

#include "dilated-mlir-c/Compiler.h"
#include "dilated-mlir/Pipelines/Compiler.h"
#include "dilated-mlir/Target/Executable.h"

#include <mutex>

namespace mlir::dilated {

/// The tensors of a signature as C sees them; they point into the signature.
class TensorInfos {
public:
  explicit TensorInfos(const std::vector<TensorInfo> &tensors);
  size_t size() const { return infos.size(); }
  const dilated_tensor_info *at(size_t index) const {
    return index < infos.size() ? &infos[index] : nullptr;
  }

private:
  std::vector<std::vector<int64_t>> sizes;
  std::vector<std::vector<const char *>> symbols;
  std::vector<dilated_tensor_info> infos;
};

/// What a DilatedArtifact points to.
struct Artifact {
  Artifact(CompiledModel compiled, TargetOptions target, double seconds);
  /// The inputs and outputs point into the signature.
  Artifact(const Artifact &) = delete;

  CompiledModel compiled; // its weights' addresses are made under the mutex
  const TargetOptions target;
  const double compileSeconds;
  const TensorInfos inputs, outputs;

  std::mutex mutex;
  std::optional<Executable> executable; // once it was asked for
};

/// Tells `callback`, which may be null, an error without a place.
void reportError(DilatedDiagnosticCallback callback, void *userData,
                 const Twine &message);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CAPI_ARTIFACT_H
