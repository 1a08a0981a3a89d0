//===- Tile.h - the tile dialect --------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a thread block of a GPU does with tiles: fragments in the registers of a
// warp, tiles in shared memory, copies that run while others compute.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_TILE_TILE_H
#define DIALECTS_TILE_TILE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Tile/TileDialect.h.inc"
#include "dialects/Tile/TileEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Tile/TileAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Tile/TileTypes.h.inc"

#define GET_OP_CLASSES
#include "dialects/Tile/TileOps.h.inc"

namespace mlir::tile {

/// A group of columns of a shared tile that lies together: `bytes` is 128, 64
/// or 32, `start` and `bytes` count bytes of a row.
struct Page {
  int64_t start, bytes;
};

/// How a row of `rowBytes` bytes, a multiple of 32, is cut into pages: the
/// widest first.
SmallVector<Page> getPages(int64_t rowBytes);

} // namespace mlir::tile

#endif // DIALECTS_TILE_TILE_H
