//===- TileLowering.h - what the lowering of tiles shares -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lowering for sm_80 and later: a fragment is a vector of registers, a
// shared tile its address (i32), a token nothing but an order.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_SM80_TILELOWERING_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_SM80_TILELOWERING_H

#include "../Builders/LaneBuilder.h"

#include "mlir/Transforms/DialectConversion.h"

namespace mlir::dilated {

/// Registers of a fragment: elements, or 4 bytes each for operands of products.
VectorType getRegisterType(tile::FragmentType type);

/// Accumulators of wide rows leave no registers that parts of addresses could
/// be kept in over a loop: they are formed anew.
inline bool isWide(tile::SharedType type) { return type.getRowBytes() > 384; }

/// Where the 16 bytes of chunk `chunk` (i32) of row `row` (i32) lie in a page,
/// in bytes. Rows that are congruent modulo 8 are permuted alike: one that is 8
/// rows on lies 8 * page.bytes on, and chunk c xor d at the offset xor 16 * d.
Value emitChunkOffset(LaneBuilder &b, tile::SharedType type, tile::Page page,
                      Value row, Value chunk);

void populateFragmentPatterns(const TypeConverter &converter,
                              RewritePatternSet &patterns);
void populateMatrixPatterns(const TypeConverter &converter,
                            RewritePatternSet &patterns);
void populateCopyPatterns(const TypeConverter &converter,
                          RewritePatternSet &patterns);
void populateStorePatterns(const TypeConverter &converter,
                           RewritePatternSet &patterns);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_SM80_TILELOWERING_H
