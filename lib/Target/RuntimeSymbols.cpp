//===- RuntimeSymbols.cpp - the run-time library by name --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeSymbols.h"

#include "dilated-mlir/Runtime/Runtime.h"

using namespace mlir;
using namespace mlir::dilated;

// Helper calls for narrow floats: only their addresses are taken here, so their
// true types (which need _Float16) don't matter.
extern "C" {
void __truncsfbf2();
void __truncdfbf2();
void __truncsfhf2();
void __truncdfhf2();
void __extendhfsf2();
void __extendhfdf2();
}

#define DILATED_SYMBOL(name)                                                   \
  RuntimeSymbol { #name, reinterpret_cast<void *>(&name) }

ArrayRef<RuntimeSymbol> mlir::dilated::getRuntimeSymbols() {
  static const RuntimeSymbol symbols[] = {
      DILATED_SYMBOL(dilated_rt_parallel_for),
      DILATED_SYMBOL(dilated_rt_num_threads),
      DILATED_SYMBOL(dilated_rt_alloc),
      DILATED_SYMBOL(dilated_rt_free),
      DILATED_SYMBOL(dilated_rt_scratch),
      DILATED_SYMBOL(dilated_rt_task_scratch),
      DILATED_SYMBOL(dilated_rt_output),
      DILATED_SYMBOL(dilated_rt_plan),
      DILATED_SYMBOL(dilated_rt_plan_task),
      DILATED_SYMBOL(dilated_rt_plan_multiplicities),
      DILATED_SYMBOL(dilated_rt_plan_rows),
      DILATED_SYMBOL(dilated_rt_plan_keys),
      DILATED_SYMBOL(dilated_rt_plan_masks),
      DILATED_SYMBOL(dilated_rt_fail),
      DILATED_SYMBOL(dilated_rt_device_output),
      DILATED_SYMBOL(dilated_rt_device_alloc),
      DILATED_SYMBOL(dilated_rt_device_free),
      DILATED_SYMBOL(dilated_rt_device_owns),
      DILATED_SYMBOL(dilated_rt_device_copy),
      DILATED_SYMBOL(dilated_rt_device_tiles),
      DILATED_SYMBOL(dilated_rt_device_launch),
      DILATED_SYMBOL(dilated_rt_expect_close),
      DILATED_SYMBOL(_mlir_memref_to_llvm_alloc),
      DILATED_SYMBOL(_mlir_memref_to_llvm_aligned_alloc),
      DILATED_SYMBOL(_mlir_memref_to_llvm_free),
      DILATED_SYMBOL(memrefCopy),
      DILATED_SYMBOL(__truncsfbf2),
      DILATED_SYMBOL(__truncdfbf2),
      DILATED_SYMBOL(__truncsfhf2),
      DILATED_SYMBOL(__truncdfhf2),
      DILATED_SYMBOL(__extendhfsf2),
      DILATED_SYMBOL(__extendhfdf2),
  };
  return symbols;
}
