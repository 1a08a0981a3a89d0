//===- TensorDescription.cpp - tensors from the command line ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/Compare.h"
#include "dilated-mlir/Runtime/NarrowFloat.h"
#include "dilated-mlir/Target/HostTensor.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::dilated;
namespace runtime = ::dilated::runtime;

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

template <typename T>
static void storeAs(char *at, T value) {
  std::memcpy(at, &value, sizeof(T));
}

static void storeFloat(dilated_rt_type type, char *at, double value) {
  switch (type) {
  case DILATED_RT_F16:
    return storeAs(at, runtime::f64ToF16(value));
  case DILATED_RT_BF16:
    return storeAs(at, runtime::f64ToBf16(value));
  case DILATED_RT_F32:
    return storeAs(at, static_cast<float>(value));
  default:
    return storeAs(at, value);
  }
}

static void storeInteger(dilated_rt_type type, char *at, int64_t value) {
  switch (type) {
  case DILATED_RT_BOOL:
    return storeAs<uint8_t>(at, value != 0);
  case DILATED_RT_I8:
    return storeAs(at, static_cast<int8_t>(value));
  case DILATED_RT_I16:
    return storeAs(at, static_cast<int16_t>(value));
  case DILATED_RT_I32:
    return storeAs(at, static_cast<int32_t>(value));
  default:
    return storeAs(at, value);
  }
}

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

/// Steele, Lea and Flood's SplitMix64: the i-th value of the stream `seed` is a
/// bijection of seed + (i + 1) * golden ratio.
static uint64_t splitMix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// The sum of four numbers uniform in {0, …, 65535} has mean 2 * 65535 and
/// variance 4 * (2^32 - 1) / 12.
static double toNormal(uint64_t z) {
  int64_t sum = static_cast<int64_t>((z & 0xffff) + ((z >> 16) & 0xffff) +
                                     ((z >> 32) & 0xffff) + (z >> 48));
  constexpr double scale = 2.6428997921303018e-05; // sqrt(3 / (2^32 - 1))
  return static_cast<double>(sum - 131070) * scale;
}

static double toUniform(uint64_t z) {
  return static_cast<double>(z >> 40) * 0x1p-24;
}

namespace {

struct Fill {
  HostTensor &tensor;
  uint64_t seed;
  bool normal;
};

constexpr int64_t kFillChunk = int64_t(1) << 16;

} // namespace

static void fillChunk(void *context, int64_t chunk) {
  const Fill &fill = *static_cast<const Fill *>(context);
  dilated_rt_type type = fill.tensor.getType();
  int64_t bytes = runtime::elementBytes(type);
  int64_t begin = chunk * kFillChunk;
  int64_t end = std::min(begin + kFillChunk, fill.tensor.getNumElements());
  char *at = static_cast<char *>(fill.tensor.data()) + begin * bytes;
  bool floats = isFloat(type);
  for (int64_t i = begin; i < end; ++i, at += bytes) {
    uint64_t z = splitMix64((fill.seed << 32) + static_cast<uint64_t>(i));
    if (floats)
      storeFloat(type, at, fill.normal ? toNormal(z) : toUniform(z));
    else
      storeInteger(
          type, at,
          static_cast<int64_t>(type == DILATED_RT_BOOL ? z & 1 : z & 15));
  }
}

static void runFill(HostTensor &tensor, uint64_t seed, bool normal) {
  Fill fill = {tensor, seed, normal};
  int64_t chunks = (tensor.getNumElements() + kFillChunk - 1) / kFillChunk;
  dilated_rt_parallel_for(fillChunk, &fill, chunks);
}

void mlir::dilated::fillRandom(HostTensor &tensor, uint64_t seed) {
  runFill(tensor, seed, /*normal=*/true);
}

