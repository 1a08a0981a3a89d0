//===- dilated-compile.cpp - models to IR and machine code -------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MODEL -o OUT: the suffix of OUT says what is written. Exit codes: 0 done, 1
// the model is invalid or unsupported, 2 bad usage or unreadable input.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Conversion/OnnxOpRegistry.h"
#include "dilated-mlir/InitAll.h"
#include "dilated-mlir/Pipelines/Compiler.h"
#include "dilated-mlir/Pipelines/Program.h"
#include "dilated-mlir/Runtime/Runtime.h"
#include "dilated-mlir/Support/AtomicFile.h"
#include "dilated-mlir/Support/CommandLine.h"
#include "dilated-mlir/Support/CompilationCache.h"
#include "dilated-mlir/Support/CrashGuard.h"
#include "dilated-mlir/Support/ToolDiagnostics.h"
#include "dilated-mlir/Target/Library.h"
#include "dilated-mlir/Target/PtxEmission.h"
#include "dilated-mlir/Transforms/PlanReport.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"

#include <chrono>

using namespace mlir;
using namespace mlir::dilated;

namespace cl = llvm::cl;

static constexpr const char *kOverview =
    R"(dilated-compile: dilated attention models to IR and machine code

  dilated-compile model.onnx -o model.so             a library that needs no compiler
  dilated-compile model.onnx -o model.o              the same as an object, with model.h
  dilated-compile model.onnx -o model.so --weights=file   weights in model.weights
  dilated-compile model.onnx -o model.so --target=nvptx --chip=sm_90   attention on the GPU
  dilated-compile attention.onnx -o a.ptx --target=nvptx               its kernels as PTX; a.cubin by ptxas
  dilated-compile model.onnx -o model.ll --mcpu=x86-64-v3
  dilated-compile model.onnx --compile-to=fused -o - the IR after a phase, on stdout
  dilated-compile model.onnx --check                 every problem of a model in one report
  dilated-compile model.onnx -o m.o --shape tokens=1x4096x768 --dump-phases-to=phases/
  dilated-compile model.onnx --print-plan            how its attentions are computed
  dilated-compile --list-ops                         the ONNX operators that are read

Phases: import, graph, branches, fused, kernel, llvm, object (docs/architecture.md).
Exit codes: 0 done, 1 the model is invalid or unsupported, 2 bad usage or unreadable input.
)";

namespace {
enum class TimingFormat { None, Text, Json };

/// The command line.
struct Options : ModelOptions {
  Options() : ModelOptions("dilated-compile options") {}

  cl::opt<std::string> model{cl::Positional, cl::desc("MODEL(.onnx|.mlir)"),
                             cl::cat(category)};
  cl::opt<std::string> output{"o",
                              cl::desc("file to write: .so, .o (and its .h), "
                                       ".mlir or .ll; with --target=nvptx also "
                                       ".ptx or .cubin, its kernels; - is "
                                       "stdout (IR)"),
                              cl::value_desc("OUT"), cl::cat(category)};
  cl::opt<std::string> target{
      "target",
      cl::desc("cpu (the default), or nvptx: attention goes to the GPU, the "
               "rest stays on the CPU"),
      cl::init("cpu"), cl::cat(category)};
  cl::opt<std::string> chip{
      "chip",
      cl::desc("GPU architecture of --target=nvptx, the oldest that the "
               "kernels run on (default: sm_80)"),
      cl::value_desc("sm_80"), cl::cat(category)};
  cl::opt<std::string> compileTo{"compile-to",
                                 cl::desc("stop after this phase"),
                                 cl::value_desc("PHASE"), cl::cat(category)};
  cl::opt<bool> check{
      "check",
      cl::desc(
          "dry run: report everything that can't be compiled, write nothing"),
      cl::cat(category)};
  cl::opt<bool> listOps{"list-ops",
                        cl::desc("list the ONNX operators that are read"),
                        cl::cat(category)};
  cl::opt<std::string> weights{
      "weights",
      cl::desc(
          "where a library's weights go: embed (the default), file (beside "
          "OUT, with suffix .weights), or the path of such a file"),
      cl::value_desc("embed|file|PATH"), cl::init("embed"), cl::cat(category)};
  cl::opt<bool> printPlan{
      "print-plan",
      cl::desc("say on stdout which tiles compute each attention"),
      cl::cat(category)};
  cl::opt<TimingFormat> timing{
      "timing",
      cl::desc("time per phase and pass, on stderr"),
      cl::ValueOptional,
      cl::init(TimingFormat::None),
      cl::values(clEnumValN(TimingFormat::Text, "", ""),
                 clEnumValN(TimingFormat::Text, "text", "a table"),
                 clEnumValN(TimingFormat::Json, "json", "JSON")),
      cl::cat(category)};
};
} // namespace

