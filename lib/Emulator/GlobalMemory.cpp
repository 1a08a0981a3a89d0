//===- GlobalMemory.cpp - device memory with bounds -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/GlobalMemory.h"

#include <algorithm>
#include <cstring>

using namespace dilated::emulator;

static constexpr uint64_t alignment = 256;
/// Addresses between two allocations that belong to none.
static constexpr uint64_t gap = uint64_t(1) << 20;
/// More than any host has; keeps sums of addresses from overflowing.
static constexpr uint64_t largest = uint64_t(1) << 44;

uint64_t GlobalMemory::allocate(uint64_t bytes, std::string_view name,
                                bool isConstant) {
  if (bytes > largest || next > uint64_t(1) << 54)
    return 0;
  auto allocation = std::make_unique<Allocation>();
  allocation->address = next;
  allocation->bytes = bytes;
  allocation->name = name;
  allocation->isConstant = isConstant;
  // Zeros from the system, page by page: a large allocation that is hardly
  // used costs little.
  allocation->storage.reset(
      static_cast<std::byte *>(std::calloc(bytes + alignment, 1)));
  if (!allocation->storage)
    return 0;
  uintptr_t start = reinterpret_cast<uintptr_t>(allocation->storage.get());
  allocation->data = allocation->storage.get() +
                     ((start + alignment - 1) / alignment * alignment - start);
  next += (bytes + alignment - 1) / alignment * alignment + gap;
  allocations.push_back(std::move(allocation));
  return allocations.back()->address;
}

/// The last allocation that starts at or before `address`.
static auto findFloor(
    const std::vector<std::unique_ptr<GlobalMemory::Allocation>> &allocations,
    uint64_t address) {
  auto above = std::upper_bound(
      allocations.begin(), allocations.end(), address,
      [](uint64_t a, const std::unique_ptr<GlobalMemory::Allocation> &b) {
        return a < b->address;
      });
  return above == allocations.begin() ? allocations.end() : above - 1;
}

bool GlobalMemory::free(uint64_t address) {
  auto found = findFloor(allocations, address);
  if (found == allocations.end() || (*found)->address != address)
    return false;
  allocations.erase(found);
  return true;
}

const GlobalMemory::Allocation *GlobalMemory::find(uint64_t address,
                                                   uint64_t bytes) const {
  auto found = findFloor(allocations, address);
  if (found == allocations.end())
    return nullptr;
  const Allocation &allocation = **found;
  uint64_t offset = address - allocation.address;
  return offset <= allocation.bytes && bytes <= allocation.bytes - offset
             ? &allocation
             : nullptr;
}

const GlobalMemory::Allocation *GlobalMemory::nearest(uint64_t address) const {
  auto below = findFloor(allocations, address);
  if (below == allocations.end())
    return allocations.empty() ? nullptr : allocations.front().get();
  auto above = below + 1;
  uint64_t end = (*below)->address + (*below)->bytes;
  if (above == allocations.end() || address < end ||
      address - end <= (*above)->address - address)
    return below->get();
  return above->get();
}

bool GlobalMemory::write(uint64_t address, const void *source, uint64_t bytes) {
  const Allocation *allocation = find(address, bytes);
  if (!allocation)
    return false;
  if (bytes)
    std::memcpy(allocation->data + (address - allocation->address), source,
                bytes);
  return true;
}

bool GlobalMemory::read(uint64_t address, void *destination,
                        uint64_t bytes) const {
  const Allocation *allocation = find(address, bytes);
  if (!allocation)
    return false;
  if (bytes)
    std::memcpy(destination, allocation->data + (address - allocation->address),
                bytes);
  return true;
}

bool GlobalMemory::fill(uint64_t address, uint8_t value, uint64_t bytes) {
  const Allocation *allocation = find(address, bytes);
  if (!allocation)
    return false;
  if (bytes)
    std::memset(allocation->data + (address - allocation->address), value,
                bytes);
  return true;
}
