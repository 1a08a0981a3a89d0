//===- ModelDevice.cpp - a device for compiled models -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/ModelDevice.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

using namespace dilated::emulator;

static DeviceAddress addressOf(const void *pointer) {
  return reinterpret_cast<uintptr_t>(pointer);
}

static ModelDevice &self(void *user) {
  return *static_cast<ModelDevice *>(user);
}

static dilated_status report(dilated_error *error, dilated_status status,
                             std::string_view message) {
  error->status = status;
  size_t length = std::min(message.size(), sizeof(error->message) - 1);
  std::memcpy(error->message, message.data(), length);
  error->message[length] = '\0';
  return status;
}

static dilated_status report(dilated_error *error, dilated_status status,
                             const DeviceStatus &result) {
  return result.ok() ? DILATED_OK : report(error, status, result.message());
}

ModelDevice::ModelDevice(EmulatedDevice &device)
    : device(device), table{sizeof(dilated_device),
                            this,
                            load,
                            unload,
                            allocate,
                            deallocate,
                            copy,
                            launch,
                            synchronize,
                            owns} {}

dilated_status ModelDevice::load(void *user, const char *ptx, size_t bytes,
                                 void **module, dilated_error *error) {
  ModuleHandle handle{};
  std::string log;
  DeviceStatus status =
      self(user).device.loadModule(std::string_view(ptx, bytes), handle, log);
  *module = reinterpret_cast<void *>(static_cast<uintptr_t>(handle));
  return report(error, DILATED_DEVICE_FAILED, status);
}

void ModelDevice::unload(void *user, void *module) {
  (void)self(user).device.unloadModule(
      static_cast<ModuleHandle>(reinterpret_cast<uintptr_t>(module)));
}

dilated_status ModelDevice::allocate(void *user, size_t bytes, void **address,
                                     dilated_error *error) {
  DeviceAddress allocated = 0;
  DeviceStatus status = self(user).device.allocate(bytes, allocated);
  *address = reinterpret_cast<void *>(allocated);
  if (status.ok()) {
    std::scoped_lock lock(self(user).mutex);
    self(user).blocks[allocated] = bytes;
  }
  return report(error, DILATED_OUT_OF_MEMORY, status);
}

void ModelDevice::deallocate(void *user, void *address) {
  (void)self(user).device.free(addressOf(address));
  std::scoped_lock lock(self(user).mutex);
  self(user).blocks.erase(addressOf(address));
}

dilated_status ModelDevice::copy(void *user, void *to, const void *from,
                                 size_t bytes, dilated_copy direction, void *,
                                 dilated_error *error) {
  EmulatedDevice &device = self(user).device;
  if (direction == DILATED_TO_DEVICE)
    return report(error, DILATED_DEVICE_FAILED,
                  device.copyToDevice(addressOf(to), from, bytes));
  if (direction == DILATED_TO_HOST)
    return report(error, DILATED_DEVICE_FAILED,
                  device.copyToHost(to, addressOf(from), bytes));
  std::vector<std::byte> between(bytes);
  DeviceStatus status =
      device.copyToHost(between.data(), addressOf(from), bytes);
  if (status.ok())
    status = device.copyToDevice(addressOf(to), between.data(), bytes);
  return report(error, DILATED_DEVICE_FAILED, status);
}

dilated_status ModelDevice::launch(void *user, void *module,
                                   const dilated_launch *launch, void *,
                                   dilated_error *error) {
  DeviceLaunch emulated;
  emulated.kernel = launch->kernel;
  emulated.grid = {launch->grid[0], launch->grid[1], launch->grid[2]};
  emulated.block = {launch->block[0], launch->block[1], launch->block[2]};
  emulated.dynamicSharedBytes = launch->shared_bytes;
  for (int32_t i = 0; i < launch->argument_count; ++i) {
    const auto *value = static_cast<const std::byte *>(launch->arguments[i]);
    emulated.arguments.emplace_back(value, value + launch->argument_bytes[i]);
  }
  DeviceStatus status = self(user).device.launch(
      static_cast<ModuleHandle>(reinterpret_cast<uintptr_t>(module)), emulated,
      StreamHandle{});
  const std::vector<Report> &findings =
      self(user).device.getLastResult().reports;
  if (status.ok() || findings.empty())
    return report(error, DILATED_DEVICE_FAILED, status);
  std::string text = fmt::format("the emulator found fault with kernel '{}':",
                                 emulated.kernel);
  for (const Report &finding : findings)
    text += fmt::format("\n{}", finding.format("kernels.ptx"));
  return report(error, DILATED_DEVICE_FAILED, text);
}

dilated_status ModelDevice::synchronize(void *, void *, dilated_error *) {
  return DILATED_OK; // a launch runs to its end
}

int32_t ModelDevice::owns(void *user, const void *address) {
  std::scoped_lock lock(self(user).mutex);
  const std::map<DeviceAddress, uint64_t> &blocks = self(user).blocks;
  auto block = blocks.upper_bound(addressOf(address));
  if (block == blocks.begin())
    return 0;
  --block;
  return addressOf(address) < block->first + block->second;
}
