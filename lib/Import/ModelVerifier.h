//===- ModelVerifier.h - whether a model makes sense ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_MODELVERIFIER_H
#define LIB_IMPORT_MODELVERIFIER_H

#include "OnnxProto.pb.h"

namespace mlir::dilated {

namespace onnxpb = ::dilated_mlir::onnxpb;
class FunctionTable;
class Report;
class TensorReader;

/// Reports everything that is wrong with a model, its operators' meaning aside.
void verifyModel(const onnxpb::ModelProto &model,
                 const FunctionTable &functions, TensorReader &tensors,
                 Report &report);

} // namespace mlir::dilated

#endif // LIB_IMPORT_MODELVERIFIER_H
