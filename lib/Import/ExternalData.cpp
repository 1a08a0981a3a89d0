//===- ExternalData.cpp - tensors in files beside the model -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Other readers had their worst bugs here (paths that leave the folder, offsets
// read as octal or negative, keys that set fields of the reader), so nothing is
// accepted that the format does not describe.
//
//===----------------------------------------------------------------------===//

#include "ExternalData.h"

#include "dilated-mlir/Support/FolderFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/SHA1.h"

using namespace mlir::dilated;
using llvm::StringRef;

/// Decimal digits only, no sign, no spaces, fits int64.
static std::optional<int64_t> parseDecimal(StringRef text) {
  int64_t value;
  if (text.empty() || !llvm::all_of(text, llvm::isDigit) ||
      text.getAsInteger(10, value))
    return std::nullopt;
  return value;
}

std::optional<ExternalDataInfo>
mlir::dilated::readExternalDataInfo(const onnxpb::TensorProto &tensor,
                                    std::string &error) {
  ExternalDataInfo info;
  llvm::StringSet<> seen;
  for (const auto &entry : tensor.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    if (!seen.insert(key).second) {
      error = ("external data has key '" + key + "' twice").str();
      return std::nullopt;
    }
    if (key == "location") {
      info.location = value.str();
      std::string problem = checkPathInFolder(value);
      if (!problem.empty()) {
        error = ("external data location '" + value + "' " + problem +
                 "; it must be a path inside the model's folder")
                    .str();
        return std::nullopt;
      }
    } else if (key == "offset" || key == "length") {
      std::optional<int64_t> number = parseDecimal(value);
      if (!number) {
        error = ("external data " + key + " '" + value +
                 "' is not a decimal number below 2^63")
                    .str();
        return std::nullopt;
      }
      if (key == "offset")
        info.offset = *number;
      else
        info.length = *number;
    } else if (key == "checksum") {
      if (value.size() != 40 || !llvm::all_of(value, llvm::isHexDigit)) {
        error = ("external data checksum '" + value +
                 "' is not a SHA-1 of 40 hexadecimal digits")
                    .str();
        return std::nullopt;
      }
      info.checksum = value.lower();
    } else {
      error = ("external data has unknown key '" + key +
               "'; location, offset, length and checksum are read")
                  .str();
      return std::nullopt;
    }
  }
  if (!seen.contains("location")) {
    error = "external data has no location";
    return std::nullopt;
  }
  return info;
}

std::optional<StringRef> ExternalFiles::getBytes(StringRef location,
                                                 std::string &error) {
  auto [found, inserted] = files.try_emplace(location);
  File &file = found->second;
  if (inserted)
    file.buffer = mapFileInFolder(folder, location, file.error);
  if (file.buffer)
    return file.buffer->getBuffer();
  error = ("external data file '" + location + "': " + file.error).str();
  return std::nullopt;
}

std::string ExternalFiles::verifyChecksum(StringRef location,
                                          StringRef expected) {
  File &file = files[location];
  if (file.checksum.empty())
    file.checksum = llvm::toHex(
        llvm::SHA1::hash(llvm::arrayRefFromStringRef(file.buffer->getBuffer())),
        /*LowerCase=*/true);
  if (file.checksum == expected)
    return "";
  return ("external data file '" + location + "' has SHA-1 " + file.checksum +
          ", but its checksum says " + expected)
      .str();
}
