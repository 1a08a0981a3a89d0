//===- TensorData.cpp - the type and the bytes of tensors -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A TensorProto holds its elements in raw_data, in a list of one of several
// types, or in another file. Whatever it does, the number of bytes must be that
// of its type exactly: builtin attributes would take a single element for a
// splat, and a mapped weight would read beyond its end.
//
//===----------------------------------------------------------------------===//

#include "TensorData.h"

#include "ElementTypes.h"
#include "Report.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"

#include <limits>

using namespace mlir;
using namespace mlir::dilated;
using onnxpb::TensorProto;

// What becomes part of the IR: a few numbers, 1 KiB of integers, and 64 KiB of
// int64, because those are shapes, axes and indices that the conversion
// computes with. A bias of 128 numbers is a weight: nobody wants to read it.
static constexpr int64_t maxFloatBytes = 64;
static constexpr int64_t maxIntegerBytes = 1024;
static constexpr int64_t maxIndexBytes = 64 * 1024;

static_assert(llvm::endianness::native == llvm::endianness::little,
              "tensors are mapped as the file has them, little-endian");

bool TensorData::isSmall() const {
  Type elementType = type.getElementType();
  int64_t limit = isa<FloatType>(elementType) ? maxFloatBytes
                  : elementType.isInteger(64) ? maxIndexBytes
                                              : maxIntegerBytes;
  return numBytes <= limit || !place;
}

DenseElementsAttr TensorData::getElements() const {
  ArrayRef<char> raw = getBytes();
  if (!type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, raw);
  SmallVector<bool> bits =
      llvm::map_to_vector(raw, [](char byte) { return byte != 0; });
  return DenseElementsAttr::get(type, bits);
}

//===----------------------------------------------------------------------===//
// Data inside the model
//===----------------------------------------------------------------------===//

/// The name of a data field for messages.
static StringRef getFieldName(int field) {
  switch (field) {
  case TensorProto::kFloatDataFieldNumber:
    return "float_data";
  case TensorProto::kInt32DataFieldNumber:
    return "int32_data";
  case TensorProto::kInt64DataFieldNumber:
    return "int64_data";
  case TensorProto::kDoubleDataFieldNumber:
    return "double_data";
  case TensorProto::kUint64DataFieldNumber:
    return "uint64_data";
  case TensorProto::kStringDataFieldNumber:
    return "string_data";
  default:
    return "raw_data";
  }
}

/// The data fields that are not empty.
static SmallVector<int> getDataFields(const TensorProto &tensor,
                                      const std::optional<LeftOutData> &left) {
  SmallVector<int> fields;
  if (left)
    fields.push_back(left->field);
  // An empty raw_data is how some writers say "no elements".
  if (!tensor.raw_data().empty())
    fields.push_back(TensorProto::kRawDataFieldNumber);
  if (tensor.float_data_size())
    fields.push_back(TensorProto::kFloatDataFieldNumber);
  if (tensor.int32_data_size())
    fields.push_back(TensorProto::kInt32DataFieldNumber);
  if (tensor.int64_data_size())
    fields.push_back(TensorProto::kInt64DataFieldNumber);
  if (tensor.double_data_size())
    fields.push_back(TensorProto::kDoubleDataFieldNumber);
  if (tensor.uint64_data_size())
    fields.push_back(TensorProto::kUint64DataFieldNumber);
  if (tensor.string_data_size())
    fields.push_back(TensorProto::kStringDataFieldNumber);
  return fields;
}

/// The list that holds elements of a type when raw_data does not.
static int getListField(int dataType) {
  switch (dataType) {
  case TensorProto::FLOAT:
    return TensorProto::kFloatDataFieldNumber;
  case TensorProto::DOUBLE:
    return TensorProto::kDoubleDataFieldNumber;
  case TensorProto::INT64:
    return TensorProto::kInt64DataFieldNumber;
  default:
    return TensorProto::kInt32DataFieldNumber;
  }
}

