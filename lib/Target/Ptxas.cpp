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

#include "dilated-mlir/Target/PtxEmission.h"

#include "llvm/ADT/SmallString.h"
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

FailureOr<SmallVector<char>>
mlir::dilated::assemble(StringRef ptx, StringRef chip, Location loc) {
  std::string ptxas = findPtxas();
  if (ptxas.empty())
    return emitError(loc, "ptxas is not there: a cubin needs it on PATH or in "
                          "CUDA_HOME/bin (a .ptx does not: the driver compiles "
                          "it)");
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
  std::string problem;
  int result = llvm::sys::ExecuteAndWait(ptxas, arguments, std::nullopt,
                                         redirects, /*SecondsToWait=*/0,
                                         /*MemoryLimit=*/0, &problem);
  LogReader reader(loc);
  if (auto text = llvm::MemoryBuffer::getFile(log.path))
    reader.read((*text)->getBuffer());
  if (result != 0) {
    if (!reader.hasErrors)
      emitError(loc, "'") << ptxas << "' failed with exit code " << result
                          << (problem.empty() ? "" : ": ") << problem;
    return failure();
  }
  auto cubin = llvm::MemoryBuffer::getFile(output.path, /*IsText=*/false,
                                           /*RequiresNullTerminator=*/false);
  if (!cubin)
    return emitError(loc, "cannot read what ptxas has written: ")
           << cubin.getError().message();
  StringRef bytes = (*cubin)->getBuffer();
  return SmallVector<char>(bytes.begin(), bytes.end());
}
