//===- WeightFile.cpp - maps the weights of a module ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The importer checked every place already, but a module may also come from
// text that somebody wrote, and a file may have changed since: compiled code
// reads as many bytes as the type has, so everything is checked again here.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Support/WeightFile.h"

#include "dilated-mlir/Support/FolderFile.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"

#include <cstring>

using namespace mlir;
using namespace mlir::dilated;

// A cache line, and enough for any vector load.
static constexpr size_t copyAlignment = 64;

namespace {
/// The attribute `dilated.weight`.
struct WeightPlace {
  StringRef file;
  int64_t offset = 0, length = 0;
  bool isExternal = false;
};
} // namespace

static FailureOr<WeightPlace> readPlace(ml_program::GlobalOp global) {
  auto place = global->getAttrOfType<DictionaryAttr>("dilated.weight");
  if (!place)
    return global.emitError("expects 'dilated.weight' to be a dictionary");
  auto file = place.getAs<StringAttr>("file");
  auto offset = place.getAs<IntegerAttr>("offset");
  auto length = place.getAs<IntegerAttr>("length");
  if (!file || !offset || !length || !offset.getType().isSignlessInteger(64) ||
      !length.getType().isSignlessInteger(64))
    return global.emitError("expects 'dilated.weight' to have 'file' (a string)"
                            ", 'offset' and 'length' (i64)");
  return WeightPlace{file.getValue(), offset.getInt(), length.getInt(),
                     place.contains("external")};
}

/// Bytes per element, bool as one byte.
static int64_t getElementSize(RankedTensorType type) {
  return llvm::divideCeil(type.getElementTypeBitWidth(), uint64_t(8));
}

/// Bytes of a static tensor of integers or floats.
static FailureOr<int64_t> getNumBytes(ml_program::GlobalOp global) {
  auto type = dyn_cast<RankedTensorType>(global.getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return global.emitError(
               "expects a weight to be a static tensor of numbers, "
               "not ")
           << global.getType();
  int64_t bytes = getElementSize(type);
  for (int64_t dim : type.getShape())
    if (llvm::MulOverflow(bytes, dim, bytes))
      return global.emitError(
                 "has a type of more bytes than any memory holds: ")
             << type;
  return bytes;
}

static std::unique_ptr<llvm::MemoryBuffer>
mapWeightFile(const WeightPlace &place, StringRef modelDir,
              StringRef externalDir, std::string &error) {
  if (place.isExternal)
    return mapFileInFolder(externalDir, place.file, error);
  // The model itself: the user named it, so it may be a link, but it must be a
  // name and not a path.
  error = checkPathInFolder(place.file);
  if (error.empty() && place.file.contains('/'))
    error = "is a path, but inline weights lie in the model itself";
  if (!error.empty())
    return nullptr;
  SmallString<128> path(modelDir);
  llvm::sys::path::append(path, place.file);
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    error = buffer.getError().message();
    return nullptr;
  }
  return std::move(*buffer);
}

/// The bytes of a weight in its file, checked against file and type.
static FailureOr<ArrayRef<char>> sliceFile(ml_program::GlobalOp global,
                                           const WeightPlace &place,
                                           StringRef file) {
  FailureOr<int64_t> bytes = getNumBytes(global);
  if (failed(bytes))
    return failure();
  if (place.length != *bytes)
    return global.emitError("expects the length of the weight (")
           << place.length << ") to be that of its type " << global.getType()
           << " (" << *bytes << ")";
  // offset <= size first, so that the difference cannot wrap.
  int64_t size = file.size();
  if (place.offset < 0 || place.offset > size || *bytes > size - place.offset)
    return global.emitError("needs ")
           << *bytes << " bytes at offset " << place.offset << " of '"
           << place.file << "', which has " << size;
  StringRef text = file.substr(place.offset, *bytes);
  ArrayRef<char> slice(text.begin(), text.end());
  // Compiled code relies on it: any other byte is undefined as an i1.
  auto isBool = [](char byte) { return byte == 0 || byte == 1; };
  if (cast<RankedTensorType>(global.getType()).getElementType().isInteger(1) &&
      !llvm::all_of(slice, isBool))
    return global.emitError("is a tensor of bool with a byte that is neither 0 "
                            "nor 1");
  return slice;
}

FailureOr<WeightTable> WeightTable::load(ModuleOp module, StringRef modelDir) {
  WeightTable table;
  StringRef externalDir = modelDir;
  if (auto dir = module->getAttrOfType<StringAttr>("dilated.external_data_dir"))
    externalDir = dir.getValue();
  // Inline and external files with one name are two files.
  llvm::StringMap<StringRef> mapped[2];

  for (auto global : module.getOps<ml_program::GlobalOp>()) {
    if (!global->hasAttr("dilated.weight"))
      continue;
    FailureOr<WeightPlace> place = readPlace(global);
    if (failed(place))
      return failure();
    auto [file, isNew] = mapped[place->isExternal].try_emplace(place->file);
    if (isNew) {
      std::string error;
      auto buffer = mapWeightFile(*place, modelDir, externalDir, error);
      if (!buffer)
        return global.emitError("cannot map weight file '")
               << place->file << "': " << error;
      file->second = buffer->getBuffer();
      table.files.push_back(std::move(buffer));
    }
    FailureOr<ArrayRef<char>> bytes = sliceFile(global, *place, file->second);
    if (failed(bytes))
      return failure();

    table.slices.push_back(*bytes);
    table.alignments.push_back(
        getElementSize(cast<RankedTensorType>(global.getType())));
  }
  return table;
}

llvm::Expected<ArrayRef<const void *>> WeightTable::getPointers() {
  while (addresses.size() < slices.size()) {
    ArrayRef<char> bytes = slices[addresses.size()];
    size_t alignment = alignments[addresses.size()];
    if (reinterpret_cast<uintptr_t>(bytes.data()) % alignment == 0) {
      addresses.push_back(bytes.data());
      continue;
    }
    // aligned_alloc wants a multiple of the alignment.
    void *copy = std::aligned_alloc(copyAlignment,
                                    llvm::alignTo(bytes.size(), copyAlignment));
    if (!copy)
      return llvm::createStringError("no memory for a weight of %zu bytes",
                                     bytes.size());
    copies.emplace_back(copy);
    std::memcpy(copy, bytes.data(), bytes.size());
    addresses.push_back(copy);
  }
  return ArrayRef<const void *>(addresses);
}
