//===- dilated-bench.cpp - measures attention and models --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles through the same driver as the other tools and runs on random data.
// Exit codes: 0 done, 1 it can't be compiled, 2 bad usage.
//
//===----------------------------------------------------------------------===//

#include "AttentionCase.h"
#include "DeviceRuns.h"
#include "Gemm.h"
#include "Measure.h"
#include "ModelInputs.h"
#include "dilated-mlir/InitAll.h"
#include "dilated-mlir/Pipelines/Compiler.h"
#include "dilated-mlir/Runtime/Compare.h"
#include "dilated-mlir/Support/CommandLine.h"
#include "dilated-mlir/Support/CrashGuard.h"
#include "dilated-mlir/Support/ToolDiagnostics.h"
#include "dilated-mlir/Target/RunDevice.h"
#include "dilated-mlir/Transforms/EncodedPattern.h"
#include "dilated-mlir/Transforms/PlanReport.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::dilated;
namespace cl = llvm::cl;

static constexpr const char *kOverview =
    R"(dilated-bench: how fast dilated attention runs here

  dilated-bench attention --config gigapath             a configuration, at its own length
  dilated-bench attention --config gigapath --seq 45681 --dtype bf16 --threads 8
  dilated-bench attention --seq 8192 --heads 8 --head-dim 64 \
      --segments 1024,4096,8192 --dilations 1,2,4 --causal --json
  dilated-bench attention --seq 8192 --heads 8 --head-dim 64 --causal \
      --pattern '<[window<1023, 0>, columns<0, 4>], overlap = set>'
  dilated-bench attention --config paper-lm --plan      what would be computed, without running
  dilated-bench model model.onnx --shape tokens=1x4096x128
  dilated-bench model model.so --onnx-test-dir encoder  on the data of a test case, set by set

Configurations: gigapath, gigapath-250k, longvit-1024, longvit-32k, paper-lm, paper-2.7b,
bench-128, dense (a segment as long as the sequence).

A rate counts 4 * head-dim operations for each pair of a real query and a real key, once
per term that selects it, once in all in a set; null keys and padding don't count. It is held against
OpenBLAS' 1024^3 matrix product on as many threads, where libopenblas.so.0 is found.
Exit codes: 0 done, 1 it can't be compiled or run, 2 bad usage.
)";

namespace {

/// The command line.
struct Options : CodeOptions {
  Options() : CodeOptions("dilated-bench options") {}

