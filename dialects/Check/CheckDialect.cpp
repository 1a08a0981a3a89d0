//===- CheckDialect.cpp - the check dialect ----------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Check/Check.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"

using namespace mlir;
using namespace mlir::check;

#include "dialects/Check/CheckDialect.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/Check/CheckOps.cpp.inc"

void CheckDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Check/CheckOps.cpp.inc"
      >();
}

LogicalResult ExpectCloseOp::verify() {
  auto actual = cast<ShapedType>(getActual().getType());
  auto expected = cast<ShapedType>(getExpected().getType());
  if (actual.getElementType() != expected.getElementType())
    return emitOpError() << "expects element type of actual ("
                         << actual.getElementType()
                         << ") to equal that of expected ("
                         << expected.getElementType() << ")";
  if (failed(verifyCompatibleShape(actual, expected)))
    return emitOpError() << "expects shape of actual (" << actual
                         << ") to agree with that of expected (" << expected
                         << ")";
  for (APFloat tolerance : {getRtol(), getAtol()})
    if (!tolerance.isFinite() || tolerance.isNegative())
      return emitOpError() << "expects finite tolerances of at least 0";
  return success();
}

namespace {
struct ExpectCloseBufferization
    : bufferization::BufferizableOpInterface::ExternalModel<
          ExpectCloseBufferization, ExpectCloseOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const bufferization::AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const bufferization::AnalysisState &) const {
    return false;
  }
  bufferization::AliasingValueList
  getAliasingValues(Operation *, OpOperand &,
                    const bufferization::AnalysisState &) const {
    return {};
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const bufferization::BufferizationOptions &options,
                          bufferization::BufferizationState &state) const {
    auto expect = cast<ExpectCloseOp>(op);
    FailureOr<Value> actual =
        bufferization::getBuffer(rewriter, expect.getActual(), options, state);
    FailureOr<Value> expected = bufferization::getBuffer(
        rewriter, expect.getExpected(), options, state);
    if (failed(actual) || failed(expected))
      return failure();
    ExpectCloseOp::create(rewriter, op->getLoc(), *actual, *expected,
                          expect.getRtolAttr(), expect.getAtolAttr());
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace

void mlir::check::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, CheckDialect *) {
    ExpectCloseOp::attachInterface<ExpectCloseBufferization>(*context);
  });
}
