//===- TileAttrs.td - what a launch needs to know ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TILE_ATTRS_TD
#define TILE_ATTRS_TD

include "TileTypes.td"

def Tile_LaunchAttr : AttrDef<Tile_Dialect, "Launch"> {
  let mnemonic = "launch";
  let summary = "what a launch of an attention kernel needs to know of it";
  let description = [{
    Attribute `tile.launch` of a kernel: what it is compiled for, and what its launch must
    give it. `block_keys` is how many keys a block has in the tile list; `shared_bytes`
    counts dynamic shared memory of a thread block.

    Constraints: the type is f16, bf16 or f32; head sizes are at least 1; a block has 1 to
    64 keys, a power of two; threads are whole warps, up to 1024.

    Example:

    ```mlir
    #tile.launch<type = bf16, head_dim = 64, value_dim = 64, lse = false, block_keys = 64,
                 threads = 128, shared_bytes = 33408>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type, "int64_t":$head_dim, "int64_t":$value_dim,
                        "bool":$lse, "int64_t":$block_keys, "int64_t":$threads,
                        "int64_t":$shared_bytes);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Of the attribute of kernels.
    static constexpr ::llvm::StringLiteral attributeName = "tile.launch";
  }];
}

#endif // TILE_ATTRS_TD
