//===- TestData.h - data of ONNX test cases ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layout of ONNX's own backend tests: DIR/test_data_set_0, …, each with
// input_0.pb, input_1.pb, … in the order of the graph's inputs, and
// output_0.pb, … likewise; .npy files of the same names are read as well.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_TESTDATA_H
#define DILATED_MLIR_TARGET_TESTDATA_H

#include "dilated-mlir/Target/HostTensor.h"

namespace mlir::dilated {

/// The folders test_data_set_* of `folder`, by number; none where it can't be
/// read.
std::vector<std::string> listTestDataSets(StringRef folder);

/// Reads `stem`_0, `stem`_1, … ("input" or "output") of a data set up to the
/// first number that is missing.
llvm::Expected<std::vector<HostTensor>> readTestTensors(StringRef dataSet,
                                                        StringRef stem);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_TESTDATA_H
