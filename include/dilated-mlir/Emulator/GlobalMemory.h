//===- GlobalMemory.h - device memory with bounds ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The global address space: allocations at addresses that are the same in
// every run, apart from each other so that an index past the end of one never
// falls into another nearby.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_EMULATOR_GLOBALMEMORY_H
#define DILATED_MLIR_EMULATOR_GLOBALMEMORY_H

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dilated::emulator {

class GlobalMemory {
public:
  struct Free {
    void operator()(std::byte *bytes) const { std::free(bytes); }
  };
  struct Allocation {
    uint64_t address = 0; // of the device, a multiple of 256
    uint64_t bytes = 0;
    std::string name; // for reports; may be empty
    bool isConstant = false;
    std::unique_ptr<std::byte[], Free> storage;
    std::byte *data = nullptr; // aligned to 256 bytes
  };

  /// Zero-filled. 0 when the host has no memory left; bytes may be 0 (the
  /// address is then valid to hold and invalid to use).
  uint64_t allocate(uint64_t bytes, std::string_view name = {},
                    bool isConstant = false);
  /// False when `address` is not the start of an allocation.
  bool free(uint64_t address);

  /// The allocation that holds all of [address, address + bytes), or null.
  const Allocation *find(uint64_t address, uint64_t bytes) const;
  /// The allocation nearest to `address`, for messages; null when there is
  /// none.
  const Allocation *nearest(uint64_t address) const;

  /// Host copies; false when the range is not inside one allocation.
  bool write(uint64_t address, const void *source, uint64_t bytes);
  bool read(uint64_t address, void *destination, uint64_t bytes) const;
  bool fill(uint64_t address, uint8_t value, uint64_t bytes);

private:
  std::vector<std::unique_ptr<Allocation>> allocations; // by address
  uint64_t next = 0x10'0000'0000;
};

} // namespace dilated::emulator

#endif // DILATED_MLIR_EMULATOR_GLOBALMEMORY_H
