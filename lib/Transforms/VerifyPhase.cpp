//===- VerifyPhase.cpp - the contract of every phase -------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table below is the one in docs/architecture.md: which dialects may stand
// after a phase and which ops of them may not.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "dialects/Dilated/Dilated.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDVERIFYPHASE
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {
struct Contract {
  StringRef phase;
  std::initializer_list<StringRef> dialects; // may stand, beside builtin
  std::initializer_list<StringRef> not_;     // ops that may not all the same
  std::initializer_list<StringRef> but;      // ops that may although their
                                             // dialect may not
};
} // namespace

static const Contract kContracts[] = {
    {"import",
     {"onnx", "func", "ml_program"},
     {},
     {"arith.constant", "builtin.unrealized_conversion_cast"}},
    {"graph",
     {"dilated", "linalg", "tensor", "arith", "math", "func", "ml_program",
      "check", "index", "bufferization", "scf"},
     {}, // branches written by hand enter here as well
     {"cf.assert"}},
    {"branches",
     {"dilated", "linalg", "tensor", "arith", "math", "func", "ml_program",
      "check", "index", "bufferization", "scf"},
     {"dilated.attention"},
     {"cf.assert"}},
    {"fused",
     {"dilated", "linalg", "tensor", "arith", "math", "func", "ml_program",
      "check", "index", "bufferization", "scf"},
     {"dilated.attention"},
     {"cf.assert"}},
    {"kernel",
     {"scf", "vector", "memref", "arith", "math", "func", "affine", "index",
      "ub", "llvm", "amx", "gpu", "tile", "nvvm", "check"},
     {},
     {"cf.assert", "builtin.unrealized_conversion_cast"}},
    {"llvm", {"llvm", "nvvm"}, {}, {"gpu.module"}},
};

/// False for a static shape of 2^62 bytes or more, which no machine has and
/// whose size in bytes later steps would compute with wrap-around.
static bool isAddressable(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped || !shaped.hasRank())
    return true;
  constexpr int64_t limit = int64_t(1) << 62;
  int64_t bytes = 8; // of an element, at most
  if (shaped.getElementType().isIntOrFloat())
    bytes = llvm::divideCeil(shaped.getElementTypeBitWidth(), 8);
  bool fits = true;
  for (int64_t size : shaped.getShape()) {
    if (size == 0)
      return true;
    if (!ShapedType::isDynamic(size))
      fits &= !llvm::MulOverflow(bytes, size, bytes) && bytes < limit;
  }
  return fits;
}

namespace {
struct VerifyPhase : mlir::dilated::impl::DilatedVerifyPhaseBase<VerifyPhase> {
  using DilatedVerifyPhaseBase::DilatedVerifyPhaseBase;

  void runOnOperation() override {
    const Contract *contract = llvm::find_if(
        kContracts, [&](const Contract &c) { return c.phase == phase; });
    if (contract == std::end(kContracts)) {
      InFlightDiagnostic diag = getOperation().emitError()
                                << "unknown phase '" << phase
                                << "', expected one of ";
      llvm::interleaveComma(kContracts, diag,
                            [&](const Contract &c) { diag << c.phase; });
      return signalPassFailure();
    }
    bool broken = false;
    getOperation()->walk([&](Operation *op) {
      StringRef name = op->getName().getStringRef();
      StringRef dialect = op->getName().getDialectNamespace();
      for (Type type : op->getResultTypes())
        if (!isAddressable(type)) {
          broken = true;
          op->emitOpError() << "has a result of type " << type
                            << ", larger than can be addressed";
        }
      bool allowed = llvm::is_contained(contract->dialects, dialect) ||
                     (isa<ModuleOp>(op));
      if (llvm::is_contained(contract->not_, name))
        allowed = false;
      if (llvm::is_contained(contract->but, name))
        allowed = true;
      if (allowed)
        return;
      broken = true;
      op->emitOpError() << "may not stand after phase " << phase;
    });
    if (broken)
      signalPassFailure();
  }
};
} // namespace
