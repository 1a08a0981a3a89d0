//===- EmulatedDevice.cpp - the emulator as a device ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every call is carried out before it returns. That keeps the order within each
// stream and makes every event reached once it is recorded, so waiting never
// blocks; it does not show a program that waits for too little.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Chip.h"
#include "dilated-mlir/Emulator/Device.h"

#include <chrono>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <set>

using namespace dilated::emulator;

namespace {

/// The program refers to the module: declared in this order.
struct LoadedModule {
  std::unique_ptr<Module> module;
  std::unique_ptr<Program> program;
};

class EmulatedDeviceImpl : public EmulatedDevice {
public:
  EmulatedDeviceImpl(const EmulatedDeviceOptions &options, const Chip &chip);

  const DeviceProperties &getProperties() const override { return properties; }
  const LaunchResult &getLastResult() const override { return lastResult; }
  const Module *getModule(ModuleHandle module) const override;

  DeviceStatus allocate(uint64_t bytes, DeviceAddress &address) override;
  DeviceStatus free(DeviceAddress address) override;
  DeviceStatus copyToDevice(DeviceAddress to, const void *from,
                            uint64_t bytes) override;
  DeviceStatus copyToHost(void *to, DeviceAddress from,
                          uint64_t bytes) override;
  DeviceStatus copyToDeviceAsync(DeviceAddress to, const void *from,
                                 uint64_t bytes, StreamHandle stream) override;
  DeviceStatus copyToHostAsync(void *to, DeviceAddress from, uint64_t bytes,
                               StreamHandle stream) override;
  DeviceStatus fillAsync(DeviceAddress to, uint8_t value, uint64_t bytes,
                         StreamHandle stream) override;

  DeviceStatus loadModule(std::string_view ptx, ModuleHandle &module,
                          std::string &log) override;
  DeviceStatus unloadModule(ModuleHandle module) override;
  DeviceStatus describeKernel(ModuleHandle module, const std::string &kernel,
                              KernelProperties &properties) override;
  DeviceStatus launch(ModuleHandle module, const DeviceLaunch &launch,
                      StreamHandle stream) override;

  DeviceStatus createStream(StreamHandle &stream) override;
  DeviceStatus destroyStream(StreamHandle stream) override;
  DeviceStatus synchronize(StreamHandle stream) override;
  DeviceStatus synchronize() override { return DeviceStatus::success(); }
  DeviceStatus createEvent(EventHandle &event) override;
  DeviceStatus destroyEvent(EventHandle event) override;
  DeviceStatus recordEvent(EventHandle event, StreamHandle stream) override;
  DeviceStatus waitForEvent(StreamHandle stream, EventHandle event) override;
  DeviceStatus synchronizeEvent(EventHandle event) override;
  DeviceStatus elapsedMilliseconds(EventHandle start, EventHandle end,
                                   float &milliseconds) override;

private:
  using Clock = std::chrono::steady_clock;

  DeviceStatus checkStream(StreamHandle stream) const;
  DeviceStatus findEvent(EventHandle event,
                         std::optional<Clock::time_point> *&found);
  DeviceStatus badRange(std::string_view what, DeviceAddress address,
                        uint64_t bytes) const;

  EmulatedDeviceOptions options;
  DeviceProperties properties;

  mutable std::mutex mutex; // everything below
  GlobalMemory memory;
  std::map<ModuleHandle, LoadedModule> modules;
  std::set<StreamHandle> streams;
  std::map<EventHandle, std::optional<Clock::time_point>> events;
  uint64_t nextHandle = 1;
  LaunchResult lastResult;
};

} // namespace