static int usageError(const llvm::Twine &message) {
  llvm::errs() << "dilated-compile: error: " << message << "\n";
  return kUsage;
}

static int listOps() {
  for (const OnnxOpInfo &info : listOnnxOps())
    llvm::outs() << (info.domain.empty() ? "ai.onnx" : info.domain)
                 << "::" << info.name << " since " << info.since
                 << " read up to " << info.highestRead << "\n";
  return kDone;
}

/// What the suffix of the output asks for.
enum class Format { None, Mlir, LlvmIr, Object, Library, Ptx, Cubin, Unknown };

static Format getFormat(StringRef output) {
  if (output.empty())
    return Format::None;
  if (output == "-")
    return Format::Mlir;
  return llvm::StringSwitch<Format>(llvm::sys::path::extension(output))
      .Case(".mlir", Format::Mlir)
      .Case(".ll", Format::LlvmIr)
      .Case(".o", Format::Object)
      .Case(".so", Format::Library)
      .Case(".ptx", Format::Ptx)
      .Case(".cubin", Format::Cubin)
      .Default(Format::Unknown);
}

/// Where --weights puts them: a path, or nothing for the library itself.
static std::string getWeightFile(const Options &options) {
  if (options.weights == "embed")
    return "";
  if (options.weights != "file")
    return options.weights;
  SmallString<128> path(options.output);
  llvm::sys::path::replace_extension(path, ".weights");
  return path.str().str();
}

/// Prints steps once the whole has taken more than two seconds.
static std::function<void(StringRef)> makeProgress() {
  auto start = std::chrono::steady_clock::now();
  return [start](StringRef step) {
    std::chrono::duration<double> elapsed =
        std::chrono::steady_clock::now() - start;
    if (elapsed.count() > 2.0)
      llvm::errs() << llvm::format("[%5.1f s] ", elapsed.count()) << step
                   << "\n";
  };
}

/// The kernels alone: PTX with a description, a cubin, or their LLVM IR.
static int writeKernels(MLIRContext &context, Compiler &compiler,
                        ModuleOp module, const Options &options, Format format,
                        StringRef cacheDir) {
  FailureOr<CompiledKernels> kernels =
      compiler.compileKernels(module, /*wantsIr=*/format == Format::LlvmIr);
  if (failed(kernels))
    return kNo;
  Location loc = UnknownLoc::get(&context);
  std::string bytes =
      format == Format::LlvmIr ? kernels->llvmIr : std::move(kernels->text);
  if (format == Format::Cubin) {
    FailureOr<SmallVector<char>> cubin =
        assemble(bytes, kernels->description.chip, loc, cacheDir);
    if (failed(cubin))
      return kNo;
    bytes.assign(cubin->begin(), cubin->end());
  }
  if (!kernels->description.model)
    emitRemark(loc) << "'" << options.output
                    << "' holds the attention kernels of the model, not the "
                       "model; -o x.so makes a library of all of it";
  if (llvm::Error problem =
          writeFile(options.output, [&](raw_ostream &os) { os << bytes; })) {
    emitError(loc) << llvm::toString(std::move(problem));
    return kUsage;
  }
  return kDone;
}

