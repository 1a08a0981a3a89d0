//===- CpuFeatures.cpp - what this processor has ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/CpuFeatures.h"

#include <stdlib.h>
#include <string.h>

using namespace dilated::runtime;

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

enum Register { EAX, EBX, ECX, EDX };

/// The state components that the operating system must save for a feature: bits
/// of XCR0.
constexpr uint64_t kNone = 0, kAvx = 0x6, kAvx512 = 0xe6, kAmx = 0x60000;

/// Where cpuid reports a feature (Intel's Software Developer's Manual, CPUID).
struct Place {
  const char *name;
  uint32_t leaf, subleaf;
  Register reg;
  int bit;
  uint64_t state;
};

constexpr Place kPlaces[] = {
    {"sse4.2", 1, 0, ECX, 20, kNone},
    {"popcnt", 1, 0, ECX, 23, kNone},
    {"movbe", 1, 0, ECX, 22, kNone},
    {"avx", 1, 0, ECX, 28, kAvx},
    {"f16c", 1, 0, ECX, 29, kAvx},
    {"fma", 1, 0, ECX, 12, kAvx},
    {"lzcnt", 0x80000001, 0, ECX, 5, kNone},
    {"bmi", 7, 0, EBX, 3, kNone},
    {"bmi2", 7, 0, EBX, 8, kNone},
    {"avx2", 7, 0, EBX, 5, kAvx},
    {"adx", 7, 0, EBX, 19, kNone},
    {"gfni", 7, 0, ECX, 8, kNone},
    {"vaes", 7, 0, ECX, 9, kAvx},
    {"vpclmulqdq", 7, 0, ECX, 10, kAvx},
    {"avxvnni", 7, 1, EAX, 4, kAvx},
    {"avx512f", 7, 0, EBX, 16, kAvx512},
    {"avx512cd", 7, 0, EBX, 28, kAvx512},
    {"avx512dq", 7, 0, EBX, 17, kAvx512},
    {"avx512bw", 7, 0, EBX, 30, kAvx512},
    {"avx512vl", 7, 0, EBX, 31, kAvx512},
    {"avx512ifma", 7, 0, EBX, 21, kAvx512},
    {"avx512vbmi", 7, 0, ECX, 1, kAvx512},
    {"avx512vbmi2", 7, 0, ECX, 6, kAvx512},
    {"avx512vnni", 7, 0, ECX, 11, kAvx512},
    {"avx512bitalg", 7, 0, ECX, 12, kAvx512},
    {"avx512vpopcntdq", 7, 0, ECX, 14, kAvx512},
    {"avx512bf16", 7, 1, EAX, 5, kAvx512},
    {"avx512fp16", 7, 0, EDX, 23, kAvx512},
    {"amx-tile", 7, 0, EDX, 24, kAmx},
    {"amx-bf16", 7, 0, EDX, 22, kAmx},
    {"amx-int8", 7, 0, EDX, 25, kAmx},
};

} // namespace

/// XCR0; 0 where the operating system does not use xsave.
static uint64_t getEnabledState() {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & (1u << 27)))
    return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t(high) << 32) | low;
}

/// Linux gives the tile registers of AMX to processes that ask, once for all
/// threads.
static bool requestTiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  static const bool granted =
      syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
}

static bool hasFeature(const Place &place, uint64_t enabled) {
  uint32_t registers[4] = {};
  if (!__get_cpuid_count(place.leaf, place.subleaf, &registers[EAX],
                         &registers[EBX], &registers[ECX], &registers[EDX]))
    return false;
  return (registers[place.reg] & (1u << place.bit)) &&
         (enabled & place.state) == place.state &&
         (place.state != kAmx || requestTiles());
}

uint64_t dilated::runtime::getCpuFeatures() {
  // Under a program that emulates instructions cpuid tells of the host.
  if (getenv("DILATED_ASSUME_CPU_FEATURES"))
    return requestTiles() ? ~uint64_t(0) : 0;
  uint64_t enabled = getEnabledState(), features = 0;
  for (const Place &place : kPlaces)
    for (int bit = 0; bit < kCpuFeatureCount; ++bit)
      if (strcmp(kCpuFeatures[bit], place.name) == 0 &&
          hasFeature(place, enabled))
        features |= uint64_t(1) << bit;
  return features;
}

#else

// Elsewhere code is compiled for the architecture's baseline.
uint64_t dilated::runtime::getCpuFeatures() { return ~uint64_t(0); }

#endif
