//===- HostBuffer.h - an operand, and its copy on the device ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_HOST_HOSTBUFFER_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_HOST_HOSTBUFFER_H

#include "HostPointer.h"

namespace mlir::dilated {

/// Whether only operands of attention, and sizes, are made of an argument's or
/// an output's memory: then nobody minds where it is.
bool isOnlyAttended(Value memref);

/// The memory that a memref is a view of: an argument, an allocation, or the
/// call of the run-time library that returned its address.
Value findMemory(Value memref);

/// Memory of one operand on the device for the time of a launch.
class DeviceBuffer {
public:
  /// A buffer of the sizes of `host`. Where `mayBeThere`, `host` is used itself
  /// if it turns out to be on the device.
  DeviceBuffer(KernelBuilder &b, ModuleOp module, Value host, bool mayBeThere,
               bool copiesIn);

  /// The operand on the device.
  Value get() const { return device; }

  /// After the launch: copies the result back and frees the buffer.
  void finish(KernelBuilder &b, bool copiesOut) const;

private:
  Value host, device;
  Value isThere; // i1; null where that is known not to be
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_HOST_HOSTBUFFER_H
