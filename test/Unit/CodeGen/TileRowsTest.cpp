//===- TileRowsTest.cpp - rows found on a GPU and on the host ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/CodeGen/GPU/Attention/TileRows.h"
#include "../Plan/PatternOracle.h"
#include "EmitPtx.h"
#include "dilated-mlir/Emulator/Emulator.h"
#include "dilated-mlir/Plan/TilePlan.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Verifier.h"

#include <gtest/gtest.h>
#include <map>

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;
namespace emulator = ::dilated::emulator;

/// What a thread block writes: its rows, then batch, head and whether it is
/// used.
static constexpr int64_t kWords = plan::kGpuTiles.width + 3;

namespace {

/// A kernel (memory, batches, heads, sequence, length and rate of each term)
/// that finds the rows of its blocks and writes them to memory.
class RowsKernel {
public:
  RowsKernel(const TileRowsShape &shape, int64_t terms);

  /// The words of all blocks.
  std::vector<int64_t> run(const plan::AttentionShape &shape, int64_t blocks);

  static MLIRContext &getContext();

private:
  std::string ptx;
  std::unique_ptr<emulator::Module> module;
};

} // namespace

MLIRContext &RowsKernel::getContext() {
  static MLIRContext context;
  context.loadDialect<DilatedDialect, arith::ArithDialect, gpu::GPUDialect,
                      scf::SCFDialect, LLVM::LLVMDialect, NVVM::NVVMDialect>();
  return context;
}

RowsKernel::RowsKernel(const TileRowsShape &shape, int64_t terms) {
  MLIRContext &context = getContext();
  KernelBuilder b(UnknownLoc::get(&context), &context);
  OwningOpRef<ModuleOp> holder = ModuleOp::create(b.getLoc());
  b.setInsertionPointToStart(holder->getBody());
  auto gpuModule = gpu::GPUModuleOp::create(b, "kernels");
  b.setInsertionPointToStart(gpuModule.getBody());
  auto sharedType = LLVM::LLVMPointerType::get(&context, 3);
  auto shared = LLVM::GlobalOp::create(
      b, LLVM::LLVMArrayType::get(b.getI64Type(), 0), /*isConstant=*/false,
      LLVM::Linkage::External, "shared", Attribute(), /*alignment=*/16,
      /*addrSpace=*/3);
  SmallVector<Type> types = {LLVM::LLVMPointerType::get(&context)};
  types.append(3 + 2 * terms, b.getI64Type());
  auto function =
      gpu::GPUFuncOp::create(b, "rows", b.getFunctionType(types, {}));
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  b.setInsertionPointToStart(&function.getBody().front());

  auto arguments = function.getArguments();
  TileRowsCall call = {arguments[1], arguments[2], arguments[3], {}, {}};
  for (int64_t i = 0; i < terms; ++i) {
    call.lengths.push_back(arguments[4 + 2 * i]);
    call.rates.push_back(arguments[5 + 2 * i]);
  }
  auto element = [&](Value base, Value index) -> Value {
    return LLVM::GEPOp::create(b, base.getType(), b.getI64Type(), base,
                               ArrayRef<LLVM::GEPArg>{index});
  };
  auto word = [&](int64_t number) { return b.integer(b.getI32Type(), number); };
  Value rows = LLVM::AddressOfOp::create(b, sharedType, shared.getSymName());
  Value scratch = element(rows, word(shape.tiles.width));
  TileRowsResult result = emitTileRows(b, shape, call, rows, scratch);

  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  Value out = element(arguments[0], b.mul(block, word(kWords)));
  b.ifThen(b.less(thread, word(shape.tiles.width)), [&] {
    Value row = LLVM::LoadOp::create(b, b.getI64Type(), element(rows, thread));
    LLVM::StoreOp::create(b, row, element(out, thread));
  });
  b.ifThen(b.cmp(arith::CmpIPredicate::eq, thread, word(0)), [&] {
    Value isUsed = b.select(result.isUsed, b.integer(b.getI64Type(), 1),
                            b.integer(b.getI64Type(), 0));
    Value values[] = {result.batch, result.head, isUsed};
    for (auto [i, value] : llvm::enumerate(values))
      LLVM::StoreOp::create(
          b, value, element(out, word(plan::kGpuTiles.width + int64_t(i))));
  });
  gpu::ReturnOp::create(b);
  EXPECT_TRUE(succeeded(verify(*holder)));
  ptx = test::emitPtx(*holder);
  emulator::ParseError error;
  module = emulator::Module::parse(ptx, error);
  EXPECT_TRUE(module) << error.message;
}

