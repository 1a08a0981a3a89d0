//===- Ptxas.cpp - PTX to a cubin -------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ptxas is NVIDIA's and optional. What it says with -v, by kernel:
//
//   ptxas info    : Compiling entry function 'attention' for 'sm_80'
//   ptxas info    : Function properties for attention
//       0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
//   ptxas info    : Used 96 registers, used 1 barriers, 400 bytes cmem[0]
//   ptxas warning : …
//   ptxas a.ptx, line 7; error   : …
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Support/CompilationCache.h"
#include "dilated-mlir/Target/PtxEmission.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"

#include <cstdlib>

using namespace mlir;
using namespace mlir::dilated;

std::string mlir::dilated::findPtxas() {
  if (auto path = llvm::sys::findProgramByName("ptxas"))
    return *path;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"}) {
    const char *folder = std::getenv(variable);
    if (!folder || !*folder)
      continue;
    SmallString<128> path(folder);
    llvm::sys::path::append(path, "bin", "ptxas");
    if (llvm::sys::fs::can_execute(path))
      return path.str().str();
  }
  return "";
}

namespace {

/// A file under a temporary name that is removed at the end.
struct TemporaryFile {
  SmallString<128> path;

  explicit TemporaryFile(StringRef suffix) {
    if (llvm::sys::fs::createTemporaryFile("dilated", suffix, path))
      path.clear();
  }
  TemporaryFile(const TemporaryFile &) = delete;
  ~TemporaryFile() {
    if (!path.empty())
      llvm::sys::fs::remove(path);
  }
};

/// Turns the lines of ptxas into diagnostics.
class LogReader {
public:
  explicit LogReader(Location loc) : loc(loc) {}

  void read(StringRef log) {
    SmallVector<StringRef> lines;
    log.split(lines, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
    for (StringRef line : lines)
      readLine(line.trim());
    flush();
  }
  bool hasErrors = false;

private:
  void readLine(StringRef line);
  /// Says what is known of the kernel that was being described.
  void flush();

  Location loc;
  std::string kernel, usage;
  int64_t spills = 0;
};

} // namespace

void LogReader::readLine(StringRef line) {
  SmallVector<StringRef> parts;
  static const llvm::Regex entry("Compiling entry function '([^']+)'");
  static const llvm::Regex spilled(
      "([0-9]+) bytes spill stores, ([0-9]+) bytes spill loads");
  static const llvm::Regex used("Used ([0-9]+) registers(.*)");
  static const llvm::Regex shared("([0-9]+) bytes smem");
  static const llvm::Regex message(
      "ptxas([^:]*)(warning|error|fatal) *: *(.*)");
  if (message.match(line, &parts)) {
    flush();
    bool isWarning = parts[2] == "warning";
    hasErrors |= !isWarning;
    // "file.ptx, line 7; ": the file is a temporary one.
    StringRef place = parts[1].split("line ").second.split(';').first;
    InFlightDiagnostic diag = isWarning ? emitWarning(loc) : emitError(loc);
    diag << "ptxas: " << (place.empty() ? "" : "line ") << place
         << (place.empty() ? "" : ": ") << parts[3];
  } else if (entry.match(line, &parts)) {
    flush();
    kernel = parts[1].str();
  } else if (spilled.match(line, &parts)) {
    int64_t stores = 0, loads = 0;
    (void)parts[1].getAsInteger(10, stores);
    (void)parts[2].getAsInteger(10, loads);
    spills += stores + loads;
  } else if (used.match(line, &parts)) {
    usage = parts[1].str() + " registers";
    std::string rest = parts[2].str();
    SmallVector<StringRef> sizes;
    usage += ", " + (shared.match(rest, &sizes) ? sizes[1].str() : "0") +
             " bytes of static shared memory";
  }
}

void LogReader::flush() {
  if (!usage.empty()) {
    InFlightDiagnostic diag = spills ? emitWarning(loc) : emitRemark(loc);
    diag << "kernel '" << kernel << "': " << usage << ", " << spills
         << " bytes of spills";
  }
  kernel.clear();
  usage.clear();
  spills = 0;
}

namespace {

/// What a run of ptxas leaves.
struct Assembled {
  int exitCode = 0;
  std::string problem; // that kept it from being run
  std::string log;
  SmallVector<char> cubin;
};

} // namespace

static FailureOr<std::string> readAll(const Twine &path, Location loc) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return emitError(loc, "cannot read what ptxas has written: ")
           << file.getError().message();
  return (*file)->getBuffer().str();
}

