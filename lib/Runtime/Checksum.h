//===- Checksum.h - of weights in a side file -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_CHECKSUM_H
#define DILATED_MLIR_LIB_RUNTIME_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

namespace dilated::runtime {

/// XXH64 with seed 0 (https://github.com/Cyan4973/xxHash, the specification):
/// fast enough for gigabytes at every load. The compiler uses LLVM's.
uint64_t checksum(const void *data, size_t bytes);

} // namespace dilated::runtime

#endif // DILATED_MLIR_LIB_RUNTIME_CHECKSUM_H
