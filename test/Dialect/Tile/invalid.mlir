// RUN: dilated-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{unknown layout 'c'}}
func.func private @layout(!tile.fragment<16x8xf32, c>)

// -----

// expected-error @below {{expects 2 dimensions for layout a, got 1}}
func.func private @rank(!tile.fragment<16xf32, a>)

// -----

// expected-error @below {{expects 16 rows for layout accumulator, got 32}}
func.func private @rows(!tile.fragment<32x8xf32, accumulator>)

// -----

// expected-error @below {{expects a multiple of 16x8 for layout b of 'bf16', got 8x8}}
func.func private @step(!tile.fragment<8x8xbf16, b>)

// -----

// expected-error @below {{expects elements of 16 or 32 bits for layout a, got 'f64'}}
func.func private @wide(!tile.fragment<16x8xf64, a>)

// -----

// expected-error @below {{expects numbers as elements, got 'vector<2xf32>'}}
func.func private @vectors(!tile.fragment<16xvector<2xf32>, rows>)

// -----

// expected-error @below {{unknown swizzle 'rotate'}}
func.func private @swizzle(!tile.shared<64x64xbf16, rotate>)

// -----

// expected-error @below {{expects rows of a multiple of 32 bytes, got 48}}
func.func private @bytes(!tile.shared<64x24xbf16, xor>)

// -----

// expected-error @below {{expects a multiple of 8 rows, got 12}}
func.func private @sharedRows(!tile.shared<12x16xbf16, xor>)

// -----

func.func @width(%p: !llvm.ptr<1>, %n: i64, %c: i32, %t: !tile.shared<64x64xbf16, xor>) {
  // expected-error @below {{expects a width from 1 to the tile's columns (64), got 65}}
  %0 = tile.copy_async %p stride %n rows %c to %t {width = 65 : i64} : !llvm.ptr<1> -> !tile.shared<64x64xbf16, xor>
  return
}

// -----

func.func @loadElement(%t: !tile.shared<64x64xbf16, xor>, %r: i32) {
  // expected-error @below {{expects element type 'bf16' of the fragment, got 'f16'}}
  %0 = tile.load %t[%r, 0] : !tile.shared<64x64xbf16, xor> -> !tile.fragment<16x16xf16, a>
  return
}

// -----

func.func @loadLayout(%t: !tile.shared<64x64xf32, xor>, %r: i32) {
  // expected-error @below {{expects a fragment of layout a or b, got accumulator}}
  %0 = tile.load %t[%r, 0] : !tile.shared<64x64xf32, xor> -> !tile.fragment<16x16xf32, accumulator>
  return
}

// -----

func.func @loadTransposed(%t: !tile.shared<64x64xbf16, xor>, %r: i32) {
  // expected-error @below {{expects layout b when transposed, got a}}
  %0 = tile.load %t[%r, 0] transposed : !tile.shared<64x64xbf16, xor> -> !tile.fragment<16x16xbf16, a>
  return
}

// -----

func.func @loadColumn(%t: !tile.shared<64x64xbf16, xor>, %r: i32) {
  // expected-error @below {{expects a column at a multiple of 32 bytes, got 16}}
  %0 = tile.load %t[%r, 8] : !tile.shared<64x64xbf16, xor> -> !tile.fragment<16x16xbf16, a>
  return
}

// -----

func.func @loadBeyond(%t: !tile.shared<64x64xbf16, xor>, %r: i32) {
  // expected-error @below {{expects 16x32 elements from column 48 to lie in}}
  %0 = tile.load %t[%r, 48] : !tile.shared<64x64xbf16, xor> -> !tile.fragment<16x32xbf16, a>
  return
}

// -----

func.func @fill(%x: f32) {
  // expected-error @below {{expects an accumulator or row values, got layout a}}
  %0 = tile.fill %x : f32 -> !tile.fragment<16x8xf32, a>
  return
}

// -----

