//===- PtxFile.cpp - PTX that says what it is -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fields are listed once, in `describe` functions over a Mapper that either
// reads or writes them.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/PtxFile.h"

#include "PtxJson.h"
#include "dilated-mlir/Plan/TileList.h"
#include "dilated-mlir/Runtime/Compare.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::dilated;
namespace json = llvm::json;
namespace plan = ::dilated::plan;

static constexpr StringLiteral kMagic = "// dilated-mlir PTX ";
static constexpr StringLiteral kEnd = "// end of dilated-mlir PTX";
static constexpr int64_t kVersion = 2;
static constexpr size_t kMaxHeaderBytes = 1 << 20;
// Bounds that no device and no model of this compiler exceeds.
static constexpr int64_t kMaxThreads = 1024, kMaxShared = 1 << 20;
static constexpr int64_t kMaxTerms = 1 << 10;
static constexpr int64_t kMaxSize = std::numeric_limits<int64_t>::max();

//===----------------------------------------------------------------------===//
// Fields
//===----------------------------------------------------------------------===//

static void describe(Mapper &m, dilated_rt_type &type) {
  std::string name = ::dilated::runtime::elementName(type);
  m.map("type", name);
  std::optional<dilated_rt_type> read = parseElementType(name);
  if (!read)
    return m.fail("'" + name + "' is no element type");
  type = *read;
}

/// The kernel's arguments by name.
static std::string listArguments() {
  return llvm::join(llvm::map_range(plan::kAttentionArguments,
                                    [](const plan::ArgumentInfo &argument) {
                                      return StringRef(argument.name);
                                    }),
                    " ");
}

static void describe(Mapper &m, KernelLaunch &kernel) {
  m.map("name", kernel.name);
  describe(m, kernel.type);
  m.map("head_dim", kernel.headDim, 1, 256);
  m.map("value_dim", kernel.valueDim, 1, 256);
  m.map("lse", kernel.lse);
  m.map("block_keys", kernel.blockKeys, 1, plan::kMaxBlockKeys);
  m.map("threads", kernel.threads, 1, kMaxThreads);
  m.map("shared_bytes", kernel.sharedBytes, 0, kMaxShared);
  int64_t tileList = plan::kTileListVersion;
  m.map("tile_list", tileList, 0, kMaxSize);
  std::string arguments = listArguments();
  m.map("arguments", arguments);
  if (tileList != plan::kTileListVersion || arguments != listArguments())
    m.fail("kernel '" + kernel.name +
           "' is of another version: it reads tile lists of version " +
           Twine(tileList) + " (this tool's: " + Twine(plan::kTileListVersion) +
           ") and takes '" + arguments + "'");
  if (!llvm::isPowerOf2_64(kernel.blockKeys))
    m.fail("a block of " + Twine(kernel.blockKeys) +
           " keys is no power of two");
}

static void describe(Mapper &m, SizeRule &size) {
  m.map("input", size.input, -1, kMaxSize);
  m.map("dim", size.dim, 0, DILATED_MAX_RANK - 1);
  m.map("factor", size.factor, 0, kMaxSize);
  m.map("divisor", size.divisor, 1, kMaxSize);
}

static void describe(Mapper &m, PtxOperand &operand) {
  m.map("tensor", operand.tensor, 0, kMaxSize);
  m.map("layout", operand.layout);
  m.list("sizes", operand.sizes,
         [](Mapper &m, SizeRule &size) { describe(m, size); });
}

static void describe(Mapper &m, Dimension &dim) {
  m.map("size", dim.size, -1, kMaxSize);
  m.map("symbol", dim.symbol);
}

static void describe(Mapper &m, TensorInfo &info) {
  m.map("name", info.name);
  describe(m, info.type);
  m.list("dims", info.dims,
         [](Mapper &m, Dimension &dim) { describe(m, dim); });
}

static void describe(Mapper &m, PtxModel &model) {
  auto tensor = [](Mapper &m, TensorInfo &info) { describe(m, info); };
  auto operand = [](Mapper &m, PtxOperand &operand) { describe(m, operand); };
  m.list("inputs", model.signature.inputs, tensor);
  m.list("outputs", model.signature.outputs, tensor);
  m.list("output_shapes", model.outputShapes,
         [](Mapper &m, SmallVector<SizeRule, 4> &shape) {
           m.list("sizes", shape,
                  [](Mapper &m, SizeRule &size) { describe(m, size); });
         });
  m.map("kernel", model.kernel, 0, kMaxSize);
  m.map("scale", model.scale);
  m.numbers("pattern", model.pattern);
  m.object("query", model.query, operand);
  m.object("key", model.key, operand);
  m.object("value", model.value, operand);
  m.object("out", model.out, operand);
  m.optional("lse", model.lse, operand);
}

