//===- ModelDescription.h - what the compiler says of a model ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The constant `dilated_model_description` inside every object that the
// compiler writes, next to the code. The run-time library reads it; programs
// see its public part as dilated_api. Both sides are compiled from this header:
// lib/Target writes the fields in this order.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_MODELDESCRIPTION_H
#define DILATED_MLIR_RUNTIME_MODELDESCRIPTION_H

#include "dilated-mlir/Runtime/Model.h"

namespace dilated::runtime {

/// Grows with every change of ModelDescription or of the calls between
/// generated code and the run-time library.
constexpr uint32_t kDescriptionVersion = 2;

struct ModelDescription {
  uint32_t version; // kDescriptionVersion of the compiler
  int32_t inputCount;
  int32_t outputCount;
  int32_t reserved;
  uint64_t cpuFeatures; // that the code needs, bits of CpuFeatures.h
  const dilated_tensor_info *inputs;
  const dilated_tensor_info *outputs;
  /// Per input: 1 when the code takes it row-major only, 0 for any strides.
  const uint8_t *rowMajorInputs;
  const char *producer;
  const char *target;

  /// Runs the model: arguments[i] points to the memref descriptor of input i.
  /// Outputs are asked for by dilated_rt_output.
  void (*entry)(void *arguments);
  /// Bytes that the entry will ask for by dilated_rt_scratch, from the sizes in
  /// the same descriptors; their data is not looked at.
  int64_t (*scratchBytes)(void *arguments);
  /// The most that one task asks for by dilated_rt_task_scratch.
  int64_t taskScratchBytes;

  /// The table that the code loads addresses of weights from, filled in before
  /// the first run; null without weights.
  const void **weightTable;
  int64_t weightCount;

  /// GPU kernels as PTX, a zero after the last of `kernelBytes`; null for a
  /// model without any.
  const char *kernels;
  int64_t kernelBytes;
  /// Per input: 1 when the code takes its address as it is, also one of the
  /// device; other inputs on the device are copied to the host. Null: none.
  const uint8_t *deviceInputs;
};

/// Where the weights of a library are: the constant `dilated_weight_store`,
/// linked in beside the description. Weight i starts at offsets[i].
struct WeightStore {
  const int64_t *offsets; // [weightCount]
  const char *data;       // inside the library; null: in a side file
  const char *fileName;   // of the side file, without a folder
  int64_t bytes;          // of all weights with what lies between them
  uint64_t checksum;      // of these bytes in the side file
};

/// A side file: this header, zeros up to kWeightFileOffset, the weights.
struct WeightFileHeader {
  char magic[8]; // kWeightFileMagic
  int64_t bytes;
  uint64_t checksum;
};
constexpr char kWeightFileMagic[8] = {'D', 'L', 'T', 'D', 'W', 'G', 'T', '1'};
constexpr int64_t kWeightFileOffset = 4096;

/// What dilated_api.description points to.
struct Library {
  const ModelDescription *description;
  /// Null when whoever loads the code has filled in the table of weights.
  const WeightStore *store;
};

/// The interface of a library, which must outlive it. Fails when `version`,
/// the caller's DILATED_ABI_VERSION, or the description's version is another
/// than this run-time library's.
dilated_status makeApi(const Library &library, uint32_t version,
                       dilated_api &api, dilated_error *error);

/// The check of inputs that every run begins with: number, element types,
/// ranks, sizes, equal sizes for equal symbols; with `needsData` also the
/// pointers. The message names the input and both values.
dilated_status verifyInputs(const dilated_tensor_info *infos, int32_t infoCount,
                            const dilated_tensor *inputs, int32_t count,
                            bool needsData, dilated_error *error);

} // namespace dilated::runtime

#endif // DILATED_MLIR_RUNTIME_MODELDESCRIPTION_H