std::vector<int64_t> RowsKernel::run(const plan::AttentionShape &shape,
                                     int64_t blocks) {
  emulator::GlobalMemory memory;
  emulator::Program program(*module, memory);
  uint64_t bytes = blocks * kWords * 8;
  uint64_t address = memory.allocate(bytes);
  emulator::Launch launch;
  launch.kernel = "rows";
  launch.grid = {static_cast<uint32_t>(blocks)};
  launch.block = {kTileRowsThreads};
  launch.dynamicSharedBytes =
      plan::kGpuTiles.width * 8 + getTileRowsScratchBytes();
  launch.count = false;
  launch.addArgument(address);
  for (int64_t size : {shape.batches, shape.heads, shape.sequence})
    launch.addArgument(size);
  for (int64_t i = 0; i < shape.words[0]; ++i)
    for (int64_t word : {0, 1})
      launch.addArgument(shape.words[plan::Pattern::kHeaderWords +
                                     plan::Pattern::kTermWords * i + word]);
  emulator::LaunchResult result = program.launch(launch);
  EXPECT_EQ(result.error, "");
  for (const emulator::Report &report : result.reports)
    ADD_FAILURE() << report.message;
  std::vector<int64_t> words(blocks * kWords);
  if (result.ok())
    memory.read(address, words.data(), bytes);
  return words;
}

/// Every thread block, of the first `most` ones, has the rows of the host's
/// tile, in the same order.
static void check(RowsKernel &kernel, const TileRowsShape &rowsShape,
                  const plan::AttentionShape &shape, int64_t most = 1 << 20) {
  SCOPED_TRACE(shape.toString());
  plan::TileGrid grid =
      plan::makeGrid(shape.getPattern(), shape.batches, shape.heads,
                     shape.sequence, rowsShape.tiles);
  int64_t numBlocks =
      std::min(most, plan::multiplySaturating(grid.numBlocks, grid.slots));
  std::vector<int64_t> words = kernel.run(shape, numBlocks);
  std::vector<int64_t> work(
      plan::getWorkWords(shape.words[0], rowsShape.tiles.maxRows));
  std::vector<int64_t> rows(grid.width), nulls(grid.width);
  for (int64_t number = 0; number < numBlocks; ++number) {
    int64_t rest = number, batch = rest % grid.batches;
    rest /= grid.batches;
    int64_t head = rest % grid.heads;
    rest /= grid.heads;
    int64_t inHead = rest % grid.blocksPerHead;
    int64_t slot = rest / grid.blocksPerHead;
    if (rowsShape.causal)
      inHead = grid.blocksPerHead - 1 - inHead;
    int64_t index = (batch * grid.heads + head) * grid.blocksPerHead + inHead;
    plan::BlockTiles &block =
        plan::makeTiles(grid, plan::getBlock(grid, index), work.data());
    bool isUsed = slot < block.numTiles;
    if (isUsed)
      plan::getRows(grid, block, slot, rows.data(), nulls.data());
    else
      rows.assign(grid.width, -1);
    const int64_t *actual = words.data() + number * kWords;
    ASSERT_EQ(std::vector<int64_t>(actual, actual + grid.width), rows)
        << "block " << index << " slot " << slot;
    ASSERT_EQ(actual[plan::kGpuTiles.width], batch);
    ASSERT_EQ(actual[plan::kGpuTiles.width + 1], head);
    ASSERT_EQ(actual[plan::kGpuTiles.width + 2], isUsed);
  }
}

static TileRowsShape makeRowsShape(const plan::AttentionShape &shape,
                                   const plan::TileOptions &tiles) {
  auto rule = static_cast<HeadOffsetRule>(shape.words[1]);
  return {HeadOffsetAttr::get(&RowsKernel::getContext(), rule, shape.words[2]),
          shape.words[3] != 0, tiles};
}