  cl::list<std::string> positional{
      cl::Positional, cl::desc("attention | model MODEL(.onnx|.mlir|.so)"),
      cl::cat(category)};
  cl::opt<std::string> config{"config", cl::desc("a named configuration"),
                              cl::value_desc("NAME"), cl::cat(category)};
  cl::opt<int64_t> sequence{"seq", cl::desc("tokens; overrides --config's"),
                            cl::value_desc("N"), cl::cat(category)};
  cl::opt<int64_t> heads{"heads", cl::desc("query heads"), cl::value_desc("H"),
                         cl::cat(category)};
  cl::opt<int64_t> kvHeads{"kv-heads",
                           cl::desc("key and value heads (default: --heads)"),
                           cl::value_desc("H"), cl::cat(category)};
  cl::opt<int64_t> headDim{"head-dim", cl::desc("features per head, 1 to 256"),
                           cl::value_desc("D"), cl::cat(category)};
  cl::list<int64_t> segments{"segments", cl::desc("segment lengths"),
                             cl::value_desc("W,..."), cl::CommaSeparated,
                             cl::cat(category)};
  cl::list<int64_t> dilations{"dilations", cl::desc("dilation rates"),
                              cl::value_desc("R,..."), cl::CommaSeparated,
                              cl::cat(category)};
  cl::opt<std::string> pattern{
      "pattern",
      cl::desc("a pattern as MLIR has it, instead of --segments, --dilations, "
               "--head-offset and --padding"),
      cl::value_desc("<[window<1023, 0>]>"), cl::cat(category)};
  cl::opt<bool> causal{"causal", cl::desc("keys up to the query alone"),
                       cl::cat(category)};
  cl::opt<HeadOffsetRule> offset{
      "head-offset", cl::desc("which residue class a head takes"),
      cl::values(
          clEnumValN(HeadOffsetRule::Block, "block", "torchscale's"),
          clEnumValN(HeadOffsetRule::Modulo, "modulo", "the paper's"),
          clEnumValN(HeadOffsetRule::End, "end", "reaches more of the past")),
      cl::init(HeadOffsetRule::Block), cl::cat(category)};
  cl::opt<Padding> padding{
      "padding", cl::desc("what fills a ragged segment"),
      cl::values(clEnumValN(Padding::NullKeys, "null_keys", "keys of score 0"),
                 clEnumValN(Padding::Exclude, "exclude", "nothing")),
      cl::init(Padding::NullKeys), cl::cat(category)};
  cl::opt<std::string> dtype{"dtype", cl::desc("f32, f16, bf16 or f64"),
                             cl::init("f32"), cl::cat(category)};
  cl::opt<int64_t> batch{"batch", cl::desc("batch elements"), cl::init(1),
                         cl::cat(category)};
  cl::opt<int> threads{"threads",
                       cl::desc("threads (default: all CPUs of the process)"),
                       cl::init(0), cl::cat(category)};
  cl::opt<int64_t> repeat{"repeat", cl::desc("runs under the clock"),
                          cl::init(5), cl::cat(category)};
  cl::opt<std::string> device{
      "device",
      cl::desc("where attention runs: cpu, cuda (inputs and outputs of an "
               "attention lie on the GPU) or emulated (its own time)"),
      cl::init("cpu"), cl::cat(category)};
  cl::opt<std::string> chip{
      "chip",
      cl::desc("GPU architecture to compile for (default: that of the GPU; "
               "emulated: sm_80)"),
      cl::value_desc("sm_80"), cl::cat(category)};
  cl::opt<bool> json{"json", cl::desc("one JSON object per case"),
                     cl::cat(category)};
  cl::opt<bool> plan{"plan", cl::desc("the tile plan, without running"),
                     cl::cat(category)};
  cl::opt<bool> noGemm{"no-gemm", cl::desc("don't measure OpenBLAS"),
                       cl::cat(category)};
  cl::opt<bool> perfMap{
      "perf-map",
      cl::desc("name generated functions for Linux' perf (perf-PID.map)"),
      cl::cat(category)};
  cl::opt<std::string> cacheDir{
      "cache-dir",
      cl::desc("take compiled code from this folder, where it is there "
               "(default: compile)"),
      cl::value_desc("DIR"), cl::cat(category)};
  cl::list<std::string> shapes{"shape", cl::desc("shape of a model's input"),
                               cl::value_desc("NAME=1x?x768"),
                               cl::cat(category)};
  cl::opt<std::string> testDir{
      "onnx-test-dir",
      cl::desc("measure a model on the inputs in DIR/test_data_set_*"),
      cl::value_desc("DIR"), cl::cat(category)};

  /// What only one of the two modes reads.
  SmallVector<const cl::Option *> getOptionsOf(StringRef mode) const {
    auto address = [](const cl::Option &option) { return &option; };
    if (mode == "model")
      return {address(shapes), address(testDir)};
    return {address(config),    address(sequence), address(heads),
            address(kvHeads),   address(headDim),  address(segments),
            address(dilations), address(pattern),  address(causal),
            address(offset),    address(padding),  address(batch)};
  }
};

} // namespace

static int fail(int exitCode, const Twine &message) {
  llvm::errs() << "dilated-bench: error: " << message << '\n';
  return exitCode;
}

static int fail(int exitCode, llvm::Error error) {
  return fail(exitCode, llvm::toString(std::move(error)));
}

//===----------------------------------------------------------------------===//
// Cases
//===----------------------------------------------------------------------===//