static void describe(Mapper &m, PtxDescription &description) {
  m.map("producer", description.producer);
  m.map("chip", description.chip);
  m.list("kernels", description.kernels,
         [](Mapper &m, KernelLaunch &kernel) { describe(m, kernel); });
  m.optional("model", description.model,
             [](Mapper &m, PtxModel &model) { describe(m, model); });
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

std::optional<int64_t> SizeRule::evaluate(ArrayRef<TensorShape> inputs) const {
  int64_t value = 1;
  if (!isConstant()) {
    if (input >= static_cast<int64_t>(inputs.size()) ||
        dim >= static_cast<int64_t>(inputs[input].size()))
      return std::nullopt;
    value = inputs[input][dim];
  }
  if (llvm::MulOverflow(value, factor, value) || divisor < 1 ||
      value % divisor != 0)
    return std::nullopt;
  return value / divisor;
}

/// What a launch takes for granted. "" when all is well.
static std::string findProblem(const PtxModel &model,
                               ArrayRef<KernelLaunch> kernels) {
  const Signature &signature = model.signature;
  if (model.kernel >= static_cast<int64_t>(kernels.size()))
    return "its model wants kernel " + std::to_string(model.kernel) + " of " +
           std::to_string(kernels.size());
  const KernelLaunch &kernel = kernels[model.kernel];
  if (!plan::isEncodedPattern(model.pattern.data(), model.pattern.size()) ||
      plan::Pattern(model.pattern.data()).getNumTerms() > kMaxTerms)
    return "its pattern is no pattern";
  if (model.lse.has_value() != kernel.lse)
    return "model and kernel differ in whether there is an lse";
  if (model.outputShapes.size() != signature.outputs.size())
    return "it has shapes for " + std::to_string(model.outputShapes.size()) +
           " of " + std::to_string(signature.outputs.size()) + " outputs";
  for (auto [shape, info] :
       llvm::zip_equal(model.outputShapes, signature.outputs))
    if (shape.size() != info.dims.size())
      return "the shape of output '" + info.name + "' has another rank";
  SmallVector<bool> written(signature.outputs.size());
  auto check = [&](const PtxOperand &operand, bool isOutput,
                   bool isLse) -> std::string {
    const auto &tensors = isOutput ? signature.outputs : signature.inputs;
    if (operand.tensor >= static_cast<int64_t>(tensors.size()))
      return "an operand is tensor " + std::to_string(operand.tensor) + " of " +
             std::to_string(tensors.size());
    bool isKnown = isLse ? operand.layout == "bhn"
                         : operand.layout == "bnhd" || operand.layout == "bhnd";
    if (!isKnown || operand.sizes.size() != operand.layout.size())
      return "an operand of " + std::to_string(operand.sizes.size()) +
             " dimensions has layout '" + operand.layout + "'";
    const TensorInfo &info = tensors[operand.tensor];
    if (info.type != (isLse ? DILATED_RT_F32 : kernel.type))
      return "tensor '" + info.name +
             "' has another element type than the "
             "kernel";
    if (isOutput && written[operand.tensor])
      return "output '" + info.name + "' is written twice";
    if (isOutput)
      written[operand.tensor] = true;
    return "";
  };
  for (const PtxOperand *operand : {&model.query, &model.key, &model.value})
    if (std::string problem = check(*operand, false, false); !problem.empty())
      return problem;
  if (std::string problem = check(model.out, true, false); !problem.empty())
    return problem;
  if (model.lse)
    if (std::string problem = check(*model.lse, true, true); !problem.empty())
      return problem;
  for (auto [isWritten, info] : llvm::zip_equal(written, signature.outputs))
    if (!isWritten)
      return "nothing writes output '" + info.name + "'";
  return "";
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

std::string mlir::dilated::writePtxFile(const PtxDescription &description,
                                        StringRef ptx) {
  json::Object root;
  Mapper writer(root, Mapper::Write);
  describe(writer, const_cast<PtxDescription &>(description));
  std::string body = llvm::formatv("{0:2}", json::Value(std::move(root))).str();
  std::string text;
  llvm::raw_string_ostream os(text);
  os << kMagic << kVersion << '\n';
  if (!description.model)
    os << "// The attention kernels of a larger model, whose other parts are "
          "not here.\n";
  SmallVector<StringRef> lines;
  StringRef(body).split(lines, '\n');
  for (StringRef line : lines)
    os << "// " << line << '\n';
  os << kEnd << '\n' << ptx;
  return text;
}

llvm::Expected<PtxDescription> mlir::dilated::readPtxFile(StringRef text) {
  if (!text.consume_front(kMagic))
    return makeError("it does not begin with the description that "
                     "dilated-compile writes (dilated-ptx-run runs kernels of "
                     "any PTX)");
  int64_t version;
  if (text.take_until([](char c) { return c == '\n'; })
          .getAsInteger(10, version))
    return makeError("its description has no version");
  if (version != kVersion)
    return makeError("its description has version " + Twine(version) +
                     ", this tool reads version " + Twine(kVersion));
  size_t end = text.take_front(kMaxHeaderBytes).find(kEnd);
  if (end == StringRef::npos)
    return makeError("its description does not end: the file is truncated, or "
                     "damaged");
  SmallVector<StringRef> lines;
  text.take_front(end).split(lines, '\n');
  std::string body;
  bool inside = false;
  for (StringRef line : ArrayRef(lines).drop_front()) {
    line.consume_front("// ");
    inside |= line.starts_with("{");
    if (inside)
      body += line.str() + "\n";
  }
  if (isTooDeep(body))
    return makeError("its description is nested too deeply");
  llvm::Expected<json::Value> value = json::parse(body);
  if (!value)
    return makeError("its description is no JSON: " +
                     llvm::toString(value.takeError()));
  json::Object *root = value->getAsObject();
  if (!root)
    return makeError("its description is no JSON object");
  PtxDescription description;
  Mapper reader(*root, Mapper::Read);
  describe(reader, description);
  if (!reader.getProblem().empty())
    return makeError("its description is wrong: " + reader.getProblem());
  if (description.model)
    if (std::string problem =
            findProblem(*description.model, description.kernels);
        !problem.empty())
      return makeError("its description is wrong: " + problem);
  return description;
}
