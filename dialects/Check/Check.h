//===- Check.h - the check dialect ------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expectations on computed values, for tests alone.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_CHECK_CHECK_H
#define DIALECTS_CHECK_CHECK_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Check/CheckDialect.h.inc"

#define GET_OP_CLASSES
#include "dialects/Check/CheckOps.h.inc"

namespace mlir::check {

/// expect_close on buffers reads both and writes nothing.
void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry);

} // namespace mlir::check

#endif // DIALECTS_CHECK_CHECK_H