EmulatedDeviceImpl::EmulatedDeviceImpl(const EmulatedDeviceOptions &options,
                                       const Chip &chip)
    : options(options) {
  properties.name = "emulator";
  properties.chip =
      options.chip.empty() ? std::string(chip.name) : options.chip;
  properties.threadsPerBlock = chip.threadsPerBlock;
  properties.sharedBytesPerBlock = chip.sharedPerBlock;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

DeviceStatus EmulatedDeviceImpl::badRange(std::string_view what,
                                          DeviceAddress address,
                                          uint64_t bytes) const {
  return DeviceStatus::failure(
      fmt::format("{} {} bytes at {:#x}: they are not inside one allocation",
                  what, bytes, address));
}

DeviceStatus EmulatedDeviceImpl::allocate(uint64_t bytes,
                                          DeviceAddress &address) {
  std::scoped_lock lock(mutex);
  address = memory.allocate(bytes);
  if (address)
    return DeviceStatus::success();
  return DeviceStatus::failure(fmt::format(
      "allocating {} bytes on the device: the host has no memory for them",
      bytes));
}

DeviceStatus EmulatedDeviceImpl::free(DeviceAddress address) {
  std::scoped_lock lock(mutex);
  if (address == 0 || memory.free(address))
    return DeviceStatus::success();
  return DeviceStatus::failure(fmt::format(
      "freeing device memory at {:#x}: no allocation starts there", address));
}

DeviceStatus EmulatedDeviceImpl::copyToDevice(DeviceAddress to,
                                              const void *from,
                                              uint64_t bytes) {
  std::scoped_lock lock(mutex);
  if (bytes == 0 || memory.write(to, from, bytes))
    return DeviceStatus::success();
  return badRange("copying to the device", to, bytes);
}

DeviceStatus EmulatedDeviceImpl::copyToHost(void *to, DeviceAddress from,
                                            uint64_t bytes) {
  std::scoped_lock lock(mutex);
  if (bytes == 0 || memory.read(from, to, bytes))
    return DeviceStatus::success();
  return badRange("copying from the device", from, bytes);
}

DeviceStatus EmulatedDeviceImpl::copyToDeviceAsync(DeviceAddress to,
                                                   const void *from,
                                                   uint64_t bytes,
                                                   StreamHandle stream) {
  DeviceStatus status = checkStream(stream);
  return status.ok() ? copyToDevice(to, from, bytes) : status;
}

DeviceStatus EmulatedDeviceImpl::copyToHostAsync(void *to, DeviceAddress from,
                                                 uint64_t bytes,
                                                 StreamHandle stream) {
  DeviceStatus status = checkStream(stream);
  return status.ok() ? copyToHost(to, from, bytes) : status;
}

DeviceStatus EmulatedDeviceImpl::fillAsync(DeviceAddress to, uint8_t value,
                                           uint64_t bytes,
                                           StreamHandle stream) {
  DeviceStatus status = checkStream(stream);
  if (!status.ok())
    return status;
  std::scoped_lock lock(mutex);
  if (bytes == 0 || memory.fill(to, value, bytes))
    return DeviceStatus::success();
  return badRange("filling", to, bytes);
}

//===----------------------------------------------------------------------===//
// Modules and launches
//===----------------------------------------------------------------------===//

const Module *EmulatedDeviceImpl::getModule(ModuleHandle module) const {
  std::scoped_lock lock(mutex);
  auto found = modules.find(module);
  return found == modules.end() ? nullptr : found->second.module.get();
}

DeviceStatus EmulatedDeviceImpl::loadModule(std::string_view ptx,
                                            ModuleHandle &module,
                                            std::string &log) {
  module = {};
  log.clear();
  ParseError error;
  LoadedModule loaded;
  loaded.module = Module::parse(ptx, error);
  if (!loaded.module)
    return DeviceStatus::failure(
        fmt::format("{}:{}: {}", error.line, error.column, error.message));
  std::scoped_lock lock(mutex);
  loaded.program = std::make_unique<Program>(*loaded.module, memory);
  module = ModuleHandle(nextHandle++);
  modules.emplace(module, std::move(loaded));
  return DeviceStatus::success();
}

DeviceStatus EmulatedDeviceImpl::unloadModule(ModuleHandle module) {
  std::scoped_lock lock(mutex);
  if (modules.erase(module))
    return DeviceStatus::success();
  return DeviceStatus::failure("unloading a module that is not loaded");
}

static DeviceStatus noKernel(const Module &module, const std::string &name) {
  std::string known;
  for (const KernelDescription &kernel : module.getKernels())
    known += fmt::format("{}{}", known.empty() ? "" : ", ", kernel.name);
  return DeviceStatus::failure(
      fmt::format("there is no kernel '{}'; the module has: {}", name,
                  known.empty() ? "none" : known));
}

DeviceStatus EmulatedDeviceImpl::describeKernel(ModuleHandle module,
                                                const std::string &kernel,
                                                KernelProperties &properties) {
  std::scoped_lock lock(mutex);
  auto found = modules.find(module);
  if (found == modules.end())
    return DeviceStatus::failure("describing a kernel of no loaded module");
  const KernelDescription *description =
      found->second.module->findKernel(kernel);
  if (!description)
    return noKernel(*found->second.module, kernel);
  properties.registersPerThread = description->liveRegisters;
  properties.staticSharedBytes = description->staticSharedBytes;
  properties.localBytes = description->localBytes;
  return DeviceStatus::success();
}

DeviceStatus EmulatedDeviceImpl::launch(ModuleHandle module,
                                        const DeviceLaunch &launch,
                                        StreamHandle stream) {
  DeviceStatus status = checkStream(stream);
  if (!status.ok())
    return status;
  std::scoped_lock lock(mutex);
  auto found = modules.find(module);
  if (found == modules.end())
    return DeviceStatus::failure("launching a kernel of no loaded module");
  if (!found->second.module->findKernel(launch.kernel))
    return noKernel(*found->second.module, launch.kernel);

  Launch emulated;
  emulated.kernel = launch.kernel;
  emulated.grid = launch.grid;
  emulated.block = launch.block;
  emulated.dynamicSharedBytes = launch.dynamicSharedBytes;
  emulated.arguments = launch.arguments;
  emulated.chip = options.chip;
  emulated.checks = options.checks;
  emulated.hostThreads = options.hostThreads;
  emulated.instructionLimit = options.instructionLimit;
  emulated.registersPerThread = options.registersPerThread;
  emulated.count = options.count;
  lastResult = found->second.program->launch(emulated);
  if (options.output && !lastResult.output.empty()) {
    std::fwrite(lastResult.output.data(), 1, lastResult.output.size(),
                options.output);
    std::fflush(options.output);
  }
  if (!lastResult.error.empty())
    return DeviceStatus::failure(lastResult.error);
  if (lastResult.reports.empty())
    return DeviceStatus::success();
  std::string message;
  for (const Report &report : lastResult.reports) {
    if (!message.empty())
      message += '\n';
    message += report.format("");
  }
  return DeviceStatus::failure(message);
}

//===----------------------------------------------------------------------===//
// Streams and events
//===----------------------------------------------------------------------===//

DeviceStatus EmulatedDeviceImpl::checkStream(StreamHandle stream) const {
  std::scoped_lock lock(mutex);
  if (stream == StreamHandle{} || streams.count(stream))
    return DeviceStatus::success();
  return DeviceStatus::failure("using a stream that does not exist");
}

/// Needs the mutex.
DeviceStatus
EmulatedDeviceImpl::findEvent(EventHandle event,
                              std::optional<Clock::time_point> *&found) {
  auto it = events.find(event);
  if (it == events.end())
    return DeviceStatus::failure("using an event that does not exist");
  found = &it->second;
  return DeviceStatus::success();
}

DeviceStatus EmulatedDeviceImpl::createStream(StreamHandle &stream) {
  std::scoped_lock lock(mutex);
  stream = StreamHandle(nextHandle++);
  streams.insert(stream);
  return DeviceStatus::success();
}

DeviceStatus EmulatedDeviceImpl::destroyStream(StreamHandle stream) {
  std::scoped_lock lock(mutex);
  if (streams.erase(stream))
    return DeviceStatus::success();
  return DeviceStatus::failure("destroying a stream that does not exist");
}

DeviceStatus EmulatedDeviceImpl::synchronize(StreamHandle stream) {
  return checkStream(stream);
}

DeviceStatus EmulatedDeviceImpl::createEvent(EventHandle &event) {
  std::scoped_lock lock(mutex);
  event = EventHandle(nextHandle++);
  events.emplace(event, std::nullopt);
  return DeviceStatus::success();
}

DeviceStatus EmulatedDeviceImpl::destroyEvent(EventHandle event) {
  std::scoped_lock lock(mutex);
  if (events.erase(event))
    return DeviceStatus::success();
  return DeviceStatus::failure("destroying an event that does not exist");
}

DeviceStatus EmulatedDeviceImpl::recordEvent(EventHandle event,
                                             StreamHandle stream) {
  DeviceStatus status = checkStream(stream);
  if (!status.ok())
    return status;
  std::scoped_lock lock(mutex);
  std::optional<Clock::time_point> *time = nullptr;
  status = findEvent(event, time);
  if (status.ok())
    *time = Clock::now();
  return status;
}

DeviceStatus EmulatedDeviceImpl::waitForEvent(StreamHandle stream,
                                              EventHandle event) {
  DeviceStatus status = checkStream(stream);
  if (!status.ok())
    return status;
  return synchronizeEvent(event);
}

DeviceStatus EmulatedDeviceImpl::synchronizeEvent(EventHandle event) {
  std::scoped_lock lock(mutex);
  std::optional<Clock::time_point> *time = nullptr;
  return findEvent(event, time);
}

DeviceStatus EmulatedDeviceImpl::elapsedMilliseconds(EventHandle start,
                                                     EventHandle end,
                                                     float &milliseconds) {
  std::scoped_lock lock(mutex);
  std::optional<Clock::time_point> *from = nullptr, *to = nullptr;
  DeviceStatus status = findEvent(start, from);
  if (status.ok())
    status = findEvent(end, to);
  if (!status.ok())
    return status;
  if (!*from || !*to)
    return DeviceStatus::failure(
        "reading the time between two events, of which one is not recorded");
  milliseconds =
      std::chrono::duration<float, std::milli>(**to - **from).count();
  return DeviceStatus::success();
}

std::unique_ptr<EmulatedDevice>
EmulatedDevice::create(const EmulatedDeviceOptions &options,
                       std::string &error) {
  const Chip *chip =
      options.chip.empty() ? &getChips().front() : findChip(options.chip);
  if (!chip) {
    error = fmt::format("chip '{}' is not known; known are:", options.chip);
    for (const Chip &known : getChips())
      error += fmt::format(" {}", known.name);
    return nullptr;
  }
  return std::make_unique<EmulatedDeviceImpl>(options, *chip);
}
