//===- KernelLaunch.cpp - how a GPU kernel is launched ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/KernelLaunch.h"

#include "dilated-mlir/Plan/TileGrid.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/bit.h"

#include <limits>

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

//===----------------------------------------------------------------------===//
// The attribute
//===----------------------------------------------------------------------===//

// By their numbers, in the dialect and in lib/Plan.
static constexpr StringLiteral kRules[] = {"block", "modulo", "end",
                                           "constant"};

namespace {

/// Takes entries of the dictionary, noting what is missing.
class Reader {
public:
  Reader(Operation *function, DictionaryAttr entries)
      : function(function), entries(entries) {}

  int64_t integer(StringRef name) {
    auto value = entries.getAs<IntegerAttr>(name);
    if (!value)
      miss(name, "a number");
    return value ? value.getInt() : 0;
  }
  std::string text(StringRef name) {
    auto value = entries.getAs<StringAttr>(name);
    if (!value)
      miss(name, "a string");
    return value ? value.str() : "";
  }
  bool isBroken = false;

private:
  void miss(StringRef name, StringRef what) {
    isBroken = true;
    function->emitError("'") << kLaunchAttr << "' expects '" << name
                             << "' to be " << what << ", got " << entries;
  }

  Operation *function;
  DictionaryAttr entries;
};

} // namespace

FailureOr<KernelLaunch> KernelLaunch::read(Operation *function) {
  auto entries = function->getAttrOfType<DictionaryAttr>(kLaunchAttr);
  if (!entries)
    return function->emitError("has no dictionary '") << kLaunchAttr << "'";
  Reader reader(function, entries);
  KernelLaunch launch;
  launch.name = SymbolTable::getSymbolName(function).str();
  std::string type = reader.text("type");
  launch.headDim = reader.integer("head_dim");
  launch.valueDim = reader.integer("value_dim");
  launch.terms = reader.integer("terms");
  int64_t rule = reader.integer("offset");
  launch.constant = reader.integer("constant");
  launch.causal = reader.integer("causal") != 0;
  launch.nullKeys = reader.integer("null_keys") != 0;
  launch.lse = reader.integer("lse") != 0;
  launch.threads = reader.integer("threads");
  launch.sharedBytes = reader.integer("shared");
  launch.width = reader.integer("rows");
  launch.maxRows = reader.integer("max_rows");
  launch.groupRows = reader.integer("group_rows");
  launch.maxSets = reader.integer("max_sets");
  if (reader.isBroken)
    return failure();
  std::optional<dilated_rt_type> element = parseElementType(type);
  if (!element)
    return function->emitError("'") << kLaunchAttr << "' has element type '"
                                    << type << "', which no tensor has";
  launch.type = *element;
  if (rule < 0 || rule >= static_cast<int64_t>(std::size(kRules)))
    return function->emitError("'") << kLaunchAttr << "' has head offset rule "
                                    << rule << ", expected 0 to 3";
  launch.offset = kRules[rule].str();
  return launch;
}

FailureOr<std::vector<KernelLaunch>>
KernelLaunch::readAll(Operation *gpuModule) {
  std::vector<KernelLaunch> launches;
  bool isBroken = false;
  gpuModule->walk([&](Operation *op) {
    if (!op->hasAttr(kLaunchAttr))
      return;
    FailureOr<KernelLaunch> launch = read(op);
    isBroken |= failed(launch);
    if (succeeded(launch))
      launches.push_back(std::move(*launch));
  });
  if (isBroken)
    return failure();
  return launches;
}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

KernelArguments mlir::dilated::packArguments(
    const KernelOperand &query, const KernelOperand &key,
    const KernelOperand &value, const KernelOperand &out,
    const KernelOperand *lse, float scale, ArrayRef<KernelTerm> terms) {
  KernelArguments arguments;
  auto add = [&](uint64_t word, uint32_t bytes = 8) {
    arguments.words.push_back(word);
    arguments.bytes.push_back(bytes);
  };
  for (const KernelOperand *operand : {&query, &key, &value, &out})
    add(operand->address);
  add(lse ? lse->address : 0);
  add(query.sizes[0]);
  add(query.sizes[1]);
  add(query.sizes[2]);
  add(key.sizes[2]);
  for (const KernelOperand *operand : {&query, &key, &value, &out})
    for (int64_t stride : operand->strides)
      add(stride);
  for (unsigned i = 0; i < 3; ++i)
    add(lse ? lse->strides[i] : 0);
  add(llvm::bit_cast<uint32_t>(scale), 4);
  for (const KernelTerm &term : terms) {
    add(term.length);
    add(term.rate);
    add(term.multiplicity);
  }
  return arguments;
}

std::optional<int64_t> mlir::dilated::countBlocks(const KernelLaunch &launch,
                                                  ArrayRef<KernelTerm> terms,
                                                  int64_t batches,
                                                  int64_t heads,
                                                  int64_t sequence) {
  plan::PatternOptions options;
  options.rule = static_cast<plan::OffsetRule>(
      llvm::find(kRules, StringRef(launch.offset)) - kRules);
  options.constant = launch.constant;
  options.isCausal = launch.causal;
  options.hasNullKeys = launch.nullKeys;
  SmallVector<int64_t> numbers;
  plan::PatternEncoder::writeHeader(numbers, static_cast<int64_t>(terms.size()),
                                    options);
  for (const KernelTerm &term : terms)
    plan::PatternEncoder::writeTerm(
        numbers, plan::makeSegment(term.length, term.rate, term.multiplicity));
  plan::TileGrid grid = plan::makeGrid(
      plan::Pattern(numbers.data()), batches, heads, sequence,
      {launch.width, launch.maxRows, launch.groupRows, launch.maxSets});
  int64_t blocks = plan::multiplySaturating(grid.numBlocks, grid.block);
  if (blocks > std::numeric_limits<int32_t>::max())
    return std::nullopt;
  return blocks;
}
