//===- Argument.cpp - kernel arguments from the command line ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Argument.h"
#include "dilated-mlir/Target/NpyBits.h"

#include "llvm/ADT/StringExtras.h"

#include <cstring>

using namespace mlir;
using namespace mlir::dilated;

static constexpr KernelType kTypes[] = {
    {"i8", "|i1", DILATED_RT_I8},   {"i16", "<i2", DILATED_RT_I16},
    {"i32", "<i4", DILATED_RT_I32}, {"i64", "<i8", DILATED_RT_I64},
    {"u8", "|u1", DILATED_RT_I8},   {"u16", "<u2", DILATED_RT_I16},
    {"u32", "<u4", DILATED_RT_I32}, {"u64", "<u8", DILATED_RT_I64},
    {"f16", "<f2", DILATED_RT_F16}, {"bf16", "<V2", DILATED_RT_BF16},
    {"f32", "<f4", DILATED_RT_F32}, {"f64", "<f8", DILATED_RT_F64},
};

size_t Argument::getParameterBytes() const {
  return kind == Kind::Buffer ? sizeof(uint64_t)
                              : static_cast<size_t>(tensor.getByteSize());
}

static llvm::Expected<KernelType> parseType(StringRef name) {
  std::string known;
  for (const KernelType &type : kTypes) {
    if (type.name == name)
      return type;
    known += ' ';
    known += type.name;
  }
  return makeError("'" + name + "' is not an element type; known are" + known);
}

/// "1024" or "8x1024x64".
static llvm::Error parseShape(StringRef text, TensorShape &shape) {
  SmallVector<StringRef> parts;
  text.split(parts, 'x');
  if (parts.size() > kMaxTensorRank)
    return makeError("'[" + text + "]' has more than " + Twine(kMaxTensorRank) +
                     " dimensions");
  for (StringRef part : parts) {
    int64_t size;
    if (part.getAsInteger(10, size) || size < 0)
      return makeError("'" + part + "' in '[" + text + "]' is not a dimension");
    shape.push_back(size);
  }
  return llvm::Error::success();
}

/// What NumPy files of this element type may hold. An f16 file has bits of an
/// f16, never of a bf16; bits without a type (V) are anything.
static bool accepts(const KernelType &type, StringRef descr) {
  if (descr.take_back(2) == type.descr.take_back(2))
    return true;
  if (type.name == "bf16")
    return descr == "bfloat16" || descr == "|V2" || descr == "<u2";
  return type.name == "u8" && descr == "|b1";
}

static llvm::Expected<HostTensor>
readFile(const KernelType &type, StringRef path, const TensorShape *shape) {
  llvm::Expected<NpyBits> file = readNpyBits(path);
  if (!file)
    return file.takeError();
  if (!accepts(type, file->descr))
    return makeError("'" + path + "' holds elements of type '" + file->descr +
                     "', " + type.name + " is '" + type.descr + "'");
  TensorShape fileShape(file->bits.getShape());
  int64_t count = file->bits.getNumElements();
  llvm::Expected<HostTensor> tensor =
      HostTensor::allocate(type.storage, shape ? *shape : fileShape);
  if (!tensor)
    return tensor;
  if (tensor->getNumElements() != count)
    return makeError("'" + path + "' holds " + Twine(count) + " elements (" +
                     formatType(fileShape, type.storage) + "), " +
                     Twine(tensor->getNumElements()) + " are declared");
  if (count > 0)
    std::memcpy(tensor->data(), file->bits.data(), file->bits.getByteSize());
  return tensor;
}

/// Unsigned numbers that may not fit the signed type which keeps them.
static llvm::Error parseUnsigned(const KernelType &type, StringRef text,
                                 HostTensor &tensor) {
  SmallVector<StringRef> values;
  text.split(values, ',');
  int64_t count = tensor.getNumElements();
  if (values.size() != 1 && static_cast<int64_t>(values.size()) != count)
    return makeError(Twine(values.size()) + " values are given for " +
                     Twine(count) + " elements");
  int64_t bytes = count > 0 ? tensor.getByteSize() / count : 0;
  auto *data = static_cast<char *>(tensor.data());
  for (int64_t i = 0; i < count; ++i) {
    StringRef digits = values[values.size() == 1 ? 0 : i].trim();
    unsigned radix = digits.consume_front("0x") ? 16 : 10;
    uint64_t value;
    if (digits.getAsInteger(radix, value) ||
        (bytes < 8 && value >> (8 * bytes)))
      return makeError("'" + digits + "' is not a " + type.name);
    std::memcpy(data + i * bytes, &value, bytes); // little endian
  }
  return llvm::Error::success();
}

static llvm::Expected<HostTensor>
parseValue(const KernelType &type, const TensorShape &shape, StringRef value) {
  if (value.consume_front("@"))
    return readFile(type, value, &shape);
  llvm::Expected<HostTensor> tensor = HostTensor::allocate(type.storage, shape);
  if (!tensor)
    return tensor;
  bool normal = value.consume_front("random:");
  if (normal || value.consume_front("uniform:")) {
    uint64_t seed;
    if (value.getAsInteger(10, seed))
      return makeError("'" + value + "' is not a seed");
    (normal ? fillRandom : fillUniform)(*tensor, seed);
    return tensor;
  }
  if (value == "zeros")
    value = "0";
  else if (value == "ones")
    value = "1";
  if (type.name.starts_with("u")) {
    if (llvm::Error error = parseUnsigned(type, value, *tensor))
      return error;
    return tensor;
  }
  std::string description;
  for (int64_t size : shape)
    description += std::to_string(size) + "x";
  return parseTensor(description + type.name.str() + "=" + value.str());
}

static llvm::Expected<Argument> parseParts(StringRef text) {
  Argument argument;
  argument.text = text.str();
  bool byValue = text.consume_front("value:");
  auto [left, value] = text.split('=');
  if (value.empty())
    return makeError("it is neither TYPE[COUNT]=VALUE nor TYPE=NUMBER");
  StringRef name = left.take_until([](char c) { return c == '['; });
  llvm::Expected<KernelType> type = parseType(name);
  if (!type)
    return type.takeError();
  argument.type = *type;
  StringRef brackets = left.drop_front(name.size());
  bool isArray = !brackets.empty();
  if (byValue && !isArray)
    return makeError("a structure by value needs its size in brackets");
  argument.kind = byValue   ? Argument::Kind::Structure
                  : isArray ? Argument::Kind::Buffer
                            : Argument::Kind::Number;
  TensorShape shape;
  bool fromFile = false;
  if (isArray) {
    if (!brackets.consume_front("[") || !brackets.consume_back("]"))
      return makeError("'" + left + "' is not TYPE[COUNT]");
    fromFile = brackets.empty() && value.starts_with("@");
    if (!fromFile)
      if (llvm::Error error = parseShape(brackets, shape))
        return error;
  }
  llvm::Expected<HostTensor> tensor =
      fromFile ? readFile(*type, value.drop_front(), nullptr)
               : parseValue(*type, shape, value);
  if (!tensor)
    return tensor.takeError();
  argument.tensor = std::move(*tensor);
  return argument;
}

llvm::Expected<Argument> mlir::dilated::parseArgument(StringRef text) {
  llvm::Expected<Argument> argument = parseParts(text);
  if (!argument)
    return makeError("--arg " + text + ": " +
                     llvm::toString(argument.takeError()));
  return argument;
}

llvm::Error mlir::dilated::writeArgument(StringRef path,
                                         const Argument &argument) {
  return writeNpyBits(path, argument.type.descr, argument.tensor);
}
