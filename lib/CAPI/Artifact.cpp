//===- Artifact.cpp - a compiled model behind its handle --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Artifact.h"

#include "dilated-mlir/Target/Library.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Path.h"

#include <cstring>

using namespace mlir;
using namespace mlir::dilated;

static Artifact *unwrap(DilatedArtifact artifact) {
  return static_cast<Artifact *>(artifact.ptr);
}

TensorInfos::TensorInfos(const std::vector<TensorInfo> &tensors) {
  for (const TensorInfo &tensor : tensors) {
    std::vector<int64_t> &tensorSizes = sizes.emplace_back();
    std::vector<const char *> &tensorSymbols = symbols.emplace_back();
    for (const Dimension &dim : tensor.dims) {
      tensorSizes.push_back(dim.isDynamic() ? -1 : dim.size);
      tensorSymbols.push_back(dim.symbol.c_str());
    }
    infos.push_back({tensor.name.c_str(), tensor.type,
                     static_cast<int32_t>(tensor.dims.size()),
                     tensorSizes.data(), tensorSymbols.data()});
  }
}

Artifact::Artifact(CompiledModel compiled, TargetOptions target, double seconds)
    : compiled(std::move(compiled)), target(std::move(target)),
      compileSeconds(seconds), inputs(this->compiled.signature.inputs),
      outputs(this->compiled.signature.outputs) {}

void mlir::dilated::reportError(DilatedDiagnosticCallback callback,
                                void *userData, const Twine &message) {
  if (!callback)
    return;
  std::string text = message.str();
  DilatedDiagnostic diagnostic = {DilatedSeverityError, text.c_str(), "", 0, 0};
  callback(&diagnostic, userData);
}

//===----------------------------------------------------------------------===//
// The C functions
//===----------------------------------------------------------------------===//

void dilatedArtifactDestroy(DilatedArtifact artifact) {
  delete unwrap(artifact);
}

size_t dilatedArtifactGetInputCount(DilatedArtifact artifact) {
  return unwrap(artifact)->inputs.size();
}

size_t dilatedArtifactGetOutputCount(DilatedArtifact artifact) {
  return unwrap(artifact)->outputs.size();
}

const dilated_tensor_info *dilatedArtifactGetInput(DilatedArtifact artifact,
                                                   size_t index) {
  return unwrap(artifact)->inputs.at(index);
}

const dilated_tensor_info *dilatedArtifactGetOutput(DilatedArtifact artifact,
                                                    size_t index) {
  return unwrap(artifact)->outputs.at(index);
}

double dilatedArtifactGetCompileSeconds(DilatedArtifact artifact) {
  return unwrap(artifact)->compileSeconds;
}

bool dilatedArtifactIsFromCache(DilatedArtifact artifact) {
  return unwrap(artifact)->compiled.fromCache;
}

static llvm::Expected<Executable> load(CompiledModel &compiled) {
  llvm::Expected<ArrayRef<const void *>> weights =
      compiled.weights.getPointers();
  if (!weights)
    return weights.takeError();
  return Executable::create(compiled.object, *weights);
}

const dilated_api *dilatedArtifactGetApi(DilatedArtifact handle,
                                         dilated_error *error) {
  Artifact *artifact = unwrap(handle);
  if (error)
    *error = {};
  std::lock_guard<std::mutex> lock(artifact->mutex);
  if (!artifact->executable) {
    llvm::Expected<Executable> loaded = load(artifact->compiled);
    if (!loaded) {
      std::string text = llvm::toString(loaded.takeError());
      if (error) {
        error->status = DILATED_FAILED;
        std::strncpy(error->message, text.c_str(), sizeof(error->message) - 1);
      }
      return nullptr;
    }
    artifact->executable.emplace(std::move(*loaded));
  }
  return &artifact->executable->getApi();
}

DilatedResult dilatedArtifactSave(DilatedArtifact handle, const char *path,
                                  DilatedDiagnosticCallback onDiagnostic,
                                  void *userData) {
  const Artifact *artifact = unwrap(handle);
  StringRef suffix = llvm::sys::path::extension(path ? path : "");
  if (suffix != ".so" && suffix != ".o") {
    reportError(onDiagnostic, userData,
                "cannot write '" + Twine(path ? path : "") +
                    "': expected a .so or .o file");
    return DilatedResultUnreadable;
  }
  LibraryOptions options;
  options.target = artifact->target;
  const CompiledModel &compiled = artifact->compiled;
  auto write = suffix == ".so" ? writeSharedLibrary : writeStaticObject;
  if (llvm::Error error =
          write(path, compiled.object, compiled.weights.getSlices(), options)) {
    reportError(onDiagnostic, userData, llvm::toString(std::move(error)));
    return DilatedResultUnreadable;
  }
  return DilatedResultDone;
}

const char *dilatedGetVersion(void) {
  return "dilated-mlir " DILATED_VERSION ", LLVM " LLVM_VERSION_STRING;
}
