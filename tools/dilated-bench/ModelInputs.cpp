//===- ModelInputs.cpp - what a model is measured on ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelInputs.h"

#include "dilated-mlir/Target/TestData.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::dilated;

std::vector<TensorView> InputSet::views() const {
  std::vector<TensorView> views;
  for (const HostTensor &tensor : tensors)
    views.push_back(tensor.view());
  return views;
}

llvm::Expected<InputSet> mlir::dilated::makeRandomInputs(
    const Signature &signature,
    const llvm::StringMap<std::vector<int64_t>> &shapes) {
  for (const auto &shape : shapes)
    if (signature.findInput(shape.getKey()) < 0)
      return makeError("the model has no input '" + shape.getKey() + "'");
  InputSet set;
  for (const TensorInfo &info : signature.inputs) {
    TensorShape shape;
    auto given = shapes.find(info.name);
    bool isGiven = given != shapes.end();
    if (isGiven && given->second.size() != info.dims.size())
      return makeError("--shape gives input '" + info.name + "' rank " +
                       Twine(given->second.size()) + ", it is " +
                       info.describe());
    for (auto [axis, dim] : llvm::enumerate(info.dims)) {
      if (isGiven && given->second[axis] >= 0) {
        shape.push_back(given->second[axis]);
        continue;
      }
      if (dim.isDynamic())
        return makeError("input '" + info.name + "' is " + info.describe() +
                         ": give its size by --shape " + info.name + "=...");
      shape.push_back(dim.size);
    }
    llvm::Expected<HostTensor> tensor = HostTensor::allocate(info.type, shape);
    if (!tensor)
      return tensor.takeError();
    fillRandom(*tensor, set.tensors.size() + 1);
    set.tensors.push_back(std::move(*tensor));
  }
  return set;
}

llvm::Expected<std::vector<InputSet>>
mlir::dilated::readTestInputs(const Signature &signature, StringRef folder) {
  std::vector<InputSet> sets;
  for (const std::string &path : listTestDataSets(folder)) {
    llvm::Expected<std::vector<HostTensor>> tensors =
        readTestTensors(path, "input");
    if (!tensors)
      return tensors.takeError();
    InputSet set;
    set.name = llvm::sys::path::filename(path).str();
    set.tensors = std::move(*tensors);
    if (llvm::Error error = verifyInputs(signature, set.views()))
      return makeError(path + ": " + llvm::toString(std::move(error)));
    sets.push_back(std::move(set));
  }
  if (sets.empty())
    return makeError("'" + folder + "' has no folder test_data_set_*");
  return sets;
}
