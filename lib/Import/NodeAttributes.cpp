//===- NodeAttributes.cpp - ONNX attributes in builtin form -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An AttributeProto is a union with a discriminator that files may get wrong,
// so the value found is compared with the type claimed.
//
//===----------------------------------------------------------------------===//

#include "NodeAttributes.h"

#include "TensorData.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::dilated;
using onnxpb::AttributeProto;

static StringRef getKindName(int type) {
  switch (type) {
  case AttributeProto::FLOAT:
    return "FLOAT";
  case AttributeProto::INT:
    return "INT";
  case AttributeProto::STRING:
    return "STRING";
  case AttributeProto::TENSOR:
    return "TENSOR";
  case AttributeProto::GRAPH:
    return "GRAPH";
  case AttributeProto::SPARSE_TENSOR:
    return "SPARSE_TENSOR";
  case AttributeProto::TYPE_PROTO:
    return "TYPE_PROTO";
  case AttributeProto::FLOATS:
    return "FLOATS";
  case AttributeProto::INTS:
    return "INTS";
  case AttributeProto::STRINGS:
    return "STRINGS";
  case AttributeProto::TENSORS:
    return "TENSORS";
  case AttributeProto::GRAPHS:
    return "GRAPHS";
  case AttributeProto::SPARSE_TENSORS:
    return "SPARSE_TENSORS";
  case AttributeProto::TYPE_PROTOS:
    return "TYPE_PROTOS";
  default:
    return "UNDEFINED";
  }
}

StringRef mlir::dilated::getAttributeKind(const AttributeProto &attribute) {
  return getKindName(attribute.type());
}

/// The kinds of all values that the attribute holds.
static SmallVector<int> getHeldKinds(const AttributeProto &attribute) {
  std::pair<bool, int> held[] = {
      {attribute.has_f(), AttributeProto::FLOAT},
      {attribute.has_i(), AttributeProto::INT},
      {attribute.has_s(), AttributeProto::STRING},
      {attribute.has_t(), AttributeProto::TENSOR},
      {attribute.has_g(), AttributeProto::GRAPH},
      {attribute.has_sparse_tensor(), AttributeProto::SPARSE_TENSOR},
      {attribute.has_tp(), AttributeProto::TYPE_PROTO},
      {attribute.floats_size() != 0, AttributeProto::FLOATS},
      {attribute.ints_size() != 0, AttributeProto::INTS},
      {attribute.strings_size() != 0, AttributeProto::STRINGS},
      {attribute.tensors_size() != 0, AttributeProto::TENSORS},
      {attribute.graphs_size() != 0, AttributeProto::GRAPHS},
      {attribute.sparse_tensors_size() != 0, AttributeProto::SPARSE_TENSORS},
      {attribute.type_protos_size() != 0, AttributeProto::TYPE_PROTOS}};
  SmallVector<int> kinds;
  for (auto [isHeld, kind] : held)
    if (isHeld)
      kinds.push_back(kind);
  return kinds;
}

std::string mlir::dilated::checkAttribute(const AttributeProto &attribute) {
  SmallVector<int> held = getHeldKinds(attribute);
  if (!attribute.ref_attr_name().empty())
    return held.empty()
               ? std::string()
               : ("refers to '" + attribute.ref_attr_name() +
                  "' and holds a value (" + getKindName(held.front()) + ") too")
                     .str();
  if (attribute.type() == AttributeProto::UNDEFINED)
    return "has no type";
  for (int kind : held)
    if (kind != attribute.type())
      return ("says " + getKindName(attribute.type()) + " but holds " +
              getKindName(kind))
          .str();
  // Numbers and strings may be left out when they are 0 or empty, as proto3
  // writers do; messages may not.
  bool isMessage = attribute.type() == AttributeProto::TENSOR ||
                   attribute.type() == AttributeProto::GRAPH ||
                   attribute.type() == AttributeProto::SPARSE_TENSOR ||
                   attribute.type() == AttributeProto::TYPE_PROTO;
  if (isMessage && held.empty())
    return ("says " + getKindName(attribute.type()) + " but holds nothing")
        .str();
  return "";
}

Attribute mlir::dilated::convertAttribute(const AttributeProto &attribute,
                                          TensorReader &tensors, Location loc) {
  Builder builder(loc.getContext());
  std::string what = "attribute '" + attribute.name() + "'";
  switch (attribute.type()) {
  case AttributeProto::FLOAT:
    return builder.getF32FloatAttr(attribute.f());
  case AttributeProto::INT:
    return builder.getI64IntegerAttr(attribute.i());
  case AttributeProto::STRING:
    return builder.getStringAttr(attribute.s());
  case AttributeProto::FLOATS:
    return builder.getDenseF32ArrayAttr(SmallVector<float>(
        attribute.floats().begin(), attribute.floats().end()));
  case AttributeProto::INTS:
    return builder.getDenseI64ArrayAttr(
        SmallVector<int64_t>(attribute.ints().begin(), attribute.ints().end()));
  case AttributeProto::STRINGS: {
    SmallVector<Attribute> strings;
    for (const std::string &text : attribute.strings())
      strings.push_back(builder.getStringAttr(text));
    return builder.getArrayAttr(strings);
  }
  case AttributeProto::TENSOR: {
    const TensorData *data = tensors.read(attribute.t(), loc, what);
    return data ? Attribute(data->getElements()) : Attribute();
  }
  case AttributeProto::TENSORS: {
    SmallVector<Attribute> elements;
    for (const onnxpb::TensorProto &tensor : attribute.tensors()) {
      const TensorData *data = tensors.read(tensor, loc, what);
      if (!data)
        return {};
      elements.push_back(data->getElements());
    }
    return builder.getArrayAttr(elements);
  }
  default:
    return {};
  }
}
