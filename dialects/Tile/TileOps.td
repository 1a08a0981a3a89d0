//===- TileOps.td - ops of tiles ---------------------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TILE_OPS_TD
#define TILE_OPS_TD

include "TileAttrs.td"
include "mlir/Dialect/LLVMIR/LLVMTypes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tile_Dialect, mnemonic, traits>;

def Tile_GlobalPointer : LLVM_PointerInAddressSpace<1>;
def Tile_SharedPointer : LLVM_PointerInAddressSpace<3>;

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

def Tile_SharedOp : Tile_Op<"shared", [Pure]> {
  let summary = "a tile at an offset of the block's dynamic shared memory";
  let description = [{
    Preconditions: `offset` counts bytes and is a multiple of 128; the launch gives
    the block at least offset + rows * columns * element bytes.

    Postconditions: nothing is written; tiles at overlapping offsets share bytes.

    Example:

    ```mlir
    %keys = tile.shared %offset : !tile.shared<64x128xbf16, xor>
    ```
  }];
  let arguments = (ins I32:$offset);
  let results = (outs Tile_Shared:$tile);
  let assemblyFormat = "$offset attr-dict `:` type($tile)";
}

def Tile_SharedPointerOp : Tile_Op<"shared_pointer", [Pure]> {
  let summary = "an address in the block's dynamic shared memory";
  let description = [{
    For tables that are no tiles, such as the positions of a block's rows.

    Preconditions: `offset` counts bytes.

    Postconditions: nothing is written.

    Example:

    ```mlir
    %positions = tile.shared_pointer %offset : !llvm.ptr<3>
    ```
  }];
  let arguments = (ins I32:$offset);
  let results = (outs Tile_SharedPointer:$pointer);
  let assemblyFormat = "$offset attr-dict `:` type($pointer)";
}

class Tile_CopyBase<string mnemonic> : Tile_Op<mnemonic> {
  code rows = [{
    Row i of `tile` becomes `width` elements from `source` + position(i) * `stride`, then
    zeros. position(i) is i for i < `rows`; with `positions`, a table of i64 in shared
    memory, it is entry i. A row i >= `rows` is zero and so is one whose entry is
    negative; nothing is read for it. A dilated segment is a stride, its residue class
    lies in `source`.
  }];
  let hasVerifier = 1;
}

def Tile_CopyAsyncOp : Tile_CopyBase<"copy_async"> {
  let summary = "starts to copy rows from global to shared memory";
  let description = rows # [{

    Preconditions: all threads of the block execute it; rows have consecutive elements;
    `source` and `stride` times the element's bytes are multiples of 16; nobody reads
    the tile.

    Postconditions: the tile may be read after a `wait` for the token's group, by other
    threads after a barrier that follows it.

    Example:

    ```mlir
    %t = tile.copy_async %source stride %stride rows %count to %keys {width = 80 : i64}
        : !llvm.ptr<1> -> !tile.shared<64x80xbf16, xor>
    ```
  }];
  let arguments = (ins Tile_GlobalPointer:$source, I64:$stride, I32:$rows,
                       Optional<Tile_SharedPointer>:$positions, Tile_Shared:$tile,
                       I64Attr:$width);
  let results = (outs Tile_Token:$token);
  let assemblyFormat = [{
    $source `stride` $stride `rows` $rows (`positions` $positions^)? `to` $tile attr-dict
    `:` type($source) `->` type($tile)
  }];
}

def Tile_CopyOp : Tile_CopyBase<"copy"> {
  let summary = "copies rows of any strides from global to shared memory";
  let description = rows # [{
    Element j of a row lies j * `column_stride` elements behind its first.

    Preconditions: all threads of the block execute it; nobody reads the tile.

    Postconditions: other threads may read the tile after a barrier.

    Example:

    ```mlir
    tile.copy %source stride %stride, %features rows %count to %keys {width = 80 : i64}
        : !llvm.ptr<1> -> !tile.shared<64x80xbf16, xor>
    ```
  }];
  let arguments = (ins Tile_GlobalPointer:$source, I64:$stride, I64:$column_stride, I32:$rows,
                       Optional<Tile_SharedPointer>:$positions, Tile_Shared:$tile,
                       I64Attr:$width);
  let assemblyFormat = [{
    $source `stride` $stride `,` $column_stride `rows` $rows (`positions` $positions^)?
    `to` $tile attr-dict `:` type($source) `->` type($tile)
  }];
}

