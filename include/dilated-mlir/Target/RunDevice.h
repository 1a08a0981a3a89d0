//===- RunDevice.h - the device that a tool was asked for -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_RUNDEVICE_H
#define DILATED_MLIR_TARGET_RUNDEVICE_H

#include "dilated-mlir/Emulator/ModelDevice.h"
#include "mlir/Support/LLVM.h"

#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace mlir::dilated {

/// The value of --device: cpu, cuda or emulated.
class RunDevice {
public:
  /// `chip` is that of --chip, "" for the device's own: the GPU's, or sm_80
  /// emulated. An error for an unknown name or chip, or without a GPU.
  static llvm::Expected<RunDevice> open(StringRef name, StringRef chip);

  RunDevice(RunDevice &&);
  RunDevice &operator=(RunDevice &&);
  ~RunDevice();

  bool isCpu() const { return !device; }
  /// For models and kernels; null for the CPU.
  const dilated_device *get() const { return device; }
  /// What to compile for; "" for the CPU.
  const std::string &getChip() const { return chip; }
  /// Null where nothing is emulated.
  const ::dilated::emulator::EmulatedDevice *getEmulator() const {
    return emulator.get();
  }

private:
  RunDevice() = default;

  std::string chip;
  const dilated_device *device = nullptr;
  std::unique_ptr<::dilated::emulator::EmulatedDevice> emulator;
  std::unique_ptr<::dilated::emulator::ModelDevice> adapter;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_RUNDEVICE_H
