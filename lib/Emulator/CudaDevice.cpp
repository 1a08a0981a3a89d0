//===- CudaDevice.cpp - kernels on an NVIDIA GPU ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The device is used through its primary context, so memory is shared with
// other libraries of the process that use the CUDA run-time. The context is
// current only during a call: a caller's own context is put back.
//
//===----------------------------------------------------------------------===//

#include "CudaDriver.h"
#include "dilated-mlir/Emulator/Device.h"

#include <fmt/format.h>

using namespace dilated::emulator;

namespace {

/// What the driver writes about one module fits this, or is cut by it.
constexpr size_t kLogBytes = 16384;

class CudaDevice : public Device {
public:
  CudaDevice(std::unique_ptr<CudaDriver> driver) : cuda(std::move(driver)) {}
  ~CudaDevice() override;
  DeviceStatus initialize(int ordinal);

  const DeviceProperties &getProperties() const override { return properties; }

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
  DeviceStatus synchronize() override;
  DeviceStatus createEvent(EventHandle &event) override;
  DeviceStatus destroyEvent(EventHandle event) override;
  DeviceStatus recordEvent(EventHandle event, StreamHandle stream) override;
  DeviceStatus waitForEvent(StreamHandle stream, EventHandle event) override;
  DeviceStatus synchronizeEvent(EventHandle event) override;
  DeviceStatus elapsedMilliseconds(EventHandle start, EventHandle end,
                                   float &milliseconds) override;

private:
  /// Success, or "what: the driver's words".
  DeviceStatus check(CudaResult result, std::string_view what) const;
  /// `call` with the device's context current.
  template <typename Call>
  DeviceStatus inContext(std::string_view what, Call call) const;
  DeviceStatus getFunction(ModuleHandle module, const std::string &kernel,
                           CudaFunction &function) const;
  DeviceStatus checkArguments(CudaFunction function,
                              const DeviceLaunch &launch) const;
  DeviceStatus readAttribute(CudaDeviceAttribute attribute, uint32_t &value);

  std::unique_ptr<CudaDriver> cuda;
  CudaDeviceId device = 0;
  CudaContext context = nullptr;
  DeviceProperties properties;
};

CudaStream asStream(StreamHandle handle) {
  return reinterpret_cast<CudaStream>(static_cast<uintptr_t>(handle));
}
CudaEvent asEvent(EventHandle handle) {
  return reinterpret_cast<CudaEvent>(static_cast<uintptr_t>(handle));
}
CudaModule asModule(ModuleHandle handle) {
  return reinterpret_cast<CudaModule>(static_cast<uintptr_t>(handle));
}
template <typename Handle, typename Pointer>
Handle asHandle(Pointer pointer) {
  return static_cast<Handle>(reinterpret_cast<uintptr_t>(pointer));
}

} // namespace

Device::~Device() = default;

DeviceStatus CudaDevice::check(CudaResult result, std::string_view what) const {
  if (result == 0)
    return DeviceStatus::success();
  return DeviceStatus::failure(
      fmt::format("{}: {}", what, cuda->describe(result)));
}

template <typename Call>
DeviceStatus CudaDevice::inContext(std::string_view what, Call call) const {
  DeviceStatus pushed =
      check(cuda->contextPush(context), "making the CUDA context current");
  if (!pushed.ok())
    return pushed;
  DeviceStatus status = check(call(), what);
  CudaContext popped = nullptr;
  DeviceStatus restored =
      check(cuda->contextPop(&popped), "restoring the caller's CUDA context");
  return status.ok() ? restored : status;
}

//===----------------------------------------------------------------------===//
// The device
//===----------------------------------------------------------------------===//

DeviceStatus CudaDevice::readAttribute(CudaDeviceAttribute attribute,
                                       uint32_t &value) {
  int number = 0;
  DeviceStatus status =
      check(cuda->deviceGetAttribute(&number, attribute, device),
            fmt::format("reading attribute {} of the CUDA device",
                        static_cast<int>(attribute)));
  value = static_cast<uint32_t>(number);
  return status;
}

