//===- TensorData.h - the type and the bytes of tensors ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TENSORDATA_H
#define LIB_IMPORT_TENSORDATA_H

#include "ExternalData.h"
#include "ModelFile.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::dilated {

class Report;

/// A tensor that was found valid.
struct TensorData {
  RankedTensorType type;
  int64_t numBytes = 0;
  /// The elements as they lie in the file, little-endian and without gaps, bool
  /// as one byte each. They live as long as the model, or in `decoded`.
  llvm::ArrayRef<char> bytes;
  /// Where the bytes stand, when they can be mapped again at run time.
  std::optional<ByteRange> place;
  /// The file that `place` is in: relative to the folder of external data, or
  /// empty for the model itself.
  std::string externalFile;
  /// Elements that the file codes one by one (int32_data, int64_data).
  llvm::SmallVector<char, 0> decoded;

  /// Whether the tensor is part of the IR rather than referred to by place:
  /// what shapes, axes and scalars are made of.
  bool isSmall() const;
  llvm::ArrayRef<char> getBytes() const {
    return decoded.empty() ? bytes : llvm::ArrayRef<char>(decoded);
  }
  DenseElementsAttr getElements() const;
};

class TensorReader {
public:
  TensorReader(const ModelFile &file, ExternalFiles &externalFiles,
               Report &report)
      : file(file), externalFiles(externalFiles), report(report) {}

  /// The tensor, or null with its problems reported, `what` first ("initializer
  /// 'w'"). A tensor is looked at, and reported, once.
  const TensorData *read(const onnxpb::TensorProto &tensor, Location loc,
                         const llvm::Twine &what);

private:
  /// Each returns what is wrong, or an empty string.
  std::string readTensor(const onnxpb::TensorProto &tensor, TensorData &data);
  std::string readExternal(const onnxpb::TensorProto &tensor, TensorData &data);
  std::string readInline(const onnxpb::TensorProto &tensor, TensorData &data);

  const ModelFile &file;
  ExternalFiles &externalFiles;
  Report &report;
  llvm::DenseMap<const onnxpb::TensorProto *, std::unique_ptr<TensorData>>
      tensors;
};

} // namespace mlir::dilated

#endif // LIB_IMPORT_TENSORDATA_H
