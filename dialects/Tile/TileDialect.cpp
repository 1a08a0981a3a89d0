//===- TileDialect.cpp - the tile dialect ------------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Tile/Tile.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::tile;

#include "dialects/Tile/TileDialect.cpp.inc"

void TileDialect::initialize() {
  registerAttributes();
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "dialects/Tile/TileOps.cpp.inc"
      >();
}

SmallVector<Page> mlir::tile::getPages(int64_t rowBytes) {
  SmallVector<Page> pages;
  int64_t start = 0;
  for (int64_t bytes : {128, 64, 32})
    for (; rowBytes - start >= bytes; start += bytes)
      pages.push_back({start, bytes});
  return pages;
}
