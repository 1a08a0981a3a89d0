//===- TileLowering.h - what the lowering of tiles shares -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lowering for sm_80 and later: a fragment is a vector of registers, a
// shared tile its address (i32), a token nothing but an order.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_TILELOWERING_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_TILELOWERING_H

#include "LaneBuilder.h"

#include "mlir/Transforms/DialectConversion.h"

namespace mlir::dilated {

/// Registers of a fragment: elements, or 4 bytes each for operands of products.
VectorType getRegisterType(tile::FragmentType type);

/// The chunks of a page in the order of a row: chunk c lies at c xor this.
/// `row` is any number that is congruent to the row modulo 8.
Value emitSwizzle(LaneBuilder &b, tile::SharedType type, tile::Page page,
                  Value row);

void populateFragmentPatterns(const TypeConverter &converter,
                              RewritePatternSet &patterns);
void populateMatrixPatterns(const TypeConverter &converter,
                            RewritePatternSet &patterns);
void populateCopyPatterns(const TypeConverter &converter,
                          RewritePatternSet &patterns);
void populateStorePatterns(const TypeConverter &converter,
                           RewritePatternSet &patterns);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_TILELOWERING_H
