//===- ExternalData.h - tensors in files beside the model -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_EXTERNALDATA_H
#define LIB_IMPORT_EXTERNALDATA_H

#include "OnnxProto.pb.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <optional>
#include <string>

namespace mlir::dilated {

namespace onnxpb = ::dilated_mlir::onnxpb;

/// What a tensor's external_data says.
struct ExternalDataInfo {
  std::string location;
  int64_t offset = 0;
  std::optional<int64_t> length;
  std::string checksum; // SHA-1 of the whole file, 40 digits; "" for none
};

/// Reads the entries; nothing, with `error` set, when they are not as the
/// format wants them: keys location, offset, length and checksum, each at most
/// once, numbers as decimal digits, a location inside of the folder, a SHA-1 in
/// hex.
std::optional<ExternalDataInfo>
readExternalDataInfo(const onnxpb::TensorProto &tensor, std::string &error);

/// The files of a folder, each mapped once.
class ExternalFiles {
public:
  explicit ExternalFiles(std::string folder) : folder(std::move(folder)) {}

  /// The bytes of a file, or nothing with `error` set.
  std::optional<llvm::StringRef> getBytes(llvm::StringRef location,
                                          std::string &error);

  /// What is wrong when the file, of which getBytes gave bytes, has not the
  /// SHA-1 `expected`; empty when it has. Each file is read through once.
  std::string verifyChecksum(llvm::StringRef location,
                             llvm::StringRef expected);

private:
  struct File {
    std::unique_ptr<llvm::MemoryBuffer> buffer;
    std::string error;
    std::string checksum; // once it was asked for
  };
  std::string folder;
  llvm::StringMap<File> files;
};

} // namespace mlir::dilated

#endif // LIB_IMPORT_EXTERNALDATA_H
