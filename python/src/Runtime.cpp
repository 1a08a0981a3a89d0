//===- Runtime.cpp - compiled models for Python ------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loads and runs models through the C interface of Runtime/Model.h alone: no
// compiler, no LLVM. Arrays come in as DLPack or buffers and are passed by
// address; outputs are numpy arrays over memory of the model.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/LibraryFile.h"
#include "dilated-mlir/Runtime/Model.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <csignal>
#include <dlfcn.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace nb = nanobind;

using Array = nb::ndarray<nb::ro>;
using ArrayOut = nb::ndarray<nb::numpy>;
using Code = nb::dlpack::dtype_code;

namespace {

/// Status and message, thrown to become dilated_mlir.RunError.
struct Failure {
  dilated_status status;
  std::string message;
};

struct Library {
  explicit Library(void *handle) : handle(handle) {}
  Library(const Library &) = delete;
  ~Library() { ::dlclose(handle); }
  void *handle;
};

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

/// 0 for an element type that models don't have.
int32_t getType(nb::dlpack::dtype type) {
  if (type.lanes != 1)
    return 0;
  switch (static_cast<Code>(type.code)) {
  case Code::Float:
    return type.bits == 32   ? DILATED_RT_F32
           : type.bits == 64 ? DILATED_RT_F64
           : type.bits == 16 ? DILATED_RT_F16
                             : 0;
  case Code::Bfloat:
    return type.bits == 16 ? DILATED_RT_BF16 : 0;
  case Code::Bool:
    return type.bits == 8 ? DILATED_RT_BOOL : 0;
  case Code::Int:
    return type.bits == 64   ? DILATED_RT_I64
           : type.bits == 32 ? DILATED_RT_I32
           : type.bits == 16 ? DILATED_RT_I16
           : type.bits == 8  ? DILATED_RT_I8
                             : 0;
  default:
    return 0;
  }
}

std::string describe(nb::dlpack::dtype type) {
  const char *name = "type ";
  switch (static_cast<Code>(type.code)) {
  case Code::UInt:
    name = "uint";
    break;
  case Code::Int:
    name = "int";
    break;
  case Code::Float:
    name = "float";
    break;
  case Code::Complex:
    name = "complex";
    break;
  default:
    break;
  }
  return name + std::to_string(type.bits);
}

/// What numpy has for an element type; the bits of bf16 as uint16.
nb::dlpack::dtype getDtype(int32_t type) {
  switch (type) {
  case DILATED_RT_F32:
    return nb::dtype<float>();
  case DILATED_RT_F64:
    return nb::dtype<double>();
  case DILATED_RT_F16:
    return {static_cast<uint8_t>(Code::Float), 16, 1};
  case DILATED_RT_BF16:
    return nb::dtype<uint16_t>();
  case DILATED_RT_I64:
    return nb::dtype<int64_t>();
  case DILATED_RT_I32:
    return nb::dtype<int32_t>();
  case DILATED_RT_I16:
    return nb::dtype<int16_t>();
  case DILATED_RT_I8:
    return nb::dtype<int8_t>();
  default:
    return nb::dtype<bool>();
  }
}

/// An array as a model sees it; keeps the array alive.
struct Input {
  Input(nb::handle object, int32_t type, const std::string &name,
        const std::string &expected) {
    if (!nb::try_cast<Array>(object, array))
      throw Failure{DILATED_INVALID_ARGUMENT,
                    "input '" + name +
                        "' is not an array that can be read in place"};
    if (array.device_type() != nb::device::cpu::value &&
        array.device_type() != nb::device::cuda_host::value)
      throw Failure{DILATED_INVALID_ARGUMENT,
                    "input '" + name + "' does not lie in the CPU's memory"};
    if (array.ndim() > DILATED_MAX_RANK)
      throw Failure{DILATED_WRONG_TENSOR, "input '" + name + "' has rank " +
                                              std::to_string(array.ndim())};
    tensor.type = type ? type : getType(array.dtype());
    if (tensor.type == 0)
      throw Failure{DILATED_WRONG_TENSOR, "input '" + name +
                                              "' has element type " +
                                              describe(array.dtype()) + "; " +
                                              expected + " is expected"};
    for (size_t axis = 0; axis < array.ndim(); ++axis) {
      sizes[axis] = static_cast<int64_t>(array.shape(axis));
      strides[axis] = array.stride(axis);
    }
    tensor.data = const_cast<void *>(array.data());
    tensor.rank = static_cast<int32_t>(array.ndim());
  }