/// The configuration, then what the command line says otherwise.
static llvm::Expected<AttentionCase> readCase(const Options &options) {
  AttentionCase attention;
  attention.name = "attention";
  if (!options.config.empty()) {
    std::optional<AttentionCase> config = findConfig(options.config);
    if (!config)
      return makeError("unknown configuration '" + options.config +
                       "'; known are " + listConfigs());
    attention = std::move(*config);
  }
  auto override = [](int64_t &value, const cl::opt<int64_t> &option) {
    if (option.getNumOccurrences())
      value = option;
  };
  override(attention.sequence, options.sequence);
  override(attention.heads, options.heads);
  override(attention.kvHeads, options.kvHeads);
  override(attention.headDim, options.headDim);
  attention.batch = options.batch;
  attention.causal |= options.causal;
  attention.offset = options.offset;
  attention.padding = options.padding;
  if (options.kvHeads.getNumOccurrences() && options.kvHeads < 1)
    return makeError("--kv-heads must be at least 1, is " +
                     Twine(options.kvHeads));

  std::optional<dilated_rt_type> type = parseElementType(options.dtype);
  if (!type || !isFloat(*type))
    return makeError("--dtype " + options.dtype +
                     " is not one of f32, f16, bf16, f64");
  attention.type = *type;

  attention.pattern = options.pattern;
  if (!options.pattern.empty() &&
      (!options.segments.empty() || !options.dilations.empty() ||
       options.offset.getNumOccurrences() ||
       options.padding.getNumOccurrences()))
    return makeError("--pattern takes the place of --segments, --dilations, "
                     "--head-offset and --padding: give one or the other");
  if (options.segments.size() != options.dilations.size())
    return makeError(Twine(options.segments.size()) + " segments and " +
                     Twine(options.dilations.size()) +
                     " dilations: the lists must be equally long");
  if (!options.segments.empty()) {
    attention.segments.clear();
    for (size_t i = 0; i < options.segments.size(); ++i)
      attention.segments.push_back({options.segments[i], options.dilations[i]});
  }
  if (llvm::Error error = verifyCase(attention))
    return error;
  return attention;
}

