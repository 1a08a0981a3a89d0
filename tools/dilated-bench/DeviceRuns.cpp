//===- DeviceRuns.cpp - attention on memory of a GPU ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceRuns.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {

/// Tensors on a device, freed with this.
class DeviceTensors {
public:
  explicit DeviceTensors(const dilated_device &device) : device(device) {}
  DeviceTensors(const DeviceTensors &) = delete;
  ~DeviceTensors() {
    for (void *address : addresses)
      device.deallocate(device.user, address);
  }

  /// Memory of `bytes`, with a copy of `from` unless that is null.
  llvm::Expected<void *> add(size_t bytes, const void *from) {
    dilated_error error = {};
    void *address = nullptr;
    if (device.allocate(device.user, std::max<size_t>(bytes, 1), &address,
                        &error))
      return makeError(error.message);
    addresses.push_back(address);
    if (from && bytes > 0 &&
        (device.copy(device.user, address, from, bytes, DILATED_TO_DEVICE,
                     /*stream=*/nullptr, &error) ||
         device.synchronize(device.user, /*stream=*/nullptr, &error)))
      return makeError(error.message);
    return address;
  }

private:
  const dilated_device &device;
  std::vector<void *> addresses;
};

} // namespace

llvm::Error mlir::dilated::measureOnDevice(Executable &executable,
                                           const dilated_device &device,
                                           ArrayRef<HostTensor> inputs,
                                           ArrayRef<int64_t> shape,
                                           int64_t repeat,
                                           Measurement &measurement) {
  DeviceTensors memory(device);
  std::vector<TensorShape> sizes;
  sizes.reserve(inputs.size()); // entries point into these
  SmallVector<dilated_tensor> tensors;
  for (const HostTensor &input : inputs) {
    llvm::Expected<void *> address =
        memory.add(input.getByteSize(), input.data());
    if (!address)
      return address.takeError();
    TensorShape &size = sizes.emplace_back(input.getShape());
    tensors.push_back({*address, 0, input.getType(),
                       static_cast<int32_t>(size.size()), size.data(),
                       nullptr});
  }
  std::optional<int64_t> bytes =
      checkedByteSize(shape, inputs.front().getType());
  if (!bytes)
    return makeError("the output is larger than any memory");
  llvm::Expected<void *> address = memory.add(*bytes, nullptr);
  if (!address)
    return address.takeError();
  TensorShape outputSize(shape);
  dilated_tensor output = {*address,
                           static_cast<size_t>(*bytes),
                           0,
                           static_cast<int32_t>(shape.size()),
                           outputSize.data(),
                           nullptr};
  return measureRuns(
      [&]() -> llvm::Error {
        dilated_error error;
        if (executable.getApi().run(executable.getModel(), tensors.data(),
                                    tensors.size(), &output, 1,
                                    /*options=*/nullptr, &error))
          return makeError(error.message);
        return llvm::Error::success();
      },
      repeat, measurement);
}
