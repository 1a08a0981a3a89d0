//===- ModuleBuilder.h - the module of the import phase ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_MODULEBUILDER_H
#define LIB_IMPORT_MODULEBUILDER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace dilated_mlir::onnxpb {
class ModelProto;
} // namespace dilated_mlir::onnxpb

namespace mlir::dilated {

struct FlatGraph;
struct OnnxImportOptions;
struct Signature;
class Report;
class TensorReader;

/// Makes the module of a verified and flattened model; null, with the reason
/// reported, when its inputs and outputs do not fit together.
OwningOpRef<ModuleOp>
buildModule(const ::dilated_mlir::onnxpb::ModelProto &model,
            const FlatGraph &graph, const Signature &signature,
            const OnnxImportOptions &options, TensorReader &tensors,
            Report &report);

} // namespace mlir::dilated

#endif // LIB_IMPORT_MODULEBUILDER_H
