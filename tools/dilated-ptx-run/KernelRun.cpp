//===- KernelRun.cpp - one kernel, once -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::dilated;
namespace emulator = ::dilated::emulator;
using emulator::Device;
using emulator::DeviceStatus;
using emulator::EmulatedDevice;

namespace {

/// A kernel on its way through a device. Each step returns an exit code, having
/// said what went wrong.
class Session {
public:
  explicit Session(KernelRun &run) : run(run) {}
  int open();
  int load();
  int checkArguments();
  int launch();
  int writeOutputs();

private:
  /// What the PTX says of its kernels; null where the emulator can't read it
  /// and CUDA is to run it.
  const emulator::Module *getModule() const;
  int reportFindings(const emulator::LaunchResult &result);
  void printProfile();
  int printCudaProfile(float milliseconds);

  KernelRun &run;
  std::unique_ptr<Device> device;
  EmulatedDevice *emulated = nullptr;           // `device`, where it is one
  std::unique_ptr<emulator::Module> signatures; // for CUDA
  emulator::ModuleHandle module{};
  std::vector<emulator::DeviceAddress> addresses; // by argument
};

} // namespace

int mlir::dilated::toolError(const Twine &message, ExitCode code) {
  llvm::outs().flush();
  llvm::errs() << "dilated-ptx-run: error: " << message << '\n';
  return code;
}

int Session::open() {
  std::string error;
  if (run.onCuda) {
    device = emulator::createCudaDevice(0, error);
  } else {
    std::unique_ptr<EmulatedDevice> made =
        EmulatedDevice::create(run.emulator, error);
    emulated = made.get();
    device = std::move(made);
  }
  return device ? kDone : toolError(error, kUsage);
}

const emulator::Module *Session::getModule() const {
  return emulated ? emulated->getModule(module) : signatures.get();
}

int Session::load() {
  std::string log;
  DeviceStatus status = device->loadModule(run.ptx, module, log);
  if (!status.ok())
    return toolError(run.file + ":" + (emulated ? "" : " ") + status.message(),
                     kUsage);
  if (!log.empty())
    llvm::errs() << StringRef(log).rtrim() << '\n';
  if (!emulated) {
    emulator::ParseError error;
    signatures = emulator::Module::parse(run.ptx, error);
    if (!signatures)
      llvm::errs() << "dilated-ptx-run: note: arguments are not checked: "
                   << run.file << ':' << error.line << ": " << error.message
                   << '\n';
  }
  return kDone;
}

static std::string listNames(const emulator::Module &module) {
  std::string names;
  for (const emulator::KernelDescription &kernel : module.getKernels())
    names += (names.empty() ? "" : ", ") + kernel.name;
  return names.empty() ? "none" : names;
}

int Session::checkArguments() {
  const emulator::Module *description = getModule();
  if (!description)
    return run.kernel.empty() ? toolError("--kernel is needed", kUsage) : kDone;
  if (run.kernel.empty()) {
    if (description->getKernels().size() != 1)
      return toolError("--kernel is needed; '" + run.file +
                           "' has: " + listNames(*description),
                       kUsage);
    run.kernel = description->getKernels().front().name;
  }
  const emulator::KernelDescription *kernel =
      description->findKernel(run.kernel);
  if (!kernel)
    return toolError("'" + run.file + "' has no kernel '" + run.kernel +
                         "'; it has: " + listNames(*description),
                     kUsage);
  const std::vector<emulator::Parameter> &parameters = kernel->parameters;
  if (parameters.size() != run.arguments.size()) {
    std::string list;
    for (const emulator::Parameter &parameter : parameters)
      list += llvm::formatv("\n  .{0} {1}, {2} bytes", parameter.type,
                            parameter.name, parameter.bytes);
    return toolError(
        llvm::formatv("kernel '{0}' takes {1} arguments, {2} are given{3}",
                      run.kernel, parameters.size(), run.arguments.size(),
                      list),
        kUsage);
  }
  for (auto [i, parameter, argument] :
       llvm::enumerate(parameters, run.arguments)) {
    size_t given = argument.getParameterBytes();
    if (given != parameter.bytes)
      return toolError(
          llvm::formatv(
              "--arg {0}: argument {1} has {2} bytes, parameter '{3}' "
              "(.{4}) of kernel '{5}' has {6}",
              argument.text, i, given, parameter.name, parameter.type,
              run.kernel, parameter.bytes),
          kUsage);
  }
  return kDone;
}

int Session::reportFindings(const emulator::LaunchResult &result) {
  llvm::outs().flush();
  SmallVector<std::string> kinds;
  for (const emulator::Report &report : result.reports) {
    llvm::errs() << StringRef(report.format(run.file)).rtrim() << '\n';
    std::string kind(emulator::getReportName(report.kind));
    if (!llvm::is_contained(kinds, kind))
      kinds.push_back(kind);
  }
  llvm::errs() << "dilated-ptx-run: kernel '" << run.kernel
               << "': " << result.reports.size()
               << (result.reports.size() == 1 ? " finding" : " findings")
               << " (" << llvm::join(kinds, ", ") << ")";
  if (!run.outputs.empty())
    llvm::errs() << "; outputs are not written";
  llvm::errs() << '\n';
  return kNo;
}

