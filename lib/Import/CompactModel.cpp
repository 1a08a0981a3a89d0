//===- CompactModel.cpp - a model without its big tensors -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Walks the wire format down the paths on which tensors stand
//
//   ModelProto.graph.initializer
//   ModelProto.graph.node.attribute.t
//   ModelProto.functions.node.attribute.t
//
// and copies every field but the data of big tensors. Since a length precedes
// each message, a shortened message is written to a string of its own first.
// Fields that the walker does not know are copied as they are.
//
//===----------------------------------------------------------------------===//

#include "CompactModel.h"

#include "OnnxProto.pb.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/LEB128.h"
#include "llvm/Support/raw_ostream.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

using namespace mlir;
using namespace mlir::dilated;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
namespace onnxpb = ::dilated_mlir::onnxpb;

namespace {

enum class Kind { Model, Graph, Function, Node, Attribute, Tensor, Other };

class Compactor {
public:
  Compactor(ArrayRef<char> model, CompactModel &result)
      : begin(reinterpret_cast<const uint8_t *>(model.data())), result(result) {
  }

  /// Copies the fields of a message that stands at `range`.
  bool copyMessage(Kind kind, ByteRange range, std::string &out);

  std::string error;

private:
  /// Whether exactly one field of the tensor holds data: several are an error
  /// or, for packed lists, parts of one list.
  bool hasOneDataField(ByteRange range) const;

  static Kind getNestedKind(Kind parent, int field);
  static bool holdsLittleEndianData(int field);
  static StringRef getName(Kind kind);
  /// Moves the key to the element of a repeated field that is entered.
  void enter(Kind parent, Kind kind);

  bool fail(Kind kind, int64_t position, const llvm::Twine &what) {
    error =
        (what + " at byte " + llvm::Twine(position) + ", in a " + getName(kind))
            .str();
    return false;
  }

  const uint8_t *begin;
  CompactModel &result;
  TensorKey key;
  int initializers = -1, functions = -1, graphNodes = -1, functionNodes = -1,
      attributes = -1;
};

} // namespace

StringRef Compactor::getName(Kind kind) {
  switch (kind) {
  case Kind::Model:
    return "ModelProto";
  case Kind::Graph:
    return "GraphProto";
  case Kind::Function:
    return "FunctionProto";
  case Kind::Node:
    return "NodeProto";
  case Kind::Attribute:
    return "AttributeProto";
  case Kind::Tensor:
    return "TensorProto";
  case Kind::Other:
    break;
  }
  return "message";
}

Kind Compactor::getNestedKind(Kind parent, int field) {
  using namespace onnxpb;
  if (parent == Kind::Model && field == ModelProto::kGraphFieldNumber)
    return Kind::Graph;
  if (parent == Kind::Model && field == ModelProto::kFunctionsFieldNumber)
    return Kind::Function;
  if (parent == Kind::Graph && field == GraphProto::kNodeFieldNumber)
    return Kind::Node;
  if (parent == Kind::Graph && field == GraphProto::kInitializerFieldNumber)
    return Kind::Tensor;
  if (parent == Kind::Function && field == FunctionProto::kNodeFieldNumber)
    return Kind::Node;
  if (parent == Kind::Node && field == NodeProto::kAttributeFieldNumber)
    return Kind::Attribute;
  if (parent == Kind::Attribute && field == AttributeProto::kTFieldNumber)
    return Kind::Tensor;
  return Kind::Other;
}

void Compactor::enter(Kind parent, Kind kind) {
  switch (kind) {
  case Kind::Graph:
    key.function = -1;
    break;
  case Kind::Function:
    key.function = ++functions;
    functionNodes = -1;
    break;
  case Kind::Node:
    key.node = parent == Kind::Graph ? ++graphNodes : ++functionNodes;
    attributes = -1;
    break;
  case Kind::Attribute:
    key.attribute = ++attributes;
    break;
  case Kind::Tensor:
    if (parent == Kind::Graph) {
      key.node = -1;
      key.attribute = ++initializers;
    }
    break;
  case Kind::Model:
  case Kind::Other:
    break;
  }
}

bool Compactor::holdsLittleEndianData(int field) {
  return field == onnxpb::TensorProto::kRawDataFieldNumber ||
         field == onnxpb::TensorProto::kFloatDataFieldNumber ||
         field == onnxpb::TensorProto::kDoubleDataFieldNumber;
}

bool Compactor::hasOneDataField(ByteRange range) const {
  using onnxpb::TensorProto;
  CodedInputStream in(begin + range.offset, range.length);
  unsigned found = 0;
  while (uint32_t tag = in.ReadTag()) {
    switch (WireFormatLite::GetTagFieldNumber(tag)) {
    case TensorProto::kRawDataFieldNumber:
    case TensorProto::kFloatDataFieldNumber:
    case TensorProto::kDoubleDataFieldNumber:
    case TensorProto::kInt32DataFieldNumber:
    case TensorProto::kInt64DataFieldNumber:
    case TensorProto::kUint64DataFieldNumber:
    case TensorProto::kStringDataFieldNumber:
      ++found;
    }
    if (found > 1 || !WireFormatLite::SkipField(&in, tag))
      return false;
  }
  return found == 1;
}

bool Compactor::copyMessage(Kind kind, ByteRange range, std::string &out) {
  bool mayLeaveOut = kind == Kind::Tensor && hasOneDataField(range);
  TensorKey tensor = key;

  CodedInputStream in(begin + range.offset, range.length);
  llvm::raw_string_ostream os(out);
  while (true) {
    int64_t start = range.offset + in.CurrentPosition();
    uint32_t tag = in.ReadTag();
    if (tag == 0) {
      // Either the end, or a tag that is zero or broken off.
      return in.CurrentPosition() == range.length &&
                     start == range.offset + range.length
                 ? true
                 : fail(kind, start, "no field starts");
    }
    int field = WireFormatLite::GetTagFieldNumber(tag);
    if (WireFormatLite::GetTagWireType(tag) !=
        WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&in, tag))
        return fail(kind, start,
                    "field " + llvm::Twine(field) + " is broken off");
    } else {
      int length = 0;
      if (!in.ReadVarintSizeAsInt(&length))
        return fail(kind, start,
                    "field " + llvm::Twine(field) + " has no valid length");
      ByteRange content{range.offset + in.CurrentPosition(), length};
      if (!in.Skip(length))
        return fail(kind, start,
                    "field " + llvm::Twine(field) + " of length " +
                        llvm::Twine(length) + " runs past the end");
      Kind nested = getNestedKind(kind, field);
      if (nested != Kind::Other) {
        enter(kind, nested);
        std::string inner;
        if (!copyMessage(nested, content, inner))
          return false;
        llvm::encodeULEB128(tag, os);
        llvm::encodeULEB128(inner.size(), os);
        os << inner;
        continue;
      }
      if (mayLeaveOut && length >= compactionThreshold &&
          holdsLittleEndianData(field)) {
        result.leftOut[tensor] = {content, field};
        continue;
      }
    }
    int64_t end = range.offset + in.CurrentPosition();
    os.write(reinterpret_cast<const char *>(begin + start), end - start);
  }
}

LogicalResult mlir::dilated::compactModel(ArrayRef<char> model,
                                          CompactModel &result,
                                          std::string &error) {
  Compactor compactor(model, result);
  if (compactor.copyMessage(
          Kind::Model, {0, static_cast<int64_t>(model.size())}, result.bytes))
    return success();
  error = std::move(compactor.error);
  return failure();
}
