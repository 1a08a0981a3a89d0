//===- TensorCheck.cpp - do tensors fit the model? --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorCheck.h"

#include "Run.h"
#include "dilated-mlir/Runtime/Compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

using namespace dilated::runtime;

dilated_status dilated::runtime::setError(dilated_error *error,
                                          dilated_status status,
                                          const char *format, ...) {
  if (!error)
    return status;
  error->status = status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof(error->message), format, arguments);
  va_end(arguments);
  return status;
}

Description dilated::runtime::describe(const dilated_tensor_info &info) {
  Description result;
  size_t capacity = sizeof(result.text), length = 0;
  auto append = [&](const char *text) {
    int written = snprintf(result.text + length, capacity - length, "%s", text);
    length += static_cast<size_t>(written);
    if (length >= capacity)
      length = capacity - 1;
  };
  result.text[0] = '\0';
  append("[");
  for (int32_t i = 0; i < info.rank; ++i) {
    char number[24];
    snprintf(number, sizeof(number), "%" PRId64, info.sizes[i]);
    const char *symbol = info.symbols[i][0] ? info.symbols[i] : "?";
    append(i ? ", " : "");
    append(info.sizes[i] >= 0 ? number : symbol);
  }
  append("] ");
  append(elementName(info.type));
  return result;
}

bool dilated::runtime::getExtent(const dilated_tensor &tensor, Extent &extent) {
  int64_t bytes = elementBytes(tensor.type);
  int64_t low = 0, high = bytes, rowMajor = bytes;
  bool isEmpty = false;
  for (int32_t i = tensor.rank - 1; i >= 0; --i) {
    int64_t size = tensor.sizes[i];
    if (size == 0) {
      isEmpty = true;
      continue;
    }
    int64_t stride = rowMajor, reach;
    if (tensor.strides && overflowsMultiply(tensor.strides[i], bytes, stride))
      return false;
    if (overflowsMultiply(stride, size - 1, reach) ||
        overflowsAdd(reach < 0 ? low : high, reach, reach < 0 ? low : high) ||
        overflowsMultiply(rowMajor, size, rowMajor))
      return false;
  }
  extent = isEmpty ? Extent{0, 0} : Extent{low, high};
  return true;
}

bool dilated::runtime::isRowMajor(const dilated_tensor &tensor) {
  if (!tensor.strides)
    return true;
  int64_t stride = 1;
  for (int32_t i = tensor.rank - 1; i >= 0; --i) {
    if (tensor.sizes[i] == 0)
      return true;
    if (tensor.sizes[i] != 1 && tensor.strides[i] != stride)
      return false;
    stride *= tensor.sizes[i];
  }
  return true;
}

static bool isAligned(const dilated_tensor &tensor) {
  auto address = reinterpret_cast<uintptr_t>(tensor.data);
  return address % static_cast<uintptr_t>(elementBytes(tensor.type)) == 0;
}

/// Everything about one input that other inputs don't matter for.
static dilated_status verifyInput(const dilated_tensor_info &info,
                                  const dilated_tensor &input, bool needsData,
                                  dilated_error *error) {
  if (input.type != info.type)
    return setError(error, DILATED_WRONG_TENSOR,
                    "input '%s' has element type %s; %s is expected", info.name,
                    elementName(input.type), describe(info).text);
  if (input.rank != info.rank)
    return setError(error, DILATED_WRONG_TENSOR,
                    "input '%s' has rank %" PRId32 "; %s is expected",
                    info.name, input.rank, describe(info).text);
  if (info.rank > 0 && !input.sizes)
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "input '%s' has sizes NULL for rank %" PRId32, info.name,
                    info.rank);
  for (int32_t i = 0; i < info.rank; ++i) {
    bool isStatic = info.sizes[i] >= 0;
    if (input.sizes[i] < 0 || (isStatic && input.sizes[i] != info.sizes[i]))
      return setError(error, DILATED_WRONG_TENSOR,
                      "input '%s' has size %" PRId64 " in dimension %" PRId32
                      "; %s is expected",
                      info.name, input.sizes[i], i, describe(info).text);
  }
  Extent extent;
  if (!getExtent(input, extent))
    return setError(error, DILATED_WRONG_TENSOR,
                    "input '%s' has sizes and strides beyond any memory; %s is "
                    "expected",
                    info.name, describe(info).text);
  if (!needsData)
    return DILATED_OK;
  if (!input.data && extent.low != extent.high)
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "input '%s' has data NULL; %s is expected", info.name,
                    describe(info).text);
  if (!isAligned(input))
    return setError(
        error, DILATED_INVALID_ARGUMENT,
        "input '%s' lies at %p, which is not aligned to the %" PRId64
        " bytes of an element of %s",
        info.name, input.data, elementBytes(info.type), describe(info).text);
  return DILATED_OK;
}

