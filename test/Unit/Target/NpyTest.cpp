//===- NpyTest.cpp - NumPy files, well-formed and not -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestFile.h"
#include "dilated-mlir/Target/HostTensor.h"
#include "dilated-mlir/Target/NpyBits.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstring>

using namespace mlir::dilated;
using llvm::StringRef;

/// A file of format 1.0 with that header and data.
static std::string npy(StringRef header, StringRef data) {
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(header.size() & 0xff);
  text += static_cast<char>(header.size() >> 8);
  return text + header.str() + data.str();
}

static std::string bytesOf(llvm::ArrayRef<float> values) {
  return std::string(reinterpret_cast<const char *>(values.data()),
                     values.size() * sizeof(float));
}

/// The message of reading `contents`, with the file's name cut out.
static std::string problem(StringRef contents) {
  TestFile file("npy", contents);
  llvm::Expected<HostTensor> tensor = readNpy(file.str());
  if (tensor)
    return "";
  StringRef prefix = " is not a readable .npy file: ";
  std::string message = llvm::toString(tensor.takeError());
  size_t at = message.find(prefix.str());
  return at == std::string::npos ? message : message.substr(at + prefix.size());
}

static std::vector<float> floatsOf(const HostTensor &tensor) {
  auto *data = static_cast<const float *>(tensor.data());
  return std::vector<float>(data, data + tensor.getNumElements());
}

TEST(Npy, RoundTripsEveryType) {
  for (StringRef text :
       {"2x3xf32=random:1", "4xf64=random:2", "5x1xf16=random:3",
        "3x3xbf16=random:4", "7xi64=random:5", "2xi32=-4", "2xi16=-300",
        "9xi8=random:6", "11xbool=random:7", "f32=2.5", "0x4xf32=0"}) {
    llvm::Expected<HostTensor> tensor = parseTensor(text);
    ASSERT_TRUE(bool(tensor)) << text.str();
    TestFile file("npy");
    ASSERT_EQ(llvm::toString(writeNpy(file.str(), *tensor)), "");
    llvm::Expected<HostTensor> read = readNpy(file.str());
    ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
    EXPECT_EQ(read->getType(), tensor->getType());
    EXPECT_EQ(read->getShape(), tensor->getShape());
    EXPECT_EQ(std::memcmp(read->data(), tensor->data(), tensor->getByteSize()),
              0);
  }
}

TEST(Npy, DataStartsAtAMultipleOf64) {
  llvm::Expected<HostTensor> tensor = parseTensor("3xf32=1");
  TestFile file("npy");
  ASSERT_EQ(llvm::toString(writeNpy(file.str(), *tensor)), "");
  auto contents = llvm::MemoryBuffer::getFile(file.str());
  EXPECT_EQ((*contents)->getBufferSize() % 64, 12u);
}

TEST(Npy, FortranOrderAndOtherSpellings) {
  std::string data = bytesOf({0, 1, 2, 3, 4, 5});
  TestFile file("npy", npy(" {'shape' : ( 2,3 ) ,\"fortran_order\":True, "
                           "'descr':'<f4' }  \n",
                           data));
  llvm::Expected<HostTensor> tensor = readNpy(file.str());
  ASSERT_TRUE(bool(tensor)) << llvm::toString(tensor.takeError());
  EXPECT_EQ(floatsOf(*tensor), (std::vector<float>{0, 2, 4, 1, 3, 5}));
}

TEST(Npy, Version3HasALongHeader) {
  std::string header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n";
  std::string text("\x93NUMPY\x03\x00", 8);
  text += static_cast<char>(header.size());
  text += std::string(3, '\0') + header + bytesOf({7});
  TestFile file("npy", text);
  llvm::Expected<HostTensor> tensor = readNpy(file.str());
  ASSERT_TRUE(bool(tensor)) << llvm::toString(tensor.takeError());
  EXPECT_TRUE(tensor->getShape().empty());
  EXPECT_EQ(floatsOf(*tensor), std::vector<float>{7});
}

TEST(Npy, Bfloat16ByBits) {
  for (StringRef descr : {"<u2", "<V2", "|V2"}) {
    TestFile file("npy", npy("{'descr': '" + descr.str() +
                                 "', 'fortran_order': False, 'shape': (1,), }",
                             StringRef("\x80\x3f", 2)));
    llvm::Expected<HostTensor> tensor = readNpy(file.str());
    ASSERT_TRUE(bool(tensor)) << llvm::toString(tensor.takeError());
    EXPECT_EQ(tensor->getType(), DILATED_RT_BF16);
  }
}