  /// The struct for C; it points into this object.
  dilated_tensor get() {
    dilated_tensor result = tensor;
    result.sizes = sizes;
    result.strides = strides;
    return result;
  }

private:
  Array array;
  dilated_tensor tensor = {};
  int64_t sizes[DILATED_MAX_RANK], strides[DILATED_MAX_RANK];
};

//===----------------------------------------------------------------------===//
// Interrupts
//===----------------------------------------------------------------------===//

/// While it lives on the main thread, SIGINT cancels the run; the interpreter's
/// handler, which it calls, has the KeyboardInterrupt raised afterwards. Other
/// threads raise none, so their runs go on.
class Interrupt {
public:
  Interrupt() {
    if (::getpid() != ::gettid() || ::sigaction(SIGINT, nullptr, &previous))
      return;
    bool isFunction =
        (previous.sa_flags & SA_SIGINFO) ||
        (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN);
    if (!isFunction)
      return;
    cancelled = 0;
    struct sigaction action = previous;
    action.sa_flags |= SA_SIGINFO;
    action.sa_sigaction = handle;
    isActive = ::sigaction(SIGINT, &action, nullptr) == 0;
  }
  ~Interrupt() {
    if (isActive)
      ::sigaction(SIGINT, &previous, nullptr);
  }
  Interrupt(const Interrupt &) = delete;

  const volatile int32_t *get() const {
    return isActive ? &cancelled : nullptr;
  }
  bool happened() const { return isActive && cancelled; }

private:
  static void handle(int signal, siginfo_t *info, void *context) {
    cancelled = 1;
    if (previous.sa_flags & SA_SIGINFO)
      previous.sa_sigaction(signal, info, context);
    else
      previous.sa_handler(signal);
  }

  // Of the main thread alone.
  static volatile int32_t cancelled;
  static struct sigaction previous;
  bool isActive = false;
};

volatile int32_t Interrupt::cancelled = 0;
struct sigaction Interrupt::previous = {};

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

class Model {
public:
  static std::shared_ptr<Model> load(const std::string &path, int32_t threads,
                                     const std::string &weights) {
    auto model = std::make_shared<Model>();
    {
      nb::gil_scoped_release release;
      model->open(path);
      model->create(threads, weights.empty() ? nullptr : weights.c_str());
    }
    return model;
  }

  /// `api` is the address of a dilated_api that lives as long as `owner`.
  static std::shared_ptr<Model> fromApi(uintptr_t api, nb::object owner,
                                        int32_t threads) {
    auto model = std::make_shared<Model>();
    model->api = reinterpret_cast<const dilated_api *>(api);
    model->owner = std::move(owner);
    nb::gil_scoped_release release;
    model->create(threads, nullptr);
    return model;
  }

  Model() = default;
  Model(const Model &) = delete;
  ~Model() {
    if (model)
      api->destroy(model);
  }

  nb::list getInputs() const { return list(api->inputs, api->input_count); }
  nb::list getOutputs() const { return list(api->outputs, api->output_count); }
  std::string getTarget() const { return api->target ? api->target : ""; }
  std::string getProducer() const { return api->producer ? api->producer : ""; }

  /// `inputs` are pairs of an array and its element type (0: what it says).
  static nb::list run(const std::shared_ptr<Model> &self, nb::list inputs,
                      int32_t threads);

  void release(dilated_tensor &tensor) { api->release(model, &tensor); }

private:
  void open(const std::string &path);
  void create(int32_t threads, const char *weights);
  static nb::list list(const dilated_tensor_info *infos, int32_t count);