static FailureOr<Assembled> runPtxas(StringRef ptxas, StringRef ptx,
                                     StringRef chip, Location loc) {
  TemporaryFile input("ptx"), output("cubin"), log("log");
  std::error_code code;
  llvm::raw_fd_ostream file(input.path, code);
  if (!code) {
    file << ptx;
    file.close();
    code = file.error();
  }
  if (code || output.path.empty() || log.path.empty())
    return emitError(loc, "cannot write a temporary file for ptxas: ")
           << code.message();
  std::string arch = ("-arch=" + chip).str();
  StringRef arguments[] = {ptxas, arch, "-v", "-o", output.path, input.path};
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log.path),
                                          StringRef(log.path)};
  Assembled result;
  result.exitCode = llvm::sys::ExecuteAndWait(
      ptxas, arguments, std::nullopt, redirects, /*SecondsToWait=*/0,
      /*MemoryLimit=*/0, &result.problem);
  if (auto text = llvm::MemoryBuffer::getFile(log.path))
    result.log = (*text)->getBuffer().str();
  if (result.exitCode != 0)
    return result;
  FailureOr<std::string> cubin = readAll(output.path, loc);
  if (failed(cubin))
    return failure();
  result.cubin.assign(cubin->begin(), cubin->end());
  return result;
}

/// What a cubin depends on: which ptxas it is, by its place and what it says of
/// itself, the chip and the PTX. Nothing if ptxas doesn't say.
static std::optional<CompilationCache::Key>
getKey(StringRef ptxas, StringRef chip, StringRef ptx) {
  TemporaryFile log("log");
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log.path),
                                          StringRef(log.path)};
  StringRef arguments[] = {ptxas, "--version"};
  if (log.path.empty() ||
      llvm::sys::ExecuteAndWait(ptxas, arguments, std::nullopt, redirects) != 0)
    return std::nullopt;
  auto version = llvm::MemoryBuffer::getFile(log.path);
  if (!version)
    return std::nullopt;
  llvm::BLAKE3 hash;
  for (StringRef part :
       {StringRef("cubin 1"), ptxas, (*version)->getBuffer(), chip, ptx}) {
    hash.update(std::to_string(part.size()) + "\n");
    hash.update(part);
  }
  return hash.final<32>();
}

// An entry: the log up to a NUL, then the cubin.
static SmallVector<char> pack(const Assembled &assembled) {
  SmallVector<char> entry(assembled.log.begin(), assembled.log.end());
  entry.push_back('\0');
  llvm::append_range(entry, assembled.cubin);
  return entry;
}

static Assembled unpack(ArrayRef<char> entry) {
  auto [log, cubin] = StringRef(entry.data(), entry.size()).split('\0');
  Assembled assembled;
  assembled.log = log.str();
  assembled.cubin.assign(cubin.begin(), cubin.end());
  return assembled;
}

FailureOr<SmallVector<char>> mlir::dilated::assemble(StringRef ptx,
                                                     StringRef chip,
                                                     Location loc,
                                                     StringRef cacheDir) {
  std::string ptxas = findPtxas();
  if (ptxas.empty())
    return emitError(loc, "ptxas is not there: a cubin needs it on PATH or in "
                          "CUDA_HOME/bin (a .ptx does not: the driver compiles "
                          "it)");
  CompilationCache cache(cacheDir.str());
  std::optional<CompilationCache::Key> key;
  if (!cacheDir.empty())
    key = getKey(ptxas, chip, ptx);
  std::optional<SmallVector<char>> stored;
  if (key)
    stored = cache.load(*key);
  FailureOr<Assembled> assembled =
      stored ? unpack(*stored) : runPtxas(ptxas, ptx, chip, loc);
  if (failed(assembled))
    return failure();
  LogReader reader(loc);
  reader.read(assembled->log);
  if (assembled->exitCode != 0) {
    if (!reader.hasErrors)
      emitError(loc, "'") << ptxas << "' failed with exit code "
                          << assembled->exitCode
                          << (assembled->problem.empty() ? "" : ": ")
                          << assembled->problem;
    return failure();
  }
  if (key && !stored)
    cache.store(*key, pack(*assembled));
  return std::move(assembled->cubin);
}
