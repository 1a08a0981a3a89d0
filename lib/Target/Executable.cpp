//===- Executable.cpp - a compiled model that can be called -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/Executable.h"

#include "MemrefDescriptor.h"
#include "dilated-mlir/Runtime/Compare.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::dilated;
namespace runtime = ::dilated::runtime;

llvm::Expected<Executable> Executable::create(ArrayRef<char> object,
                                              Signature signature,
                                              ArrayRef<const void *> weights,
                                              const JitOptions &options) {
  llvm::Expected<std::unique_ptr<Jit>> jit = Jit::create(object, options);
  if (!jit)
    return jit.takeError();
  llvm::Expected<void *> entry = (*jit)->lookup("dilated_main");
  if (!entry)
    return entry.takeError();
  if (!weights.empty()) {
    llvm::Expected<void *> table = (*jit)->lookup("dilated_weights");
    if (!table)
      return table.takeError();
    llvm::copy(weights, static_cast<const void **>(*table));
  }
  Executable executable;
  executable.jit = std::move(*jit);
  executable.signature = std::move(signature);
  executable.weights.assign(weights.begin(), weights.end());
  executable.entry = reinterpret_cast<void (*)(void *)>(*entry);
  return executable;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

namespace {

/// Where a dimension symbol was first given a size.
struct Binding {
  int64_t size;
  StringRef input;
};

} // namespace

static llvm::Error verifyInput(const TensorInfo &info, const TensorView &view,
                               llvm::StringMap<Binding> &bindings) {
  auto fail = [&](const Twine &what) {
    return makeError("input '" + info.name + "' " + what + "; " +
                     info.describe() + " is expected");
  };
  if (view.type != info.type)
    return fail(Twine("has element type ") + runtime::elementName(view.type));
  if (view.shape.size() != info.dims.size())
    return fail("has rank " + Twine(view.shape.size()));
  for (auto [axis, dim] : llvm::enumerate(info.dims)) {
    int64_t size = view.shape[axis];
    if (!dim.isDynamic() && size != dim.size)
      return fail("has size " + Twine(size) + " in dimension " + Twine(axis));
    if (dim.symbol.empty())
      continue;
    auto [it, isNew] =
        bindings.try_emplace(dim.symbol, Binding{size, info.name});
    if (!isNew && it->second.size != size)
      return makeError("input '" + info.name + "' has size " + Twine(size) +
                       " in dimension " + Twine(axis) + " ('" + dim.symbol +
                       "'), but input '" + it->second.input + "' has " +
                       Twine(it->second.size) + " for '" + dim.symbol + "'");
  }
  return llvm::Error::success();
}

llvm::Error mlir::dilated::verifyInputs(const Signature &signature,
                                        ArrayRef<TensorView> inputs) {
  if (inputs.size() != signature.inputs.size())
    return makeError("the model has " + Twine(signature.inputs.size()) +
                     " inputs, " + Twine(inputs.size()) + " are given");
  llvm::StringMap<Binding> bindings;
  for (auto [info, view] : llvm::zip_equal(signature.inputs, inputs))
    if (llvm::Error error = verifyInput(info, view, bindings))
      return error;
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// Fields of a descriptor: allocated, aligned, offset, sizes, strides.
static size_t descriptorFields(const TensorInfo &info) {
  return 3 + 2 * info.dims.size();
}

llvm::Expected<std::vector<HostTensor>>
Executable::run(ArrayRef<TensorView> inputs) {
  if (llvm::Error error = verifyInputs(signature, inputs))
    return error;

  size_t resultFields = 0;
  for (const TensorInfo &info : signature.outputs)
    resultFields += descriptorFields(info);
  SmallVector<int64_t> results(resultFields, 0);
  SmallVector<SmallVector<int64_t>> descriptors;
  for (const TensorView &view : inputs)
    descriptors.push_back(buildDescriptor(view));
  SmallVector<void *> arguments;
  if (!signature.outputs.empty())
    arguments.push_back(results.data());
  for (SmallVector<int64_t> &descriptor : descriptors)
    arguments.push_back(descriptor.data());

  const char *message = nullptr;
  if (dilated_rt_call(entry, arguments.data(), &message) != 0)
    return makeError(message);
  return takeResults(results, inputs);
}

llvm::Expected<std::vector<HostTensor>>
Executable::takeResults(MutableArrayRef<int64_t> fields,
                        ArrayRef<TensorView> inputs) {
  // A result may be somebody else's memory: an input or a weight that is passed
  // through, or the memory of an earlier result. Such results are copied.
  SmallVector<const void *> borrowed(weights.begin(), weights.end());
  for (const TensorView &view : inputs)
    borrowed.push_back(view.data);
  SmallVector<void *> owned; // freed below unless adopted

  std::vector<HostTensor> tensors;
  llvm::Error error = llvm::Error::success();
  for (const TensorInfo &info : signature.outputs) {
    size_t rank = info.dims.size();
    ArrayRef<int64_t> descriptor = fields.take_front(descriptorFields(info));
    fields = fields.drop_front(descriptorFields(info));
    auto *allocated = reinterpret_cast<void *>(descriptor[0]);
    TensorView view;
    view.type = info.type;
    view.shape.assign(descriptor.begin() + 3, descriptor.begin() + 3 + rank);
    view.strides.assign(descriptor.begin() + 3 + rank, descriptor.end());
    view.data = reinterpret_cast<const char *>(descriptor[1]) +
                descriptor[2] * runtime::elementBytes(info.type);

    bool isOurs = !llvm::is_contained(borrowed, allocated);
    borrowed.push_back(allocated);
    if (isOurs && view.data == allocated &&
        view.strides == rowMajorStrides(view.shape)) {
      tensors.push_back(HostTensor::adopt(info.type, view.shape, allocated));
      continue;
    }
    if (isOurs)
      owned.push_back(allocated);
    llvm::Expected<HostTensor> copy = copyOf(view);
    if (!copy) {
      error = llvm::joinErrors(std::move(error), copy.takeError());
      continue;
    }
    tensors.push_back(std::move(*copy));
  }
  for (void *pointer : owned)
    dilated_rt_free(pointer);
  if (error)
    return error;
  return tensors;
}
