//===- Device.h - where kernels run -----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One interface to two devices: the emulator, and an NVIDIA GPU through the
// CUDA driver, which is opened at run time (libcuda.so.1; no CUDA headers, no
// toolkit). PTX goes in as text.
//
// Every call that can fail returns a DeviceStatus with a message that names
// the call, the sizes and, for CUDA, the driver's own words. Addresses are of
// the device and are valid for that device alone. A device may be used from
// several threads.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_EMULATOR_DEVICE_H
#define DILATED_MLIR_EMULATOR_DEVICE_H

#include "dilated-mlir/Emulator/Emulator.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dilated::emulator {

/// Success, or what went wrong.
class [[nodiscard]] DeviceStatus {
public:
  static DeviceStatus success() { return DeviceStatus(); }
  static DeviceStatus failure(std::string message) {
    DeviceStatus status;
    status.problem = std::move(message);
    return status;
  }
  bool ok() const { return !problem; }
  /// Lower case, no full stop; empty after success.
  const std::string &message() const {
    static const std::string none;
    return problem ? *problem : none;
  }

private:
  std::optional<std::string> problem;
};

struct DeviceProperties {
  std::string name;                 // "NVIDIA H200", "emulator"
  std::string chip;                 // "sm_90"
  uint64_t memoryBytes = 0;         // 0: not limited by the device
  uint32_t processors = 0;          // 0 for the emulator
  uint32_t threadsPerBlock = 0;     // at most
  uint32_t sharedBytesPerBlock = 0; // at most, after opting in
};

struct KernelProperties {
  uint32_t registersPerThread = 0; // emulator: a lower bound
  uint32_t staticSharedBytes = 0;
  uint32_t localBytes = 0; // per thread; spills and stack
};

struct DeviceLaunch {
  std::string kernel;
  Dim3 grid, block;
  uint32_t dynamicSharedBytes = 0;
  /// The bytes of each parameter, in order; as many as the parameter has.
  std::vector<std::vector<std::byte>> arguments;

  /// Appends the bytes of a number, an address or a plain structure.
  template <typename T>
  void addArgument(const T &value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto *begin = reinterpret_cast<const std::byte *>(&value);
    arguments.emplace_back(begin, begin + sizeof(T));
  }
};

using DeviceAddress = uint64_t;

// What a device hands out. Zero-initialised: none; for streams, the default
// one, on which work of all others waits and which waits for theirs.
enum class ModuleHandle : uint64_t {};
enum class StreamHandle : uint64_t {};
enum class EventHandle : uint64_t {};

class Device {
public:
  virtual ~Device();

  virtual const DeviceProperties &getProperties() const = 0;

  //===--------------------------------------------------------------------===//
  // Memory
  //===--------------------------------------------------------------------===//

  /// Aligned to 256 bytes at least. Zero bytes succeed.
  virtual DeviceStatus allocate(uint64_t bytes, DeviceAddress &address) = 0;
  /// `address` must be the start of an allocation, or 0.
  virtual DeviceStatus free(DeviceAddress address) = 0;

  /// Both are done when they return, and wait for the default stream first.
  virtual DeviceStatus copyToDevice(DeviceAddress to, const void *from,
                                    uint64_t bytes) = 0;
  virtual DeviceStatus copyToHost(void *to, DeviceAddress from,
                                  uint64_t bytes) = 0;

  /// In the order of `stream`; the host's memory must live, and must not be
  /// written, until the stream got there.
  virtual DeviceStatus copyToDeviceAsync(DeviceAddress to, const void *from,
                                         uint64_t bytes,
                                         StreamHandle stream) = 0;
  virtual DeviceStatus copyToHostAsync(void *to, DeviceAddress from,
                                       uint64_t bytes, StreamHandle stream) = 0;
  virtual DeviceStatus fillAsync(DeviceAddress to, uint8_t value,
                                 uint64_t bytes, StreamHandle stream) = 0;

  //===--------------------------------------------------------------------===//
  // Modules and launches
  //===--------------------------------------------------------------------===//

  /// `log` receives what the compiler of PTX said, also after success; empty
  /// when it said nothing.
  virtual DeviceStatus loadModule(std::string_view ptx, ModuleHandle &module,
                                  std::string &log) = 0;
  /// No launch of the module may be under way.
  virtual DeviceStatus unloadModule(ModuleHandle module) = 0;

  virtual DeviceStatus describeKernel(ModuleHandle module,
                                      const std::string &kernel,
                                      KernelProperties &properties) = 0;

  /// CUDA reports what a kernel does wrong at the next synchronisation; the
  /// emulator reports it here.
  virtual DeviceStatus launch(ModuleHandle module, const DeviceLaunch &launch,
                              StreamHandle stream) = 0;

  //===--------------------------------------------------------------------===//
  // Streams and events
  //===--------------------------------------------------------------------===//

  virtual DeviceStatus createStream(StreamHandle &stream) = 0;
  virtual DeviceStatus destroyStream(StreamHandle stream) = 0;
  virtual DeviceStatus synchronize(StreamHandle stream) = 0;
  /// All streams.
  virtual DeviceStatus synchronize() = 0;

  virtual DeviceStatus createEvent(EventHandle &event) = 0;
  virtual DeviceStatus destroyEvent(EventHandle event) = 0;
  virtual DeviceStatus recordEvent(EventHandle event, StreamHandle stream) = 0;
  /// Work put on `stream` from now on starts after `event`.
  virtual DeviceStatus waitForEvent(StreamHandle stream, EventHandle event) = 0;
  virtual DeviceStatus synchronizeEvent(EventHandle event) = 0;
  /// Between two recorded events that have been reached.
  virtual DeviceStatus elapsedMilliseconds(EventHandle start, EventHandle end,
                                           float &milliseconds) = 0;
};

//===----------------------------------------------------------------------===//
// The emulator
//===----------------------------------------------------------------------===//

struct EmulatedDeviceOptions {
  std::string chip; // whose limits hold; empty: each module's .target
  Checks checks = Checks::All;
  unsigned hostThreads = 0;   // 0: as many as OpenMP gives
  std::FILE *output = stdout; // of printf on the device; null: dropped
  uint64_t instructionLimit = uint64_t(1) << 32; // of one warp; 0: none
  uint32_t registersPerThread = 0; // for the occupancy; 0: estimated
  bool count = true;               // instructions, bytes, conflicts
};

/// Runs everything at once, in the order of the calls, which is one of the
/// orders that streams and events allow.
class EmulatedDevice : public Device {
public:
  /// Null, with `error` set, for a chip that is not in the table.
  static std::unique_ptr<EmulatedDevice>
  create(const EmulatedDeviceOptions &options, std::string &error);

  /// Of the last launch that ran: findings, counters, text.
  virtual const LaunchResult &getLastResult() const = 0;
  /// Null for a handle that was not handed out.
  virtual const Module *getModule(ModuleHandle module) const = 0;
};

//===----------------------------------------------------------------------===//
// CUDA
//===----------------------------------------------------------------------===//

/// The GPU number `ordinal` of the machine. Null, with `error` set, where there
/// is no driver or no such device. The driver's library is libcuda.so.1, or
/// what the environment variable DILATED_CUDA_DRIVER names.
std::unique_ptr<Device> createCudaDevice(int ordinal, std::string &error);

} // namespace dilated::emulator

#endif // DILATED_MLIR_EMULATOR_DEVICE_H
