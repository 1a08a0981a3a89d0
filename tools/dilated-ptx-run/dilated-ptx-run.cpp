//===- dilated-ptx-run.cpp - runs a kernel of a PTX file --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs one kernel on the emulator, which looks for what GPUs do not tell, or on
// a GPU. Exit codes: 0 done, 1 the kernel does something wrong, 2 bad usage or
// unreadable input.
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::dilated;
namespace cl = llvm::cl;
namespace emulator = ::dilated::emulator;

static constexpr const char *kOverview =
    R"(dilated-ptx-run: runs one kernel of a PTX file, without a GPU or on one

  dilated-ptx-run k.ptx --list
                         the kernels of the file, their parameters and needs
  dilated-ptx-run k.ptx --kernel scale --grid 8 --block 128 --arg f32[1024]=random:7 \
                  --arg f32[1024]=zeros --arg i32=1024 --out 1=@y.npy
                         run it; write what is in argument 1 afterwards
  dilated-ptx-run k.ptx --kernel scale ... --profile
                         instructions, bytes, sectors, bank conflicts, occupancy
                         (also =json, and =listing: the PTX with counts per line)
  dilated-ptx-run k.ptx --kernel scale ... --device=cuda
                         on the first GPU, through the driver's own compiler

Arguments come in order, numbered from 0:
  TYPE[COUNT]=VALUE      a buffer; the kernel gets its address. COUNT may be 8x1024,
                         or nothing for all of a file
  TYPE=NUMBER            a number
  value:TYPE[COUNT]=VALUE  a structure passed by value
TYPE is one of i8 i16 i32 i64 u8 u16 u32 u64 f16 bf16 f32 f64. VALUE is one of
  @x.npy                 a NumPy file; bf16 as ml_dtypes saves it, or its bits as uint16
  zeros, ones, 0.5       one value for all elements
  1,2,3                  every element
  random:7               normal numbers (integers: 0 to 15) from seed 7
  uniform:7              floats in [0, 1) from seed 7

The emulator reports, each with the line of the PTX: accesses out of bounds or
misaligned, uninitialised shared memory and registers, races in shared memory,
divergent or mismatched barriers, deadlocks, cp.async data used before its wait,
and blocks over the chip's limits. After a finding no output is written;
--check=none runs without the detectors.
Exit codes: 0 done, 1 the kernel does something wrong, 2 bad usage or unreadable input.
)";

namespace {

/// The command line.
struct Options {
  cl::OptionCategory category{"dilated-ptx-run options"};
  cl::list<std::string> positional{cl::Positional, cl::desc("FILE.ptx"),
                                   cl::cat(category)};
  cl::opt<bool> list{"list", cl::desc("print the kernels of the file"),
                     cl::cat(category)};
  cl::opt<std::string> kernel{"kernel",
                              cl::desc("which kernel (default: the only one)"),
                              cl::value_desc("NAME"), cl::cat(category)};
  cl::opt<std::string> grid{"grid", cl::desc("blocks (default: 1)"),
                            cl::value_desc("X,Y,Z"), cl::init("1"),
                            cl::cat(category)};
  cl::opt<std::string> block{"block", cl::desc("threads of a block"),
                             cl::value_desc("X,Y,Z"), cl::cat(category)};
  cl::opt<uint32_t> shared{
      "shared", cl::desc("dynamic shared memory of a block (default: 0)"),
      cl::value_desc("BYTES"), cl::init(0), cl::cat(category)};
  cl::list<std::string> arguments{"arg", cl::desc("the next argument"),
                                  cl::value_desc("TYPE[COUNT]=VALUE"),
                                  cl::cat(category)};
  cl::list<std::string> outputs{
      "out", cl::desc("write argument N, a buffer, after the kernel"),
      cl::value_desc("N=@y.npy"), cl::cat(category)};
  cl::opt<std::string> device{"device", cl::desc("emulated (default) or cuda"),
                              cl::value_desc("NAME"), cl::init("emulated"),
                              cl::cat(category)};
  cl::opt<std::string> chip{
      "chip",
      cl::desc("whose limits the emulator keeps (default: the file's .target)"),
      cl::value_desc("sm_80"), cl::cat(category)};
  cl::opt<std::string> profile{
      "profile", cl::desc("counts on stdout: table (default), json, listing"),
      cl::value_desc("FORM"), cl::ValueOptional, cl::cat(category)};
  cl::opt<std::string> check{
      "check", cl::desc("detectors: all (default) or none"),
      cl::value_desc("WHICH"), cl::init("all"), cl::cat(category)};
  cl::opt<unsigned> threads{
      "threads", cl::desc("host threads (default: all CPUs of the process)"),
      cl::value_desc("N"), cl::init(0), cl::cat(category)};
  cl::opt<uint32_t> registers{
      "registers",
      cl::desc("registers per thread for the occupancy, as ptxas -v says"),
      cl::value_desc("N"), cl::init(0), cl::cat(category)};
  cl::opt<uint64_t> limit{
      "instruction-limit",
      cl::desc("stop a warp that executes more (default: 2^32; 0: never)"),
      cl::value_desc("N"), cl::init(uint64_t(1) << 32), cl::cat(category)};
};

} // namespace

