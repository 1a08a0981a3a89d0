//===- Argument.h - kernel arguments from the command line ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   f32[1024]=random:7      a buffer on the device; the kernel gets its address
//   i32=5                   a number
//   value:u8[24]=@s.npy     a structure by value
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_DILATED_PTX_RUN_ARGUMENT_H
#define TOOLS_DILATED_PTX_RUN_ARGUMENT_H

#include "dilated-mlir/Target/HostTensor.h"

#include <cstddef>
#include <string>
#include <vector>

namespace mlir::dilated {

/// An element type of a kernel's data. HostTensor has no unsigned integers:
/// they are kept in the signed ones of the same size.
struct KernelType {
  StringRef name;  // "u32"
  StringRef descr; // NumPy's, "<u4"
  dilated_rt_type storage;
};

struct Argument {
  enum class Kind { Buffer, Number, Structure };

  Kind kind = Kind::Number;
  std::string text; // as given, for messages
  KernelType type;
  HostTensor tensor; // a number has no dimension

  /// Bytes of the parameter that takes it.
  size_t getParameterBytes() const;
};

llvm::Expected<Argument> parseArgument(StringRef text);

/// Writes a buffer's contents in the argument's element type.
llvm::Error writeArgument(StringRef path, const Argument &argument);

} // namespace mlir::dilated

#endif // TOOLS_DILATED_PTX_RUN_ARGUMENT_H