template <typename T, typename List>
static void appendElements(const List &list, SmallVectorImpl<char> &bytes) {
  for (auto element : list) {
    T value = static_cast<T>(element);
    const char *begin = reinterpret_cast<const char *>(&value);
    bytes.append(begin, begin + sizeof(T));
  }
}

/// int32_data holds every narrow type: integers by value, the bits of
/// half-precision numbers as unsigned 16-bit values.
static std::string decodeInt32Data(const TensorProto &tensor,
                                   SmallVectorImpl<char> &bytes) {
  int64_t low = std::numeric_limits<int32_t>::min();
  int64_t high = std::numeric_limits<int32_t>::max();
  switch (tensor.data_type()) {
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    low = 0, high = std::numeric_limits<uint16_t>::max();
    break;
  case TensorProto::INT16:
    low = std::numeric_limits<int16_t>::min();
    high = std::numeric_limits<int16_t>::max();
    break;
  case TensorProto::INT8:
    low = std::numeric_limits<int8_t>::min();
    high = std::numeric_limits<int8_t>::max();
    break;
  case TensorProto::BOOL:
    low = 0, high = 1;
    break;
  }
  for (auto [index, value] : llvm::enumerate(tensor.int32_data()))
    if (value < low || value > high)
      return ("element " + llvm::Twine(index) + " of int32_data (" +
              llvm::Twine(value) + ") does not fit element type " +
              describeElementType(tensor.data_type()))
          .str();
  switch (getElementSize(tensor.data_type())) {
  case 4:
    appendElements<int32_t>(tensor.int32_data(), bytes);
    break;
  case 2:
    appendElements<uint16_t>(tensor.int32_data(), bytes);
    break;
  default:
    appendElements<uint8_t>(tensor.int32_data(), bytes);
    break;
  }
  return "";
}

static std::string decodeList(const TensorProto &tensor,
                              SmallVectorImpl<char> &bytes) {
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    appendElements<float>(tensor.float_data(), bytes);
    return "";
  case TensorProto::DOUBLE:
    appendElements<double>(tensor.double_data(), bytes);
    return "";
  case TensorProto::INT64:
    appendElements<int64_t>(tensor.int64_data(), bytes);
    return "";
  default:
    return decodeInt32Data(tensor, bytes);
  }
}

