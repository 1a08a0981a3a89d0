//===- CpuFeatures.h - instruction sets that code may need ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A library compiled for one processor and loaded on another must say so
// instead of dying of an illegal instruction. The compiler notes the features
// that it was allowed to use, the run-time library asks the processor.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_CPUFEATURES_H
#define DILATED_MLIR_RUNTIME_CPUFEATURES_H

#include <stdint.h>

namespace dilated::runtime {

/// Bit i stands for the feature of this name, which is LLVM's. Only those that
/// LLVM selects instructions of by itself.
constexpr const char *kCpuFeatures[] = {"sse4.2",       "popcnt",
                                        "movbe",        "avx",
                                        "f16c",         "fma",
                                        "lzcnt",        "bmi",
                                        "bmi2",         "avx2",
                                        "adx",          "gfni",
                                        "vaes",         "vpclmulqdq",
                                        "avxvnni",      "avx512f",
                                        "avx512cd",     "avx512dq",
                                        "avx512bw",     "avx512vl",
                                        "avx512ifma",   "avx512vbmi",
                                        "avx512vbmi2",  "avx512vnni",
                                        "avx512bitalg", "avx512vpopcntdq",
                                        "avx512bf16",   "avx512fp16",
                                        "amx-tile",     "amx-bf16",
                                        "amx-int8"};
constexpr int kCpuFeatureCount =
    static_cast<int>(sizeof(kCpuFeatures) / sizeof(kCpuFeatures[0]));

/// Those of this processor that the operating system lets programs use; all
/// when the environment has DILATED_ASSUME_CPU_FEATURES.
uint64_t getCpuFeatures();

} // namespace dilated::runtime

#endif // DILATED_MLIR_RUNTIME_CPUFEATURES_H