static std::string describe(const AttentionCase &attention) {
  std::string text = attention.name;
  llvm::raw_string_ostream os(text);
  os << ' ' << ::dilated::runtime::elementName(attention.type) << " batch "
     << attention.batch << " seq " << attention.sequence << " heads "
     << attention.heads;
  if (attention.getKvHeads() != attention.heads)
    os << '/' << attention.getKvHeads();
  os << " head-dim " << attention.headDim;
  if (attention.causal)
    os << " causal";
  return text;
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// Runs `executable` on every set of inputs, with a line for each. The inputs
/// are dropped before OpenBLAS is measured.
static int measure(Executable &executable, std::vector<InputSet> sets,
                   const Options &options, const RunDevice &device,
                   const Measurement &common) {
  bool isOnDevice = !device.isCpu() && options.positional[0] == "attention";
  // What stays on the CPU would read the host's memory.
  if (isOnDevice && !executable.hasKernels())
    return fail(kNo, "there is no GPU kernel for this attention, it stays on "
                     "the CPU: --device=" +
                         options.device + " has nothing to measure");
  for (InputSet &set : sets) {
    Measurement measurement = common;
    if (!set.name.empty())
      measurement.name += " " + set.name;
    measurement.threads = dilated_rt_num_threads();
    llvm::Error error =
        isOnDevice
            ? measureOnDevice(executable, *device.get(), set.tensors,
                              set.tensors.front().getShape(), options.repeat,
                              measurement)
            : measureRuns(executable, set.views(), options.repeat, measurement);
    if (error)
      return fail(kNo, std::move(error));
    set.tensors.clear();
    if (!options.noGemm && measurement.usefulFlops && device.isCpu())
      measurement.gemmFlopsPerSecond =
          measureGemm(measurement.threads, options.dtype == "f64");
    if (options.json)
      printJson(measurement, llvm::outs());
    else
      printText(measurement, llvm::outs());
  }
  return kDone;
}

/// Compiles `module`, then measures it. The clock of the compiler began at
/// `start`.
static int measure(Compiler &compiler, ModuleOp module, StringRef path,
                   std::vector<InputSet> sets, const Options &options,
                   const RunDevice &device, Measurement measurement,
                   Clock::time_point start) {
  FailureOr<CompiledModel> compiled = compiler.compile(module, path);
  if (failed(compiled))
    return kNo;
  llvm::Expected<ArrayRef<const void *>> weights =
      compiled->weights.getPointers();
  if (!weights)
    return fail(kNo, weights.takeError());
  JitOptions jitOptions;
  jitOptions.perfMap = options.perfMap;
  llvm::Expected<Executable> executable =
      Executable::create(compiled->object, *weights, jitOptions, device.get());
  if (!executable)
    return fail(kNo, executable.takeError());
  measurement.compileSeconds = secondsSince(start);
  return measure(*executable, std::move(sets), options, device, measurement);
}

static void printPlan(const AttentionCase &attention,
                      const PlannedAttention &planned, bool asJson) {
  if (asJson) {
    llvm::json::OStream json(llvm::outs());
    json.object([&] {
      json.attribute("case", describe(attention));
      writePlan(planned, json);
    });
    llvm::outs() << '\n';
    return;
  }
  llvm::outs() << describe(attention) << ":\n";
  mlir::dilated::printPlan(planned, llvm::outs());
}

static int benchAttention(MLIRContext &context, Compiler &compiler,
                          const Options &options, const RunDevice &device) {
  llvm::Expected<AttentionCase> attention = readCase(options);
  if (!attention)
    return fail(kUsage, attention.takeError());
  FailureOr<VectorFeatures> vectors = compiler.getVectors();
  if (failed(vectors))
    return kUsage;
  PatternAttr pattern = attention->parsePattern(context);
  if (!pattern)
    return kUsage;
  std::optional<SmallVector<int64_t>> encoded =
      getEncodedPattern(pattern, attention->causal);
  if (!encoded)
    return fail(kUsage, "the pattern has terms that are not measured");
  PlannedAttention planned = {
      *encoded,
      attention->batch,
      attention->heads,
      attention->sequence,
      dilated_rt_num_threads(),
      getCpuTile(
          *vectors,
          parseType(::dilated::runtime::elementName(attention->type), &context),
          attention->headDim, attention->headDim)};
  if (options.plan) {
    printPlan(*attention, planned, options.json);
    return kDone;
  }
  Measurement measurement;
  measurement.name = describe(*attention);
  measurement.usefulPairs = attention->countPairs(*encoded);
  if (measurement.usefulPairs)
    measurement.usefulFlops = attention->countFlops(*measurement.usefulPairs);
  measurement.bytes = attention->countBytes();
  if (device.isCpu() && !options.noFuse)
    measurement.executedPairs = countExecutedPairs(planned);
  Clock::time_point start = Clock::now();
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(buildModule(*attention), &context);
  if (!module)
    return kUsage;
  InputSet inputs;
  for (uint64_t seed : {1, 2, 3}) {
    llvm::Expected<HostTensor> tensor = HostTensor::allocate(
        attention->type,
        seed == 1 ? attention->getQueryShape() : attention->getKeyShape());
    if (!tensor)
      return fail(kUsage, tensor.takeError());
    inputs.tensors.push_back(std::move(*tensor));
  }
  // Filled here, not under the clock of the compiler.
  Clock::time_point fillStart = Clock::now();
  for (auto [seed, tensor] : llvm::enumerate(inputs.tensors))
    fillRandom(tensor, seed + 1);
  start += Clock::now() - fillStart;
  std::vector<InputSet> sets;
  sets.push_back(std::move(inputs));
  return measure(compiler, *module, "", std::move(sets), options, device,
                 std::move(measurement), start);
}

/// What a model is measured on: the data of a test case, or random numbers.
static llvm::Expected<std::vector<InputSet>>
makeInputs(const Signature &signature, const Options &options,
           const llvm::StringMap<std::vector<int64_t>> &shapes) {
  if (!options.testDir.empty())
    return readTestInputs(signature, options.testDir);
  llvm::Expected<InputSet> inputs = makeRandomInputs(signature, shapes);
  if (!inputs)
    return inputs.takeError();
  if (llvm::Error error = verifyInputs(signature, inputs->views()))
    return error;
  std::vector<InputSet> sets;
  sets.push_back(std::move(*inputs));
  return sets;
}

static int benchLibrary(StringRef path, const Options &options,
                        const RunDevice &device,
                        const llvm::StringMap<std::vector<int64_t>> &shapes) {
  llvm::Expected<Executable> executable = Executable::load(path, device.get());
  if (!executable)
    return fail(kUsage, executable.takeError());
  if (!device.isCpu() && !executable->hasKernels())
    return fail(kUsage, "'" + path + "' has no GPU kernels");
  llvm::Expected<std::vector<InputSet>> sets =
      makeInputs(executable->getSignature(), options, shapes);
  if (!sets)
    return fail(kUsage, sets.takeError());
  Measurement measurement;
  measurement.name = path.str();
  return measure(*executable, std::move(*sets), options, device, measurement);
}

static int benchModel(Compiler &compiler, const Options &options,
                      const RunDevice &device) {
  StringRef path = options.positional[1];
  Clock::time_point start = Clock::now();
  LoadedModel loaded = compiler.load(path);
  if (!loaded.module)
    return loaded.exitCode;
  FailureOr<Signature> signature = Signature::read(*loaded.module);
  if (failed(signature))
    return kNo;
  llvm::Expected<std::vector<InputSet>> sets =
      makeInputs(*signature, options, {});
  if (!sets)
    return fail(kUsage, sets.takeError());
  Measurement measurement;
  measurement.name = path.str();
  return measure(compiler, *loaded.module, path, std::move(*sets), options,
                 device, std::move(measurement), start);
}

//===----------------------------------------------------------------------===//
// Main
//===----------------------------------------------------------------------===//

/// More make no sense, and cost memory each.
static constexpr int kMaxThreads = 1 << 16;

/// Bad usage that does not depend on the case; "" when there is none.
static std::string checkUsage(const Options &options) {
  StringRef what;
  if (!options.positional.empty())
    what = options.positional[0];
  if (what != "attention" && what != "model")
    return "expected 'attention' or 'model', got '" + what.str() +
           "'; see --help";
  size_t expected = what == "attention" ? 1 : 2;
  if (options.positional.size() != expected)
    return what == "model" ? "expected: model MODEL(.onnx|.mlir|.so)"
                           : "'attention' takes options only";
  if (options.plan && what != "attention")
    return "--plan belongs to 'attention'; dilated-compile --print-plan shows "
           "a model's";
  StringRef other = what == "model" ? "attention" : "model";
  for (const cl::Option *option : options.getOptionsOf(other))
    if (option->getNumOccurrences())
      return ("--" + option->ArgStr + " belongs to '" + other + "'").str();
  if (what == "model" &&
      llvm::sys::path::extension(options.positional[1]) == ".so")
    if (std::string given =
            listGiven(options.noFuse, options.cpu, options.features,
                      options.cacheDir, options.perfMap);
        !given.empty())
      return given + ": for a model that is to be compiled, '" +
             options.positional[1] + "' is compiled";
  if (options.repeat < 1)
    return "--repeat must be at least 1";
  if (options.threads < 0 || options.threads > kMaxThreads)
    return ("--threads must be at least 0 and at most " + Twine(kMaxThreads) +
            ", is " + Twine(options.threads))
        .str();
  return "";
}

static int run(const Options &options) {
  if (std::string problem = checkUsage(options); !problem.empty())
    return fail(kUsage, problem);
  dilated_rt_set_num_threads(options.threads);

  CompilerOptions compilerOptions;
  for (const std::string &shape : options.shapes)
    if (std::string problem = parseShapeOption(shape, compilerOptions.import);
        !problem.empty())
      return fail(kUsage, problem);
  llvm::StringMap<std::vector<int64_t>> shapes =
      compilerOptions.import.inputShapes;
  compilerOptions.phases.fuse = !options.noFuse;
  compilerOptions.cacheDir = options.cacheDir;
  compilerOptions.target.cpu = options.cpu;
  compilerOptions.target.features = options.features;
  llvm::Expected<RunDevice> device =
      RunDevice::open(options.device, options.chip);
  if (!device)
    return fail(kUsage, device.takeError());
  if (!device->isCpu())
    compilerOptions.phases.gpu.emplace().chip = device->getChip();
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // An op of the kernel phase may be thousands of lines long.
  context.printOpOnDiagnostic(false);
  ToolDiagnostics diagnostics(&context);
  if (failed(verifyOptions(context, compilerOptions)))
    return kUsage;
  Compiler compiler(context, std::move(compilerOptions));
  if (options.positional[0] == "model" &&
      llvm::sys::path::extension(options.positional[1]) == ".so")
    return benchLibrary(options.positional[1], options, *device, shapes);
  if (options.positional[0] == "model")
    return benchModel(compiler, options, *device);
  return benchAttention(context, compiler, options, *device);
}

int main(int argc, char **argv) {
  llvm::InitLLVM initLlvm(argc, argv);
  Options options;
  if (!options.parse(argc, argv, kOverview))
    return kUsage;
  return runTool(argc, argv, [&] { return run(options); });
}
