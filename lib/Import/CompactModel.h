//===- CompactModel.h - a model without its big tensors ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parsing a ModelProto copies every tensor to the heap. A model of 1 GB would
// take that much before the compiler has done anything, only for its weights
// to be mapped again at run time. So the bytes of big tensors are left out
// of the parse, and where they stand in the file is noted.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_COMPACTMODEL_H
#define LIB_IMPORT_COMPACTMODEL_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace mlir::dilated {

/// Bytes of a file.
struct ByteRange {
  int64_t offset = 0, length = 0;
};

/// The data of a tensor that was left out, and the field of TensorProto
/// (raw_data, float_data or double_data) that held it.
struct LeftOutData {
  ByteRange range;
  int field = 0;
};

/// Which tensor of a model: initialiser `attribute` of the main graph when
/// `node` is -1, else the value of that attribute of that node, in the main
/// graph or (`function` not -1) in the body of a function.
struct TensorKey {
  int function = -1, node = -1, attribute = -1;
  bool operator<(const TensorKey &other) const {
    return std::tie(function, node, attribute) <
           std::tie(other.function, other.node, other.attribute);
  }
};

struct CompactModel {
  /// The ModelProto, in wire form, without the bytes of big tensors.
  std::string bytes;
  /// Where those stand in the file; little-endian, one element after the other.
  std::map<TensorKey, LeftOutData> leftOut;
};

/// Tensors below this size stay where they are: they become constants.
inline constexpr int64_t compactionThreshold = 65;

/// Fails when `model` is not a well-formed message down to the tensors;
/// `error` then says what is wrong and at which byte.
LogicalResult compactModel(llvm::ArrayRef<char> model, CompactModel &result,
                           std::string &error);

} // namespace mlir::dilated

#endif // LIB_IMPORT_COMPACTMODEL_H
