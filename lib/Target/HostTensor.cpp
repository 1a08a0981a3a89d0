//===- HostTensor.cpp - tensors in this process' memory ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/HostTensor.h"
#include "MemrefDescriptor.h"
#include "dilated-mlir/Runtime/Compare.h"

#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <unistd.h>

using namespace mlir;
using namespace mlir::dilated;
namespace runtime = ::dilated::runtime;

llvm::Error mlir::dilated::makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

static constexpr dilated_rt_type elementTypes[] = {
    DILATED_RT_F32,  DILATED_RT_F64, DILATED_RT_F16,
    DILATED_RT_BF16, DILATED_RT_I64, DILATED_RT_I32,
    DILATED_RT_I16,  DILATED_RT_I8,  DILATED_RT_BOOL};

std::optional<dilated_rt_type> mlir::dilated::parseElementType(StringRef name) {
  if (name == "i1")
    return DILATED_RT_BOOL;
  for (dilated_rt_type type : elementTypes)
    if (name == runtime::elementName(type))
      return type;
  return std::nullopt;
}

bool mlir::dilated::isFloat(dilated_rt_type type) {
  return type == DILATED_RT_F16 || type == DILATED_RT_BF16 ||
         type == DILATED_RT_F32 || type == DILATED_RT_F64;
}

std::string mlir::dilated::formatType(ArrayRef<int64_t> shape,
                                      dilated_rt_type type) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (int64_t size : shape)
    if (size < 0)
      stream << "?x";
    else
      stream << size << 'x';
  stream << runtime::elementName(type);
  return text;
}

std::string mlir::dilated::formatIndex(int64_t linear,
                                       ArrayRef<int64_t> shape) {
  TensorShape index(shape.size(), 0);
  for (size_t d = shape.size(); d-- > 0 && linear > 0;) {
    index[d] = linear % shape[d];
    linear /= shape[d];
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[';
  llvm::interleaveComma(index, stream);
  stream << ']';
  return text;
}

std::optional<int64_t> mlir::dilated::checkedByteSize(ArrayRef<int64_t> shape,
                                                      dilated_rt_type type) {
  int64_t bytes = runtime::elementBytes(type);
  bool empty = false;
  for (int64_t size : shape) {
    if (size < 0)
      return std::nullopt;
    empty |= size == 0;
  }
  if (empty)
    return 0;
  for (int64_t size : shape)
    if (llvm::MulOverflow(bytes, size, bytes))
      return std::nullopt;
  return bytes;
}

/// The machine's memory, 0 when it is not known. Linux promises more than it
/// has, and ends the process later: an absurd size is to be an error here.
static int64_t physicalMemory() {
  long pages = sysconf(_SC_PHYS_PAGES), pageSize = sysconf(_SC_PAGE_SIZE);
  return pages > 0 && pageSize > 0 ? int64_t(pages) * pageSize : 0;
}

llvm::Expected<HostTensor> HostTensor::allocate(dilated_rt_type type,
                                                ArrayRef<int64_t> shape) {
  std::optional<int64_t> bytes = checkedByteSize(shape, type);
  if (!bytes)
    return makeError("tensor " + formatType(shape, type) +
                     " has no representable size");
  int64_t memory = physicalMemory();
  if (memory > 0 && *bytes > memory)
    return makeError("tensor " + formatType(shape, type) + " takes " +
                     Twine(*bytes) + " bytes, this machine has " +
                     Twine(memory));
  constexpr size_t alignment = 64;
  void *data = std::aligned_alloc(
      alignment, llvm::alignTo(std::max<int64_t>(*bytes, 1), alignment));
  if (!data)
    return makeError("cannot allocate " + Twine(*bytes) +
                     " bytes for a tensor " + formatType(shape, type));
  return adopt(type, shape, data);
}

HostTensor HostTensor::adopt(dilated_rt_type type, ArrayRef<int64_t> shape,
                             void *data) {
  HostTensor tensor;
  tensor.type = type;
  tensor.shape.assign(shape.begin(), shape.end());
  tensor.memory.reset(data);
  return tensor;
}

int64_t HostTensor::getNumElements() const {
  return getByteSize() / runtime::elementBytes(type);
}

int64_t HostTensor::getByteSize() const {
  return checkedByteSize(shape, type).value_or(0);
}

TensorView HostTensor::view() const {
  TensorView view;
  view.type = type;
  view.shape = shape;
  view.strides = rowMajorStrides(shape);
  view.data = memory.get();
  return view;
}

TensorShape mlir::dilated::rowMajorStrides(ArrayRef<int64_t> shape) {
  TensorShape strides(shape.size(), 1);
  for (size_t d = shape.size(); d-- > 1;)
    strides[d - 1] = strides[d] * std::max<int64_t>(shape[d], 1);
  return strides;
}

SmallVector<int64_t> mlir::dilated::buildDescriptor(const TensorView &view) {
  auto pointer = reinterpret_cast<int64_t>(view.data);
  SmallVector<int64_t> fields = {pointer, pointer, /*offset=*/0};
  fields.append(view.shape.begin(), view.shape.end());
  fields.append(view.strides.begin(), view.strides.end());
  return fields;
}

llvm::Expected<HostTensor> mlir::dilated::copyOf(const TensorView &view) {
  if (view.shape.size() > kMaxTensorRank)
    return makeError("a tensor of rank " + Twine(view.shape.size()) +
                     " is not supported; at most " + Twine(kMaxTensorRank));
  llvm::Expected<HostTensor> copy = HostTensor::allocate(view.type, view.shape);
  if (!copy)
    return copy;
  SmallVector<int64_t> from = buildDescriptor(view);
  SmallVector<int64_t> to = buildDescriptor(copy->view());
  int64_t rank = static_cast<int64_t>(view.shape.size());
  dilated_rt_unranked_memref source = {rank, from.data()};
  dilated_rt_unranked_memref target = {rank, to.data()};
  memrefCopy(runtime::elementBytes(view.type), &source, &target);
  return copy;
}