def Tile_CommitOp : Tile_Op<"commit"> {
  let summary = "closes a group of copies";
  let description = [{
    All copies that this thread started since the last `commit` are one group.

    Preconditions: `copies` are tokens of these copies, or none.

    Postconditions: `group` may be waited for.

    Example:

    ```mlir
    %group = tile.commit(%t0, %t1)
    ```
  }];
  let arguments = (ins Variadic<Tile_Token>:$copies);
  let results = (outs Tile_Token:$group);
  let assemblyFormat = "(`(` $copies^ `)`)? attr-dict";
}

def Tile_WaitOp : Tile_Op<"wait"> {
  let summary = "waits for a group of copies";
  let description = [{
    Preconditions: at most `younger` groups were committed after `group`.

    Postconditions: this thread's copies of the group and of all older ones have
    arrived. Those of other threads have after a barrier.

    Example:

    ```mlir
    tile.wait %group {younger = 0 : i64}
    ```
  }];
  let arguments = (ins Tile_Token:$group, ConfinedAttr<I64Attr, [IntNonNegative]>:$younger);
  let assemblyFormat = "$group attr-dict";
}

//===----------------------------------------------------------------------===//
// Fragments from and to memory
//===----------------------------------------------------------------------===//

def Tile_LoadOp : Tile_Op<"load", [MemoryEffects<[MemRead]>]> {
  let summary = "an operand of a product from shared memory";
  let description = [{
    With `from` (row, column) in the tile, element (i, j) of an `a` fragment and of a
    `transposed` `b` fragment is tile element (row + i, column + j); element (i, j) of any
    other `b` fragment is tile element (row + j, column + i): keys are rows of a
    tile, and columns of the operand.

    Preconditions: `row` is a multiple of 8, `column` times the element's bytes
    one of 32; the fragment lies within the tile; an `a` fragment within one page;
    what is read was written before a barrier.

    Example:

    ```mlir
    %k = tile.load %keys[%row, 16] : !tile.shared<64x128xbf16, xor> -> !tile.fragment<16x64xbf16, b>
    ```
  }];
  let arguments = (ins Tile_Shared:$tile, I32:$row, ConfinedAttr<I64Attr, [IntNonNegative]>:$column,
                       UnitAttr:$transposed);
  let results = (outs Tile_Fragment:$fragment);
  let assemblyFormat = [{
    $tile `[` $row `,` $column `]` (`transposed` $transposed^)? attr-dict
    `:` type($tile) `->` type($fragment)
  }];
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store", [MemoryEffects<[MemWrite]>]> {
  let summary = "rows of a fragment to global memory";
  let description = [{
    Element (i, j), j < `width`, goes to `target` + positions(i) * `stride` +
    j * `column_stride`, in elements; rows of a negative position go nowhere. A fragment of
    layout `rows` has one column. With `vectors` neighbours are written at once.

    Preconditions: the fragment's layout is `accumulator` or `rows`; with `vectors`,
    `column_stride` is 1 and every row starts at a multiple of two elements.

    Example:

    ```mlir
    tile.store %out to %target rows %positions strides %row, %one {width = 64 : i64}
        : !tile.fragment<16x64xbf16, accumulator>, !llvm.ptr<1>
    ```
  }];
  let arguments = (ins Tile_Fragment:$fragment, Tile_GlobalPointer:$target,
                       Tile_Fragment:$positions, I64:$stride, I64:$column_stride,
                       ConfinedAttr<I64Attr, [IntPositive]>:$width, UnitAttr:$vectors);
  let assemblyFormat = [{
    $fragment `to` $target `rows` $positions `strides` $stride `,` $column_stride
    (`vectors` $vectors^)? attr-dict `:` type($fragment) `,` type($target) `,` type($positions)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Fragments
//===----------------------------------------------------------------------===//

def Tile_FillOp : Tile_Op<"fill", [Pure]> {
  let summary = "a fragment of one value";
  let description = [{
    Example:

    ```mlir
    %zero = tile.fill %c0 : f32 -> !tile.fragment<16x64xf32, accumulator>
    ```
  }];
  let arguments = (ins AnyType:$value);
  let results = (outs Tile_Fragment:$fragment);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($fragment)";
  let hasVerifier = 1;
}

def Tile_MapOp : Tile_Op<"map", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "computes every element from the same elements of others";
  let description = [{
    The body gets the row of the element in the fragment and one element of each
    input; what it yields is the element of the result. An input of layout
    `rows` or `row_parts` gives its value of that row. Without inputs a fragment
    of row values is computed from the row number.

    Preconditions: all other inputs have the layout and shape of the result.

    Postconditions: none; lanes that hold the same element compute it alike.

    Example: the softmax weights of scores, 2^(c*s - m),

    ```mlir
    %p = tile.map %s, %m : !tile.fragment<16x64xf32, accumulator>, !tile.fragment<16xf32, rows>
        -> !tile.fragment<16x64xf32, accumulator> {
      ^bb0(%row: i32, %score: f32, %max: f32):
        %x = math.fma %score, %c, %max : f32
        %y = math.exp2 %x : f32
        tile.yield %y : f32
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_Fragment>:$inputs);
  let results = (outs Tile_Fragment:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    ($inputs^ `:` type($inputs))? `->` type($result) $body attr-dict
  }];
  let hasVerifier = 1;
}

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator, HasParent<"MapOp">]> {
  let summary = "the element that the body of a map computes";
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Tile_MaskOp : Tile_Op<"mask", [Pure, AllTypesMatch<["fragment", "result"]>,
                                   AllTypesMatch<["lows", "highs"]>]> {
  let summary = "hides the columns of a row outside of its limits";
  let description = [{
    Element (i, j) stays where lows(i) <= j < highs(i), as signed numbers, and becomes
    `hidden` elsewhere.

    Preconditions: the layout is `accumulator`, that of the limits, of i32, is `rows`.

    Example:

    ```mlir
    %s1 = tile.mask %s, %lows, %highs, %minus_infinity
        : !tile.fragment<16x64xf32, accumulator>, !tile.fragment<16xi32, rows>, f32
    ```
  }];
  let arguments = (ins Tile_Fragment:$fragment, Tile_Fragment:$lows, Tile_Fragment:$highs,
                       AnyType:$hidden);
  let results = (outs Tile_Fragment:$result);
  let assemblyFormat = [{
    $fragment `,` $lows `,` $highs `,` $hidden attr-dict `:` type($fragment) `,` type($lows) `,` type($hidden)
  }];
  let hasVerifier = 1;
}

def Tile_MaskBitsOp : Tile_Op<"mask_bits", [AllTypesMatch<["fragment", "result"]>]> {
  let summary = "hides elements that bits in memory say";
  let description = [{
    Element (i, j) stays where bit `row` + i of word j is set, and becomes `hidden`
    elsewhere. Words are i64, one behind the other in global memory from `masks` on.

    Preconditions: the layout is `accumulator`; there is a word for each column; `row` is
    a multiple of 16 and less than 64.

    Example:

    ```mlir
    %s1 = tile.mask_bits %s, %masks, %row, %minus_infinity
        : !tile.fragment<16x64xf32, accumulator>, !llvm.ptr<1>, f32
    ```
  }];
  let arguments = (ins Tile_Fragment:$fragment, Tile_GlobalPointer:$masks, I32:$row,
                       AnyType:$hidden);
  let results = (outs Tile_Fragment:$result);
  let assemblyFormat = [{
    $fragment `,` $masks `,` $row `,` $hidden attr-dict `:` type($fragment) `,` type($masks) `,` type($hidden)
  }];
  let hasVerifier = 1;
}

def Tile_BiasOp : Tile_Op<"bias", [AllTypesMatch<["fragment", "result"]>]> {
  let summary = "scales elements and adds a number of their column";
  let description = [{
    Element (i, j) is multiplied by `scale`, and element j of `biases` is added, with one
    rounding.

    Preconditions: the layout is `accumulator` and elements are f32; `biases` points to an
    f32 for each column in global memory, at a multiple of 8 bytes.

    Example:

    ```mlir
    %s1 = tile.bias %s, %scale, %biases : !tile.fragment<16x64xf32, accumulator>, !llvm.ptr<1>
    ```
  }];
  let arguments = (ins Tile_Fragment:$fragment, F32:$scale, Tile_GlobalPointer:$biases);
  let results = (outs Tile_Fragment:$result);
  let assemblyFormat = [{
    $fragment `,` $scale `,` $biases attr-dict `:` type($fragment) `,` type($biases)
  }];
  let hasVerifier = 1;
}

def Tile_SliceOp : Tile_Op<"slice", [Pure]> {
  let summary = "some columns of an operand";
  let description = [{
    Columns `column` to `column` + the result's columns of an `a` fragment; no
    instruction.

    Example:

    ```mlir
    %p1 = tile.slice %p[16] : !tile.fragment<16x64xbf16, a> -> !tile.fragment<16x16xbf16, a>
    ```
  }];
  let arguments = (ins Tile_Fragment:$fragment, ConfinedAttr<I64Attr, [IntNonNegative]>:$column);
  let results = (outs Tile_Fragment:$result);
  let assemblyFormat = [{
    $fragment `[` $column `]` attr-dict `:` type($fragment) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_ConvertOp : Tile_Op<"convert", [Pure]> {
  let summary = "an accumulator as the left operand of a product";
  let description = [{
    Elements are rounded to the element type of the result; every lane keeps its own.

    Preconditions: equal shapes; from `accumulator` of f32 to `a`.

    Example:

    ```mlir
    %a = tile.convert %p : !tile.fragment<16x64xf32, accumulator> -> !tile.fragment<16x64xbf16, a>
    ```
  }];
  let arguments = (ins Tile_Fragment:$fragment);
  let results = (outs Tile_Fragment:$result);
  let assemblyFormat = "$fragment attr-dict `:` type($fragment) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_MmaOp : Tile_Op<"mma", [Pure, AllTypesMatch<["c", "result"]>]> {
  let summary = "a product of fragments added to an accumulator";
  let description = [{
    result = a * b + c, accumulated in f32. For f32 operands, `exact` cuts each in two
    numbers of 11 bits, a high one, rounded, and a low one, and adds three products (all
    but low * low), so that 2^-20 of a product is lost at most. `high` is the product of
    the high ones alone, `low` the other two: on their own they sum up without being
    rounded to the unit of a large sum. `tf32` multiplies upper parts that are not
    rounded, alone.

    Preconditions: a is 16 x K, b K x N, c 16 x N of f32; a and b have the same element
    type; with f16 and bf16 the precision is `exact`.

    Example:

    ```mlir
    %s1 = tile.mma %q, %k, %s : !tile.fragment<16x16xbf16, a>, !tile.fragment<16x64xbf16, b>,
                                !tile.fragment<16x64xf32, accumulator>
    ```
  }];
  let arguments = (ins Tile_Fragment:$a, Tile_Fragment:$b, Tile_Fragment:$c,
      DefaultValuedAttr<Tile_Precision, "::mlir::tile::Precision::Exact">:$precision);
  let results = (outs Tile_Fragment:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $c (`precision` $precision^)? attr-dict `:` type($a) `,` type($b) `,` type($c)
  }];
  let hasVerifier = 1;
}

def Tile_ReduceColumnsOp : Tile_Op<"reduce_columns", [Pure]> {
  let summary = "reduces what a lane holds of each row";
  let description = [{
    No lane sees another: the result, `row_parts`, is whole after `reduce_lanes`.

    Preconditions: `init`, when given, has the type of the result.

    Example:

    ```mlir
    %parts = tile.reduce_columns max %s
        : !tile.fragment<16x64xf32, accumulator> -> !tile.fragment<16xf32, row_parts>
    ```
  }];
  let arguments = (ins Tile_Reduction:$kind, Tile_Fragment:$fragment,
                       Optional<Tile_Fragment>:$init);
  let results = (outs Tile_Fragment:$result);
  let assemblyFormat = [{
    $kind $fragment attr-dict `:` type($fragment) (`init` $init^ `:` type($init))? `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_ReduceLanesOp : Tile_Op<"reduce_lanes", [Pure]> {
  let summary = "reduces the parts of each row";
  let description = [{
    Two exchanges between the four lanes that share a row.

    Example:

    ```mlir
    %max = tile.reduce_lanes max %parts
        : !tile.fragment<16xf32, row_parts> -> !tile.fragment<16xf32, rows>
    ```
  }];
  let arguments = (ins Tile_Reduction:$kind, Tile_Fragment:$fragment);
  let results = (outs Tile_Fragment:$result);
  let assemblyFormat = "$kind $fragment attr-dict `:` type($fragment) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ReduceRowsOp : Tile_Op<"reduce_rows", [Pure]> {
  let summary = "reduces the rows of a warp to one number";
  let description = [{
    Every lane gets the reduction of the 16 values.

    Example:

    ```mlir
    %most = tile.reduce_rows max %limits : !tile.fragment<16xi32, rows> -> i32
    ```
  }];
  let arguments = (ins Tile_Reduction:$kind, Tile_Fragment:$fragment);
  let results = (outs AnyTypeOf<[F32, I32, I64]>:$result);
  let assemblyFormat = "$kind $fragment attr-dict `:` type($fragment) `->` type($result)";
  let hasVerifier = 1;
}

#endif // TILE_OPS_TD
