//===- ObjectEmission.h - LLVM dialect to object files ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last phase on CPUs: an LLVM-dialect module becomes LLVM IR, is optimised
// for one processor and written as a relocatable object. The JIT loads that
// very object, so what is tested is what ships.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_OBJECTEMISSION_H
#define DILATED_MLIR_TARGET_OBJECTEMISSION_H

#include "dilated-mlir/CodeGen/CPU/Pipeline.h"
#include "dilated-mlir/Target/Signature.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"

#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace mlir::dilated {

struct TargetOptions {
  /// A processor LLVM knows ("x86-64-v3", "znver4", …), or "native": the
  /// features that this machine reports.
  std::string cpu = "native";
  /// Further features, comma separated: "+avx2,-avx512f".
  std::string features;
  /// 0 to 3, as clang's -O. Kernels are written as they should run: 3 takes
  /// longer and gains nothing.
  int optLevel = 2;
};

/// What the target of a library (dilated_api) says before the chip of its GPU
/// kernels.
constexpr StringLiteral kKernelTarget = ", kernels for ";

/// The compiler and its version, as what it writes names it.
std::string getProducer();

/// The processor names that TargetOptions::cpu takes, "native" first.
std::vector<std::string> listCpus();

/// A target machine for this machine's architecture and operating system. An
/// unknown processor or feature is an error that lists the valid ones.
FailureOr<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const TargetOptions &options,
                    function_ref<InFlightDiagnostic()> emitError);

/// The vector instructions that `options` allow code to use.
FailureOr<VectorFeatures>
getVectorFeatures(const TargetOptions &options,
                  function_ref<InFlightDiagnostic()> emitError);

/// The processor that `options` stand for, as one line: triple, processor,
/// every feature with its sign, what is tuned for, and the level. Code for
/// equal lines is equal.
FailureOr<std::string>
getTargetKey(const TargetOptions &options,
             function_ref<InFlightDiagnostic()> emitError);

/// The bytes of a relocatable object (position independent, small code model)
/// of a module in the LLVM dialect, with the description of a model of this
/// signature (Runtime/ModelDescription.h). `llvmIr`, when given, receives the
/// optimised LLVM IR as text.
FailureOr<SmallVector<char>> emitObject(ModuleOp llvmDialectModule,
                                        const Signature &signature,
                                        const TargetOptions &options,
                                        raw_ostream *llvmIr = nullptr);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_OBJECTEMISSION_H
