//===- Compiler.cpp - a model through the phases -----------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Pipelines/Compiler.h"

#include "CacheKey.h"
#include "dilated-mlir/Conversion/OnnxOpRegistry.h"
#include "dilated-mlir/Pipelines/Program.h"
#include "dilated-mlir/Support/AtomicFile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::dilated;

Compiler::Compiler(MLIRContext &context, CompilerOptions options)
    : context(context), options(std::move(options)) {
  if (!this->options.import.isRegisteredOp)
    this->options.import.isRegisteredOp = isRegisteredOnnxOp;
  // Whether it can be is for verifyOptions to say.
  if (std::optional<NvptxOptions> &gpu = this->options.phases.gpu) {
    ScopedDiagnosticHandler silence(&context, [](Diagnostic &) {});
    auto error = [&] { return emitError(UnknownLoc::get(&context)); };
    if (FailureOr<NvptxOptions> resolved = resolveTarget(*gpu, error);
        succeeded(resolved))
      gpu = *resolved;
  }
}

LogicalResult mlir::dilated::verifyOptions(MLIRContext &context,
                                           const CompilerOptions &options) {
  auto error = [&] { return emitError(UnknownLoc::get(&context)); };
  if (failed(getVectorFeatures(options.target, error)))
    return failure();
  if (options.phases.gpu && failed(resolveTarget(*options.phases.gpu, error)))
    return failure();
  if (options.dumpPhasesTo.empty())
    return success();
  if (std::error_code code =
          llvm::sys::fs::create_directories(options.dumpPhasesTo))
    return error() << "cannot make the folder '" << options.dumpPhasesTo
                   << "': " << code.message();
  SmallString<128> inside(options.dumpPhasesTo);
  llvm::sys::path::append(inside, "model.o");
  if (llvm::Error problem = checkWritable(inside))
    return error() << llvm::toString(std::move(problem));
  return success();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

LoadedModel Compiler::load(StringRef path) {
  if (options.progress)
    options.progress("import");
  LoadedModel loaded;
  TimingScope scope = timing ? timing->nest("import") : TimingScope();
  if (llvm::sys::path::extension(path) == ".onnx") {
    OnnxImportResult result = importOnnxFile(&context, path, options.import);
    loaded.exitCode = result.exitCode();
    loaded.module = std::move(result.module);
    return loaded;
  }
  if (llvm::sys::path::extension(path) != ".mlir" && path != "-") {
    emitError(UnknownLoc::get(&context))
        << "cannot read '" << path << "': expected a .onnx or .mlir file";
    loaded.exitCode = 2;
    return loaded;
  }
  loaded.module = parseSourceFile<ModuleOp>(path, &context);
  loaded.exitCode = loaded.module ? 0 : 2;
  return loaded;
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

/// The first phase that `module` has not been through, judged by its ops: IR
/// with buffers or vectors was written at the kernel level, LLVM IR below it.
static Phase getFirstPhase(ModuleOp module) {
  bool hasBuffers = false, hasOther = false;
  module.walk([&](Operation *op) {
    StringRef dialect = op->getName().getDialectNamespace();
    // A loop alone says nothing: phase graph may have some on tensors.
    hasBuffers |= dialect == "memref" || dialect == "vector";
    hasOther |= dialect != "llvm" && dialect != "builtin" &&
                dialect != "nvvm" && !isa<gpu::GPUModuleOp>(op);
  });
  if (!hasOther && !module.getBody()->empty())
    return Phase::Object;
  if (Signature::isAttachedTo(module))
    return Phase::Llvm;
  return hasBuffers ? Phase::Kernel : Phase::Import;
}

LogicalResult Compiler::dump(StringRef name,
                             function_ref<void(raw_ostream &)> write) {
  if (options.dumpPhasesTo.empty())
    return success();
  auto error = [&] { return emitError(UnknownLoc::get(&context)); };
  if (std::error_code code =
          llvm::sys::fs::create_directories(options.dumpPhasesTo))
    return error() << "cannot make the folder '" << options.dumpPhasesTo
                   << "': " << code.message();
  SmallString<128> path(options.dumpPhasesTo);
  llvm::sys::path::append(path, name);
  if (llvm::Error problem = writeFile(path, write))
    return error() << llvm::toString(std::move(problem));
  return success();
}

FailureOr<VectorFeatures> Compiler::getVectors() {
  std::optional<VectorFeatures> &vectors = options.phases.cpu.vectors;
  if (vectors)
    return *vectors;
  FailureOr<VectorFeatures> found = getVectorFeatures(
      options.target, [&] { return emitError(UnknownLoc::get(&context)); });
  if (succeeded(found))
    vectors = *found;
  return found;
}

LogicalResult Compiler::runPhase(ModuleOp module, Phase phase) {
  StringRef name = getPhaseName(phase);
  if (options.progress)
    options.progress(name);
  // Registers of the target, which need not be those of this machine.
  if (phase == Phase::Kernel && failed(getVectors()))
    return failure();
  // The last phase whose types tell what goes in and out.
  if (phase == Phase::Kernel && module.lookupSymbol<func::FuncOp>("main")) {
    FailureOr<Signature> signature = Signature::read(module);
    if (failed(signature))
      return failure();
    signature->attachTo(module);
  }
  PassManager pm(&context);
  // Between the many passes of the last phases it would take an eighth of the
  // time; who looks for a pass that breaks IR asks for dumps.
  bool verifiesEach = phase < Phase::Kernel || !options.dumpPhasesTo.empty();
  pm.enableVerifier(verifiesEach);
  TimingScope scope;
  if (timing) {
    scope = timing->nest(name);
    pm.enableTiming(scope);
  }
  buildPhase(pm, phase, options.phases);
  if (failed(pm.run(module)) || (!verifiesEach && failed(verify(module))))
    return failure();
  std::string file =
      std::to_string(static_cast<int>(phase)) + "-" + name.str() + ".mlir";
  return dump(file, [&](raw_ostream &os) { module->print(os); });
}

LogicalResult Compiler::runTo(ModuleOp module, Phase last) {
  Phase first = getFirstPhase(module);
  for (const PhaseInfo &info : getPhases()) {
    if (info.phase < first || info.phase == Phase::Object)
      continue;
    // Only a module that still holds ONNX nodes has a phase import to verify.
    if (info.phase == Phase::Import) {
      if (failed(dump("0-import.mlir",
                      [&](raw_ostream &os) { module->print(os); })))
        return failure();
    } else if (failed(runPhase(module, info.phase))) {
      return failure();
    }
    if (info.phase == last)
      break;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Machine code
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<char>> Compiler::emitObject(ModuleOp module,
                                                  const Signature &signature,
                                                  raw_ostream *llvmIr) {
  if (options.progress)
    options.progress("object");
  TimingScope scope = timing ? timing->nest("object") : TimingScope();
  std::string text;
  llvm::raw_string_ostream textStream(text);
  bool wantsIr = llvmIr || !options.dumpPhasesTo.empty();
  FailureOr<SmallVector<char>> object = mlir::dilated::emitObject(
      module, signature, options.target, wantsIr ? &textStream : nullptr);
  if (failed(object))
    return failure();
  if (llvmIr)
    *llvmIr << text;
  if (failed(dump("model.ll", [&](raw_ostream &os) { os << text; })) ||
      failed(dump("model.o", [&](raw_ostream &os) {
        os << StringRef(object->data(), object->size());
      })))
    return failure();
  return object;
}

/// From phase kernel on a module knows the number of its weights only.
static LogicalResult verifyWeights(ModuleOp module,
                                   const WeightTable &weights) {
  auto table = module.lookupSymbol<LLVM::GlobalOp>("dilated_weights");
  if (!table)
    return success();
  auto type = dyn_cast<LLVM::LLVMArrayType>(table.getGlobalType());
  uint64_t count = type ? type.getNumElements() : 0;
  if (count == weights.size())
    return success();
  return module.emitError("has a table of ")
         << count << " weights, and names " << weights.size()
         << " of them; from phase kernel on a module does not say where its "
            "weights are, so start from an earlier phase";
}

FailureOr<CompiledModel> Compiler::compile(ModuleOp module, StringRef path,
                                           raw_ostream *llvmIr) {
  CompiledModel compiled;
  FailureOr<Signature> signature = readProgram(module);
  if (failed(signature))
    return failure();
  compiled.signature = std::move(*signature);
  // The weights' names vanish with the tensor level: resolve them first, in the
  // order that the code will index them.
  if (failed(runTo(module, Phase::Fused)))
    return failure();
  std::string folder = options.import.externalDataDir;
  if (folder.empty())
    folder = llvm::sys::path::parent_path(path).str();
  FailureOr<WeightTable> weights = WeightTable::load(module, folder);
  if (failed(weights))
    return failure();
  compiled.weights = std::move(*weights);

  // The phases up to here take a hundredth of the time, and say what there is
  // to say about the model: that is heard on a hit as well.
  CompilationCache cache(options.cacheDir);
  std::optional<CompilationCache::Key> key;
  if (!options.cacheDir.empty() && options.dumpPhasesTo.empty() && !llvmIr)
    key = computeCacheKey(module, options);
  if (key) {
    if (auto object = cache.load(*key)) {
      compiled.object = std::move(*object);
      compiled.fromCache = true;
      return compiled;
    }
  }
  Phase first = getFirstPhase(module);
  for (Phase phase : {Phase::Kernel, Phase::Llvm})
    if (phase >= first && failed(runPhase(module, phase)))
      return failure();
  if (failed(verifyWeights(module, compiled.weights)) ||
      failed(embedKernels(module)))
    return failure();
  FailureOr<SmallVector<char>> object =
      emitObject(module, compiled.signature, llvmIr);
  if (failed(object))
    return failure();
  compiled.object = std::move(*object);
  if (key)
    cache.store(*key, compiled.object);
  return compiled;
}