  // In the order of their making: the model goes first.
  nb::object owner;
  std::unique_ptr<Library> library;
  const dilated_api *api = nullptr;
  dilated_model *model = nullptr;
};

/// Memory of an output: the array's owner.
struct Output {
  std::shared_ptr<Model> model;
  dilated_tensor tensor = {};
  int64_t sizes[DILATED_MAX_RANK];
  ~Output() {
    if (tensor.data)
      model->release(tensor);
  }
};

} // namespace

/// The loader takes a name that it has seen for the same library, also when the
/// file was replaced while the older one is loaded. So every file of one path
/// has a spelling of its own: folder/model.so, folder/./model.so, ...
static std::string spell(const std::string &path) {
  static std::mutex mutex;
  static auto &seen =
      *new std::map<std::string, std::vector<std::pair<dev_t, ino_t>>>;
  size_t slash = path.rfind('/');
  // Without a slash it would be a name to be searched for.
  std::string folder =
      slash == std::string::npos ? "./" : path.substr(0, slash + 1);
  std::string name = path.substr(slash + 1);
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) {
    std::lock_guard<std::mutex> lock(mutex);
    std::vector<std::pair<dev_t, ino_t>> &files = seen[folder + name];
    std::pair<dev_t, ino_t> file(status.st_dev, status.st_ino);
    auto it = std::find(files.begin(), files.end(), file);
    for (auto older = files.begin(); older != it; ++older)
      folder += "./";
    if (it == files.end())
      files.push_back(file);
  }
  return folder + name;
}

void Model::open(const std::string &path) {
  if (char problem[160];
      dilated::runtime::findLibraryProblem(path.c_str(), problem))
    throw Failure{DILATED_INVALID_ARGUMENT,
                  "cannot load '" + path + "': " + problem};
  std::string file = spell(path);
  void *handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw Failure{DILATED_INVALID_ARGUMENT,
                  "cannot load '" + path + "': " + ::dlerror()};
  library = std::make_unique<Library>(handle);
  // Its threads wait inside of it for more work: it must never be unloaded.
  if (void *openmp =
          ::dlopen("libgomp.so.1", RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE))
    ::dlclose(openmp);
  auto getApi =
      reinterpret_cast<dilated_get_api_fn>(::dlsym(handle, "dilated_get_api"));
  if (!getApi)
    throw Failure{DILATED_INVALID_ARGUMENT,
                  "'" + path +
                      "' is not a compiled model: it has no function "
                      "dilated_get_api"};
  dilated_error error = {};
  if (getApi(DILATED_ABI_VERSION, &api, &error))
    throw Failure{error.status, error.message};
}

void Model::create(int32_t threads, const char *weights) {
  dilated_create_options options = {};
  options.struct_size = sizeof(options);
  options.threads = threads;
  options.weights_path = weights;
  dilated_error error = {};
  if (api->create(api, &options, &model, &error))
    throw Failure{error.status, error.message};
}

nb::list Model::list(const dilated_tensor_info *infos, int32_t count) {
  nb::list result;
  for (int32_t i = 0; i < count; ++i) {
    nb::list sizes, symbols;
    for (int32_t axis = 0; axis < infos[i].rank; ++axis) {
      sizes.append(infos[i].sizes[axis]);
      symbols.append(infos[i].symbols[axis]);
    }
    result.append(nb::make_tuple(infos[i].name, infos[i].type, nb::tuple(sizes),
                                 nb::tuple(symbols)));
  }
  return result;
}