func.func @fillElement(%x: f32) {
  // expected-error @below {{expects element type 'f32' of the fragment, got 'f16'}}
  %0 = tile.fill %x : f32 -> !tile.fragment<16x8xf16, accumulator>
  return
}

// -----

func.func @mapShape(%x: !tile.fragment<16x8xf32, accumulator>) {
  // expected-error @below {{expects inputs of row values or of the result's layout and shape}}
  %0 = tile.map %x : !tile.fragment<16x8xf32, accumulator> -> !tile.fragment<16x16xf32, accumulator> {
    ^bb0(%row: i32, %e: f32):
      tile.yield %e : f32
  }
  return
}

// -----

func.func @mapArguments(%x: !tile.fragment<16x8xf32, accumulator>) {
  // expected-error @below {{expects a body with a row of i32 and 1 elements as arguments}}
  %0 = tile.map %x : !tile.fragment<16x8xf32, accumulator> -> !tile.fragment<16x8xf32, accumulator> {
    ^bb0(%e: f32):
      tile.yield %e : f32
  }
  return
}

// -----

func.func @mapYield(%x: !tile.fragment<16x8xf32, accumulator>) {
  // expected-error @below {{expects element type 'i32' of the result, got 'f32'}}
  %0 = tile.map %x : !tile.fragment<16x8xf32, accumulator> -> !tile.fragment<16x8xf32, accumulator> {
    ^bb0(%row: i32, %e: f32):
      tile.yield %row : i32
  }
  return
}

// -----

func.func @mask(%x: !tile.fragment<16x8xf32, accumulator>, %l: !tile.fragment<16xi64, rows>, %h: f32) {
  // expected-error @below {{expects element type 'i32' of the limits, got 'i64'}}
  %0 = tile.mask %x, %l, %l, %h : !tile.fragment<16x8xf32, accumulator>, !tile.fragment<16xi64, rows>, f32
  return
}

// -----

func.func @slice(%x: !tile.fragment<16x64xbf16, a>) {
  // expected-error @below {{expects columns from a multiple of 16 within 64, got 16 from 56}}
  %0 = tile.slice %x[56] : !tile.fragment<16x64xbf16, a> -> !tile.fragment<16x16xbf16, a>
  return
}

// -----

func.func @convert(%x: !tile.fragment<16x64xf32, accumulator>) {
  // expected-error @below {{expects equal shapes}}
  %0 = tile.convert %x : !tile.fragment<16x64xf32, accumulator> -> !tile.fragment<16x32xbf16, a>
  return
}

// -----

func.func @mmaShape(%a: !tile.fragment<16x16xbf16, a>, %b: !tile.fragment<32x8xbf16, b>, %c: !tile.fragment<16x8xf32, accumulator>) {
  // expected-error @below {{expects shapes 16xK, KxN and 16xN}}
  %0 = tile.mma %a, %b, %c : !tile.fragment<16x16xbf16, a>, !tile.fragment<32x8xbf16, b>, !tile.fragment<16x8xf32, accumulator>
  return
}

// -----

func.func @mmaElement(%a: !tile.fragment<16x16xbf16, a>, %b: !tile.fragment<16x8xf16, b>, %c: !tile.fragment<16x8xf32, accumulator>) {
  // expected-error @below {{expects element type 'bf16' of b, got 'f16'}}
  %0 = tile.mma %a, %b, %c : !tile.fragment<16x16xbf16, a>, !tile.fragment<16x8xf16, b>, !tile.fragment<16x8xf32, accumulator>
  return
}

// -----

func.func @mmaInteger(%a: !tile.fragment<16x8xi32, a>, %b: !tile.fragment<8x8xi32, b>, %c: !tile.fragment<16x8xf32, accumulator>) {
  // expected-error @below {{expects operands of f16, bf16 or f32, got 'i32'}}
  %0 = tile.mma %a, %b, %c : !tile.fragment<16x8xi32, a>, !tile.fragment<8x8xi32, b>, !tile.fragment<16x8xf32, accumulator>
  return
}

// -----