/// "8", "8,2" or "8,2,1". Zero is left to the device, which says why not.
static llvm::Error parseDim3(StringRef text, StringRef option,
                             emulator::Dim3 &dim) {
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  uint32_t *sizes[] = {&dim.x, &dim.y, &dim.z};
  if (parts.size() > 3)
    return makeError("--" + option + " " + text + " has more than 3 sizes");
  for (auto [size, part] : llvm::zip(sizes, parts))
    if (part.trim().getAsInteger(10, *size) || *size == 0)
      return makeError("--" + option + " " + text + ": '" + part +
                       "' is not a positive number");
  return llvm::Error::success();
}

static llvm::Error parseOutputs(const Options &options, KernelRun &run) {
  for (StringRef text : options.outputs) {
    auto [number, path] = text.split('=');
    size_t index;
    if (number.getAsInteger(10, index) || !path.consume_front("@") ||
        path.empty())
      return makeError("--out '" + text + "' is not N=@FILE.npy");
    if (index >= run.arguments.size())
      return makeError("--out " + text + ": " + Twine(run.arguments.size()) +
                       " arguments are given, numbered from 0");
    if (run.arguments[index].kind != Argument::Kind::Buffer)
      return makeError("--out " + text + ": argument " + Twine(index) + " (" +
                       run.arguments[index].text + ") is not a buffer");
    if (path != "-" && !path.ends_with(".npy"))
      return makeError("--out " + text + ": '" + path + "' is not a .npy file");
    run.outputs.emplace_back(index, path.str());
  }
  return llvm::Error::success();
}

static llvm::Error parseProfile(const Options &options, KernelRun &run) {
  if (!options.profile.getNumOccurrences())
    return llvm::Error::success();
  if (options.profile.empty() || options.profile == "table")
    run.profile = Profile::Table;
  else if (options.profile == "json")
    run.profile = Profile::Json;
  else if (options.profile == "listing")
    run.profile = Profile::Listing;
  else
    return makeError("--profile=" + options.profile +
                     " is none of table, json, listing");
  if (run.onCuda && run.profile != Profile::Table)
    return makeError("--profile=" + options.profile +
                     " needs --device=emulated: a GPU does not count by line");
  return llvm::Error::success();
}

static llvm::Error readOptions(const Options &options, KernelRun &run) {
  if (options.device != "emulated" && options.device != "cuda")
    return makeError("--device=" + options.device +
                     " is neither emulated nor cuda");
  run.onCuda = options.device == "cuda";
  if (options.check != "all" && options.check != "none")
    return makeError("--check=" + options.check + " is neither all nor none");
  if (run.onCuda && options.check.getNumOccurrences())
    return makeError("--check needs --device=emulated");
  if (run.onCuda && !options.chip.empty())
    return makeError("--chip needs --device=emulated: a GPU is what it is");
  if (options.block.empty())
    return makeError("--block is needed");
  if (llvm::Error error = parseDim3(options.grid, "grid", run.grid))
    return error;
  if (llvm::Error error = parseDim3(options.block, "block", run.block))
    return error;
  if (llvm::Error error = parseProfile(options, run))
    return error;
  run.kernel = options.kernel;
  run.dynamicSharedBytes = options.shared;
  run.emulator.chip = options.chip;
  run.emulator.checks =
      options.check == "all" ? emulator::Checks::All : emulator::Checks::None;
  run.emulator.hostThreads = options.threads;
  run.emulator.registersPerThread = options.registers;
  run.emulator.instructionLimit = options.limit;
  run.emulator.count = run.profile != Profile::None;
  for (const std::string &text : options.arguments) {
    llvm::Expected<Argument> argument = parseArgument(text);
    if (!argument)
      return argument.takeError();
    run.arguments.push_back(std::move(*argument));
  }
  return parseOutputs(options, run);
}

int main(int argc, char **argv) {
  llvm::InitLLVM initLlvm(argc, argv);
  // LLVM registers hundreds of options of its own; this tool has only its own.
  cl::ResetCommandLineParser();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  std::string errors;
  llvm::raw_string_ostream errorStream(errors);
  if (!cl::ParseCommandLineOptions(argc, argv, kOverview, &errorStream)) {
    llvm::errs() << errors;
    return kUsage;
  }
  if (options.positional.size() != 1)
    return toolError(Twine(options.positional.size()) +
                         " files are given, one is needed; see --help",
                     kUsage);
  KernelRun run;
  run.file = options.positional[0];
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> file =
      llvm::MemoryBuffer::getFile(run.file, /*IsText=*/false,
                                  /*RequiresNullTerminator=*/false);
  if (!file)
    return toolError(
        "cannot read '" + run.file + "': " + file.getError().message(), kUsage);
  run.ptx = (*file)->getBuffer().str();
  if (options.list)
    return listKernels(run.file, run.ptx);
  if (llvm::Error error = readOptions(options, run))
    return toolError(llvm::toString(std::move(error)), kUsage);
  return runKernel(run);
}
