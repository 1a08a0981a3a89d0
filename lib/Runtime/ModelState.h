//===- ModelState.h - a loaded model ----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_MODELSTATE_H
#define DILATED_MLIR_LIB_RUNTIME_MODELSTATE_H

#include "Run.h"
#include "dilated-mlir/Runtime/ModelDescription.h"

/// Immutable between create and destroy but for the spare scratch block and
/// the tile lists.
struct dilated_model {
  const dilated::runtime::ModelDescription *description;
  dilated::runtime::Allocator allocator;
  int32_t threads; // 0: the default
  dilated_parallel_for_fn parallelFor;
  void *parallelForUser;
  bool holdsWeights; // of the library's WeightStore

  const dilated_device *device; // null without kernels
  bool ownsDevice;              // it is one of getCudaDevice
  void *kernels;                // loaded there
  mutable dilated::runtime::TileListCache tileLists;

  /// The scratch block of the last run, for the next one: mapping and clearing
  /// fresh pages costs as much as a small model's run.
  pthread_mutex_t lock;
  void *spare;
  size_t spareBytes;
};

#endif // DILATED_MLIR_LIB_RUNTIME_MODELSTATE_H
