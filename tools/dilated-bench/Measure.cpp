//===- Measure.cpp - time and memory of a compiled model --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Measure.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

#include <sys/resource.h>
#include <thread>

using namespace mlir;
using namespace mlir::dilated;

double mlir::dilated::secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

llvm::Error
mlir::dilated::measureRuns(llvm::function_ref<llvm::Error()> runOnce,
                           int64_t repeat, Measurement &measurement) {
  std::vector<double> seconds;
  for (int64_t run = 0; run <= repeat; ++run) {
    Clock::time_point start = Clock::now();
    llvm::Error error = runOnce();
    double elapsed = secondsSince(start);
    if (error)
      return error;
    if (run > 0)
      seconds.push_back(elapsed);
  }
  llvm::sort(seconds);
  size_t middle = seconds.size() / 2;
  measurement.secondsMedian = seconds.size() % 2
                                  ? seconds[middle]
                                  : (seconds[middle - 1] + seconds[middle]) / 2;
  measurement.secondsMin = seconds.front();
  measurement.secondsMax = seconds.back();
  measurement.runs = repeat;
  measurement.peakRssBytes = peakRssBytes();
  return llvm::Error::success();
}

llvm::Error mlir::dilated::measureRuns(Executable &executable,
                                       ArrayRef<TensorView> inputs,
                                       int64_t repeat,
                                       Measurement &measurement) {
  auto runOnce = [&]() -> llvm::Error {
    llvm::Expected<std::vector<HostTensor>> outputs = executable.run(inputs);
    if (!outputs)
      return outputs.takeError();
    measurement.bytes = 0;
    for (const TensorView &input : inputs)
      measurement.bytes += checkedByteSize(input.shape, input.type).value_or(0);
    for (const HostTensor &output : *outputs)
      measurement.bytes += output.getByteSize();
    return llvm::Error::success();
  };
  return measureRuns(runOnce, repeat, measurement);
}

int64_t mlir::dilated::peakRssBytes() {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0)
    return 0;
  return int64_t(usage.ru_maxrss) * 1024; // Linux counts kibibytes
}

std::string mlir::dilated::describeMachine() {
  std::string text;
  // /proc has no size, so the file is read as a stream.
  if (auto file = llvm::MemoryBuffer::getFileAsStream("/proc/cpuinfo")) {
    SmallVector<StringRef> lines;
    (*file)->getBuffer().split(lines, '\n');
    for (StringRef line : lines) {
      auto [key, value] = line.split(':');
      if (key.trim() != "model name")
        continue;
      text = value.trim().str();
      break;
    }
  }
  if (text.empty())
    text = llvm::sys::getHostCPUName().str();
  text += ", " + std::to_string(std::thread::hardware_concurrency()) + " CPUs";
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  for (StringRef feature : {"amx-bf16", "avx512bf16", "avx512f", "avx2"})
    if (features.lookup(feature)) {
      text += ", " + feature.str();
      break;
    }
  return text;
}

void mlir::dilated::printText(const Measurement &m, raw_ostream &os) {
  os << m.name << ": " << llvm::format("%.3f ms", m.secondsMedian * 1e3)
     << " median (" << llvm::format("%.3f", m.secondsMin * 1e3) << " to "
     << llvm::format("%.3f", m.secondsMax * 1e3) << ", " << m.runs << " runs)";
  if (m.usefulFlops) {
    double rate = *m.usefulFlops / m.secondsMedian;
    os << ", " << llvm::format("%.1f", rate * 1e-9) << " useful GFLOP/s";
    if (m.gemmFlopsPerSecond)
      os << ", " << llvm::format("%.2f", rate / *m.gemmFlopsPerSecond)
         << " of OpenBLAS' "
         << llvm::format("%.1f", *m.gemmFlopsPerSecond * 1e-9);
  }
  os << ", " << m.threads << " threads, peak "
     << llvm::format("%.0f MB", static_cast<double>(m.peakRssBytes) * 1e-6)
     << ", compiled in " << llvm::format("%.2f s", m.compileSeconds) << '\n';
}

template <typename T>
static llvm::json::Value orNull(const std::optional<T> &value) {
  return value ? llvm::json::Value(*value) : llvm::json::Value(nullptr);
}

void mlir::dilated::printJson(const Measurement &m, raw_ostream &os) {
  std::optional<double> rate, ratio;
  if (m.usefulFlops)
    rate = *m.usefulFlops / m.secondsMedian;
  if (rate && m.gemmFlopsPerSecond)
    ratio = *rate / *m.gemmFlopsPerSecond;
  llvm::json::OStream json(os);
  json.object([&] {
    json.attribute("case", m.name);
    json.attribute("seconds_median", m.secondsMedian);
    json.attribute("seconds_min", m.secondsMin);
    json.attribute("seconds_max", m.secondsMax);
    json.attribute("useful_flops", orNull(m.usefulFlops));
    json.attribute("useful_flops_per_second", orNull(rate));
    json.attribute("executed_pairs", orNull(m.executedPairs));
    json.attribute("useful_pairs", orNull(m.usefulPairs));
    json.attribute("bytes", m.bytes);
    json.attribute("peak_rss_bytes", m.peakRssBytes);
    json.attribute("compile_seconds", m.compileSeconds);
    json.attribute("threads", m.threads);
    json.attribute("machine", describeMachine());
    json.attribute("gemm_flops_per_second", orNull(m.gemmFlopsPerSecond));
    json.attribute("ratio_to_gemm", orNull(ratio));
  });
  os << '\n';
}