nb::list Model::run(const std::shared_ptr<Model> &self, nb::list arrays,
                    int32_t threads) {
  const dilated_api *api = self->api;
  std::vector<Input> inputs;
  inputs.reserve(arrays.size());
  for (size_t i = 0; i < arrays.size(); ++i) {
    auto pair = nb::cast<nb::tuple>(arrays[i]);
    bool known = i < static_cast<size_t>(api->input_count);
    std::string name = known ? api->inputs[i].name : std::to_string(i);
    // The model itself says what else is wrong; it can't be told of types that
    // it does not have.
    int32_t type = known ? api->inputs[i].type : 0;
    std::string expected = type == DILATED_RT_BF16   ? "bfloat16"
                           : type == DILATED_RT_BOOL ? "bool"
                                                     : describe(getDtype(type));
    inputs.emplace_back(pair[0], nb::cast<int32_t>(pair[1]), name, expected);
  }
  std::vector<dilated_tensor> passed;
  for (Input &input : inputs)
    passed.push_back(input.get());
  std::vector<std::unique_ptr<Output>> outputs;
  std::vector<dilated_tensor> results;
  for (int32_t i = 0; i < api->output_count; ++i) {
    outputs.push_back(std::make_unique<Output>());
    outputs.back()->model = self;
    dilated_tensor tensor = {};
    tensor.rank = api->outputs[i].rank;
    tensor.sizes = outputs.back()->sizes;
    results.push_back(tensor);
  }
  dilated_run_options options = {};
  options.struct_size = sizeof(options);
  options.threads = threads;
  dilated_error error = {};
  dilated_status status;
  auto run = [&](const volatile int32_t *cancel) {
    nb::gil_scoped_release release;
    options.cancel = cancel;
    status = api->run(self->model, passed.data(),
                      static_cast<int32_t>(passed.size()), results.data(),
                      api->output_count, &options, &error);
  };
  bool wasInterrupted;
  {
    Interrupt interrupt;
    run(interrupt.get());
    wasInterrupted = interrupt.happened();
  }
  if (wasInterrupted && status == DILATED_CANCELLED) {
    if (PyErr_CheckSignals())
      throw nb::python_error();
    // The program's own handler raised nothing: then the run is to be finished.
    run(nullptr);
  }
  if (status)
    throw Failure{status, error.message};

  for (size_t i = 0; i < results.size(); ++i)
    outputs[i]->tensor = results[i];
  nb::list list;
  for (std::unique_ptr<Output> &output : outputs) {
    const dilated_tensor &tensor = output->tensor;
    size_t shape[DILATED_MAX_RANK];
    for (int32_t axis = 0; axis < tensor.rank; ++axis)
      shape[axis] = static_cast<size_t>(tensor.sizes[axis]);
    void *data = tensor.data;
    size_t rank = static_cast<size_t>(tensor.rank);
    int32_t type = tensor.type;
    nb::capsule owner(output.release(), [](void *pointer) noexcept {
      delete static_cast<Output *>(pointer);
    });
    ArrayOut array(data, rank, shape, owner, nullptr, getDtype(type));
    list.append(nb::make_tuple(array.cast(nb::rv_policy::reference), type));
  }
  return list;
}

NB_MODULE(_runtime, m) {
  m.doc() = "Loads and runs compiled models; see dilated_mlir.Session.";
  m.attr("ABI_VERSION") = DILATED_ABI_VERSION;
  // (status, message); Python makes a RunError of it.
  // Held for good: the interpreter may be gone when statics are destroyed.
  static nb::handle failure =
      nb::exception<std::runtime_error>(m, "Failure").release();
  nb::register_exception_translator(
      [](const std::exception_ptr &exception, void *) {
        try {
          std::rethrow_exception(exception);
        } catch (const Failure &error) {
          nb::tuple arguments =
              nb::make_tuple(static_cast<int>(error.status), error.message);
          PyErr_SetObject(failure.ptr(), arguments.ptr());
        }
      });
  nb::class_<Model>(m, "Model")
      .def_static("load", &Model::load, nb::arg("path"), nb::arg("threads"),
                  nb::arg("weights"))
      .def_static("from_api", &Model::fromApi, nb::arg("api"), nb::arg("owner"),
                  nb::arg("threads"))
      .def_prop_ro("inputs", &Model::getInputs)
      .def_prop_ro("outputs", &Model::getOutputs)
      .def_prop_ro("target", &Model::getTarget)
      .def_prop_ro("producer", &Model::getProducer)
      .def_static("run", &Model::run, nb::arg("model"), nb::arg("inputs"),
                  nb::arg("threads"));
}
