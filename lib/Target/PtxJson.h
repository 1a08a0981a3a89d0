//===- PtxJson.h - structs from and to JSON ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_PTXJSON_H
#define DILATED_MLIR_LIB_TARGET_PTXJSON_H

#include "mlir/Support/LLVM.h"

#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::dilated {

/// Moves fields between a struct and a JSON object, one way or the other. The
/// first thing that is wrong is kept, with the path to it.
class Mapper {
public:
  enum Direction { Read, Write };
  Mapper(llvm::json::Object &fields, Direction direction, std::string path = "")
      : fields(fields), direction(direction), path(std::move(path)) {}

  void map(StringRef name, std::string &value);
  /// Read, it is in [least, most].
  void map(StringRef name, int64_t &value, int64_t least, int64_t most);
  void map(StringRef name, bool &value);
  /// Read, it is finite.
  void map(StringRef name, double &value);

  /// A list of integers.
  void numbers(StringRef name, std::vector<int64_t> &values);

  template <typename T, typename Describe>
  void object(StringRef name, T &value, Describe describe) {
    if (llvm::json::Object *inner = enter(name))
      descend(name, *inner, value, describe);
  }

  /// Nothing where the field is missing.
  template <typename T, typename Describe>
  void optional(StringRef name, std::optional<T> &value, Describe describe) {
    if (direction == Read && !fields.get(name))
      return;
    if (direction == Read)
      value.emplace();
    if (value)
      object(name, *value, describe);
  }

  template <typename List, typename Describe>
  void list(StringRef name, List &values, Describe describe) {
    llvm::json::Array *array = enterList(name);
    if (!array)
      return;
    if (direction == Read)
      values.resize(array->size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (direction == Write)
        array->push_back(llvm::json::Object());
      std::string element = name.str() + "[" + std::to_string(i) + "]";
      llvm::json::Object *inner = (*array)[i].getAsObject();
      if (!inner)
        return fail("'" + element + "' is no object");
      descend(element, *inner, values[i], describe);
    }
  }

  void fail(const Twine &what) {
    if (problem.empty())
      problem =
          (path.empty() ? ""
                        : "in '" + path.substr(0, path.size() - 1) + "': ") +
          what.str();
  }
  const std::string &getProblem() const { return problem; }

private:
  template <typename T, typename Describe>
  void descend(StringRef name, llvm::json::Object &inner, T &value,
               Describe describe) {
    Mapper mapper(inner, direction, path + name.str() + ".");
    describe(mapper, value);
    if (problem.empty())
      problem = mapper.problem;
  }
  /// The field as an object or a list, made when writing; null, with a problem,
  /// where it is missing.
  llvm::json::Object *enter(StringRef name);
  llvm::json::Array *enterList(StringRef name);

  llvm::json::Object &fields;
  Direction direction;
  std::string path, problem;
};

/// Whether a JSON text nests deeper than its reader, which is recursive, should
/// be asked to go.
bool isTooDeep(StringRef text);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_PTXJSON_H