static int compile(MLIRContext &context, const Options &options,
                   CompilerOptions compilerOptions, Format format,
                   std::optional<Phase> last, TimingScope &timing) {
  LibraryOptions library = {compilerOptions.target, getWeightFile(options)};
  auto progress = compilerOptions.progress;
  bool isForGpu = compilerOptions.phases.gpu.has_value();
  std::string cacheDir = compilerOptions.cacheDir;
  // A plan is made from a copy, which leaves no files behind.
  bool hasDumps = !compilerOptions.dumpPhasesTo.empty();
  CompilerOptions planOptions = compilerOptions;
  planOptions.dumpPhasesTo.clear();
  Compiler compiler(context, std::move(compilerOptions));
  compiler.setTimingScope(&timing);
  LoadedModel loaded = compiler.load(options.model);
  if (!loaded.module)
    return loaded.exitCode;
  ModuleOp module = *loaded.module;
  auto error = [&] { return emitError(UnknownLoc::get(&context)); };

  if (options.check) {
    // What a later phase would refuse is refused here: all but the object.
    if (failed(readProgram(module)) ||
        failed(compiler.runTo(module, Phase::Llvm)))
      return kNo;
    llvm::outs() << options.model << ": can be compiled\n";
    return kDone;
  }

  auto written = [&](llvm::Error problem) {
    if (!problem)
      return kDone;
    error() << llvm::toString(std::move(problem));
    return kUsage;
  };
  if (options.printPlan) {
    OwningOpRef<ModuleOp> copy = module.clone();
    if (failed(Compiler(context, planOptions).runTo(*copy, Phase::Fused)))
      return kNo;
    FailureOr<VectorFeatures> vectors = compiler.getVectors();
    if (failed(vectors))
      return kUsage;
    printPlans(
        *copy, dilated_rt_num_threads(),
        [&](FusedAttentionOp op) { return getCpuTile(*vectors, op); },
        llvm::outs());
    if (format == Format::None && !hasDumps)
      return kDone;
  }
  bool wantsCode = format != Format::Mlir && format != Format::None;
  if (!wantsCode) {
    Phase phase = last.value_or(Phase::Llvm);
    if (failed(compiler.runTo(module, std::min(phase, Phase::Llvm))))
      return kNo;
    if (format == Format::None)
      return kDone; // only --dump-phases-to
    return written(writeFile(options.output, [&](raw_ostream &os) {
      module->print(os);
      os << "\n";
    }));
  }

  if (isForGpu && format != Format::Library && format != Format::Object)
    return writeKernels(context, compiler, module, options, format, cacheDir);
  std::string llvmIr;
  llvm::raw_string_ostream irStream(llvmIr);
  FailureOr<CompiledModel> compiled = compiler.compile(
      module, options.model, format == Format::LlvmIr ? &irStream : nullptr);
  if (failed(compiled))
    return kNo;
  if (format == Format::LlvmIr)
    return written(
        writeFile(options.output, [&](raw_ostream &os) { os << llvmIr; }));
  progress("write");
  auto write =
      format == Format::Library ? writeSharedLibrary : writeStaticObject;
  return written(write(options.output, compiled->object,
                       compiled->weights.getSlices(), library));
}

/// What is wrong with the target, or an empty string.
static std::string findTargetProblem(const Options &options) {
  if (options.target != "cpu" && options.target != "nvptx")
    return "--target=" + options.target +
           " is not supported; supported: cpu, nvptx";
  if (options.target == "cpu")
    for (const cl::opt<std::string> *option :
         {&options.chip, &options.ptxVersion})
      if (!option->empty())
        return ("--" + option->ArgStr + " belongs to --target=nvptx").str();
  if (!options.ptxVersion.empty() && !parsePtxVersion(options.ptxVersion))
    return "--ptx-version=" + options.ptxVersion +
           " is not a version such as 8.0";
  return "";
}

static bool isKernels(Format format) {
  return format == Format::Ptx || format == Format::Cubin;
}

/// What is wrong with where the result goes, or an empty string.
static std::string findOutputProblem(const Options &options, Format format) {
  if (format == Format::Unknown)
    return "unknown kind of output '" + options.output +
           "'; expected .so, .o, .mlir, .ll, .ptx or .cubin";
  if (isKernels(format) && options.target != "nvptx")
    return "writing '" + options.output + "' needs --target=nvptx";
  if (format == Format::Cubin && findPtxas().empty())
    return "writing '" + options.output +
           "' needs ptxas on PATH or in CUDA_HOME/bin; a .ptx does not, the "
           "driver compiles it";
  if (format == Format::None && !options.check && !options.printPlan &&
      options.dumpPhasesTo.empty())
    return "an output is needed: -o OUT, --check, --print-plan or "
           "--dump-phases-to";
  if (options.printPlan && options.output == "-")
    return "--print-plan writes to stdout, and so does -o -";
  if (!options.check && format != Format::None)
    if (llvm::Error problem = checkWritable(options.output))
      return llvm::toString(std::move(problem));
  return "";
}

