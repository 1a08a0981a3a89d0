//===- TileTypes.td - fragments, shared tiles, tokens ------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TILE_TYPES_TD
#define TILE_TYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::mlir::tile";
  let summary = "What a thread block of a GPU does with tiles";
  let description = [{
    Above NVVM and below whole tensors: a kernel in this dialect says which tile goes
    where and which product is formed; how many instructions that takes and which
    lane holds which element is the lowering's. The ops stand in a `gpu.func` whose
    `known_block_size` is given, between ops of arith, scf and gpu.

    | in | what | ops |
    | --- | --- | --- |
    | global memory | rows at a stride | `copy`, `copy_async`, `store` |
    | shared memory | `!tile.shared`, pages whose chunks are permuted | `shared`, `load` |
    | registers of a warp | `!tile.fragment`, a layout says what a lane holds | `fill`, `map`, `mask`, `mask_bits`, `bias`, `slice`, `convert`, `mma`, `reduce_columns`, `reduce_lanes`, `reduce_rows` |
    | time | `!tile.token`, groups of copies | `copy_async`, `commit`, `wait` |

    All lanes of a warp execute an op on fragments together, all threads of a block
    an op that copies to shared memory.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let extraClassDeclaration = "void registerAttributes(); void registerTypes();";
}

class Tile_Type<string name, string typeMnemonic> : TypeDef<Tile_Dialect, name> {
  let mnemonic = typeMnemonic;
}

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def Tile_Layout : I32EnumAttr<"Layout", "which elements of a fragment a lane holds", [
    I32EnumAttrCase<"A", 0, "a">,
    I32EnumAttrCase<"B", 1, "b">,
    I32EnumAttrCase<"Accumulator", 2, "accumulator">,
    I32EnumAttrCase<"Rows", 3, "rows">,
    I32EnumAttrCase<"RowParts", 4, "row_parts">]> {
  let cppNamespace = "::mlir::tile";
}

def Tile_Swizzle : I32EnumAttr<"Swizzle", "the order of 16-byte chunks in a row of a page", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"Xor", 1, "xor">]> {
  let cppNamespace = "::mlir::tile";
}

def Tile_Reduction : I32EnumAttr<"Reduction", "how elements are reduced", [
    I32EnumAttrCase<"Add", 0, "add">,
    I32EnumAttrCase<"Max", 1, "max">,
    I32EnumAttrCase<"Min", 2, "min">]> {
  let cppNamespace = "::mlir::tile";
}

def Tile_Precision : I32EnumAttr<"Precision", "how a product of f32 is formed", [
    I32EnumAttrCase<"Exact", 0, "exact">,
    I32EnumAttrCase<"TF32", 1, "tf32">,
    I32EnumAttrCase<"High", 2, "high">,
    I32EnumAttrCase<"Low", 3, "low">]> {
  let cppNamespace = "::mlir::tile";
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def Tile_Fragment : Tile_Type<"Fragment", "fragment"> {
  let summary = "a matrix, or a column of row values, in the registers of a warp";
  let description = [{
    `!tile.fragment<16x64xf32, accumulator>` is a matrix that 32 lanes hold together.
    With g = lane div 4, t = lane mod 4, and p elements in 4 bytes (2 of f16 and
    bf16, 1 of f32), registers in ascending order hold

    | layout | shape | elements (row, column) of lane (g, t) |
    | --- | --- | --- |
    | `a` | 16 x K | for each 4p columns from c: (g, c + pt..), (g + 8, c + pt..), the same for c + 4p |
    | `b` | K x N | for each 8p rows from k, each 8 columns from n: (k + pt.., n + g), (k + 4p + pt.., n + g) |
    | `accumulator` | 16 x N | for each 8 columns from n: (g, n + 2t), (g, n + 2t + 1), (g + 8, n + 2t), (g + 8, n + 2t + 1) |
    | `rows` | 16 | rows g and g + 8, the same in all four lanes t |
    | `row_parts` | 16 | a part of rows g and g + 8: the whole is the reduction over t |

    These are the operands of `mma.sync.m16n8k16` (2 bytes) and `m16n8k8` (f32), so a
    product needs no movement between lanes. For f32, `convert` and a transposed `load`
    take the columns of `a` and the rows of `b` in the order 0, 2, 4, 6, 1, 3, 5, 7 of
    each 8: a sum over them is the same, and an accumulator is an operand as it stands.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType,
                        "::mlir::tile::Layout":$layout);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool hasRowLayout() const {
      return getLayout() == Layout::Rows || getLayout() == Layout::RowParts;
    }
    int64_t getNumColumns() const { return hasRowLayout() ? 1 : getShape()[1]; }
    /// Operands of products hold 4 bytes in a register; all others one element.
    bool isPacked() const {
      return getLayout() == Layout::A || getLayout() == Layout::B;
    }
    /// Registers that a lane needs.
    int64_t getNumRegisters() const;
  }];
}

def Tile_Shared : Tile_Type<"Shared", "shared"> {
  let summary = "a matrix in shared memory";
  let description = [{
    `!tile.shared<64x128xbf16, xor>`. A row is cut into pages of 128 bytes, the rest
    into pages of 64 and of 32; a page holds its columns of all rows, one row after
    the other: 8/n rows of a page of n 16-byte chunks are a line of eight. With `xor`,
    chunk k of line l lies at k xor s(l), where s(l) is l mod 8 for n = 8, (l mod 4) +
    4 (l mod 2) for n = 4 and 3 (l mod 2) for n = 2. So these lie in different banks: the
    chunks of a line, which a copy writes; one chunk of eight rows, which a matrix load
    reads; two neighbours, of which the first is even, of every other of eight rows, which
    lanes read that transpose f32.

    Constraints: a row is a multiple of 32 bytes, the number of rows one of 8.
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$columns, "::mlir::Type":$elementType,
                        "::mlir::tile::Swizzle":$swizzle);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getElementBytes() const { return getElementType().getIntOrFloatBitWidth() / 8; }
    int64_t getRowBytes() const { return getColumns() * getElementBytes(); }
    int64_t getBytes() const { return getRows() * getRowBytes(); }
  }];
}

def Tile_Token : Tile_Type<"Token", "token"> {
  let summary = "copies that may still be running";
  let description = [{
    Made by `copy_async`, gathered to a group by `commit`, waited for by `wait`.
  }];
}

#endif // TILE_TYPES_TD
