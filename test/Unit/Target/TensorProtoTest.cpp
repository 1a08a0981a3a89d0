//===- TensorProtoTest.cpp - tensors of ONNX test cases ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxProto.pb.h"
#include "TestFile.h"
#include "dilated-mlir/Target/HostTensor.h"

#include <cstring>

using namespace mlir::dilated;
using ::dilated_mlir::onnxpb::TensorProto;

static llvm::Expected<HostTensor> readBack(const TensorProto &proto) {
  TestFile file("pb", proto.SerializeAsString());
  return readTensorProto(file.str());
}

template <typename T>
static void expectElements(const TensorProto &proto, dilated_rt_type type,
                           std::vector<T> expected) {
  llvm::Expected<HostTensor> tensor = readBack(proto);
  ASSERT_TRUE(bool(tensor)) << llvm::toString(tensor.takeError());
  EXPECT_EQ(tensor->getType(), type);
  ASSERT_EQ(tensor->getByteSize(),
            static_cast<int64_t>(expected.size() * sizeof(T)));
  if (!expected.empty()) {
    EXPECT_EQ(std::memcmp(tensor->data(), expected.data(),
                          expected.size() * sizeof(T)),
              0);
  }
}

static TensorProto proto(int32_t type, std::vector<int64_t> dims) {
  TensorProto tensor;
  tensor.set_data_type(type);
  for (int64_t dim : dims)
    tensor.add_dims(dim);
  return tensor;
}

TEST(TensorProtoFile, EveryDataField) {
  TensorProto floats = proto(TensorProto::FLOAT, {2});
  floats.add_float_data(1.5);
  floats.add_float_data(-2);
  expectElements<float>(floats, DILATED_RT_F32, {1.5f, -2});
  TensorProto doubles = proto(TensorProto::DOUBLE, {});
  doubles.add_double_data(0.1);
  expectElements<double>(doubles, DILATED_RT_F64, {0.1});
  TensorProto longs = proto(TensorProto::INT64, {1, 2});
  longs.add_int64_data(-1);
  longs.add_int64_data(1ll << 40);
  expectElements<int64_t>(longs, DILATED_RT_I64, {-1, 1ll << 40});
  struct {
    TensorProto::DataType onnx;
    dilated_rt_type type;
    int bytes;
  } narrow[] = {{TensorProto::INT32, DILATED_RT_I32, 4},
                {TensorProto::INT16, DILATED_RT_I16, 2},
                {TensorProto::FLOAT16, DILATED_RT_F16, 2},
                {TensorProto::BFLOAT16, DILATED_RT_BF16, 2},
                {TensorProto::INT8, DILATED_RT_I8, 1},
                {TensorProto::BOOL, DILATED_RT_BOOL, 1}};
  for (auto [onnx, type, bytes] : narrow) {
    TensorProto tensor = proto(onnx, {2});
    tensor.add_int32_data(1);
    tensor.add_int32_data(0x71);
    if (bytes == 4)
      expectElements<uint32_t>(tensor, type, {1, 0x71});
    else if (bytes == 2)
      expectElements<uint16_t>(tensor, type, {1, 0x71});
    else
      expectElements<uint8_t>(tensor, type, {1, 0x71});
  }
}

TEST(TensorProtoFile, RawDataAndName) {
  TensorProto tensor = proto(TensorProto::FLOAT, {1});
  tensor.set_name("x");
  tensor.set_raw_data(std::string("\0\0\x80\x3f", 4));
  expectElements<float>(tensor, DILATED_RT_F32, {1.0f});
  TestFile file("pb", tensor.SerializeAsString());
  std::string name;
  ASSERT_TRUE(bool(readTensorProto(file.str(), &name)));
  EXPECT_EQ(name, "x");
}

TEST(TensorProtoFile, EmptyTensors) {
  expectElements<float>(proto(TensorProto::FLOAT, {0, 3}), DILATED_RT_F32, {});
}

static std::string problem(const std::string &contents) {
  TestFile file("pb", contents);
  llvm::Expected<HostTensor> tensor = readTensorProto(file.str());
  if (tensor)
    return "";
  std::string message = llvm::toString(tensor.takeError());
  return message.substr(message.find("TensorProto: ") + 13);
}

TEST(TensorProtoFile, BrokenFilesAreErrors) {
  EXPECT_EQ(problem(""), "it has no element type");
  EXPECT_EQ(problem("\xff\xff\xff"), "it is not such a message");
  TensorProto tensor = proto(TensorProto::FLOAT, {3});
  EXPECT_EQ(problem(tensor.SerializeAsString()),
            "it holds 0 bytes of data, but 3xf32 takes 12");
  tensor.set_raw_data("12345678");
  EXPECT_EQ(problem(tensor.SerializeAsString()),
            "it holds 8 bytes of data, but 3xf32 takes 12");
  EXPECT_EQ(problem(proto(TensorProto::FLOAT, {-1}).SerializeAsString()),
            "its shape has no representable size");
  EXPECT_EQ(problem(proto(TensorProto::FLOAT, {1ll << 40, 1ll << 40})
                        .SerializeAsString()),
            "its shape has no representable size");
  EXPECT_EQ(problem(proto(TensorProto::FLOAT, std::vector<int64_t>(40, 1))
                        .SerializeAsString()),
            "it has rank 40");
  EXPECT_EQ(problem(proto(TensorProto::STRING, {1}).SerializeAsString())
                .substr(0, 33),
            "element type 8 is not supported; ");
  TensorProto outside = proto(TensorProto::FLOAT, {1});
  outside.set_data_location(TensorProto::EXTERNAL);
  EXPECT_EQ(problem(outside.SerializeAsString()),
            "its data lies outside of the file, which is not supported");
}