TEST(Npy, BrokenFilesAreErrors) {
  auto header = [](StringRef descr, StringRef shape) {
    return "{'descr': " + descr.str() +
           ", 'fortran_order': False, 'shape': " + shape.str() + "}";
  };
  EXPECT_EQ(problem(""), "it does not start with \\x93NUMPY");
  EXPECT_EQ(problem(StringRef("\x93NUMPY\x09\x00zzzz", 12)),
            "format version 9 is not supported; supported are 1 to 3");
  EXPECT_EQ(problem(StringRef("\x93NUMPY\x01\x00\xff", 9)),
            "it ends in the header");
  EXPECT_EQ(problem(StringRef("\x93NUMPY\x01\x00\xff\xff{", 11)),
            "it ends in the header");
  EXPECT_EQ(problem(npy("", "")), "the header is not a dictionary");
  EXPECT_EQ(problem(npy("{", "")), "a quoted string is expected in the header");
  EXPECT_EQ(problem(npy("{}", "")),
            "the header lacks descr, fortran_order or shape");
  EXPECT_EQ(problem(npy("{'descr': '<f4', 'descr': '<f4'}", "")),
            "unexpected key 'descr' in the header");
  EXPECT_EQ(problem(npy("{'what': 1}", "")),
            "unexpected key 'what' in the header");
  EXPECT_EQ(problem(npy("{'descr': '<f4", "")),
            "a string in the header is not closed");
  EXPECT_EQ(problem(npy(header("[('a', '<f4')]", "()"), "")),
            "structured element types are not supported");
  EXPECT_NE(problem(npy(header("'>f4'", "()"), "")).find("'>f4'"),
            std::string::npos);
  EXPECT_EQ(problem(npy(header("'<f4'", "3"), "")), "the shape is not a tuple");
  EXPECT_EQ(problem(npy(header("'<f4'", "(-1,)"), "")),
            "the shape has a dimension that is not a count");
  EXPECT_EQ(problem(npy(header("'<f4'", "(3 4)"), "")),
            "the shape is not a tuple of numbers");
  EXPECT_EQ(problem(npy(header("'<f4'", "(2,)"), bytesOf({1}))),
            "it holds 4 bytes of data, but 2xf32 takes 8");
  EXPECT_EQ(problem(npy(header("'<f4'", "(1,)"), bytesOf({1, 2}))),
            "it holds 8 bytes of data, but 1xf32 takes 4");
  EXPECT_EQ(problem(npy(header("'<f4'", "(4611686018427387904,)"), "")),
            "its shape has no representable size");
  EXPECT_EQ(problem(npy(header("'<f4'", "(1099511627776, 1048576)"), "")),
            "it holds 0 bytes of data, but 1099511627776x1048576xf32 takes "
            "4611686018427387904");
  std::string ones = "(";
  for (int i = 0; i < 40; ++i)
    ones += "1,";
  EXPECT_EQ(problem(npy(header("'<f4'", ones + ")"), bytesOf({1}))),
            "the shape has more than 32 dimensions");
}

TEST(Npy, EveryTruncationIsAnError) {
  llvm::Expected<HostTensor> tensor = parseTensor("2x2xf32=random:1");
  TestFile file("npy");
  ASSERT_EQ(llvm::toString(writeNpy(file.str(), *tensor)), "");
  auto contents = llvm::MemoryBuffer::getFile(file.str());
  StringRef whole = (*contents)->getBuffer();
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(problem(whole.take_front(size)), "") << size;
}

TEST(Npy, MissingFilesAreErrors) {
  llvm::Expected<HostTensor> tensor = readNpy("/nonexistent/x.npy");
  ASSERT_FALSE(bool(tensor));
  EXPECT_EQ(llvm::toString(tensor.takeError()),
            "cannot read '/nonexistent/x.npy': No such file or directory");
}

//===----------------------------------------------------------------------===//
// Elements as bits
//===----------------------------------------------------------------------===//

TEST(NpyBits, KeepsTypesThatModelsDoNotHave) {
  std::string data = {'\xff', '\xff', '\xff', '\xff', 1, 0, 0, '\x80'};
  TestFile file("npy", npy("{'descr': '<u4', 'fortran_order': False, "
                           "'shape': (2,), }",
                           data));
  llvm::Expected<NpyBits> read = readNpyBits(file.str());
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(read->descr, "<u4");
  EXPECT_EQ(read->bits.getType(), DILATED_RT_I32);
  EXPECT_EQ(std::memcmp(read->bits.data(), data.data(), data.size()), 0);

  TestFile again("npy");
  ASSERT_EQ(llvm::toString(writeNpyBits(again.str(), "<u4", read->bits)), "");
  llvm::Expected<NpyBits> copy = readNpyBits(again.str());
  ASSERT_TRUE(bool(copy)) << llvm::toString(copy.takeError());
  EXPECT_EQ(copy->descr, "<u4");
  EXPECT_EQ(std::memcmp(copy->bits.data(), data.data(), data.size()), 0);
  // A model has no such type.
  EXPECT_NE(llvm::toString(readNpy(again.str()).takeError()).find("'<u4'"),
            std::string::npos);
}

TEST(NpyBits, RefusesWhatHasNoBitsOfOneSize) {
  for (StringRef descr : {"<c8", ">u4", "<u3", "<U1", "|O8"}) {
    TestFile file("npy", npy("{'descr': '" + descr.str() +
                                 "', 'fortran_order': False, 'shape': (1,), }",
                             std::string(8, '\0')));
    llvm::Expected<NpyBits> read = readNpyBits(file.str());
    ASSERT_FALSE(bool(read)) << descr.str();
    EXPECT_NE(llvm::toString(read.takeError())
                  .find("element type '" + descr.str() + "' is not supported"),
              std::string::npos);
  }
}