func.func @mmaPrecision(%a: !tile.fragment<16x16xbf16, a>, %b: !tile.fragment<16x8xbf16, b>, %c: !tile.fragment<16x8xf32, accumulator>) {
  // expected-error @below {{expects precision exact for 'bf16', got tf32}}
  %0 = tile.mma %a, %b, %c precision tf32 : !tile.fragment<16x16xbf16, a>, !tile.fragment<16x8xbf16, b>, !tile.fragment<16x8xf32, accumulator>
  return
}

// -----

func.func @columns(%x: !tile.fragment<16x8xf32, accumulator>) {
  // expected-error @below {{expects layout row_parts of the result, got rows}}
  %0 = tile.reduce_columns max %x : !tile.fragment<16x8xf32, accumulator> -> !tile.fragment<16xf32, rows>
  return
}

// -----

func.func @lanes(%x: !tile.fragment<16xf32, rows>) {
  // expected-error @below {{expects layout row_parts of the fragment, got rows}}
  %0 = tile.reduce_lanes max %x : !tile.fragment<16xf32, rows> -> !tile.fragment<16xf32, rows>
  return
}

// -----

func.func @reduceRows(%x: !tile.fragment<16xf32, rows>) {
  // expected-error @below {{expects element type 'i32' of the fragment, got 'f32'}}
  %0 = tile.reduce_rows max %x : !tile.fragment<16xf32, rows> -> i32
  return
}

// -----

func.func @storePositions(%x: !tile.fragment<16x8xf32, accumulator>, %p: !llvm.ptr<1>, %r: !tile.fragment<16xi32, rows>, %s: i64) {
  // expected-error @below {{expects element type 'i64' of the positions, got 'i32'}}
  tile.store %x to %p rows %r strides %s, %s {width = 8 : i64} : !tile.fragment<16x8xf32, accumulator>, !llvm.ptr<1>, !tile.fragment<16xi32, rows>
  return
}

// -----

func.func @storeWidth(%x: !tile.fragment<16x8xf32, accumulator>, %p: !llvm.ptr<1>, %r: !tile.fragment<16xi64, rows>, %s: i64) {
  // expected-error @below {{expects a width of at most 8, got 9}}
  tile.store %x to %p rows %r strides %s, %s {width = 9 : i64} : !tile.fragment<16x8xf32, accumulator>, !llvm.ptr<1>, !tile.fragment<16xi64, rows>
  return
}

// -----

func.func @maskBits(%x: !tile.fragment<16x8xf32, accumulator>, %p: !llvm.ptr<1>, %r: i32, %h: f16) {
  // expected-error @below {{expects element type 'f16' of the fragment, got 'f32'}}
  %0 = tile.mask_bits %x, %p, %r, %h : !tile.fragment<16x8xf32, accumulator>, !llvm.ptr<1>, f16
  return
}

// -----

func.func @bias(%x: !tile.fragment<16xf32, rows>, %p: !llvm.ptr<1>, %c: f32) {
  // expected-error @below {{expects layout accumulator of the fragment, got rows}}
  %0 = tile.bias %x, %c, %p : !tile.fragment<16xf32, rows>, !llvm.ptr<1>
  return
}

// -----

// expected-error @below {{expects type f16, bf16 or f32, got 'f64'}}
func.func private @launchType() attributes {tile.launch = #tile.launch<type = f64, head_dim = 1, value_dim = 1, lse = false,
    block_keys = 64, threads = 128, shared_bytes = 0>}

// -----

// expected-error @below {{expects a block of 1 to 64 keys, a power of two, got 48}}
func.func private @launchKeys() attributes {tile.launch = #tile.launch<type = f32, head_dim = 1, value_dim = 1, lse = false,
    block_keys = 48, threads = 128, shared_bytes = 0>}

// -----

// expected-error @below {{expects 32 to 1024 threads in whole warps, got 100}}
func.func private @launchThreads() attributes {tile.launch = #tile.launch<type = f32, head_dim = 1, value_dim = 1, lse = false,
    block_keys = 64, threads = 100, shared_bytes = 0>}