TEST(TileRows, RandomPatternsAreThoseOfTheHost) {
  const plan::TileOptions options[] = {
      plan::kGpuTiles, {16, 128, 64, 0, 256}, {64, 4096, 256, 0, 6}};
  std::mt19937_64 random(23);
  using Key = std::tuple<int, int64_t, int64_t, int64_t>;
  std::map<Key, RowsKernel> kernels;
  for (int64_t rounds = 0; rounds < 48;) {
    plan::AttentionShape shape = plan::makeRandomShape(random);
    int64_t terms = shape.words[0], rule = shape.words[1];
    if (terms > 5)
      continue;
    shape.heads = std::min<int64_t>(shape.heads, 3);
    if (rule == static_cast<int64_t>(plan::OffsetRule::Constant)) {
      shape.words[2] = 1;
      for (int64_t i = 0; i < terms; ++i) { // C3
        int64_t &rate = shape.words[plan::Pattern::kHeaderWords +
                                    plan::Pattern::kTermWords * i + 1];
        rate = std::max<int64_t>(rate, 2);
      }
    }
    // Few kernels, some patterns each.
    auto number = static_cast<int>(rounds % std::size(options));
    TileRowsShape rows = makeRowsShape(shape, options[number]);
    Key key = {number, terms, rule, rows.causal};
    if (kernels.size() >= 12 && !kernels.contains(key))
      continue;
    RowsKernel &kernel = kernels.try_emplace(key, rows, terms).first->second;
    ASSERT_NO_FATAL_FAILURE(check(kernel, rows, shape, 96));
    ++rounds;
  }
}

static plan::AttentionShape
makeShape(int64_t rule, bool isCausal, int64_t heads, int64_t sequence,
          std::initializer_list<std::pair<int64_t, int64_t>> terms) {
  plan::AttentionShape shape = {
      {static_cast<int64_t>(terms.size()), rule, 0, isCausal, 1},
      1,
      heads,
      sequence};
  for (auto [length, rate] : terms)
    shape.words.insert(shape.words.end(), {length, rate, 1});
  return shape;
}

TEST(TileRows, KnownPatternsAreThoseOfTheHost) {
  constexpr int64_t most = plan::kMaxInt64;
  const plan::AttentionShape shapes[] = {
      makeShape(0, false, 2, 8193,
                {{1024, 1}, {5792, 2}, {32768, 4}, {185363, 8}, {1 << 20, 16}}),
      makeShape(1, true, 3, 9001,
                {{2048, 1}, {4096, 2}, {8192, 4}, {16384, 6}, {32768, 12}}),
      // The last blocks of a long sequence come first.
      makeShape(2, true, 3, most, {{most, 3}, {most - 1, most}, {4096, 7}}),
      makeShape(0, true, 1, most - 5, {{1024, 1}, {most / 2, 2}}),
  };
  for (const plan::AttentionShape &shape : shapes) {
    TileRowsShape rows = makeRowsShape(shape, plan::kGpuTiles);
    RowsKernel kernel(rows, shape.words[0]);
    ASSERT_NO_FATAL_FAILURE(check(kernel, rows, shape, 400));
  }
}

/// More sets than the table has entries: ends of segments cut the second block
/// into cells, primes each of those into many sets.
TEST(TileRows, ManySetsAreCutInOrder) {
  plan::AttentionShape shape = makeShape(0, false, 1, 4000,
                                         {{2000, 2},
                                          {2130, 3},
                                          {2260, 5},
                                          {2390, 7},
                                          {2520, 11},
                                          {2650, 13},
                                          {2780, 17},
                                          {2910, 19},
                                          {3040, 23},
                                          {3170, 29}});
  TileRowsShape rows = makeRowsShape(shape, plan::kGpuTiles);
  plan::TileGrid grid =
      plan::makeGrid(shape.getPattern(), 1, 1, shape.sequence, plan::kGpuTiles);
  std::vector<int64_t> work(plan::getWorkWords(shape.words[0], 4096));
  ASSERT_EQ(grid.numBlocks, 2);
  ASSERT_GT(plan::makeTiles(grid, plan::getBlock(grid, 1), work.data()).numSets,
            512);
  RowsKernel kernel(rows, shape.words[0]);
  ASSERT_NO_FATAL_FAILURE(check(kernel, rows, shape, 24));
}
