//===- Executable.cpp - a compiled model that can be called -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/Executable.h"

#include "dilated-mlir/Runtime/LibraryFile.h"
#include "dilated-mlir/Runtime/ModelDescription.h"
#include "dilated-mlir/Runtime/Runtime.h"
#include "dilated-mlir/Target/ObjectEmission.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

#include <dlfcn.h>

using namespace mlir;
using namespace mlir::dilated;
namespace runtime = ::dilated::runtime;

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

struct Executable::State {
  std::unique_ptr<Jit> jit; // of an object
  runtime::Library library; // of an object
  dilated_api objectApi;
  void *handle = nullptr; // of a shared library

  const dilated_api *api = nullptr;
  dilated_model *model = nullptr;
  Signature signature;

  ~State() {
    if (model)
      api->destroy(model);
    if (handle)
      dlclose(handle);
  }
};

Executable::Executable(std::unique_ptr<State> state)
    : state(std::move(state)) {}
Executable::Executable(Executable &&) = default;
Executable &Executable::operator=(Executable &&) = default;
Executable::~Executable() = default;

const Signature &Executable::getSignature() const { return state->signature; }
const dilated_api &Executable::getApi() const { return *state->api; }
bool Executable::hasKernels() const {
  return StringRef(state->api->target).contains(kKernelTarget);
}
const dilated_model *Executable::getModel() const { return state->model; }

static std::vector<TensorInfo> readTensors(const dilated_tensor_info *infos,
                                           int32_t count) {
  std::vector<TensorInfo> tensors;
  for (const dilated_tensor_info &info : ArrayRef(infos, count)) {
    TensorInfo &tensor = tensors.emplace_back();
    tensor.name = info.name;
    tensor.type = static_cast<dilated_rt_type>(info.type);
    for (int32_t i = 0; i < info.rank; ++i)
      tensor.dims.push_back({info.sizes[i], info.symbols[i]});
  }
  return tensors;
}

/// Creates the model of an interface that has been found.
llvm::Expected<Executable> Executable::finish(std::unique_ptr<State> state,
                                              const dilated_device *device) {
  const dilated_api *api = state->api;
  state->signature.inputs = readTensors(api->inputs, api->input_count);
  state->signature.outputs = readTensors(api->outputs, api->output_count);
  // A library has a run-time library of its own, with its own default.
  dilated_create_options options = {};
  options.struct_size = sizeof(options);
  options.threads = dilated_rt_num_threads();
  options.device = device;
  dilated_error error;
  if (api->create(api, &options, &state->model, &error) != DILATED_OK)
    return makeError(error.message);
  return Executable(std::move(state));
}

llvm::Expected<Executable> Executable::create(ArrayRef<char> object,
                                              ArrayRef<const void *> weights,
                                              const JitOptions &options,
                                              const dilated_device *device) {
  llvm::Expected<std::unique_ptr<Jit>> jit = Jit::create(object, options);
  if (!jit)
    return jit.takeError();
  llvm::Expected<void *> description =
      (*jit)->lookup("dilated_model_description");
  if (!description)
    return description.takeError();
  auto state = std::make_unique<State>();
  state->jit = std::move(*jit);
  state->library = {
      static_cast<const runtime::ModelDescription *>(*description), nullptr};
  dilated_error error;
  if (runtime::makeApi(state->library, DILATED_ABI_VERSION, state->objectApi,
                       &error) != DILATED_OK)
    return makeError(error.message);
  state->api = &state->objectApi;
  int64_t count = state->library.description->weightCount;
  if (count != int64_t(weights.size()))
    return makeError("the model has " + Twine(count) + " weights, " +
                     Twine(weights.size()) + " are given");
  llvm::copy(weights, state->library.description->weightTable);
  return finish(std::move(state), device);
}

llvm::Expected<Executable> Executable::load(StringRef path,
                                            const dilated_device *device) {
  auto fail = [&](const Twine &why) {
    return makeError("cannot load '" + path + "': " + why);
  };
  // A name without a folder would be looked for in the system's.
  SmallString<128> absolute(path);
  if (std::error_code code = llvm::sys::fs::real_path(path, absolute))
    return fail(code.message());
  char problem[160];
  if (runtime::findLibraryProblem(absolute.c_str(), problem))
    return fail(problem);
  auto state = std::make_unique<State>();
  state->handle = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!state->handle) {
    StringRef reason = dlerror();
    reason.consume_front((absolute + ": ").str());
    return fail(reason);
  }
  auto getApi = reinterpret_cast<dilated_get_api_fn>(
      dlsym(state->handle, "dilated_get_api"));
  if (!getApi)
    return fail("it is not a compiled model, which has a function "
                "dilated_get_api");
  dilated_error error;
  if (getApi(DILATED_ABI_VERSION, &state->api, &error) != DILATED_OK)
    return fail(error.message);
  llvm::Expected<Executable> executable = finish(std::move(state), device);
  if (!executable)
    return fail(llvm::toString(executable.takeError()));
  return executable;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Views as the C interface takes them; they keep pointing to the views.
static SmallVector<dilated_tensor> toTensors(ArrayRef<TensorView> views) {
  SmallVector<dilated_tensor> tensors;
  for (const TensorView &view : views)
    tensors.push_back({const_cast<void *>(view.data), 0, view.type,
                       static_cast<int32_t>(view.shape.size()),
                       const_cast<int64_t *>(view.shape.data()),
                       view.strides.data()});
  return tensors;
}

llvm::Error mlir::dilated::verifyInputs(const Signature &signature,
                                        ArrayRef<TensorView> inputs) {
  // Reserved: entries point into these.
  std::vector<SmallVector<int64_t>> sizes;
  std::vector<SmallVector<const char *>> symbols;
  SmallVector<dilated_tensor_info> infos;
  sizes.reserve(signature.inputs.size());
  symbols.reserve(signature.inputs.size());
  for (const TensorInfo &info : signature.inputs) {
    sizes.emplace_back();
    symbols.emplace_back();
    for (const Dimension &dim : info.dims) {
      sizes.back().push_back(dim.size);
      symbols.back().push_back(dim.symbol.c_str());
    }
    infos.push_back({info.name.c_str(), info.type,
                     static_cast<int32_t>(info.dims.size()),
                     sizes.back().data(), symbols.back().data()});
  }
  SmallVector<dilated_tensor> tensors = toTensors(inputs);
  dilated_error error;
  if (runtime::verifyInputs(infos.data(), infos.size(), tensors.data(),
                            tensors.size(), /*needsData=*/true, &error))
    return makeError(error.message);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

llvm::Expected<std::vector<HostTensor>>
Executable::run(ArrayRef<TensorView> views,
                const dilated_run_options *options) {
  SmallVector<dilated_tensor> inputs = toTensors(views);
  SmallVector<dilated_tensor> outputs;
  std::vector<TensorShape> sizes;
  for (const TensorInfo &info : state->signature.outputs)
    sizes.emplace_back(info.dims.size(), 0);
  for (TensorShape &shape : sizes)
    outputs.push_back({nullptr, 0, 0, static_cast<int32_t>(shape.size()),
                       shape.data(), nullptr});
  dilated_error error;
  if (state->api->run(state->model, inputs.data(), inputs.size(),
                      outputs.data(), outputs.size(), options,
                      &error) != DILATED_OK)
    return makeError(error.message);
  std::vector<HostTensor> tensors;
  for (auto [output, info] : llvm::zip_equal(outputs, state->signature.outputs))
    tensors.push_back(HostTensor::adopt(
        info.type, ArrayRef(output.sizes, output.rank), output.data));
  return tensors;
}