DeviceStatus CudaDevice::initialize(int ordinal) {
  DeviceStatus status = check(cuda->init(0), "starting the CUDA driver");
  if (!status.ok())
    return status;
  int count = 0;
  status = check(cuda->deviceGetCount(&count), "counting CUDA devices");
  if (!status.ok())
    return status;
  if (ordinal < 0 || ordinal >= count)
    return DeviceStatus::failure(fmt::format(
        "there is no CUDA device {}: the driver has {}", ordinal, count));
  status = check(cuda->deviceGet(&device, ordinal),
                 fmt::format("opening CUDA device {}", ordinal));
  if (!status.ok())
    return status;

  char name[256] = "";
  size_t memory = 0;
  uint32_t major = 0, minor = 0;
  status = check(cuda->deviceGetName(name, sizeof(name) - 1, device),
                 "reading the name of the CUDA device");
  if (status.ok())
    status = check(cuda->deviceTotalMemory(&memory, device),
                   "reading the memory of the CUDA device");
  if (status.ok())
    status = readAttribute(kComputeCapabilityMajor, major);
  if (status.ok())
    status = readAttribute(kComputeCapabilityMinor, minor);
  if (status.ok())
    status = readAttribute(kMultiprocessorCount, properties.processors);
  if (status.ok())
    status = readAttribute(kMaxThreadsPerBlock, properties.threadsPerBlock);
  if (status.ok())
    status =
        readAttribute(kMaxSharedPerBlockOptIn, properties.sharedBytesPerBlock);
  if (!status.ok())
    return status;
  properties.name = name;
  properties.chip = fmt::format("sm_{}{}", major, minor);
  properties.memoryBytes = memory;
  return check(cuda->contextRetain(&context, device),
               fmt::format("opening the context of CUDA device {}", ordinal));
}

