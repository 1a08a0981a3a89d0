//===- BufferLiveness.cpp - when a buffer is in use -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BufferLiveness.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::dilated;

BufferLiveness::BufferLiveness(Block *block, LivenessRules rules)
    : block(block), rules(rules), flow(block->getParentOp()) {
  int64_t position = 0;
  for (Operation &op : *block)
    positions[&op] = position++;
}

/// After these nobody can tell where the memory is used.
static bool takesAddress(Operation *user, Value memref) {
  if (auto store = dyn_cast<memref::StoreOp>(user))
    return store.getValueToStore() == memref;
  return isa<memref::ReallocOp, UnrealizedConversionCastOp>(user);
}

/// The op whose region `value` is defined in.
static Operation *getParentOp(Value value) {
  return value.getParentRegion()->getParentOp();
}

bool BufferLiveness::mayStandInLoops(
    memref::AllocOp alloc,
    const BufferViewFlowAnalysis::ValueSetT &aliases) const {
  for (Operation *parent = alloc->getParentOp(); parent != block->getParentOp();
       parent = parent->getParentOp()) {
    if (isa<scf::IfOp, scf::ExecuteRegionOp, scf::IndexSwitchOp>(parent))
      continue;
    bool isParallel = isa<scf::ForallOp, scf::ParallelOp>(parent);
    if (!isa<LoopLikeOpInterface>(parent) || (isParallel && !rules.serialLoops))
      return false;
    // Memory of one iteration must not be seen by the next.
    for (Value alias : aliases) {
      auto argument = dyn_cast<BlockArgument>(alias);
      if (argument && argument.getOwner()->getParentOp() == parent)
        return false;
      if (!parent->isProperAncestor(getParentOp(alias)) &&
          getParentOp(alias) != parent)
        return false;
    }
  }
  return true;
}

std::optional<LiveRange> BufferLiveness::getRange(memref::AllocOp alloc) const {
  BufferViewFlowAnalysis::ValueSetT aliases = flow.resolve(alloc);
  int64_t first = std::numeric_limits<int64_t>::max(), last = -1;
  // Who got the address may use it until the buffer is freed.
  bool hasAddress = false;
  int64_t freed = -1;
  for (Value alias : aliases) {
    if (!block->getParent()->isAncestor(alias.getParentRegion()))
      return std::nullopt;
    for (Operation *user : alias.getUsers()) {
      Operation *ancestor = block->findAncestorOpInBlock(*user);
      if (!ancestor || takesAddress(user, alias))
        return std::nullopt;
      if (user == block->getTerminator())
        return std::nullopt;
      if (isa<memref::DeallocOp>(user)) {
        if (!rules.ignoreDeallocs)
          return std::nullopt;
        freed = std::max(freed, positions.lookup(ancestor));
        continue;
      }
      if (isa<memref::ExtractAlignedPointerAsIndexOp>(user)) {
        hasAddress = true;
        continue;
      }
      // Views, dimensions and terminators touch nothing.
      if (user->getNumRegions() == 0 && isMemoryEffectFree(user))
        continue;
      int64_t position = positions.lookup(ancestor);
      first = std::min(first, position);
      last = std::max(last, position);
    }
  }
  if (!mayStandInLoops(alloc, aliases))
    return std::nullopt;
  if (hasAddress) {
    Operation *allocated = block->findAncestorOpInBlock(*alloc);
    if (freed < 0 || allocated != alloc)
      return std::nullopt;
    return LiveRange{std::min(first, positions.lookup(allocated)),
                     std::max(last, freed)};
  }
  if (last < 0)
    first = last = positions.lookup(block->findAncestorOpInBlock(*alloc));
  return LiveRange{first, last};
}