void Session::printProfile() {
  const emulator::Counters &counters = emulated->getLastResult().counters;
  switch (run.profile) {
  case Profile::None:
    break;
  case Profile::Table:
    llvm::outs() << counters.formatTable();
    break;
  case Profile::Json:
    llvm::outs() << StringRef(counters.formatJson()).rtrim() << '\n';
    break;
  case Profile::Listing:
    llvm::outs() << counters.formatListing(*getModule());
    break;
  }
  llvm::outs().flush();
}

int Session::printCudaProfile(float milliseconds) {
  emulator::KernelProperties kernel;
  DeviceStatus status = device->describeKernel(module, run.kernel, kernel);
  if (!status.ok())
    return toolError(status.message(), kNo);
  llvm::outs() << llvm::formatv(
      "{0} on {1}: {2:f3} ms, {3} registers and {4} bytes of local memory per "
      "thread, {5} bytes of shared memory per block\n",
      run.kernel, device->getProperties().name, milliseconds,
      kernel.registersPerThread, kernel.localBytes,
      kernel.staticSharedBytes + run.dynamicSharedBytes);
  return kDone;
}

int Session::launch() {
  emulator::DeviceLaunch launch;
  launch.kernel = run.kernel;
  launch.grid = run.grid;
  launch.block = run.block;
  launch.dynamicSharedBytes = run.dynamicSharedBytes;
  for (const Argument &argument : run.arguments) {
    emulator::DeviceAddress address = 0;
    size_t bytes = static_cast<size_t>(argument.tensor.getByteSize());
    if (argument.kind == Argument::Kind::Buffer) {
      DeviceStatus status = device->allocate(bytes, address);
      if (status.ok())
        status = device->copyToDevice(address, argument.tensor.data(), bytes);
      if (!status.ok())
        return toolError("--arg " + argument.text + ": " + status.message(),
                         kUsage);
      launch.addArgument(address);
    } else {
      const auto *data = static_cast<const std::byte *>(argument.tensor.data());
      launch.arguments.emplace_back(data, data + bytes);
    }
    addresses.push_back(address);
  }

  emulator::EventHandle start{}, end{};
  constexpr emulator::StreamHandle stream{};
  float milliseconds = 0;
  DeviceStatus status = device->createEvent(start);
  if (status.ok())
    status = device->createEvent(end);
  if (status.ok())
    status = device->recordEvent(start, stream);
  if (!status.ok())
    return toolError(status.message(), kNo);
  llvm::outs().flush();
  status = device->launch(module, launch, stream);
  if (emulated) {
    const emulator::LaunchResult &result = emulated->getLastResult();
    if (!status.ok() && result.reports.empty())
      return toolError(status.message(), kUsage);
    printProfile();
    if (!result.reports.empty())
      return reportFindings(result);
  }
  if (status.ok())
    status = device->recordEvent(end, stream);
  if (status.ok())
    status = device->synchronize();
  if (status.ok())
    status = device->elapsedMilliseconds(start, end, milliseconds);
  if (!status.ok())
    return toolError(status.message(), kNo);
  if (!emulated && run.profile != Profile::None)
    return printCudaProfile(milliseconds);
  return kDone;
}

int Session::writeOutputs() {
  for (auto &[index, path] : run.outputs) {
    Argument &argument = run.arguments[index];
    DeviceStatus status = device->copyToHost(
        argument.tensor.data(), addresses[index],
        static_cast<uint64_t>(argument.tensor.getByteSize()));
    if (!status.ok())
      return toolError(status.message(), kNo);
    if (llvm::Error error = writeArgument(path, argument))
      return toolError(llvm::toString(std::move(error)), kUsage);
  }
  return kDone;
}

int mlir::dilated::runKernel(KernelRun &run) {
  Session session(run);
  for (int (Session::*step)() :
       {&Session::open, &Session::load, &Session::checkArguments,
        &Session::launch, &Session::writeOutputs})
    if (int code = (session.*step)())
      return code;
  return kDone;
}

int mlir::dilated::listKernels(const std::string &file,
                               const std::string &ptx) {
  emulator::ParseError error;
  std::unique_ptr<emulator::Module> module =
      emulator::Module::parse(ptx, error);
  if (!module)
    return toolError(llvm::formatv("{0}:{1}:{2}: {3}", file, error.line,
                                   error.column, error.message),
                     kUsage);
  for (const emulator::KernelDescription &kernel : module->getKernels()) {
    llvm::outs() << kernel.name << '(';
    llvm::interleaveComma(kernel.parameters, llvm::outs(),
                          [](const emulator::Parameter &parameter) {
                            llvm::outs() << '.' << parameter.type << ' '
                                         << parameter.name;
                            if (parameter.isArray)
                              llvm::outs() << '[' << parameter.bytes << ']';
                          });
    llvm::outs() << ")\n  " << kernel.staticSharedBytes
                 << " bytes of static shared memory"
                 << (kernel.usesDynamicShared ? ", and dynamic" : "") << "; "
                 << kernel.localBytes << " bytes of local memory; "
                 << kernel.liveRegisters << " registers or more";
    if (kernel.requiredThreads[0])
      llvm::outs() << "; a block has " << kernel.requiredThreads[0] << ','
                   << kernel.requiredThreads[1] << ','
                   << kernel.requiredThreads[2] << " threads";
    else if (kernel.maximalThreads[0])
      llvm::outs() << "; a block has at most "
                   << uint64_t(kernel.maximalThreads[0]) *
                          std::max(kernel.maximalThreads[1], 1u) *
                          std::max(kernel.maximalThreads[2], 1u)
                   << " threads";
    llvm::outs() << '\n';
  }
  return kDone;
}
