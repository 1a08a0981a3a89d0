//===- InputShapes.cpp - what a graph takes and returns ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types and dimension symbols of inputs and outputs, and `--shape`. A symbol
// that gets a size gets it everywhere, in the outputs too, since equal names
// mean equal sizes.
//
//===----------------------------------------------------------------------===//

#include "InputShapes.h"

#include "ElementTypes.h"
#include "Report.h"
#include "dilated-mlir/Import/OnnxImport.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::dilated;

static SmallVector<int64_t> getSizes(ArrayRef<DeclaredDim> dims) {
  return llvm::map_to_vector(dims,
                             [](const DeclaredDim &dim) { return dim.size; });
}

/// "1x?xbatch"; for messages.
static std::string formatShape(ArrayRef<DeclaredDim> dims) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(
      dims, os,
      [&](const DeclaredDim &dim) {
        if (!ShapedType::isDynamic(dim.size))
          os << dim.size;
        else
          os << (dim.text.empty() ? StringRef("?") : StringRef(dim.text));
      },
      "x");
  return text;
}

Type DeclaredValue::getType() const {
  if (!dims)
    return UnrankedTensorType::get(elementType);
  return RankedTensorType::get(getSizes(*dims), elementType);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// "batch", "Addfeatures_dim_1", "onnx::Foo_2", but not "4*batch".
static bool isPlainName(StringRef text) {
  return !text.empty() &&
         (llvm::isAlpha(text.front()) || text.front() == '_') &&
         llvm::all_of(text, [](char c) {
           return llvm::isAlnum(c) || c == '_' || c == '.' || c == ':';
         });
}

static StringRef getKind(const onnxpb::TypeProto &type) {
  switch (type.value_case()) {
  case onnxpb::TypeProto::kSequenceType:
    return "a sequence";
  case onnxpb::TypeProto::kMapType:
    return "a map";
  case onnxpb::TypeProto::kOptionalType:
    return "an optional value";
  case onnxpb::TypeProto::kSparseTensorType:
    return "a sparse tensor";
  case onnxpb::TypeProto::kOpaqueType:
    return "an opaque value";
  default:
    return "of no type";
  }
}

/// Reads the type of one value; what is wrong goes to the report.
static void readType(const onnxpb::ValueInfoProto &info,
                     const std::string &what, DeclaredValue &value,
                     Report &report) {
  if (!info.type().has_tensor_type()) {
    report.error(what + " is " + getKind(info.type()) +
                 "; only tensors are read");
    return;
  }
  const onnxpb::TypeProto::Tensor &type = info.type().tensor_type();
  Type elementType = getElementType(report.getContext(), type.elem_type());
  if (!elementType) {
    report.error(what + " has element type " +
                 describeElementType(type.elem_type()) + "; " +
                 listElementTypes() + " are read");
    return;
  }
  if (type.has_shape()) {
    if (type.shape().dim_size() > maxRank) {
      report.error(what + " has rank " + llvm::Twine(type.shape().dim_size()) +
                   "; ranks up to " + llvm::Twine(maxRank) + " are read");
      return;
    }
    value.dims.emplace();
    for (auto [index, proto] : llvm::enumerate(type.shape().dim())) {
      DeclaredDim &dim = value.dims->emplace_back();
      if (proto.has_dim_value()) {
        // Also keeps out INT64_MIN, which would pass for "dynamic".
        if (proto.dim_value() < 0) {
          report.error(what + " has a negative dimension (" +
                       llvm::Twine(proto.dim_value()) + ") at position " +
                       llvm::Twine(index));
          return;
        }
        dim.size = proto.dim_value();
      } else {
        dim.text = proto.dim_param();
        if (isPlainName(dim.text))
          dim.symbol = dim.text;
      }
    }
    if (!getNumBytes(getSizes(*value.dims), getElementSize(type.elem_type()))) {
      report.error(what + " has a shape (" + formatShape(*value.dims) +
                   ") of more bytes than any memory holds");
      return;
    }
  }
  value.elementType = elementType;
}

Signature mlir::dilated::readSignature(const onnxpb::GraphProto &graph,
                                       Report &report) {
  Signature signature;
  for (const auto &info : graph.input()) {
    DeclaredValue &value = signature.inputs.emplace_back();
    value.name = info.name();
    readType(info, "graph input '" + info.name() + "'", value, report);
  }
  for (const auto &info : graph.output()) {
    DeclaredValue &value = signature.outputs.emplace_back();
    value.name = info.name();
    readType(info, "graph output '" + info.name() + "'", value, report);
  }
  return signature;
}

//===----------------------------------------------------------------------===//
// --shape
//===----------------------------------------------------------------------===//

std::string mlir::dilated::parseShapeOption(StringRef text,
                                            OnnxImportOptions &options) {
  // Names may contain '=', shapes do not.
  auto [name, shape] = text.rsplit('=');
  if (name.empty() || name.size() == text.size())
    return ("expected NAME=1x?x768, got '" + text + "'").str();
  std::vector<int64_t> sizes;
  if (!shape.empty()) {
    SmallVector<StringRef> parts;
    shape.split(parts, 'x');
    for (StringRef part : parts) {
      int64_t size = -1;
      if (part != "?" && (part.empty() || !llvm::all_of(part, llvm::isDigit) ||
                          part.getAsInteger(10, size)))
        return ("expected a size or '?' in the shape of '" + name + "', got '" +
                part + "'")
            .str();
      sizes.push_back(size);
    }
  }
  if (!options.inputShapes.try_emplace(name, std::move(sizes)).second)
    return ("shape of '" + name + "' is given twice").str();
  return "";
}

/// Gives one input its shape and notes the sizes of symbols.
static bool applyShape(ArrayRef<int64_t> sizes, DeclaredValue &value,
                       llvm::StringMap<int64_t> &symbolSizes, Report &report) {
  if (!value.dims) {
    value.dims.emplace(sizes.size());
    for (auto [dim, size] : llvm::zip_equal(*value.dims, sizes))
      dim.size = size < 0 ? ShapedType::kDynamic : size;
    return true;
  }
  if (value.dims->size() != sizes.size()) {
    report.error("shape given for input '" + value.name + "' has rank " +
                 llvm::Twine(sizes.size()) + ", but the model has rank " +
                 llvm::Twine(value.dims->size()) + " (" +
                 formatShape(*value.dims) + ")");
    return false;
  }
  for (auto [index, dim, size] : llvm::enumerate(*value.dims, sizes)) {
    if (size < 0)
      continue;
    if (!ShapedType::isDynamic(dim.size) && dim.size != size) {
      report.error("shape given for input '" + value.name + "' has " +
                   llvm::Twine(size) + " at position " + llvm::Twine(index) +
                   ", but the model has " + llvm::Twine(dim.size) + " (" +
                   formatShape(*value.dims) + ")");
      return false;
    }
    if (!dim.symbol.empty()) {
      auto [found, inserted] = symbolSizes.try_emplace(dim.symbol, size);
      if (!inserted && found->second != size) {
        report.error("shapes given for inputs make dimension '" + dim.symbol +
                     "' both " + llvm::Twine(found->second) + " and " +
                     llvm::Twine(size));
        return false;
      }
    }
    dim.size = size;
  }
  return true;
}

/// Gives dimensions the sizes of their symbols; one with a size needs no
/// symbol.
static void applySymbols(const llvm::StringMap<int64_t> &symbolSizes,
                         MutableArrayRef<DeclaredDim> dims) {
  for (DeclaredDim &dim : dims) {
    if (auto found = symbolSizes.find(dim.symbol); found != symbolSizes.end())
      dim.size = found->second;
    if (!ShapedType::isDynamic(dim.size)) {
      dim.symbol.clear();
      dim.text.clear();
    }
  }
}

bool mlir::dilated::applyInputShapes(const OnnxImportOptions &options,
                                     Signature &signature, Report &report) {
  bool fits = true;
  // In the order of the file, so that messages do not depend on a hash.
  llvm::StringMap<int64_t> symbolSizes;
  for (DeclaredValue &input : signature.inputs)
    if (auto found = options.inputShapes.find(input.name);
        found != options.inputShapes.end())
      fits &= applyShape(found->second, input, symbolSizes, report);
  for (const auto &entry : options.inputShapes) {
    auto isNamed = [&](const DeclaredValue &input) {
      return input.name == entry.getKey();
    };
    if (llvm::any_of(signature.inputs, isNamed))
      continue;
    fits = false;
    report.error("shape given for '" + entry.getKey() +
                 "', which is not an input; the inputs are " +
                 llvm::join(llvm::map_range(signature.inputs,
                                            [](const DeclaredValue &input) {
                                              return "'" + input.name + "'";
                                            }),
                            ", "));
  }
  if (!fits)
    return false;

  for (std::vector<DeclaredValue> *values :
       {&signature.inputs, &signature.outputs})
    for (DeclaredValue &value : *values)
      if (value.dims)
        applySymbols(symbolSizes, *value.dims);
  for (const DeclaredValue &input : signature.inputs)
    if (input.dims && !getNumBytes(getSizes(*input.dims), /*elementSize=*/8)) {
      report.error("shape given for input '" + input.name + "' (" +
                   formatShape(*input.dims) +
                   ") has more bytes than any memory holds");
      return false;
    }
  return true;
}