/// What the output can't hold of what is asked for, or an empty string.
static std::string findContentProblem(const Options &options, Format format,
                                      std::optional<Phase> last) {
  bool needsCode = format == Format::LlvmIr || format == Format::Object ||
                   format == Format::Library || isKernels(format);
  if (options.weights.getNumOccurrences() &&
      (options.weights.empty() ||
       (format != Format::Object && format != Format::Library)))
    return "--weights=" + options.weights +
           " belongs to an output .so or .o; expected embed, file or a path";
  if (needsCode && options.weights != "embed")
    for (StringRef suffix : {".so", ".o", ".h"})
      if (llvm::sys::path::extension(getWeightFile(options)) == suffix)
        return "--weights=" + options.weights +
               " has the suffix of a library; expected another";
  if (last && needsCode && *last != Phase::Object)
    return "--compile-to=" + options.compileTo + " leaves IR, which '" +
           options.output + "' can't hold; use a .mlir output";
  if (last == Phase::Object && format == Format::Mlir)
    return "phase object is machine code; use a .o output";
  return "";
}

/// The options of the compiler; an error names a shape that can't be read.
static llvm::Expected<CompilerOptions>
getCompilerOptions(const Options &options) {
  CompilerOptions compiler;
  for (const std::string &shape : options.shapes)
    if (std::string problem = parseShapeOption(shape, compiler.import);
        !problem.empty())
      return llvm::createStringError(problem);
  compiler.import.externalDataDir = options.externalDataDir;
  compiler.import.expandFunctions = options.expandFunctions;
  compiler.phases.fuse = !options.noFuse;
  compiler.target.cpu = options.cpu;
  compiler.target.features = options.features;
  compiler.phases.allowTF32 = options.allowTF32;
  if (options.target == "nvptx") {
    NvptxOptions &gpu = compiler.phases.gpu.emplace();
    if (!options.chip.empty())
      gpu.chip = options.chip;
    gpu.ptxVersion = parsePtxVersion(options.ptxVersion).value_or(0);
    if (!options.noCache)
      compiler.cacheDir = options.cacheDir.empty()
                              ? getDefaultCacheFolder()
                              : std::string(options.cacheDir);
  }
  if (!options.check) // a dry run writes nothing
    compiler.dumpPhasesTo = options.dumpPhasesTo;
  compiler.progress = makeProgress();
  return compiler;
}

static void setUpTiming(DefaultTimingManager &manager, TimingFormat format) {
  if (format == TimingFormat::None)
    return;
  manager.setEnabled(true);
  manager.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
  manager.setOutput(createOutputStrategy(
      format == TimingFormat::Json ? DefaultTimingManager::OutputFormat::Json
                                   : DefaultTimingManager::OutputFormat::Text,
      llvm::errs()));
}

static int run(const Options &options) {
  if (options.listOps)
    return listOps();
  if (options.model.empty())
    return usageError("a model is needed; see --help");
  if (std::string problem = findTargetProblem(options); !problem.empty())
    return usageError(problem);
  std::optional<Phase> last;
  if (!options.compileTo.empty()) {
    last = parsePhase(options.compileTo);
    if (!last) {
      std::string names;
      for (const PhaseInfo &info : getPhases())
        names += (names.empty() ? "" : ", ") + info.name.str();
      return usageError("unknown phase '" + options.compileTo +
                        "'; phases: " + names);
    }
  }
  Format format = getFormat(options.output);
  if (std::string problem = findOutputProblem(options, format);
      !problem.empty())
    return usageError(problem);
  if (std::string problem = findContentProblem(options, format, last);
      !problem.empty())
    return usageError(problem);
  llvm::Expected<CompilerOptions> compilerOptions = getCompilerOptions(options);
  if (!compilerOptions)
    return usageError(llvm::toString(compilerOptions.takeError()));

  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // An op may be a whole module.
  context.printOpOnDiagnostic(false);
  ToolDiagnostics diagnostics(&context);
  if (failed(verifyOptions(context, *compilerOptions)))
    return kUsage;

  DefaultTimingManager timingManager;
  setUpTiming(timingManager, options.timing);
  TimingScope timing = timingManager.getRootScope();
  return compile(context, options, std::move(*compilerOptions), format, last,
                 timing);
}

int main(int argc, char **argv) {
  llvm::InitLLVM initLlvm(argc, argv);
  Options options;
  if (!options.parse(argc, argv, kOverview))
    return kUsage;
  return runTool(argc, argv, [&] { return run(options); });
}
