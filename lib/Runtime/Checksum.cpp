//===- Checksum.cpp - of weights in a side file -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checksum.h"

#include <string.h>

static constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87;
static constexpr uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;
static constexpr uint64_t kPrime3 = 0x165667B19E3779F9;
static constexpr uint64_t kPrime4 = 0x85EBCA77C2B2AE63;
static constexpr uint64_t kPrime5 = 0x27D4EB2F165667C5;

static uint64_t rotate(uint64_t value, int bits) {
  return (value << bits) | (value >> (64 - bits));
}

template <typename T>
static T load(const unsigned char *address) {
  T value;
  memcpy(&value, address, sizeof(value));
  return value;
}

static uint64_t round(uint64_t lane, uint64_t input) {
  return rotate(lane + input * kPrime2, 31) * kPrime1;
}

uint64_t dilated::runtime::checksum(const void *data, size_t bytes) {
  const auto *next = static_cast<const unsigned char *>(data);
  const unsigned char *end = next + bytes;
  uint64_t hash = kPrime5;
  if (bytes >= 32) {
    uint64_t lanes[4] = {kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
    for (; end - next >= 32; next += 32)
      for (int i = 0; i < 4; ++i)
        lanes[i] = round(lanes[i], load<uint64_t>(next + 8 * i));
    hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) +
           rotate(lanes[3], 18);
    for (uint64_t lane : lanes)
      hash = (hash ^ round(0, lane)) * kPrime1 + kPrime4;
  }
  hash += bytes;
  for (; end - next >= 8; next += 8)
    hash =
        rotate(hash ^ round(0, load<uint64_t>(next)), 27) * kPrime1 + kPrime4;
  if (end - next >= 4) {
    hash =
        rotate(hash ^ (load<uint32_t>(next) * kPrime1), 23) * kPrime2 + kPrime3;
    next += 4;
  }
  for (; next != end; ++next)
    hash = rotate(hash ^ (*next * kPrime5), 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}
