//===- Compiler.cpp - the compiler for Python --------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Over the C interface alone (include/dilated-mlir-c). Diagnostics are
// collected without the lock of the interpreter and handed over as a list.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir-c/Compiler.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <vector>

namespace nb = nanobind;

namespace {

struct Diagnostic {
  int severity;
  std::string message, file;
  int64_t line, column;
};
using Diagnostics = std::vector<Diagnostic>;

void collect(const DilatedDiagnostic *diagnostic, void *userData) {
  static_cast<Diagnostics *>(userData)->push_back(
      {diagnostic->severity, diagnostic->message, diagnostic->file,
       diagnostic->line, diagnostic->column});
}

nb::list toList(const Diagnostics &diagnostics) {
  nb::list result;
  for (const Diagnostic &item : diagnostics)
    result.append(nb::make_tuple(item.severity, item.message, item.file,
                                 item.line, item.column));
  return result;
}

class Artifact {
public:
  explicit Artifact(DilatedArtifact artifact) : artifact(artifact) {}
  Artifact(const Artifact &) = delete;
  ~Artifact() { dilatedArtifactDestroy(artifact); }

  nb::list getInputs() const {
    nb::list result;
    for (size_t i = 0; i < dilatedArtifactGetInputCount(artifact); ++i)
      result.append(toTuple(*dilatedArtifactGetInput(artifact, i)));
    return result;
  }
  nb::list getOutputs() const {
    nb::list result;
    for (size_t i = 0; i < dilatedArtifactGetOutputCount(artifact); ++i)
      result.append(toTuple(*dilatedArtifactGetOutput(artifact, i)));
    return result;
  }
  double getCompileSeconds() const {
    return dilatedArtifactGetCompileSeconds(artifact);
  }
  bool isFromCache() const { return dilatedArtifactIsFromCache(artifact); }

  /// The address of the code's dilated_api, or 0, and what went wrong.
  nb::tuple getApi() const {
    dilated_error error = {};
    const dilated_api *api;
    {
      nb::gil_scoped_release release;
      api = dilatedArtifactGetApi(artifact, &error);
    }
    return nb::make_tuple(reinterpret_cast<uintptr_t>(api),
                          static_cast<int>(error.status), error.message);
  }

  /// (result, diagnostics)
  nb::tuple save(const std::string &path) const {
    Diagnostics diagnostics;
    DilatedResult result;
    {
      nb::gil_scoped_release release;
      result =
          dilatedArtifactSave(artifact, path.c_str(), collect, &diagnostics);
    }
    return nb::make_tuple(static_cast<int>(result), toList(diagnostics));
  }

private:
  static nb::tuple toTuple(const dilated_tensor_info &info) {
    nb::list sizes, symbols;
    for (int32_t axis = 0; axis < info.rank; ++axis) {
      sizes.append(info.sizes[axis]);
      symbols.append(info.symbols[axis]);
    }
    return nb::make_tuple(info.name, info.type, nb::tuple(sizes),
                          nb::tuple(symbols));
  }

  DilatedArtifact artifact;
};

/// (artifact or None, result, diagnostics); `text` is IR, else `source` a path.
nb::tuple compile(const std::string &source, bool isText,
                  const std::string &cpu, const std::string &features,
                  const std::vector<std::string> &shapes,
                  const std::optional<std::string> &externalDataDir,
                  bool expandFunctions, bool fuse,
                  const std::optional<std::string> &cacheDir,
                  const std::optional<std::string> &gpuChip) {
  Diagnostics diagnostics;
  std::vector<const char *> shapeTexts;
  for (const std::string &shape : shapes)
    shapeTexts.push_back(shape.c_str());
  DilatedCompileOptions options = {};
  options.structSize = sizeof(options);
  options.cpu = cpu.c_str();
  options.features = features.c_str();
  options.shapes = shapeTexts.data();
  options.shapeCount = shapeTexts.size();
  options.externalDataDir =
      externalDataDir ? externalDataDir->c_str() : nullptr;
  options.expandFunctions = expandFunctions;
  options.noFuse = !fuse;
  options.cacheDir = cacheDir ? cacheDir->c_str() : nullptr;
  options.gpuChip = gpuChip ? gpuChip->c_str() : nullptr;
  options.onDiagnostic = collect;
  options.userData = &diagnostics;
  DilatedArtifact artifact = {};
  DilatedResult result;
  {
    nb::gil_scoped_release release;
    result = isText ? dilatedCompileText(source.data(), source.size(), &options,
                                         &artifact)
                    : dilatedCompileFile(source.c_str(), &options, &artifact);
  }
  nb::object owned = nb::none();
  if (!dilatedArtifactIsNull(artifact))
    owned = nb::cast(std::make_unique<Artifact>(artifact));
  return nb::make_tuple(owned, static_cast<int>(result), toList(diagnostics));
}

} // namespace

NB_MODULE(_compiler, m) {
  m.doc() = "The compiler; see dilated_mlir.compile.";
  m.attr("VERSION") = dilatedGetVersion();
  nb::class_<Artifact>(m, "Artifact")
      .def_prop_ro("inputs", &Artifact::getInputs)
      .def_prop_ro("outputs", &Artifact::getOutputs)
      .def_prop_ro("compile_seconds", &Artifact::getCompileSeconds)
      .def_prop_ro("from_cache", &Artifact::isFromCache)
      .def("get_api", &Artifact::getApi)
      .def("save", &Artifact::save, nb::arg("path"));
  m.def("compile", &compile, nb::arg("source"), nb::arg("is_text"),
        nb::arg("cpu"), nb::arg("features"), nb::arg("shapes"),
        nb::arg("external_data_dir").none(), nb::arg("expand_functions"),
        nb::arg("fuse"), nb::arg("cache_dir").none(),
        nb::arg("gpu_chip").none());
}
