//===- Npy.cpp - NumPy files ------------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The .npy format: "\x93NUMPY", version, length of the header, a Python
// dictionary literal with the keys descr, fortran_order and shape, then the
// data. The file is not trusted: what it declares is held against its size
// before memory is asked for.
//
//===----------------------------------------------------------------------===//

#include "MemrefDescriptor.h"
#include "dilated-mlir/Runtime/Compare.h"
#include "dilated-mlir/Support/AtomicFile.h"
#include "dilated-mlir/Target/HostTensor.h"
#include "dilated-mlir/Target/NpyBits.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::dilated;
namespace runtime = ::dilated::runtime;

namespace {

struct NpyHeader {
  std::string descr; // of the element type, "<f4"
  bool fortranOrder = false;
  TensorShape shape;
};

/// Reads the header's dictionary. Every method returns false, with `problem`
/// set, at the first character that it does not expect.
class HeaderParser {
public:
  HeaderParser(StringRef text) : rest(text) {}

  bool parse(NpyHeader &header);
  std::string problem;

private:
  bool fail(const Twine &what) {
    problem = what.str();
    return false;
  }
  bool consume(char c) {
    rest = rest.ltrim();
    return rest.consume_front(StringRef(&c, 1));
  }
  bool parseString(StringRef &text);
  bool parseDescr(std::string &descr);
  bool parseBool(bool &value);
  bool parseShape(TensorShape &shape);

  StringRef rest;
};

} // namespace

bool HeaderParser::parseString(StringRef &text) {
  rest = rest.ltrim();
  char quote = rest.empty() ? '\0' : rest.front();
  if (quote != '\'' && quote != '"')
    return fail("a quoted string is expected in the header");
  size_t end = rest.find(quote, 1);
  if (end == StringRef::npos)
    return fail("a string in the header is not closed");
  text = rest.slice(1, end);
  rest = rest.drop_front(end + 1);
  return true;
}

bool HeaderParser::parseDescr(std::string &descr) {
  StringRef text;
  if (rest.ltrim().starts_with("["))
    return fail("structured element types are not supported");
  if (!parseString(text))
    return false;
  descr = text.str();
  return true;
}

bool HeaderParser::parseBool(bool &value) {
  rest = rest.ltrim();
  value = rest.consume_front("True");
  return value || rest.consume_front("False") ||
         fail("fortran_order is neither True nor False");
}

bool HeaderParser::parseShape(TensorShape &shape) {
  if (!consume('('))
    return fail("the shape is not a tuple");
  while (!consume(')')) {
    int64_t size;
    rest = rest.ltrim();
    if (rest.consumeInteger(10, size) || size < 0)
      return fail("the shape has a dimension that is not a count");
    rest.consume_front("L"); // Python 2 wrote longs
    if (shape.size() == kMaxTensorRank)
      return fail("the shape has more than " + Twine(kMaxTensorRank) +
                  " dimensions");
    shape.push_back(size);
    if (!consume(',') && !rest.ltrim().starts_with(")"))
      return fail("the shape is not a tuple of numbers");
  }
  return true;
}

bool HeaderParser::parse(NpyHeader &header) {
  bool haveType = false, haveOrder = false, haveShape = false;
  if (!consume('{'))
    return fail("the header is not a dictionary");
  while (!consume('}')) {
    StringRef key;
    if (!parseString(key))
      return false;
    if (!consume(':'))
      return fail("':' is expected after '" + key + "' in the header");
    bool *have = key == "descr"           ? &haveType
                 : key == "fortran_order" ? &haveOrder
                 : key == "shape"         ? &haveShape
                                          : nullptr;
    if (!have || *have)
      return fail("unexpected key '" + key + "' in the header");
    *have = true;
    if (!(have == &haveType    ? parseDescr(header.descr)
          : have == &haveOrder ? parseBool(header.fortranOrder)
                               : parseShape(header.shape)))
      return false;
    if (!consume(',') && !rest.ltrim().starts_with("}"))
      return fail("',' or '}' is expected in the header");
  }
  return (haveType && haveOrder && haveShape) ||
         fail("the header lacks descr, fortran_order or shape");
}

/// The run-time library's type of a NumPy type.
static std::optional<dilated_rt_type> typeOf(StringRef descr) {
  int32_t code = llvm::StringSwitch<int32_t>(descr)
                     .Cases({"<f4", "=f4"}, DILATED_RT_F32)
                     .Cases({"<f8", "=f8"}, DILATED_RT_F64)
                     .Cases({"<f2", "=f2"}, DILATED_RT_F16)
                     .Cases({"<V2", "|V2", "<u2", "bfloat16"}, DILATED_RT_BF16)
                     .Cases({"<i8", "=i8"}, DILATED_RT_I64)
                     .Cases({"<i4", "=i4"}, DILATED_RT_I32)
                     .Cases({"<i2", "=i2"}, DILATED_RT_I16)
                     .Cases({"|i1", "<i1"}, DILATED_RT_I8)
                     .Cases({"|b1", "<b1"}, DILATED_RT_BOOL)
                     .Default(0);
  if (code == 0)
    return std::nullopt;
  return static_cast<dilated_rt_type>(code);
}