void mlir::dilated::fillUniform(HostTensor &tensor, uint64_t seed) {
  runFill(tensor, seed, /*normal=*/false);
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

/// "2x3xf32" or "f32".
static llvm::Error parseType(StringRef text, TensorShape &shape,
                             dilated_rt_type &type) {
  SmallVector<StringRef> parts;
  text.split(parts, 'x');
  std::optional<dilated_rt_type> element = parseElementType(parts.back());
  if (!element)
    return makeError("'" + text +
                     "' does not end in an element type; known are f32 f64 f16 "
                     "bf16 i64 i32 i16 i8 bool");
  type = *element;
  if (parts.size() - 1 > kMaxTensorRank)
    return makeError("'" + text + "' has more than " + Twine(kMaxTensorRank) +
                     " dimensions");
  for (StringRef part : ArrayRef(parts).drop_back()) {
    int64_t size;
    if (part.getAsInteger(10, size) || size < 0)
      return makeError("'" + part + "' in '" + text + "' is not a dimension");
    shape.push_back(size);
  }
  return llvm::Error::success();
}

static llvm::Error parseElement(StringRef text, dilated_rt_type type,
                                char *at) {
  text = text.trim();
  if (isFloat(type)) {
    llvm::APFloat value(llvm::APFloat::IEEEdouble());
    llvm::Expected<llvm::APFloat::opStatus> status =
        value.convertFromString(text, llvm::APFloat::rmNearestTiesToEven);
    if (!status) {
      llvm::consumeError(status.takeError());
      return makeError("'" + text + "' is not a number");
    }
    storeFloat(type, at, value.convertToDouble());
    return llvm::Error::success();
  }
  int64_t value;
  if (type == DILATED_RT_BOOL && (text == "true" || text == "false"))
    value = text == "true";
  else if (text.getAsInteger(10, value))
    return makeError("'" + text + "' is not an integer");
  int64_t bits = type == DILATED_RT_BOOL ? 1 : 8 * runtime::elementBytes(type);
  bool fits = type == DILATED_RT_BOOL ? llvm::isUInt<1>(value)
                                      : llvm::isIntN(bits, value);
  if (!fits)
    return makeError("'" + text + "' does not fit " +
                     runtime::elementName(type));
  storeInteger(type, at, value);
  return llvm::Error::success();
}

/// One value for all elements, or all of them.
static llvm::Error parseElements(StringRef text, HostTensor &tensor) {
  SmallVector<StringRef> values;
  text.split(values, ',');
  int64_t count = tensor.getNumElements();
  int64_t given = static_cast<int64_t>(values.size());
  if (given != 1 && given != count)
    return makeError(Twine(given) + " values are given, " +
                     formatType(tensor.getShape(), tensor.getType()) + " has " +
                     Twine(count) + " elements");
  int64_t bytes = runtime::elementBytes(tensor.getType());
  char *data = static_cast<char *>(tensor.data());
  char first[8];
  if (given == 1) {
    if (llvm::Error error = parseElement(values[0], tensor.getType(), first))
      return error;
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(data + i * bytes, first, bytes);
    return llvm::Error::success();
  }
  for (int64_t i = 0; i < count; ++i)
    if (llvm::Error error =
            parseElement(values[i], tensor.getType(), data + i * bytes))
      return error;
  return llvm::Error::success();
}

llvm::Expected<HostTensor> mlir::dilated::readTensorFile(StringRef path) {
  if (path.ends_with(".npy"))
    return readNpy(path);
  if (path.ends_with(".pb"))
    return readTensorProto(path);
  return makeError("'" + path + "' is neither a .npy nor a .pb file");
}

llvm::Expected<HostTensor> mlir::dilated::parseTensor(StringRef description) {
  if (description.consume_front("@"))
    return readTensorFile(description);
  auto [typeText, value] = description.split('=');
  if (value.empty())
    return makeError("'" + description +
                     "' is not a tensor; write @x.npy, @x.pb, "
                     "2x3xf32=random:7 or 2x3xf32=0");
  TensorShape shape;
  dilated_rt_type type;
  if (llvm::Error error = parseType(typeText, shape, type))
    return error;
  llvm::Expected<HostTensor> tensor = HostTensor::allocate(type, shape);
  if (!tensor)
    return tensor;

  bool normal = value.consume_front("random:");
  if (normal || value.consume_front("uniform:")) {
    uint64_t seed;
    if (value.getAsInteger(10, seed))
      return makeError("'" + value + "' is not a seed");
    runFill(*tensor, seed, normal);
    return tensor;
  }
  if (llvm::Error error = parseElements(value, *tensor))
    return error;
  return tensor;
}
