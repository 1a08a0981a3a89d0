//===- TensorProtoFile.cpp - tensors of ONNX test cases ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX stores a tensor's elements as little-endian bytes (raw_data) or in one
// of several repeated fields, by type. Whatever the file declares is held
// against what it contains before memory is asked for.
//
//===----------------------------------------------------------------------===//

#include "OnnxProto.pb.h"
#include "dilated-mlir/Runtime/Compare.h"
#include "dilated-mlir/Target/HostTensor.h"

#include "llvm/Support/MemoryBuffer.h"

#include <cstring>
#include <limits>

using namespace mlir;
using namespace mlir::dilated;
namespace runtime = ::dilated::runtime;
namespace onnxpb = dilated_mlir::onnxpb;

/// Copies a repeated field whose elements are as wide as the tensor's, or wider
/// integers (int32_data holds the narrow types, f16 and bf16 by their bits).
template <typename To, typename Field>
static void copyField(const Field &field, HostTensor &tensor) {
  auto *to = static_cast<char *>(tensor.data());
  for (auto value : field) {
    auto element = static_cast<To>(value);
    std::memcpy(to, &element, sizeof(To));
    to += sizeof(To);
  }
}

/// The number of elements in the field that holds those of `type`.
static int64_t fieldSize(const onnxpb::TensorProto &proto,
                         dilated_rt_type type) {
  switch (type) {
  case DILATED_RT_F32:
    return proto.float_data_size();
  case DILATED_RT_F64:
    return proto.double_data_size();
  case DILATED_RT_I64:
    return proto.int64_data_size();
  default:
    return proto.int32_data_size();
  }
}

static void copyElements(const onnxpb::TensorProto &proto, HostTensor &tensor) {
  switch (tensor.getType()) {
  case DILATED_RT_F32:
    return copyField<float>(proto.float_data(), tensor);
  case DILATED_RT_F64:
    return copyField<double>(proto.double_data(), tensor);
  case DILATED_RT_I64:
    return copyField<int64_t>(proto.int64_data(), tensor);
  case DILATED_RT_I32:
    return copyField<int32_t>(proto.int32_data(), tensor);
  case DILATED_RT_F16:
  case DILATED_RT_BF16:
  case DILATED_RT_I16:
    return copyField<uint16_t>(proto.int32_data(), tensor);
  case DILATED_RT_I8:
  case DILATED_RT_BOOL:
    return copyField<uint8_t>(proto.int32_data(), tensor);
  }
  llvm_unreachable("an element type outside of the enumeration");
}

llvm::Expected<HostTensor> mlir::dilated::readTensorProto(StringRef path,
                                                          std::string *name) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> file =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                  /*RequiresNullTerminator=*/false);
  if (!file)
    return makeError("cannot read '" + path +
                     "': " + file.getError().message());
  auto fail = [&](const Twine &what) {
    return makeError("'" + path + "' is not a readable TensorProto: " + what);
  };
  StringRef bytes = (*file)->getBuffer();
  onnxpb::TensorProto proto;
  if (bytes.size() > size_t(std::numeric_limits<int>::max()))
    return fail("it is larger than 2 GiB");
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail("it is not such a message");
  // An empty file parses as an empty message.
  if (!proto.has_data_type())
    return fail("it has no element type");
  if (proto.has_segment() ||
      proto.data_location() == onnxpb::TensorProto::EXTERNAL)
    return fail("its data lies outside of the file, which is not supported");

  // dilated_rt_type has ONNX's numbers.
  if (runtime::elementBytes(proto.data_type()) == 0)
    return fail("element type " + Twine(proto.data_type()) +
                " is not supported; supported are float (1), int8 (3), int16 "
                "(5), int32 (6), int64 (7), bool (9), float16 (10), double "
                "(11) and bfloat16 (16)");
  auto type = static_cast<dilated_rt_type>(proto.data_type());
  TensorShape shape(proto.dims().begin(), proto.dims().end());
  if (shape.size() > kMaxTensorRank)
    return fail("it has rank " + Twine(shape.size()));
  std::optional<int64_t> byteSize = checkedByteSize(shape, type);
  if (!byteSize)
    return fail("its shape has no representable size");

  bool raw = proto.has_raw_data();
  int64_t found = raw ? static_cast<int64_t>(proto.raw_data().size())
                      : fieldSize(proto, type) * runtime::elementBytes(type);
  if (found != *byteSize)
    return fail("it holds " + Twine(found) + " bytes of data, but " +
                formatType(shape, type) + " takes " + Twine(*byteSize));
  llvm::Expected<HostTensor> tensor = HostTensor::allocate(type, shape);
  if (!tensor)
    return tensor;
  if (raw)
    std::memcpy(tensor->data(), proto.raw_data().data(), *byteSize);
  else
    copyElements(proto, *tensor);
  if (name)
    *name = proto.name();
  return tensor;
}