static std::string describeType(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

std::string TensorReader::readInline(const TensorProto &tensor,
                                     TensorData &data) {
  std::optional<LeftOutData> left = file.getLeftOutData(tensor);
  SmallVector<int> fields = getDataFields(tensor, left);
  if (fields.size() > 1)
    return ("holds its data twice, in " + getFieldName(fields[0]) + " and in " +
            getFieldName(fields[1]))
        .str();
  int field =
      fields.empty() ? TensorProto::kRawDataFieldNumber : fields.front();
  bool isRaw = field == TensorProto::kRawDataFieldNumber;
  if (!isRaw && field != getListField(tensor.data_type()))
    return ("holds " + getFieldName(field) +
            ", which does not fit element type " +
            describeElementType(tensor.data_type()))
        .str();

  if (left) {
    data.place = left->range;
    data.bytes = ArrayRef<char>(file.getBytes().data(), file.getBytes().size())
                     .slice(left->range.offset, left->range.length);
  } else if (isRaw) {
    data.bytes = {tensor.raw_data().data(), tensor.raw_data().size()};
  } else if (std::string error = decodeList(tensor, data.decoded);
             !error.empty()) {
    return error;
  }
  int64_t held = data.getBytes().size();
  if (held != data.numBytes)
    return ("holds " + llvm::Twine(held) + " bytes in " + getFieldName(field) +
            ", but its type " + describeType(data.type) + " has " +
            llvm::Twine(data.numBytes))
        .str();
  if (!data.place && data.numBytes > maxIndexBytes)
    return ("holds " + llvm::Twine(held) + " bytes in " + getFieldName(field) +
            " in a form that cannot be mapped (at most " +
            llvm::Twine(maxIndexBytes) +
            " bytes); save the tensor as raw_data or as external data")
        .str();
  return "";
}

//===----------------------------------------------------------------------===//
// Data in another file
//===----------------------------------------------------------------------===//

std::string TensorReader::readExternal(const TensorProto &tensor,
                                       TensorData &data) {
  if (!getDataFields(tensor, file.getLeftOutData(tensor)).empty())
    return "holds data itself and external data too";
  std::string error;
  std::optional<ExternalDataInfo> info = readExternalDataInfo(tensor, error);
  if (!info)
    return error;
  if (info->length && *info->length != data.numBytes)
    return ("has external data of length " + llvm::Twine(*info->length) +
            ", but its type " + describeType(data.type) + " has " +
            llvm::Twine(data.numBytes) + " bytes")
        .str();
  std::optional<StringRef> bytes =
      externalFiles.getBytes(info->location, error);
  if (!bytes)
    return error;
  // offset <= size first, so that the difference cannot wrap.
  int64_t size = bytes->size();
  if (info->offset > size || data.numBytes > size - info->offset)
    return ("needs " + llvm::Twine(data.numBytes) + " bytes at offset " +
            llvm::Twine(info->offset) + " of external data file '" +
            info->location + "', which has " + llvm::Twine(size))
        .str();
  if (!info->checksum.empty())
    if (error = externalFiles.verifyChecksum(info->location, info->checksum);
        !error.empty())
      return error;
  data.place = ByteRange{info->offset, data.numBytes};
  data.externalFile = info->location;
  data.bytes = ArrayRef<char>(bytes->data(), bytes->size())
                   .slice(info->offset, data.numBytes);
  return "";
}

//===----------------------------------------------------------------------===//
// Any tensor
//===----------------------------------------------------------------------===//

std::string TensorReader::readTensor(const TensorProto &tensor,
                                     TensorData &data) {
  Type elementType = getElementType(report.getContext(), tensor.data_type());
  if (!elementType)
    return ("has element type " + describeElementType(tensor.data_type()) +
            "; " + listElementTypes() + " are read")
        .str();
  if (tensor.dims_size() > maxRank)
    return ("has rank " + llvm::Twine(tensor.dims_size()) + "; ranks up to " +
            llvm::Twine(maxRank) + " are read")
        .str();
  for (auto [index, dim] : llvm::enumerate(tensor.dims()))
    if (dim < 0)
      return ("has a negative dimension (" + llvm::Twine(dim) +
              ") at position " + llvm::Twine(index))
          .str();
  SmallVector<int64_t> dims(tensor.dims().begin(), tensor.dims().end());
  std::optional<int64_t> numBytes =
      getNumBytes(dims, getElementSize(tensor.data_type()));
  data.type = RankedTensorType::get(dims, elementType);
  if (!numBytes)
    return "has type " + describeType(data.type) +
           ", more than any memory holds";
  data.numBytes = *numBytes;
  if (tensor.has_segment())
    return "is one segment of a larger tensor, which is not supported";

  std::string error = tensor.data_location() == TensorProto::EXTERNAL
                          ? readExternal(tensor, data)
                          : readInline(tensor, data);
  if (!error.empty())
    return error;
  // Loads of i1 rely on it.
  if (elementType.isInteger(1))
    for (auto [index, byte] : llvm::enumerate(data.getBytes()))
      if (byte != 0 && byte != 1)
        return ("element " + llvm::Twine(index) + " is bool, but its byte is " +
                llvm::Twine(static_cast<int>(static_cast<uint8_t>(byte))))
            .str();
  return "";
}

const TensorData *TensorReader::read(const TensorProto &tensor, Location loc,
                                     const llvm::Twine &what) {
  auto [found, inserted] = tensors.try_emplace(&tensor);
  if (!inserted)
    return found->second.get();
  auto data = std::make_unique<TensorData>();
  std::string error = readTensor(tensor, *data);
  if (!error.empty()) {
    report.error(loc, what + " " + error);
    return nullptr;
  }
  // readTensor does not reach back here: the iterator is still valid.
  found->second = std::move(data);
  return found->second.get();
}
