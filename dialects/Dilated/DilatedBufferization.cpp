//===- DilatedBufferization.cpp - fused_attention on buffers -----*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Destination style: the op writes into its destinations, whatever their
// strides, and reads its inputs, whatever theirs; so a projection's
// expand_shape reaches the kernel as a view.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Dilated.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::dilated;
using namespace mlir::bufferization;

namespace {
struct FusedAttentionBufferization
    : DstBufferizableOpInterfaceExternalModel<FusedAttentionBufferization,
                                              FusedAttentionOp> {
  /// The old contents of a destination are not read.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    return cast<FusedAttentionOp>(op).isDpsInput(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    FusedAttentionOp::create(rewriter, op->getLoc(), TypeRange(), buffers,
                             op->getAttrs());
    unsigned firstInit = cast<FusedAttentionOp>(op).getNumDpsInputs();
    replaceOpWithBufferizedValues(rewriter, op,
                                  ArrayRef(buffers).drop_front(firstInit));
    return success();
  }
};
} // namespace

void mlir::dilated::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, DilatedDialect *) {
    FusedAttentionOp::attachInterface<FusedAttentionBufferization>(*context);
  });
}
