//===- Task.cpp - what the parts of a kernel share ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Task.h"

using namespace mlir;
using namespace mlir::dilated;

Type AttentionSignature::getComputeType() const {
  Type element = query.getElementType();
  return element.isF64() ? element : Float32Type::get(element.getContext());
}

static VectorType getVector(const AttentionSignature &signature,
                            const AttentionTiling &tiling) {
  Type compute = signature.getComputeType();
  int64_t bits = compute.getIntOrFloatBitWidth();
  return VectorType::get(tiling.vectorBytes * 8 / bits, compute);
}

/// A block has its rows in coverage groups, and the last tile of a group is not
/// full: room for some more than the rows fill.
static int64_t getNumTiles(int64_t blockRows, int64_t width) {
  int64_t full = llvm::divideCeil(blockRows, width);
  return full + llvm::divideCeil(full, 4) + 4;
}

AttentionTask::AttentionTask(SymbolTable &symbols,
                             const AttentionSignature &signature,
                             const AttentionTiling &tiling)
    : signature(signature), tiling(tiling), compute(signature.getComputeType()),
      vector(getVector(signature, tiling)), lanes(vector.getNumElements()),
      width(lanes * tiling.tile.columns),
      numTiles(getNumTiles(tiling.blockRows, width)),
      valueDim(llvm::alignTo(signature.value.getShape().back(), lanes)),
      noMaximum(compute.isF64() ? std::numeric_limits<double>::lowest()
                                : std::numeric_limits<float>::lowest()),
      schedule(symbols, signature.pattern, signature.causal, width,
               tiling.blockRows, numTiles, tiling.packedKeys),
      engine(AttentionEngine::create(*this)) {}

double AttentionTask::getScoreFactor() const {
  double least = compute.isF64() ? std::numeric_limits<double>::min()
                                 : std::numeric_limits<float>::min();
  return std::clamp(std::abs(signature.scale) / std::log(2.0), least,
                    -noMaximum);
}

void AttentionTask::allocate(KernelBuilder &b) {
  schedule.allocate(b);
  tileOut = b.alloc({numTiles, valueDim, width}, compute);
  tileMax = b.alloc({numTiles, width}, compute);
  tileSum = b.alloc({numTiles, width}, compute);
  retries = b.alloc(numTiles, b.getI1Type());
  if (schedule.isWeighted()) {
    int64_t keys = llvm::alignTo(tiling.packedKeys, lanes); // whole vectors
    biases = b.alloc({2, keys}, compute);
    multiplicities = b.alloc(keys, b.getI64Type());
  }
  engine->allocate(b);
  stagedOut = b.alloc({lanes, valueDim}, compute);
}

void AttentionTask::free(KernelBuilder &b) {
  for (Value memref : {tileOut, tileMax, tileSum, retries, stagedOut})
    b.free(memref);
  if (schedule.isWeighted()) {
    b.free(biases);
    b.free(multiplicities);
  }
  engine->free(b);
  schedule.free(b);
}
