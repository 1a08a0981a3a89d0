//===- PtxExecutable.cpp - a .ptx that can be run ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/PtxExecutable.h"

#include "dilated-mlir/Runtime/Compare.h"
#include "dilated-mlir/Runtime/TileLists.h"
#include "dilated-mlir/Target/Executable.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

struct PtxExecutable::State {
  PtxDescription description;
  const dilated_device *device = nullptr;
  void *module = nullptr;
  ::dilated::runtime::TileListCache tileLists;

  ~State() {
    if (device)
      ::dilated::runtime::clearTileLists(tileLists, *device, {});
    if (module)
      device->unload(device->user, module);
  }
  const PtxModel &getModel() const { return *description.model; }
};

PtxExecutable::PtxExecutable(std::unique_ptr<State> state)
    : state(std::move(state)) {}
PtxExecutable::PtxExecutable(PtxExecutable &&) = default;
PtxExecutable &PtxExecutable::operator=(PtxExecutable &&) = default;
PtxExecutable::~PtxExecutable() = default;

const Signature &PtxExecutable::getSignature() const {
  return state->getModel().signature;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

static llvm::Expected<PtxDescription> read(StringRef path, std::string &text) {
  auto fail = [&](const Twine &why) {
    return makeError("cannot load '" + path + "': " + why);
  };
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return fail(file.getError().message());
  text = (*file)->getBuffer().str();
  llvm::Expected<PtxDescription> description = readPtxFile(text);
  if (!description)
    return fail(llvm::toString(description.takeError()));
  if (description->model)
    return description;
  std::string names;
  for (const KernelLaunch &kernel : description->kernels)
    names += (names.empty() ? "" : ", ") + kernel.name;
  return fail("it holds the attention kernels of a larger model and not the "
              "model: " +
              names +
              "; compile the model to a .so, or run a kernel by "
              "dilated-ptx-run");
}

llvm::Expected<PtxDescription> PtxExecutable::describe(StringRef path) {
  std::string text;
  return read(path, text);
}

llvm::Expected<PtxExecutable>
PtxExecutable::load(StringRef path, const dilated_device &device) {
  std::string text;
  llvm::Expected<PtxDescription> description = read(path, text);
  if (!description)
    return description.takeError();
  auto state = std::make_unique<State>();
  state->description = std::move(*description);
  state->device = &device;
  dilated_error error = {};
  if (device.load(device.user, text.c_str(), text.size(), &state->module,
                  &error)) {
    state->module = nullptr;
    return makeError("cannot load '" + path + "': " + error.message);
  }
  return PtxExecutable(std::move(state));
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

namespace {

/// One run: what it has on the device goes with it.
class Launcher {
public:
  Launcher(const PtxModel &model, const dilated_device &device,
           ::dilated::runtime::TileListCache &cache)
      : model(model), device(device), tileLists(cache, device, {}) {}
  Launcher(const Launcher &) = delete;
  ~Launcher() {
    tileLists.release();
    for (void *address : addresses)
      device.deallocate(device.user, address);
  }

  llvm::Error place(ArrayRef<HostTensor> inputs);
  llvm::Error launch(const KernelLaunch &kernel, void *module);
  llvm::Expected<std::vector<HostTensor>> takeOutputs();

private:
  llvm::Expected<uint64_t> allocate(int64_t bytes);
  llvm::Expected<KernelOperand> describe(const PtxOperand &operand,
                                         const TensorInfo &info,
                                         int64_t elements, uint64_t address);
  llvm::Error verify() const;

  const PtxModel &model;
  const dilated_device &device;
  ::dilated::runtime::TileLists tileLists;
  std::vector<void *> addresses;
  std::vector<TensorShape> shapes; // of the inputs
  std::vector<HostTensor> outputs;
  std::vector<uint64_t> outputAddresses;
  KernelOperand query, key, value, out, lse;
};

} // namespace

llvm::Expected<uint64_t> Launcher::allocate(int64_t bytes) {
  if (bytes == 0)
    return 0;
  void *address = nullptr;
  dilated_error error = {};
  if (device.allocate(device.user, bytes, &address, &error))
    return makeError(error.message);
  addresses.push_back(address);
  return reinterpret_cast<uintptr_t>(address);
}

/// The operand in a row-major tensor of that many elements.
llvm::Expected<KernelOperand> Launcher::describe(const PtxOperand &operand,
                                                 const TensorInfo &info,
                                                 int64_t elements,
                                                 uint64_t address) {
  KernelOperand result;
  result.address = address;
  result.sizes[3] = result.strides[3] = 1; // an lse has no features
  int64_t stride = 1;
  for (size_t i = operand.sizes.size(); i-- > 0;) {
    size_t dim = StringRef("bnhd").find(operand.layout[i]);
    std::optional<int64_t> size = operand.sizes[i].evaluate(shapes);
    if (!size || *size < 0)
      return makeError("the sizes of the inputs don't divide into heads as the "
                       "model's tensor '" +
                       info.name + "' wants");
    result.sizes[dim] = *size;
    result.strides[dim] = stride;
    if (llvm::MulOverflow(stride, *size, stride))
      return makeError("tensor '" + info.name + "' is larger than any memory");
  }
  if (stride != elements)
    return makeError("tensor '" + info.name + "' has " + Twine(elements) +
                     " elements, the model's attention wants " + Twine(stride));
  return result;
}

llvm::Error Launcher::verify() const {
  auto differ = [](const Twine &what) {
    return makeError("dilated attention: " + what);
  };
  for (const KernelOperand *other : {&key, &value, &out}) {
    if (other->sizes[0] != query.sizes[0])
      return differ("the operands differ in batch size [C5]");
    if (other->sizes[1] != query.sizes[1])
      return differ("the operands differ in sequence length [C5]");
  }
  if (value.sizes[2] != key.sizes[2])
    return differ("value and key differ in heads [C5]");
  if (out.sizes[2] != query.sizes[2] || key.sizes[3] != query.sizes[3] ||
      out.sizes[3] != value.sizes[3])
    return differ("the operands differ in heads or head size [C5]");
  if (query.sizes[1] < 1)
    return differ("the sequence is empty (length 0), expected at least 1 "
                  "position [C10]");
  if (key.sizes[2] == 0 ? query.sizes[2] != 0
                        : query.sizes[2] % key.sizes[2] != 0)
    return differ("query heads are not a multiple of key heads [C4]");
  return llvm::Error::success();
}

llvm::Error Launcher::place(ArrayRef<HostTensor> inputs) {
  std::vector<uint64_t> inputAddresses;
  for (const HostTensor &input : inputs) {
    shapes.emplace_back(input.getShape());
    llvm::Expected<uint64_t> address = allocate(input.getByteSize());
    if (!address)
      return address.takeError();
    dilated_error error = {};
    if (*address && device.copy(device.user, addresses.back(), input.data(),
                                input.getByteSize(), DILATED_TO_DEVICE,
                                /*stream=*/nullptr, &error))
      return makeError(error.message);
    inputAddresses.push_back(*address);
  }
  for (auto [rules, info] :
       llvm::zip_equal(model.outputShapes, model.signature.outputs)) {
    TensorShape shape;
    for (const SizeRule &rule : rules) {
      std::optional<int64_t> size = rule.evaluate(shapes);
      if (!size || *size < 0)
        return makeError("output '" + info.name +
                         "' has no sizes for inputs of these sizes");
      shape.push_back(*size);
    }
    llvm::Expected<HostTensor> output = HostTensor::allocate(info.type, shape);
    if (!output)
      return output.takeError();
    llvm::Expected<uint64_t> address = allocate(output->getByteSize());
    if (!address)
      return address.takeError();
    outputs.push_back(std::move(*output));
    outputAddresses.push_back(*address);
  }
  auto operand = [&](const PtxOperand &rule, bool isOutput,
                     KernelOperand &into) -> llvm::Error {
    const Signature &signature = model.signature;
    llvm::Expected<KernelOperand> described =
        isOutput ? describe(rule, signature.outputs[rule.tensor],
                            outputs[rule.tensor].getNumElements(),
                            outputAddresses[rule.tensor])
                 : describe(rule, signature.inputs[rule.tensor],
                            inputs[rule.tensor].getNumElements(),
                            inputAddresses[rule.tensor]);
    if (!described)
      return described.takeError();
    into = *described;
    return llvm::Error::success();
  };
  if (llvm::Error error = operand(model.query, false, query))
    return error;
  if (llvm::Error error = operand(model.key, false, key))
    return error;
  if (llvm::Error error = operand(model.value, false, value))
    return error;
  if (llvm::Error error = operand(model.out, true, out))
    return error;
  if (model.lse)
    if (llvm::Error error = operand(*model.lse, true, lse))
      return error;
  return verify();
}

llvm::Error Launcher::launch(const KernelLaunch &kernel, void *module) {
  if (query.sizes[3] != kernel.headDim || value.sizes[3] != kernel.valueDim)
    return makeError("kernel '" + kernel.name + "' has head sizes " +
                     Twine(kernel.headDim) + " and " + Twine(kernel.valueDim) +
                     ", the model " + Twine(query.sizes[3]) + " and " +
                     Twine(value.sizes[3]));
  if (model.lse &&
      (lse.sizes[0] != query.sizes[0] || lse.sizes[1] != query.sizes[1] ||
       lse.sizes[2] != query.sizes[2]))
    return makeError("dilated attention: the lse has other sizes than the "
                     "query [C8]");
  // The order in which they stand for lse: batch, head, position.
  KernelOperand ordered = lse;
  std::swap(ordered.strides[1], ordered.strides[2]);
  KernelArguments arguments =
      packArguments(query, key, value, out, model.lse ? &ordered : nullptr,
                    static_cast<float>(model.scale));
  const void *pointers[plan::kNumAttentionArguments];
  uint32_t bytes[plan::kNumAttentionArguments];
  for (int i = 0; i < plan::kNumAttentionArguments; ++i) {
    pointers[i] = &arguments.words[i];
    bytes[i] = plan::getBytes(plan::kAttentionArguments[i].kind);
  }
  ::dilated::runtime::TileListCall call = {model.pattern.data(), query.sizes[0],
                                           query.sizes[2], query.sizes[1],
                                           kernel.blockKeys};
  ::dilated::runtime::TileLaunch tiles = {};
  dilated_error error = {};
  while (true) {
    if (tileLists.next(call, /*stream=*/nullptr, tiles, &error))
      return makeError(error.message);
    if (tiles.numTiles == 0)
      return llvm::Error::success();
    arguments[plan::AttentionArgument::Tiles] = tiles.tiles;
    arguments[plan::AttentionArgument::FirstBatch] = tiles.firstBatch;
    dilated_launch launch = {kernel.name.c_str(),
                             {static_cast<uint32_t>(tiles.numTiles),
                              static_cast<uint32_t>(tiles.batches), 1},
                             {static_cast<uint32_t>(kernel.threads), 1, 1},
                             static_cast<uint32_t>(kernel.sharedBytes),
                             plan::kNumAttentionArguments,
                             pointers,
                             bytes};
    if (device.launch(device.user, module, &launch, /*stream=*/nullptr, &error))
      return makeError(error.message);
  }
}

llvm::Expected<std::vector<HostTensor>> Launcher::takeOutputs() {
  dilated_error error = {};
  for (auto [output, address] : llvm::zip_equal(outputs, outputAddresses))
    if (address &&
        device.copy(device.user, output.data(),
                    reinterpret_cast<void *>(address), output.getByteSize(),
                    DILATED_TO_HOST, /*stream=*/nullptr, &error))
      return makeError(error.message);
  if (device.synchronize(device.user, /*stream=*/nullptr, &error))
    return makeError(error.message);
  return std::move(outputs);
}

llvm::Expected<std::vector<HostTensor>>
PtxExecutable::run(ArrayRef<TensorView> views) {
  if (llvm::Error error = verifyInputs(getSignature(), views))
    return error;
  std::vector<HostTensor> inputs;
  for (const TensorView &view : views) {
    llvm::Expected<HostTensor> input = copyOf(view);
    if (!input)
      return input.takeError();
    inputs.push_back(std::move(*input));
  }
  const PtxModel &model = state->getModel();
  Launcher launcher(model, *state->device, state->tileLists);
  if (llvm::Error error = launcher.place(inputs))
    return error;
  if (llvm::Error error = launcher.launch(
          state->description.kernels[model.kernel], state->module))
    return error;
  return launcher.takeOutputs();
}
