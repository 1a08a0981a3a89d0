//===- TestCases.cpp - folders of ONNX test cases ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layout of ONNX's own backend tests (Target/TestData.h).
//
//===----------------------------------------------------------------------===//

#include "TestCases.h"

#include "ModelRunner.h"
#include "Outcome.h"
#include "dilated-mlir/Target/TestData.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::dilated;
namespace fs = llvm::sys::fs;

namespace {

/// The tally, and where lines go.
struct Report {
  int64_t passed = 0, failed = 0;

  void add(bool ok, StringRef name, StringRef text) {
    ++(ok ? passed : failed);
    llvm::outs() << (ok ? "passed " : "failed ") << name << ": " << text
                 << '\n';
    llvm::outs().flush(); // in step with the diagnostics on stderr
  }
};

} // namespace

static std::string join(StringRef folder, const Twine &name) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

/// Runs one data set; the text says the largest error or what is wrong.
static llvm::Expected<Outcome> runDataSet(StringRef folder, ModelRunner &runner,
                                          const RunOptions &options) {
  llvm::Expected<std::vector<HostTensor>> inputs =
      readTestTensors(folder, "input");
  if (!inputs)
    return inputs.takeError();
  llvm::Expected<std::vector<HostTensor>> expected =
      readTestTensors(folder, "output");
  if (!expected)
    return expected.takeError();
  const std::vector<TensorInfo> &outputs = runner.getSignature().outputs;
  if (expected->empty() || expected->size() > outputs.size())
    return makeError("it has " + Twine(expected->size()) +
                     " outputs, the model has " + Twine(outputs.size()));

  int exitCode = kDone;
  llvm::Expected<std::vector<HostTensor>> actual =
      runner.run(*inputs, exitCode);
  if (!actual)
    return actual.takeError();
  Outcome worst;
  for (size_t i = 0; i < expected->size(); ++i) {
    Outcome outcome = compareOutput((*actual)[i], (*expected)[i], options);
    outcome.text = "output '" + outputs[i].name + "' " + outcome.text;
    // The worst is a failure if there is one, then the largest error.
    if (i == 0 || std::pair(!outcome.passed, outcome.largestError) >
                      std::pair(!worst.passed, worst.largestError))
      worst = std::move(outcome);
  }
  return worst;
}

static void runFolder(StringRef folder, ModelRunner &runner,
                      const RunOptions &options, Report &report) {
  std::vector<std::string> sets = listTestDataSets(folder);
  if (sets.empty())
    report.add(false, folder, "it has no folder test_data_set_*");
  for (const std::string &set : sets) {
    llvm::Expected<Outcome> outcome = runDataSet(set, runner, options);
    if (outcome)
      report.add(outcome->passed, set, outcome->text);
    else
      report.add(false, set, llvm::toString(outcome.takeError()));
  }
}

int mlir::dilated::runTestCases(StringRef model, ArrayRef<std::string> folders,
                                const RunOptions &options) {
  Progress progress;
  std::unique_ptr<ModelRunner> shared;
  if (!model.empty()) {
    shared = std::make_unique<ModelRunner>(model, options, progress);
    if (int exitCode = shared->load())
      return exitCode;
  }

  Report report;
  int64_t skipped = 0;
  bool isAnyMissing = false; // that is bad usage; the others run all the same
  for (const std::string &argument : folders) {
    StringRef folder = StringRef(argument).rtrim('/');
    if (!fs::is_directory(argument)) {
      isAnyMissing |= !fs::exists(argument);
      if (!fs::exists(argument))
        report.add(false, argument, "there is no such folder");
      else
        ++skipped;
      continue;
    }
    if (shared) {
      runFolder(folder, *shared, options, report);
      continue;
    }
    RunOptions own = options;
    if (folders.size() > 1 && !own.compiler.dumpPhasesTo.empty())
      own.compiler.dumpPhasesTo =
          join(own.compiler.dumpPhasesTo, llvm::sys::path::filename(folder));
    ModelRunner runner(join(folder, "model.onnx"), own, progress);
    if (runner.load() != kDone)
      report.add(false, folder, "model.onnx cannot be read or compiled");
    else
      runFolder(folder, runner, own, report);
  }
  if (report.passed + report.failed == 0)
    return usageError("no test case among the " + Twine(skipped) +
                      " arguments of --onnx-test-dir: folders are expected");
  llvm::outs() << report.passed << " passed, " << report.failed << " failed\n";
  if (isAnyMissing)
    return kUsage;
  return report.failed == 0 ? kDone : kNo;
}
