//===- ModelFile.h - an ONNX file, mapped and parsed ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the file says, before anybody asked whether it makes sense.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_MODELFILE_H
#define LIB_IMPORT_MODELFILE_H

#include "CompactModel.h"
#include "OnnxProto.pb.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <optional>

namespace mlir::dilated {

namespace onnxpb = ::dilated_mlir::onnxpb;
class Report;

class ModelFile {
public:
  /// Maps and parses the file; null, with an error reported, when it cannot be
  /// read or is not an ONNX model.
  static std::unique_ptr<ModelFile> open(llvm::StringRef path, Report &report);

  const onnxpb::ModelProto &getModel() const { return model; }
  /// The whole file as it lies on disk.
  llvm::StringRef getBytes() const { return buffer->getBuffer(); }
  /// Where the data of a tensor stands in the file, if it was left out of the
  /// parse; then the TensorProto holds no data itself.
  std::optional<LeftOutData>
  getLeftOutData(const onnxpb::TensorProto &tensor) const;

private:
  void resolveLeftOutData(const std::map<TensorKey, LeftOutData> &leftOut);

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  onnxpb::ModelProto model;
  llvm::DenseMap<const onnxpb::TensorProto *, LeftOutData> leftOutData;
};

} // namespace mlir::dilated

#endif // LIB_IMPORT_MODELFILE_H
