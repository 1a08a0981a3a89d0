//===- ModelDevice.h - a device for compiled models -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_EMULATOR_MODELDEVICE_H
#define DILATED_MLIR_EMULATOR_MODELDEVICE_H

#include "dilated-mlir/Emulator/Device.h"
#include "dilated-mlir/Runtime/Model.h"

#include <map>
#include <mutex>

namespace dilated::emulator {

/// A Device in the form in which models take one (dilated_create_options). A
/// kernel that some detector of the emulator found fault with has failed, with
/// the report as the message.
class ModelDevice {
public:
  /// `device` must outlive this.
  explicit ModelDevice(EmulatedDevice &device);
  ModelDevice(const ModelDevice &) = delete;

  /// Valid as long as this is.
  const dilated_device *get() const { return &table; }

private:
  static dilated_status load(void *user, const char *ptx, size_t bytes,
                             void **module, dilated_error *error);
  static void unload(void *user, void *module);
  static dilated_status allocate(void *user, size_t bytes, void **address,
                                 dilated_error *error);
  static void deallocate(void *user, void *address);
  static dilated_status copy(void *user, void *to, const void *from,
                             size_t bytes, dilated_copy direction, void *stream,
                             dilated_error *error);
  static dilated_status launch(void *user, void *module,
                               const dilated_launch *launch, void *stream,
                               dilated_error *error);
  static dilated_status synchronize(void *user, void *stream,
                                    dilated_error *error);
  static int32_t owns(void *user, const void *address);

  EmulatedDevice &device;
  dilated_device table;
  mutable std::mutex mutex;
  std::map<DeviceAddress, uint64_t> blocks; // address -> bytes
};

} // namespace dilated::emulator

#endif // DILATED_MLIR_EMULATOR_MODELDEVICE_H
