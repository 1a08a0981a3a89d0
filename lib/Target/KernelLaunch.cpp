//===- KernelLaunch.cpp - how a GPU kernel is launched ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/KernelLaunch.h"

#include "dialects/Tile/Tile.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

using plan::AttentionArgument;

static dilated_rt_type getElementType(Type type) {
  if (type.isF32())
    return DILATED_RT_F32;
  return type.isF16() ? DILATED_RT_F16 : DILATED_RT_BF16;
}

std::vector<KernelLaunch> KernelLaunch::readAll(Operation *gpuModule) {
  std::vector<KernelLaunch> launches;
  gpuModule->walk([&](Operation *op) {
    auto attr =
        op->getAttrOfType<tile::LaunchAttr>(tile::LaunchAttr::attributeName);
    if (!attr)
      return;
    KernelLaunch launch;
    launch.name = SymbolTable::getSymbolName(op).str();
    launch.type = getElementType(attr.getType());
    launch.headDim = attr.getHeadDim();
    launch.valueDim = attr.getValueDim();
    launch.lse = attr.getLse();
    launch.blockKeys = attr.getBlockKeys();
    launch.threads = attr.getThreads();
    launch.sharedBytes = attr.getSharedBytes();
    launches.push_back(std::move(launch));
  });
  return launches;
}

KernelArguments mlir::dilated::packArguments(const KernelOperand &query,
                                             const KernelOperand &key,
                                             const KernelOperand &value,
                                             const KernelOperand &out,
                                             const KernelOperand *lse,
                                             float scale) {
  KernelArguments arguments;
  const KernelOperand *operands[] = {&query, &key, &value, &out, lse};
  for (int i = 0; i < 5; ++i) {
    if (!operands[i])
      continue;
    arguments.words[plan::getIndex(AttentionArgument::Query, i)] =
        operands[i]->address;
    // An lse has no features, and its heads come before its positions.
    for (int dim = 0; dim < (i == 4 ? 3 : 4); ++dim)
      arguments.words[plan::getIndex(plan::kFirstStrides[i], dim)] =
          operands[i]->strides[dim];
  }
  if (key.sizes[2] > 0)
    arguments[AttentionArgument::HeadGroup] = query.sizes[2] / key.sizes[2];
  arguments[AttentionArgument::Scale] = llvm::bit_cast<uint32_t>(scale);
  return arguments;
}