/// The integer that has the bits of a NumPy type.
static std::optional<dilated_rt_type> bitsOf(StringRef descr) {
  if (descr == "bfloat16")
    return DILATED_RT_I16;
  if (descr.size() != 3 || !StringRef("<=|").contains(descr[0]) ||
      !StringRef("fiubV").contains(descr[1]))
    return std::nullopt;
  switch (descr[2]) {
  case '1':
    return DILATED_RT_I8;
  case '2':
    return DILATED_RT_I16;
  case '4':
    return DILATED_RT_I32;
  case '8':
    return DILATED_RT_I64;
  default:
    return std::nullopt;
  }
}

/// Reads a file whose element type `map` knows; `supported` lists those.
static llvm::Expected<HostTensor>
readNpyAs(StringRef path, std::string &descr,
          std::optional<dilated_rt_type> (*map)(StringRef),
          StringRef supported) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> file =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                  /*RequiresNullTerminator=*/false);
  if (!file)
    return makeError("cannot read '" + path +
                     "': " + file.getError().message());
  auto fail = [&](const Twine &what) {
    return makeError("'" + path + "' is not a readable .npy file: " + what);
  };

  StringRef bytes = (*file)->getBuffer();
  if (!bytes.consume_front("\x93NUMPY"))
    return fail("it does not start with \\x93NUMPY");
  if (bytes.size() < 2)
    return fail("it ends in the header");
  int major = static_cast<unsigned char>(bytes[0]);
  if (major < 1 || major > 3)
    return fail("format version " + Twine(major) +
                " is not supported; supported are 1 to 3");
  bytes = bytes.drop_front(2);
  size_t lengthBytes = major == 1 ? 2 : 4;
  if (bytes.size() < lengthBytes)
    return fail("it ends in the header");
  uint64_t length = major == 1 ? llvm::support::endian::read16le(bytes.data())
                               : llvm::support::endian::read32le(bytes.data());
  bytes = bytes.drop_front(lengthBytes);
  if (bytes.size() < length)
    return fail("it ends in the header");

  NpyHeader header;
  HeaderParser parser(bytes.take_front(length));
  if (!parser.parse(header))
    return fail(parser.problem);
  bytes = bytes.drop_front(length);
  std::optional<dilated_rt_type> type = map(header.descr);
  if (!type)
    return fail("element type '" + header.descr +
                "' is not supported; supported are " + supported);
  descr = header.descr;
  std::optional<int64_t> expected = checkedByteSize(header.shape, *type);
  if (!expected)
    return fail("its shape has no representable size");
  if (static_cast<int64_t>(bytes.size()) != *expected)
    return fail("it holds " + Twine(bytes.size()) + " bytes of data, but " +
                formatType(header.shape, *type) + " takes " + Twine(*expected));

  TensorView view;
  view.type = *type;
  view.shape = header.shape;
  view.data = bytes.data();
  if (header.fortranOrder) {
    TensorShape reversed(llvm::reverse(header.shape));
    view.strides = TensorShape(llvm::reverse(rowMajorStrides(reversed)));
  } else {
    view.strides = rowMajorStrides(header.shape);
  }
  return copyOf(view);
}

llvm::Expected<HostTensor> mlir::dilated::readNpy(StringRef path) {
  std::string descr;
  return readNpyAs(path, descr, typeOf,
                   "<f2 <f4 <f8 <V2 (bf16) |i1 <i2 <i4 <i8 |b1");
}

llvm::Expected<NpyBits> mlir::dilated::readNpyBits(StringRef path) {
  NpyBits result;
  llvm::Expected<HostTensor> bits =
      readNpyAs(path, result.descr, bitsOf,
                "floats, integers, bools and bits (V) of 1, 2, 4 or 8 bytes, "
                "little endian");
  if (!bits)
    return bits.takeError();
  result.bits = std::move(*bits);
  return result;
}

static StringRef npyType(dilated_rt_type type) {
  switch (type) {
  case DILATED_RT_F32:
    return "<f4";
  case DILATED_RT_F64:
    return "<f8";
  case DILATED_RT_F16:
    return "<f2";
  case DILATED_RT_BF16:
    return "<V2";
  case DILATED_RT_I64:
    return "<i8";
  case DILATED_RT_I32:
    return "<i4";
  case DILATED_RT_I16:
    return "<i2";
  case DILATED_RT_I8:
    return "|i1";
  case DILATED_RT_BOOL:
    return "|b1";
  }
  llvm_unreachable("an element type outside of the enumeration");
}

llvm::Error mlir::dilated::writeNpy(StringRef path, const HostTensor &tensor) {
  return writeNpyBits(path, npyType(tensor.getType()), tensor);
}

llvm::Error mlir::dilated::writeNpyBits(StringRef path, StringRef descr,
                                        const HostTensor &tensor) {
  std::string header;
  llvm::raw_string_ostream stream(header);
  stream << "{'descr': '" << descr << "', 'fortran_order': False, 'shape': (";
  for (int64_t size : tensor.getShape())
    stream << size << ", ";
  stream << "), }";
  // Data starts at a multiple of 64 bytes; the header ends in a new line.
  constexpr size_t prefix = 6 + 2 + 2;
  header.append(
      llvm::offsetToAlignment(prefix + header.size() + 1, llvm::Align(64)),
      ' ');
  header += '\n';

  return writeFile(path, [&](raw_ostream &out) {
    char length[2];
    llvm::support::endian::write16le(length, header.size());
    out << StringRef("\x93NUMPY\x01\x00", 8) << StringRef(length, 2) << header
        << StringRef(static_cast<const char *>(tensor.data()),
                     tensor.getByteSize());
  });
}
