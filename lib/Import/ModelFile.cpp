//===- ModelFile.cpp - an ONNX file, mapped and parsed ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Refuses what is not a file of one ONNX model, each with its reason. Nothing
// is allocated from a size that the file declares: lengths are compared with
// the bytes that are there first.
//
//===----------------------------------------------------------------------===//

#include "ModelFile.h"

#include "Report.h"
#include "llvm/Support/FileSystem.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <limits>

using namespace mlir;
using namespace mlir::dilated;
using google::protobuf::io::CodedInputStream;

/// Three messages per subgraph (node, attribute, graph): 33 levels of those.
static constexpr int maxMessageDepth = 100;

std::unique_ptr<ModelFile> ModelFile::open(StringRef path, Report &report) {
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status)) {
    report.error("cannot open the model: " + code.message());
    return nullptr;
  }
  if (status.type() == llvm::sys::fs::file_type::directory_file) {
    report.error("cannot read the model: it is a directory");
    return nullptr;
  }
  if (status.type() != llvm::sys::fs::file_type::regular_file) {
    report.error("cannot read the model: it is not a regular file");
    return nullptr;
  }
  if (status.getSize() == 0) {
    report.error("cannot read the model: the file is empty");
    return nullptr;
  }
  if (status.getSize() > std::numeric_limits<int32_t>::max()) {
    report.error("cannot read the model: it has " +
                 llvm::Twine(status.getSize()) +
                 " bytes, but one protobuf message holds at most 2 GiB; save "
                 "the weights as external data (onnx.save_model with "
                 "save_as_external_data=True)");
    return nullptr;
  }

  auto file = std::make_unique<ModelFile>();
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    report.error("cannot read the model: " + buffer.getError().message());
    return nullptr;
  }
  file->buffer = std::move(*buffer);

  CompactModel compact;
  std::string error;
  StringRef bytes = file->buffer->getBuffer();
  if (failed(compactModel({bytes.data(), bytes.size()}, compact, error))) {
    report.error("not an ONNX model, damaged or truncated: " + error);
    return nullptr;
  }

  // protobuf would write to stderr what we say better ourselves.
  google::protobuf::LogSilencer silencer;
  CodedInputStream in(reinterpret_cast<const uint8_t *>(compact.bytes.data()),
                      static_cast<int>(compact.bytes.size()));
  in.SetRecursionLimit(maxMessageDepth);
  if (!file->model.MergePartialFromCodedStream(&in) ||
      !in.ConsumedEntireMessage()) {
    report.error("not an ONNX model, damaged or truncated: a nested message "
                 "breaks off or is nested more than " +
                 llvm::Twine(maxMessageDepth) + " messages deep");
    return nullptr;
  }
  if (!file->model.has_graph()) {
    report.error("not an ONNX model: it holds no graph");
    return nullptr;
  }
  file->resolveLeftOutData(compact.leftOut);
  return file;
}

void ModelFile::resolveLeftOutData(
    const std::map<TensorKey, LeftOutData> &leftOut) {
  for (auto [key, data] : leftOut) {
    const onnxpb::TensorProto *tensor;
    if (key.node < 0)
      tensor = &model.graph().initializer(key.attribute);
    else if (key.function < 0)
      tensor = &model.graph().node(key.node).attribute(key.attribute).t();
    else
      tensor = &model.functions(key.function)
                    .node(key.node)
                    .attribute(key.attribute)
                    .t();
    leftOutData[tensor] = data;
  }
}

std::optional<LeftOutData>
ModelFile::getLeftOutData(const onnxpb::TensorProto &tensor) const {
  auto found = leftOutData.find(&tensor);
  if (found == leftOutData.end())
    return std::nullopt;
  return found->second;
}