/// The first dimension before (input, axis) that has the same symbol.
static bool findSymbol(const dilated_tensor_info *infos, int32_t input,
                       int32_t axis, int32_t &firstInput, int32_t &firstAxis) {
  const char *symbol = infos[input].symbols[axis];
  if (!symbol[0])
    return false;
  for (firstInput = 0; firstInput <= input; ++firstInput) {
    int32_t end = firstInput == input ? axis : infos[firstInput].rank;
    for (firstAxis = 0; firstAxis < end; ++firstAxis)
      if (strcmp(infos[firstInput].symbols[firstAxis], symbol) == 0)
        return true;
  }
  return false;
}

dilated_status dilated::runtime::verifyInputs(const dilated_tensor_info *infos,
                                              int32_t infoCount,
                                              const dilated_tensor *inputs,
                                              int32_t count, bool needsData,
                                              dilated_error *error) {
  if (count != infoCount)
    return setError(error, DILATED_WRONG_TENSOR,
                    "the model has %" PRId32 " inputs, %" PRId32 " are given",
                    infoCount, count);
  if (count > 0 && !inputs)
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "inputs is NULL, the model has %" PRId32, infoCount);
  for (int32_t i = 0; i < count; ++i) {
    if (dilated_status status =
            verifyInput(infos[i], inputs[i], needsData, error))
      return status;
    for (int32_t axis = 0; axis < infos[i].rank; ++axis) {
      int32_t first, firstAxis;
      if (!findSymbol(infos, i, axis, first, firstAxis))
        continue;
      int64_t size = inputs[i].sizes[axis];
      int64_t expected = inputs[first].sizes[firstAxis];
      const char *symbol = infos[i].symbols[axis];
      if (size != expected)
        return setError(error, DILATED_WRONG_TENSOR,
                        "input '%s' has size %" PRId64 " in dimension %" PRId32
                        " ('%s'), but input '%s' has %" PRId64 " for '%s'",
                        infos[i].name, size, axis, symbol, infos[first].name,
                        expected, symbol);
    }
  }
  return DILATED_OK;
}

dilated_status dilated::runtime::verifyOutputs(const dilated_tensor_info *infos,
                                               int32_t infoCount,
                                               const dilated_tensor *outputs,
                                               int32_t count,
                                               dilated_error *error) {
  if (count != infoCount)
    return setError(error, DILATED_WRONG_TENSOR,
                    "the model has %" PRId32 " outputs, %" PRId32 " are given",
                    infoCount, count);
  if (count > 0 && !outputs)
    return setError(error, DILATED_INVALID_ARGUMENT,
                    "outputs is NULL, the model has %" PRId32, infoCount);
  for (int32_t i = 0; i < count; ++i) {
    const dilated_tensor_info &info = infos[i];
    dilated_tensor output = outputs[i];
    if (output.type != 0 && output.type != info.type)
      return setError(error, DILATED_WRONG_TENSOR,
                      "output '%s' has element type %s; the model gives %s",
                      info.name, elementName(output.type), describe(info).text);
    if (output.rank != info.rank)
      return setError(error, DILATED_WRONG_TENSOR,
                      "output '%s' has rank %" PRId32 "; the model gives %s",
                      info.name, output.rank, describe(info).text);
    if (info.rank > 0 && !output.sizes)
      return setError(error, DILATED_INVALID_ARGUMENT,
                      "output '%s' has sizes NULL for rank %" PRId32, info.name,
                      info.rank);
    if (output.strides)
      return setError(error, DILATED_INVALID_ARGUMENT,
                      "output '%s' has strides; outputs are row-major",
                      info.name);
    output.type = info.type;
    if (output.data && !isAligned(output))
      return setError(error, DILATED_INVALID_ARGUMENT,
                      "output '%s' lies at %p, which is not aligned to the "
                      "%" PRId64 " bytes of an element of %s",
                      info.name, output.data, elementBytes(info.type),
                      describe(info).text);
  }
  return DILATED_OK;
}
