//===- TestData.cpp - data of ONNX test cases -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/TestData.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::dilated;
namespace fs = llvm::sys::fs;

std::vector<std::string> mlir::dilated::listTestDataSets(StringRef folder) {
  std::vector<std::string> sets;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; it != end && !code;
       it.increment(code))
    if (llvm::sys::path::filename(it->path()).starts_with("test_data_set_") &&
        fs::is_directory(it->path()))
      sets.push_back(it->path());
  llvm::sort(sets, [](const std::string &a, const std::string &b) {
    return std::pair(a.size(), a) < std::pair(b.size(), b);
  });
  return sets;
}

llvm::Expected<std::vector<HostTensor>>
mlir::dilated::readTestTensors(StringRef dataSet, StringRef stem) {
  std::vector<HostTensor> tensors;
  while (true) {
    SmallString<128> base(dataSet);
    llvm::sys::path::append(base, stem + "_" + Twine(tensors.size()));
    std::string path = (base + ".pb").str();
    if (!fs::exists(path))
      path = (base + ".npy").str();
    if (!fs::exists(path))
      return tensors;
    llvm::Expected<HostTensor> tensor = readTensorFile(path);
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
  }
}
