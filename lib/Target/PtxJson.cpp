//===- PtxJson.cpp - structs from and to JSON -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxJson.h"

#include <cmath>

using namespace mlir;
using namespace mlir::dilated;
namespace json = llvm::json;

void Mapper::map(StringRef name, std::string &value) {
  if (direction == Write) {
    fields[name] = json::fixUTF8(value);
    return;
  }
  if (std::optional<StringRef> read = fields.getString(name))
    value = read->str();
  else
    fail("'" + name + "' is no string");
}

void Mapper::map(StringRef name, int64_t &value, int64_t least, int64_t most) {
  if (direction == Write) {
    fields[name] = value;
    return;
  }
  std::optional<int64_t> read = fields.getInteger(name);
  if (!read)
    return fail("'" + name + "' is no integer");
  if (*read < least || *read > most)
    return fail("'" + name + "' is " + Twine(*read) + ", expected " +
                Twine(least) + " to " + Twine(most));
  value = *read;
}

void Mapper::map(StringRef name, bool &value) {
  if (direction == Write) {
    fields[name] = value;
    return;
  }
  if (std::optional<bool> read = fields.getBoolean(name))
    value = *read;
  else
    fail("'" + name + "' is neither true nor false");
}

void Mapper::map(StringRef name, double &value) {
  if (direction == Write) {
    fields[name] = value;
    return;
  }
  std::optional<double> read = fields.getNumber(name);
  if (!read || !std::isfinite(*read))
    return fail("'" + name + "' is no number");
  value = *read;
}

void Mapper::numbers(StringRef name, std::vector<int64_t> &values) {
  json::Array *array = enterList(name);
  if (!array)
    return;
  if (direction == Write) {
    for (int64_t value : values)
      array->push_back(value);
    return;
  }
  values.clear();
  for (const json::Value &element : *array) {
    std::optional<int64_t> value = element.getAsInteger();
    if (!value)
      return fail("'" + name + "[" + Twine(values.size()) + "]' is no integer");
    values.push_back(*value);
  }
}

json::Object *Mapper::enter(StringRef name) {
  if (direction == Write)
    fields[name] = json::Object();
  json::Object *inner = fields.getObject(name);
  if (!inner)
    fail("'" + name + "' is no object");
  return inner;
}

json::Array *Mapper::enterList(StringRef name) {
  if (direction == Write)
    fields[name] = json::Array();
  json::Array *inner = fields.getArray(name);
  if (!inner)
    fail("'" + name + "' is no list");
  return inner;
}

bool mlir::dilated::isTooDeep(StringRef text) {
  constexpr int limit = 32;
  int depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      i += c == '\\';
      inString = c != '"';
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limit)
        return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}
