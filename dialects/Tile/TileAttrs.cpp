//===- TileAttrs.cpp - what a launch needs to know ---------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Tile/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::tile;

#define GET_ATTRDEF_CLASSES
#include "dialects/Tile/TileAttrs.cpp.inc"

void TileDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Tile/TileAttrs.cpp.inc"
      >();
}

LogicalResult LaunchAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 Type type, int64_t headDim, int64_t valueDim,
                                 bool lse, int64_t blockKeys, int64_t threads,
                                 int64_t sharedBytes) {
  if (!isa<Float16Type, BFloat16Type, Float32Type>(type))
    return emitError() << "expects type f16, bf16 or f32, got " << type;
  if (headDim < 1 || valueDim < 1)
    return emitError() << "expects head sizes of at least 1, got " << headDim
                       << " and " << valueDim;
  if (blockKeys < 1 || blockKeys > 64 || !llvm::isPowerOf2_64(blockKeys))
    return emitError()
           << "expects a block of 1 to 64 keys, a power of two, got "
           << blockKeys;
  if (threads < 32 || threads > 1024 || threads % 32 != 0)
    return emitError() << "expects 32 to 1024 threads in whole warps, got "
                       << threads;
  if (sharedBytes < 0)
    return emitError() << "expects 0 bytes of shared memory or more, got "
                       << sharedBytes;
  return success();
}
