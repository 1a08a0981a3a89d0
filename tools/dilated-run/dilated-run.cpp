//===- dilated-run.cpp - runs and checks models -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles a model for this machine, runs it on given inputs and compares what
// comes out. Results go to stdout, everything else to stderr. Exit codes: 0
// done, 1 a mismatch or an unsupported model, 2 bad usage or unreadable input.
//
//===----------------------------------------------------------------------===//

#include "ModelRunner.h"
#include "Outcome.h"
#include "RunOptions.h"
#include "TestCases.h"
#include "dilated-mlir/Runtime/Runtime.h"
#include "dilated-mlir/Support/AtomicFile.h"
#include "dilated-mlir/Support/CompilationCache.h"
#include "dilated-mlir/Support/CrashGuard.h"
#include "dilated-mlir/Support/ToolDiagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"

#include <cmath>

using namespace mlir;
using namespace mlir::dilated;
namespace cl = llvm::cl;

static constexpr const char *kOverview =
    R"(dilated-run: compiles a model for this CPU or loads a library, runs it, checks
what comes out

  dilated-run model.onnx --input tokens=@tokens.npy --output features=@out.npy
                         run on a NumPy file, write a NumPy file
  dilated-run model.onnx --input tokens=2x300x128xf32=random:7
                         on normal random numbers from seed 7 (or uniform:7), or =0.5
  dilated-run model.onnx --input tokens=@in.pb --expected features=@out.pb --rtol 1e-4
                         compare; exit code 1 and the largest error on a mismatch
  dilated-run --onnx-test-dir models/*/
                         ONNX test cases: DIR/model.onnx on every DIR/test_data_set_*
  dilated-run other.onnx --onnx-test-dir models/encoder
                         another model on the data of a test case
  dilated-run model.so --onnx-test-dir models/encoder
                         a library of dilated-compile: nothing is compiled
  dilated-run model.onnx --device=emulated --onnx-test-dir models/encoder
                         attention on an emulated GPU, the rest on the CPU; cuda: a real one
  dilated-run attention.ptx --device=cuda --input query=@q.npy ...
                         the PTX of dilated-compile, if the model is one attention
  dilated-run test.mlir --no-fuse --dump-phases-to=phases
                         IR of any phase; its check.expect_close ops must hold

Default tolerances, by the output's type: f32 and f64 rtol 1e-3 and atol 1e-4, f16 1e-2
both, bf16 6e-2 both, integers and bools exact. bf16 in .npy: np.save of an ml_dtypes
bfloat16 array, or its bits as uint16.
Exit codes: 0 done, 1 a mismatch or an unsupported model, 2 bad usage or unreadable input.
)";

namespace {

/// The command line.
struct Options : ModelOptions {
  Options() : ModelOptions("dilated-run options") {}

  cl::list<std::string> positional{cl::Positional,
                                   cl::desc("MODEL(.onnx|.mlir|.so|.ptx)"),
                                   cl::cat(category)};
  cl::list<std::string> inputs{
      "input", cl::desc("value of an input: @x.npy, @x.pb, 2x3xf32=random:7"),
      cl::value_desc("NAME=VALUE"), cl::cat(category)};
  cl::list<std::string> outputs{"output", cl::desc("write an output"),
                                cl::value_desc("NAME=@y.npy"),
                                cl::cat(category)};
  cl::list<std::string> expected{
      "expected", cl::desc("compare an output with @y.npy, @y.pb or a value"),
      cl::value_desc("NAME=VALUE"), cl::cat(category)};
  cl::list<std::string> testDirs{
      "onnx-test-dir",
      cl::desc("run ONNX test cases; takes all arguments that follow. A MODEL "
               "before it takes the place of every DIR/model.onnx"),
      cl::value_desc("DIR..."), cl::cat(category)};
  cl::opt<double> rtol{"rtol", cl::desc("relative tolerance"),
                       cl::cat(category)};
  cl::opt<double> atol{"atol", cl::desc("absolute tolerance"),
                       cl::cat(category)};
  cl::opt<bool> freezeInputs{
      "freeze-inputs",
      cl::desc("inputs that say shapes or axes become constants"),
      cl::cat(category)};
  cl::opt<std::string> device{"device",
                              cl::desc("where attention runs: cpu, cuda or "
                                       "emulated (default: cpu)"),
                              cl::init("cpu"), cl::cat(category)};
  cl::opt<std::string> chip{
      "chip",
      cl::desc("GPU architecture to compile for, and to emulate (default: that "
               "of the GPU; emulated: sm_80)"),
      cl::value_desc("sm_80"), cl::cat(category)};
  cl::opt<int> threads{"threads",
                       cl::desc("threads (default: all CPUs of the process)"),
                       cl::value_desc("N"), cl::init(0), cl::cat(category)};
  cl::opt<int64_t> repeat{"repeat", cl::desc("run so often (with --profile)"),
                          cl::value_desc("N"), cl::init(1), cl::cat(category)};
  cl::opt<bool> profile{"profile",
                        cl::desc("time of every phase and run, on stderr"),
                        cl::cat(category)};
  cl::opt<std::string> kernelCounts{
      "kernel-counts",
      cl::desc("with --device=emulated: counts of the last kernel, as JSON"),
      cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<bool> perfMap{
      "perf-map",
      cl::desc("name generated functions for Linux' perf (perf-PID.map)"),
      cl::cat(category)};
};

/// What the positional arguments are: a model, and folders of test cases.
struct Arguments {
  std::string model;
  std::vector<std::string> testDirs;
};

} // namespace

int mlir::dilated::usageError(const Twine &message) {
  llvm::errs() << "dilated-run: error: " << message << '\n';
  return kUsage;
}

static int noError(const Twine &message) {
  llvm::errs() << "dilated-run: error: " << message << '\n';
  return kNo;
}

/// What says how to compile, and means nothing to what is compiled.
static std::string listGivenForCompiling(const Options &options) {
  return listGiven(options.shapes, options.expandFunctions,
                   options.externalDataDir, options.noFuse, options.cpu,
                   options.features, options.ptxVersion, options.allowTF32,
                   options.cacheDir, options.noCache, options.dumpPhasesTo,
                   options.perfMap);
}

/// A shell expands `--onnx-test-dir models/*/` to one value and many positional
/// arguments: what stands after the option belongs to it.
static llvm::Expected<Arguments> sortArguments(const Options &options) {
  Arguments arguments;
  bool testing = !options.testDirs.empty();
  for (const std::string &dir : options.testDirs)
    arguments.testDirs.push_back(dir);
  for (unsigned i = 0; i < options.positional.size(); ++i) {
    bool isDir = testing && options.positional.getPosition(i) >
                                options.testDirs.getPosition(0);
    if (isDir)
      arguments.testDirs.push_back(options.positional[i]);
    else if (arguments.model.empty())
      arguments.model = options.positional[i];
    else
      return makeError("two models are given: '" + arguments.model + "' and '" +
                       options.positional[i] + "'");
  }
  if (arguments.model.empty() && !testing)
    return makeError("a model is needed; see --help");
  StringRef suffix = llvm::sys::path::extension(arguments.model);
  if (suffix == ".cubin")
    return makeError("a cubin does not say what it is: '" + arguments.model +
                     "'; run the .ptx");
  if (suffix == ".so" || suffix == ".ptx")
    if (std::string given = listGivenForCompiling(options); !given.empty())
      return makeError(given + ": for a model that is to be compiled, '" +
                       arguments.model + "' is compiled");
  bool hasSingle = !options.inputs.empty() || !options.outputs.empty() ||
                   !options.expected.empty();
  if (testing && hasSingle)
    return makeError("--input, --output and --expected don't go with "
                     "--onnx-test-dir, which brings its data");
  return arguments;
}

/// Reads NAME=VALUE pairs into values by position in `tensors`.
static llvm::Error
parseNamed(ArrayRef<std::string> texts, StringRef option,
           const std::vector<TensorInfo> &tensors,
           llvm::function_ref<llvm::Error(size_t, StringRef)> take) {
  std::vector<bool> seen(tensors.size());
  for (StringRef text : texts) {
    auto [name, value] = text.split('=');
    if (name.empty() || value.empty())
      return makeError("--" + option + " '" + text + "' is not NAME=VALUE");
    auto it = llvm::find_if(tensors, [&name = name](const TensorInfo &info) {
      return info.name == name;
    });
    if (it == tensors.end()) {
      std::string known;
      for (const TensorInfo &info : tensors)
        known += (known.empty() ? "" : ", ") + info.name;
      return makeError("--" + option + " names '" + name +
                       "', the model has: " + (known.empty() ? "none" : known));
    }
    size_t position = it - tensors.begin();
    if (seen[position])
      return makeError("--" + option + " names '" + name + "' twice");
    seen[position] = true;
    if (llvm::Error error = take(position, value))
      return makeError("--" + option + " " + name + ": " +
                       llvm::toString(std::move(error)));
  }
  return llvm::Error::success();
}

static llvm::Error parseTensors(ArrayRef<std::string> texts, StringRef option,
                                const std::vector<TensorInfo> &tensors,
                                std::vector<std::optional<HostTensor>> &into) {
  into.resize(tensors.size());
  return parseNamed(texts, option, tensors,
                    [&](size_t position, StringRef value) -> llvm::Error {
                      llvm::Expected<HostTensor> tensor = parseTensor(value);
                      if (!tensor)
                        return tensor.takeError();
                      into[position].emplace(std::move(*tensor));
                      return llvm::Error::success();
                    });
}

/// Where outputs go: a path per output, "" for none.
static llvm::Error parseOutputs(ArrayRef<std::string> texts,
                                const std::vector<TensorInfo> &tensors,
                                std::vector<std::string> &paths) {
  paths.resize(tensors.size());
  return parseNamed(texts, "output", tensors,
                    [&](size_t position, StringRef value) -> llvm::Error {
                      if (!value.consume_front("@") || !value.ends_with(".npy"))
                        return makeError("'" + value + "' is not @FILE.npy");
                      if (llvm::Error problem = checkWritable(value))
                        return problem;
                      paths[position] = value.str();
                      return llvm::Error::success();
                    });
}

/// Every input must have a value; the error shows all that are missing.
static llvm::Expected<std::vector<HostTensor>>
takeInputs(std::vector<std::optional<HostTensor>> values,
           const Signature &signature) {
  std::string missing;
  std::vector<HostTensor> inputs;
  for (auto [value, info] : llvm::zip_equal(values, signature.inputs)) {
    if (value)
      inputs.push_back(std::move(*value));
    else
      missing += "\n  --input " + info.name + "=...  for " + info.describe();
  }
  if (!missing.empty())
    return makeError("inputs without a value:" + missing);
  return inputs;
}

/// The checks of the check dialect that ran inside the model.
static int reportChecks() {
  int64_t checks = dilated_rt_expect_count();
  int64_t failures = dilated_rt_expect_failures();
  if (checks > 0)
    llvm::outs() << checks - failures << " checks passed, " << failures
                 << " failed\n";
  return failures == 0 ? kDone : kNo;
}

static int runModel(StringRef model, const Options &options,
                    const RunOptions &runOptions) {
  Progress progress;
  ModelRunner runner(model, runOptions, progress);
  if (int exitCode = runner.load())
    return exitCode;
  const Signature &signature = runner.getSignature();
  std::vector<std::optional<HostTensor>> values, expected;
  std::vector<std::string> paths;
  if (llvm::Error error =
          parseTensors(options.inputs, "input", signature.inputs, values))
    return usageError(llvm::toString(std::move(error)));
  if (llvm::Error error = parseTensors(options.expected, "expected",
                                       signature.outputs, expected))
    return usageError(llvm::toString(std::move(error)));
  if (llvm::Error error =
          parseOutputs(options.outputs, signature.outputs, paths))
    return usageError(llvm::toString(std::move(error)));
  llvm::Expected<std::vector<HostTensor>> inputs =
      takeInputs(std::move(values), signature);
  if (!inputs)
    return usageError(llvm::toString(inputs.takeError()));

  int exitCode = kDone;
  llvm::Expected<std::vector<HostTensor>> outputs =
      runner.run(*inputs, exitCode);
  if (!outputs) {
    noError(model + ": " + llvm::toString(outputs.takeError()));
    return exitCode;
  }
  for (auto [i, info] : llvm::enumerate(signature.outputs)) {
    const HostTensor &output = (*outputs)[i];
    llvm::outs() << info.name << ": " << summarise(output) << '\n';
    if (!paths[i].empty())
      if (llvm::Error error = writeNpy(paths[i], output))
        return usageError(llvm::toString(std::move(error)));
    if (!expected[i])
      continue;
    Outcome outcome = compareOutput(output, *expected[i], runOptions);
    llvm::outs() << info.name << ": " << (outcome.passed ? "passed" : "failed")
                 << ", " << outcome.text << '\n';
    if (!outcome.passed)
      exitCode = kNo;
  }
  return std::max(exitCode, reportChecks());
}

/// Options that don't depend on the model.
static llvm::Expected<RunOptions> readOptions(const Options &options) {
  if (options.threads < 0)
    return makeError("--threads " + Twine(options.threads) + " is negative");
  if (options.repeat < 1)
    return makeError("--repeat " + Twine(options.repeat) + " is less than 1");
  for (const cl::opt<double> *tolerance : {&options.rtol, &options.atol})
    if (!std::isfinite(tolerance->getValue()) || tolerance->getValue() < 0)
      return makeError("--" + tolerance->ArgStr + " " +
                       llvm::formatv("{0}", tolerance->getValue()).str() +
                       " is not a tolerance; a number from 0 up is expected");
  RunOptions run;
  llvm::Expected<RunDevice> device =
      RunDevice::open(options.device, options.chip);
  if (!device)
    return device.takeError();
  run.device = std::make_shared<RunDevice>(std::move(*device));
  if (!run.device->isCpu()) {
    NvptxOptions &gpu = run.compiler.phases.gpu.emplace();
    gpu.chip = run.device->getChip();
    std::optional<unsigned> version = parsePtxVersion(options.ptxVersion);
    if (!options.ptxVersion.empty() && !version)
      return makeError("--ptx-version=" + options.ptxVersion +
                       " is not a version such as 8.0");
    gpu.ptxVersion = version.value_or(0);
  }
  run.compiler.phases.allowTF32 = options.allowTF32;
  for (const std::string &shape : options.shapes)
    if (std::string problem = parseShapeOption(shape, run.compiler.import);
        !problem.empty())
      return makeError(problem);
  run.compiler.import.externalDataDir = options.externalDataDir;
  run.compiler.import.expandFunctions = options.expandFunctions;
  run.compiler.phases.fuse = !options.noFuse;
  run.compiler.target.cpu = options.cpu;
  run.compiler.target.features = options.features;
  run.compiler.dumpPhasesTo = options.dumpPhasesTo;
  if (!options.noCache)
    run.compiler.cacheDir = options.cacheDir.empty()
                                ? getDefaultCacheFolder()
                                : std::string(options.cacheDir);
  run.jit.perfMap = options.perfMap;
  run.freezeInputs = options.freezeInputs;
  run.profile = options.profile;
  run.kernelCounts = options.kernelCounts;
  run.repeat = options.repeat;
  if (options.rtol.getNumOccurrences())
    run.rtol = options.rtol;
  if (options.atol.getNumOccurrences())
    run.atol = options.atol;
  return run;
}

static int run(const Options &options) {
  llvm::Expected<Arguments> arguments = sortArguments(options);
  if (!arguments)
    return usageError(llvm::toString(arguments.takeError()));
  llvm::Expected<RunOptions> runOptions = readOptions(options);
  if (!runOptions)
    return usageError(llvm::toString(runOptions.takeError()));
  {
    MLIRContext context(MLIRContext::Threading::DISABLED);
    ToolDiagnostics diagnostics(&context);
    if (failed(verifyOptions(context, runOptions->compiler)))
      return kUsage;
  }
  dilated_rt_set_num_threads(options.threads);
  if (!arguments->testDirs.empty())
    return runTestCases(arguments->model, arguments->testDirs, *runOptions);
  return runModel(arguments->model, options, *runOptions);
}

int main(int argc, char **argv) {
  llvm::InitLLVM initLlvm(argc, argv);
  Options options;
  if (!options.parse(argc, argv, kOverview))
    return kUsage;
  return runTool(argc, argv, [&] { return run(options); });
}