CudaDevice::~CudaDevice() {
  // There is nobody to tell; what is not released goes with the process.
  if (context)
    (void)cuda->contextRelease(device);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

DeviceStatus CudaDevice::allocate(uint64_t bytes, DeviceAddress &address) {
  address = 0;
  // The driver refuses nothing at all; one byte has an address.
  CudaAddress result = 0;
  DeviceStatus status =
      inContext(fmt::format("allocating {} bytes on the device", bytes), [&] {
        return cuda->memoryAllocate(&result, bytes ? bytes : 1);
      });
  if (status.ok())
    address = result;
  return status;
}

DeviceStatus CudaDevice::free(DeviceAddress address) {
  if (address == 0)
    return DeviceStatus::success();
  return inContext(fmt::format("freeing device memory at {:#x}", address),
                   [&] { return cuda->memoryFree(address); });
}

DeviceStatus CudaDevice::copyToDevice(DeviceAddress to, const void *from,
                                      uint64_t bytes) {
  if (bytes == 0)
    return DeviceStatus::success();
  return inContext(fmt::format("copying {} bytes to the device", bytes),
                   [&] { return cuda->copyToDevice(to, from, bytes); });
}

DeviceStatus CudaDevice::copyToHost(void *to, DeviceAddress from,
                                    uint64_t bytes) {
  if (bytes == 0)
    return DeviceStatus::success();
  return inContext(fmt::format("copying {} bytes from the device", bytes),
                   [&] { return cuda->copyToHost(to, from, bytes); });
}

DeviceStatus CudaDevice::copyToDeviceAsync(DeviceAddress to, const void *from,
                                           uint64_t bytes,
                                           StreamHandle stream) {
  if (bytes == 0)
    return DeviceStatus::success();
  return inContext(
      fmt::format("starting a copy of {} bytes to the device", bytes), [&] {
        return cuda->copyToDeviceAsync(to, from, bytes, asStream(stream));
      });
}

DeviceStatus CudaDevice::copyToHostAsync(void *to, DeviceAddress from,
                                         uint64_t bytes, StreamHandle stream) {
  if (bytes == 0)
    return DeviceStatus::success();
  return inContext(
      fmt::format("starting a copy of {} bytes from the device", bytes),
      [&] { return cuda->copyToHostAsync(to, from, bytes, asStream(stream)); });
}

DeviceStatus CudaDevice::fillAsync(DeviceAddress to, uint8_t value,
                                   uint64_t bytes, StreamHandle stream) {
  if (bytes == 0)
    return DeviceStatus::success();
  return inContext(fmt::format("filling {} bytes on the device", bytes), [&] {
    return cuda->fillAsync(to, value, bytes, asStream(stream));
  });
}

//===----------------------------------------------------------------------===//
// Modules and launches
//===----------------------------------------------------------------------===//

DeviceStatus CudaDevice::loadModule(std::string_view ptx, ModuleHandle &module,
                                    std::string &log) {
  module = {};
  log.clear();
  std::string text(ptx); // the driver wants a zero at the end
  std::string info(kLogBytes, '\0'), errors(kLogBytes, '\0');
  int options[] = {kJitInfoLogBuffer, kJitInfoLogBufferSizeBytes,
                   kJitErrorLogBuffer, kJitErrorLogBufferSizeBytes,
                   kJitLogVerbose};
  // A number is passed in the place of its pointer.
  auto number = [](uintptr_t value) { return reinterpret_cast<void *>(value); };
  void *values[] = {info.data(), number(kLogBytes), errors.data(),
                    number(kLogBytes), number(1)};
  CudaModule loaded = nullptr;
  DeviceStatus status = inContext("loading PTX", [&] {
    return cuda->moduleLoad(&loaded, text.c_str(), std::size(options), options,
                            values);
  });
  info.back() = errors.back() = '\0';
  info.resize(std::char_traits<char>::length(info.c_str()));
  errors.resize(std::char_traits<char>::length(errors.c_str()));
  log = std::move(info);
  if (status.ok()) {
    log += errors;
    module = asHandle<ModuleHandle>(loaded);
    return status;
  }
  if (errors.empty())
    return status;
  return DeviceStatus::failure(status.message() + "\n" + errors);
}

DeviceStatus CudaDevice::unloadModule(ModuleHandle module) {
  return inContext("unloading a module",
                   [&] { return cuda->moduleUnload(asModule(module)); });
}

DeviceStatus CudaDevice::getFunction(ModuleHandle module,
                                     const std::string &kernel,
                                     CudaFunction &function) const {
  return inContext(fmt::format("looking up kernel '{}'", kernel), [&] {
    return cuda->moduleGetFunction(&function, asModule(module), kernel.c_str());
  });
}

DeviceStatus CudaDevice::describeKernel(ModuleHandle module,
                                        const std::string &kernel,
                                        KernelProperties &properties) {
  CudaFunction function = nullptr;
  DeviceStatus status = getFunction(module, kernel, function);
  if (!status.ok())
    return status;
  int registers = 0, shared = 0, local = 0;
  status =
      inContext(fmt::format("reading attributes of kernel '{}'", kernel), [&] {
        CudaResult result =
            cuda->functionGetAttribute(&registers, kRegisterCount, function);
        if (result == 0)
          result =
              cuda->functionGetAttribute(&shared, kSharedSizeBytes, function);
        if (result == 0)
          result =
              cuda->functionGetAttribute(&local, kLocalSizeBytes, function);
        return result;
      });
  properties.registersPerThread = static_cast<uint32_t>(registers);
  properties.staticSharedBytes = static_cast<uint32_t>(shared);
  properties.localBytes = static_cast<uint32_t>(local);
  return status;
}

/// The driver reads as many arguments as the kernel has, wherever they end.
DeviceStatus CudaDevice::checkArguments(CudaFunction function,
                                        const DeviceLaunch &launch) const {
  if (!cuda->functionGetParameter)
    return DeviceStatus::success();
  std::vector<size_t> sizes;
  DeviceStatus status = inContext("reading a kernel's parameters", [&] {
    size_t offset = 0, bytes = 0;
    while (cuda->functionGetParameter(function, sizes.size(), &offset,
                                      &bytes) == 0)
      sizes.push_back(bytes);
    return 0; // the first failure says that there are no more
  });
  if (!status.ok())
    return status;
  if (sizes.size() != launch.arguments.size())
    return DeviceStatus::failure(
        fmt::format("kernel '{}' takes {} arguments, {} are given",
                    launch.kernel, sizes.size(), launch.arguments.size()));
  for (size_t i = 0; i < sizes.size(); ++i)
    if (launch.arguments[i].size() != sizes[i])
      return DeviceStatus::failure(
          fmt::format("argument {} of kernel '{}' has {} bytes, {} are given",
                      i, launch.kernel, sizes[i], launch.arguments[i].size()));
  return status;
}

DeviceStatus CudaDevice::launch(ModuleHandle module, const DeviceLaunch &launch,
                                StreamHandle stream) {
  CudaFunction function = nullptr;
  DeviceStatus status = getFunction(module, launch.kernel, function);
  if (!status.ok())
    return status;
  status = checkArguments(function, launch);
  if (!status.ok())
    return status;
  // More than 48 KiB has to be asked for; less does no harm.
  if (launch.dynamicSharedBytes > 0) {
    status = inContext(
        fmt::format("asking for {} bytes of dynamic shared memory for kernel "
                    "'{}'",
                    launch.dynamicSharedBytes, launch.kernel),
        [&] {
          return cuda->functionSetAttribute(
              function, kMaxDynamicSharedSizeBytes,
              static_cast<int>(launch.dynamicSharedBytes));
        });
    if (!status.ok())
      return status;
  }
  std::vector<void *> arguments;
  for (const std::vector<std::byte> &argument : launch.arguments)
    arguments.push_back(const_cast<std::byte *>(argument.data()));
  const Dim3 &grid = launch.grid, &block = launch.block;
  return inContext(
      fmt::format("launching kernel '{}' on a grid of {},{},{} blocks of "
                  "{},{},{} threads with {} bytes of shared memory",
                  launch.kernel, grid.x, grid.y, grid.z, block.x, block.y,
                  block.z, launch.dynamicSharedBytes),
      [&] {
        return cuda->launchKernel(function, grid.x, grid.y, grid.z, block.x,
                                  block.y, block.z, launch.dynamicSharedBytes,
                                  asStream(stream), arguments.data(), nullptr);
      });
}

//===----------------------------------------------------------------------===//
// Streams and events
//===----------------------------------------------------------------------===//

DeviceStatus CudaDevice::createStream(StreamHandle &stream) {
  CudaStream created = nullptr;
  DeviceStatus status = inContext(
      "creating a stream", [&] { return cuda->streamCreate(&created, 0); });
  stream = asHandle<StreamHandle>(status.ok() ? created : nullptr);
  return status;
}

DeviceStatus CudaDevice::destroyStream(StreamHandle stream) {
  return inContext("destroying a stream",
                   [&] { return cuda->streamDestroy(asStream(stream)); });
}

DeviceStatus CudaDevice::synchronize(StreamHandle stream) {
  return inContext("waiting for a stream",
                   [&] { return cuda->streamSynchronize(asStream(stream)); });
}

DeviceStatus CudaDevice::synchronize() {
  return inContext("waiting for the device",
                   [&] { return cuda->contextSynchronize(); });
}

DeviceStatus CudaDevice::createEvent(EventHandle &event) {
  CudaEvent created = nullptr;
  DeviceStatus status = inContext(
      "creating an event", [&] { return cuda->eventCreate(&created, 0); });
  event = asHandle<EventHandle>(status.ok() ? created : nullptr);
  return status;
}

DeviceStatus CudaDevice::destroyEvent(EventHandle event) {
  return inContext("destroying an event",
                   [&] { return cuda->eventDestroy(asEvent(event)); });
}

DeviceStatus CudaDevice::recordEvent(EventHandle event, StreamHandle stream) {
  return inContext("recording an event", [&] {
    return cuda->eventRecord(asEvent(event), asStream(stream));
  });
}

DeviceStatus CudaDevice::waitForEvent(StreamHandle stream, EventHandle event) {
  return inContext("making a stream wait for an event", [&] {
    return cuda->streamWaitEvent(asStream(stream), asEvent(event), 0);
  });
}

DeviceStatus CudaDevice::synchronizeEvent(EventHandle event) {
  return inContext("waiting for an event",
                   [&] { return cuda->eventSynchronize(asEvent(event)); });
}

DeviceStatus CudaDevice::elapsedMilliseconds(EventHandle start, EventHandle end,
                                             float &milliseconds) {
  return inContext("reading the time between two events", [&] {
    return cuda->eventElapsedTime(&milliseconds, asEvent(start), asEvent(end));
  });
}

std::unique_ptr<Device>
dilated::emulator::createCudaDevice(int ordinal, std::string &error) {
  std::unique_ptr<CudaDriver> driver = CudaDriver::open(error);
  if (!driver)
    return nullptr;
  auto device = std::make_unique<CudaDevice>(std::move(driver));
  DeviceStatus status = device->initialize(ordinal);
  if (!status.ok()) {
    error = status.message();
    return nullptr;
  }
  return device;
}
