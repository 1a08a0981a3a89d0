//===- RunDevice.cpp - the device that a tool was asked for -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/RunDevice.h"

#include "dilated-mlir/Emulator/Chip.h"
#include "dilated-mlir/Runtime/CudaDevice.h"
#include "dilated-mlir/Target/HostTensor.h"
#include "dilated-mlir/Target/NvptxTarget.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::dilated;
namespace emulator = ::dilated::emulator;
namespace runtime = ::dilated::runtime;

RunDevice::RunDevice(RunDevice &&other) { *this = std::move(other); }

RunDevice &RunDevice::operator=(RunDevice &&other) {
  std::swap(chip, other.chip);
  std::swap(device, other.device);
  std::swap(emulator, other.emulator);
  std::swap(adapter, other.adapter);
  return *this;
}

RunDevice::~RunDevice() {
  if (device && !adapter)
    runtime::releaseCudaDevice(device);
}

/// The newest chip that the compiler knows and a GPU executes.
static std::string findChipFor(StringRef gpu) {
  int64_t own = 0, best = 0;
  if (gpu.drop_front(3).getAsInteger(10, own))
    return "";
  for (const emulator::Chip &chip : emulator::getChips()) {
    int64_t number = 0;
    StringRef name(chip.name.data(), chip.name.size());
    if (!name.drop_front(3).getAsInteger(10, number) && number <= own)
      best = std::max(best, number);
  }
  return best ? "sm_" + std::to_string(best) : "";
}

llvm::Expected<RunDevice> RunDevice::open(StringRef name, StringRef chip) {
  RunDevice result;
  if (name == "cpu") {
    if (!chip.empty())
      return makeError("--chip belongs to --device=cuda or emulated");
    return result;
  }
  if (name != "cuda" && name != "emulated")
    return makeError("--device=" + name + " is none of cpu, cuda, emulated");
  if (!chip.empty() && getSharedMemoryLimit(chip) == 0)
    return makeError("unknown chip '" + chip + "'; known are " + listChips());
  result.chip = chip.str();
  if (name == "emulated") {
    if (result.chip.empty())
      result.chip = "sm_80";
    emulator::EmulatedDeviceOptions options;
    options.chip = result.chip;
    std::string error;
    result.emulator = emulator::EmulatedDevice::create(options, error);
    if (!result.emulator)
      return makeError(error);
    result.adapter = std::make_unique<emulator::ModelDevice>(*result.emulator);
    result.device = result.adapter->get();
    return result;
  }
  dilated_error error = {};
  if (runtime::openCudaDevice(/*index=*/0, &result.device, &error))
    return makeError(error.message);
  if (!result.chip.empty())
    return result;
  std::string problem;
  std::unique_ptr<emulator::Device> gpu =
      emulator::createCudaDevice(/*ordinal=*/0, problem);
  if (!gpu)
    return makeError(problem);
  result.chip = findChipFor(gpu->getProperties().chip);
  if (result.chip.empty())
    return makeError("the GPU '" + gpu->getProperties().name + "' is " +
                     gpu->getProperties().chip +
                     "; kernels need sm_80 or later");
  return result;
}
