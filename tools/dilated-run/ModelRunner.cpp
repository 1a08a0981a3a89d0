//===- ModelRunner.cpp - compile once, run often ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelRunner.h"

#include "TensorAttribute.h"
#include "dilated-mlir/InitAll.h"
#include "dilated-mlir/Pipelines/FreezeInputs.h"
#include "dilated-mlir/Support/ToolDiagnostics.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace mlir;
using namespace mlir::dilated;

static double secondsSince(std::chrono::steady_clock::time_point start) {
  std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

ModelRunner::ModelRunner(StringRef path, const RunOptions &options,
                         Progress &progress)
    : path(path), options(options), progress(progress) {}

ModelRunner::~ModelRunner() = default;

/// A shared library needs no compiler: what it says of itself is the signature.
int ModelRunner::loadLibrary() {
  progress.step("load");
  llvm::Expected<Executable> loaded =
      Executable::load(path, options.device->get());
  progress.idle();
  if (!loaded)
    return usageError(llvm::toString(loaded.takeError()));
  if (!options.device->isCpu() && !loaded->hasKernels())
    return usageError("'" + path +
                      "' has no GPU kernels; dilated-compile --target=nvptx "
                      "puts them in");
  executable.emplace(std::move(*loaded));
  signature = executable->getSignature();
  if (options.freezeInputs)
    return usageError("--freeze-inputs needs a model that is still to be "
                      "compiled, '" +
                      path + "' is a library");
  return kDone;
}

/// The file says what its inputs are, and how its kernel is launched.
int ModelRunner::loadPtx() {
  progress.step("load");
  llvm::Expected<PtxDescription> described = PtxExecutable::describe(path);
  if (!described)
    return usageError(llvm::toString(described.takeError()));
  if (options.device->isCpu())
    return usageError("'" + path +
                      "' is for GPUs: --device=cuda or --device=emulated");
  llvm::Expected<PtxExecutable> loaded =
      PtxExecutable::load(path, *options.device->get());
  progress.idle();
  if (!loaded)
    return usageError(llvm::toString(loaded.takeError()));
  ptx.emplace(std::move(*loaded));
  signature = ptx->getSignature();
  if (options.freezeInputs)
    return usageError("--freeze-inputs needs a model that is still to be "
                      "compiled, '" +
                      path + "' is PTX");
  return kDone;
}

int ModelRunner::load() {
  progress.begin(path);
  if (llvm::sys::path::extension(path) == ".ptx")
    return loadPtx();
  if (llvm::sys::path::extension(path) == ".so")
    return loadLibrary();
  DialectRegistry registry;
  registerAllDialects(registry);
  context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  // An op of the kernel phase may be thousands of lines long.
  context->printOpOnDiagnostic(false);
  CompilerOptions compilerOptions = options.compiler;
  compilerOptions.progress = [this](StringRef step) {
    progress.step(step.str());
  };
  compiler = std::make_unique<Compiler>(*context, std::move(compilerOptions));
  if (int exitCode = reload())
    return exitCode;
  ToolDiagnostics diagnostics(context.get());
  FailureOr<Signature> read = Signature::read(*module);
  progress.idle();
  if (failed(read))
    return kNo;
  signature = std::move(*read);
  if (options.freezeInputs)
    frozen = findShapeInputs(*module);
  return kDone;
}

int ModelRunner::reload() {
  ToolDiagnostics diagnostics(context.get());
  LoadedModel loaded = compiler->load(path);
  module = std::move(loaded.module);
  return loaded.exitCode;
}

/// What a frozen input is compiled for.
static std::string fingerprint(const HostTensor &tensor) {
  return formatType(tensor.getShape(), tensor.getType()) + "=" +
         std::string(static_cast<const char *>(tensor.data()),
                     tensor.getByteSize());
}

bool ModelRunner::isFrozenFor(ArrayRef<HostTensor> inputs) const {
  for (auto [position, value] : llvm::zip_equal(frozen, frozenValues))
    if (fingerprint(inputs[position]) != value)
      return false;
  return true;
}

LogicalResult ModelRunner::compile(ArrayRef<HostTensor> inputs) {
  executable.reset();
  compiled.reset();
  if (!module && reload() != kDone)
    return failure();
  ToolDiagnostics diagnostics(context.get());

  DefaultTimingManager timingManager;
  timingManager.setEnabled(options.profile);
  timingManager.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
  timingManager.setOutput(createOutputStrategy(
      DefaultTimingManager::OutputFormat::Text, llvm::errs()));
  TimingScope scope = timingManager.getRootScope();
  compiler->setTimingScope(&scope);
  llvm::scope_exit resetScope([&] { compiler->setTimingScope(nullptr); });

  OwningOpRef<ModuleOp> owned = std::move(module);
  frozenValues.clear();
  for (unsigned position : frozen)
    frozenValues.push_back(fingerprint(inputs[position]));
  // From the last: a frozen input leaves the list.
  for (unsigned position : llvm::reverse(frozen))
    if (failed(freezeInput(*owned, position,
                           toAttribute(inputs[position], context.get()))))
      return failure();
  FailureOr<CompiledModel> result = compiler->compile(*owned, path);
  if (failed(result))
    return failure();
  compiled.emplace(std::move(*result));
  if (options.profile)
    llvm::errs() << "code: "
                 << (compiled->fromCache ? "from the cache" : "compiled")
                 << '\n';

  progress.step("load");
  auto fail = [&](llvm::Error error) {
    return emitError(UnknownLoc::get(context.get()))
           << "cannot load the compiled model: "
           << llvm::toString(std::move(error));
  };
  llvm::Expected<ArrayRef<const void *>> weights =
      compiled->weights.getPointers();
  if (!weights)
    return fail(weights.takeError());
  llvm::Expected<Executable> loaded = Executable::create(
      compiled->object, *weights, options.jit, options.device->get());
  if (!loaded)
    return fail(loaded.takeError());
  executable.emplace(std::move(*loaded));
  return success();
}

/// Counts of the last kernel that ran emulated.
llvm::Error ModelRunner::reportKernel() const {
  const auto *emulator = options.device->getEmulator();
  if (!emulator)
    return llvm::Error::success();
  const auto &counters = emulator->getLastResult().counters;
  if (options.profile)
    llvm::errs() << counters.formatTable();
  if (options.kernelCounts.empty())
    return llvm::Error::success();
  std::error_code problem;
  llvm::raw_fd_ostream file(options.kernelCounts, problem);
  if (problem)
    return makeError("cannot write '" + options.kernelCounts +
                     "': " + problem.message());
  file << StringRef(counters.formatJson()).rtrim() << '\n';
  return llvm::Error::success();
}

llvm::Expected<std::vector<HostTensor>>
ModelRunner::run(ArrayRef<HostTensor> inputs, int &exitCode) {
  std::vector<TensorView> views;
  for (const HostTensor &input : inputs)
    views.push_back(input.view());
  exitCode = kUsage;
  // Before compiling: that takes longer than a look at the inputs.
  if (llvm::Error error = verifyInputs(signature, views))
    return error;

  exitCode = kNo;
  bool isReady = ptx || (executable && isFrozenFor(inputs));
  if (isBroken || (!isReady && failed(compile(inputs)))) {
    // Other inputs help only when they are compiled in.
    isBroken = frozen.empty();
    progress.idle();
    return makeError("cannot be compiled");
  }
  std::vector<TensorView> passed; // what is not compiled in
  for (auto [position, view] : llvm::enumerate(views))
    if (!llvm::is_contained(frozen, position))
      passed.push_back(view);
  progress.step("run");
  llvm::Expected<std::vector<HostTensor>> outputs = std::vector<HostTensor>();
  for (int64_t i = 0; i < options.repeat && outputs; ++i) {
    auto start = std::chrono::steady_clock::now();
    outputs->clear(); // before the next run makes as many
    outputs = ptx ? ptx->run(passed) : executable->run(passed);
    if (options.profile)
      llvm::errs() << "run " << i + 1 << ": "
                   << llvm::format("%.3f ms", secondsSince(start) * 1e3)
                   << '\n';
  }
  progress.idle();
  if (llvm::Error error = reportKernel())
    return error;
  if (outputs)
    exitCode = kDone;
  return outputs;
}
