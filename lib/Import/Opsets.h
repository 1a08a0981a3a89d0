//===- Opsets.h - the versions that a model imports -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_OPSETS_H
#define LIB_IMPORT_OPSETS_H

#include "OnnxProto.pb.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"

#include <optional>

namespace mlir::dilated {

namespace onnxpb = ::dilated_mlir::onnxpb;
class Report;

/// "ai.onnx" is another name of the default domain, "".
llvm::StringRef canonicalDomain(llvm::StringRef domain);

/// "MatMul", or "org.example::Op" outside of the default domain.
std::string qualifiedName(llvm::StringRef domain, llvm::StringRef name);

/// The opset_import of a model or a function.
class OpsetImports {
public:
  using Entries =
      google::protobuf::RepeatedPtrField<onnxpb::OperatorSetIdProto>;

  OpsetImports() = default;
  explicit OpsetImports(const Entries &entries);

  std::optional<int64_t> getVersion(llvm::StringRef domain) const;

  /// Reports domains that are listed twice.
  static void reportDuplicates(const Entries &entries, const llvm::Twine &owner,
                               Report &report);
  /// Reports versions beyond those whose operators have been read. Domains that
  /// are not ours to know are left to whoever looks at their nodes.
  void reportUnreadVersions(const llvm::Twine &owner, Report &report) const;

private:
  llvm::StringMap<int64_t> versions;
};

} // namespace mlir::dilated

#endif // LIB_IMPORT_OPSETS_H
