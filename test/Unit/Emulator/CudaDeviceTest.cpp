//===- CudaDeviceTest.cpp - the CUDA device on a fake driver ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeCudaDriver.h"
#include "dilated-mlir/Emulator/Device.h"

#include <functional>
#include <gtest/gtest.h>

using namespace dilated::emulator;

namespace {

class CudaDeviceTest : public test::FakeCudaDriverTest {
protected:
  std::unique_ptr<Device> open(int ordinal = 0) {
    std::string error;
    std::unique_ptr<Device> device = createCudaDevice(ordinal, error);
    EXPECT_EQ(error, "");
    forgetCalls();
    return device;
  }
  std::string openError(int ordinal = 0) {
    std::string error;
    EXPECT_EQ(createCudaDevice(ordinal, error), nullptr);
    return error;
  }
};

DeviceLaunch makeLaunch() {
  DeviceLaunch launch;
  launch.kernel = "scale";
  launch.grid = {2, 3, 4};
  launch.block = {32, 5, 1};
  launch.addArgument(uint64_t(0xabc0));
  launch.addArgument(17);
  return launch;
}

} // namespace

TEST_F(CudaDeviceTest, ReadsProperties) {
  std::unique_ptr<Device> device = open(1);
  ASSERT_TRUE(device);
  EXPECT_EQ(device->getProperties().name, "Fake GPU 1");
  EXPECT_EQ(device->getProperties().chip, "sm_90");
  EXPECT_EQ(device->getProperties().memoryBytes, uint64_t(5) << 32);
  EXPECT_EQ(device->getProperties().processors, 7u);
  EXPECT_EQ(device->getProperties().threadsPerBlock, 1024u);
  EXPECT_EQ(device->getProperties().sharedBytesPerBlock, 232448u);
  EXPECT_EQ(live(), 1); // the context
  device.reset();
  EXPECT_EQ(live(), 0);
}

TEST_F(CudaDeviceTest, NamesTheDeviceThatIsNotThere) {
  EXPECT_EQ(openError(2), "there is no CUDA device 2: the driver has 2");
  EXPECT_EQ(openError(-1), "there is no CUDA device -1: the driver has 2");
}

TEST_F(CudaDeviceTest, NamesTheLibraryThatIsNotThere) {
  setenv("DILATED_CUDA_DRIVER", "/nowhere/libcuda.so.1", 1);
  std::string error = openError();
  EXPECT_NE(error.find("cannot open the CUDA driver '/nowhere/libcuda.so.1'"),
            std::string::npos)
      << error;
}

TEST_F(CudaDeviceTest, NamesTheFunctionThatALibraryLacks) {
  setenv("DILATED_CUDA_DRIVER", "libc.so.6", 1);
  EXPECT_EQ(openError(),
            "the CUDA driver 'libc.so.6' has no function cuInit; one for CUDA "
            "11 or later is needed");
}

TEST_F(CudaDeviceTest, SaysWhatFailsWhileOpening) {
  for (const char *function :
       {"cuInit", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName",
        "cuDeviceGetAttribute", "cuDeviceTotalMem_v2",
        "cuDevicePrimaryCtxRetain"}) {
    get<void()>("fakeReset")();
    fail(function, 100);
    std::string error = openError();
    EXPECT_NE(error.find(": CUDA_ERROR_NO_DEVICE: no CUDA-capable device is "
                         "detected"),
              std::string::npos)
        << function << ": " << error;
    EXPECT_EQ(live(), 0) << function;
  }
}

TEST_F(CudaDeviceTest, CopiesThereAndBack) {
  std::unique_ptr<Device> device = open();
  DeviceAddress address = 0;
  ASSERT_TRUE(device->allocate(16, address).ok());
  ASSERT_NE(address, 0u);
  int in[4] = {1, 2, 3, 4}, out[4] = {}, later[4] = {};
  EXPECT_TRUE(device->copyToDevice(address, in, 16).ok());
  EXPECT_TRUE(device->fillAsync(address, 0xff, 4, StreamHandle{}).ok());
  EXPECT_TRUE(device->copyToHost(out, address, 16).ok());
  EXPECT_EQ(out[0], -1);
  EXPECT_EQ(out[3], 4);
  StreamHandle stream;
  ASSERT_TRUE(device->createStream(stream).ok());
  EXPECT_TRUE(device->copyToDeviceAsync(address + 4, in, 8, stream).ok());
  EXPECT_TRUE(device->copyToHostAsync(later, address, 16, stream).ok());
  EXPECT_TRUE(device->synchronize(stream).ok());
  EXPECT_EQ(later[2], 2);
  EXPECT_TRUE(device->destroyStream(stream).ok());
  EXPECT_TRUE(device->free(address).ok());
  EXPECT_EQ(calls(), "cuMemAlloc_v2(16)\n"
                     "cuMemcpyHtoD_v2(16)\n"
                     "cuMemsetD8Async(255, 4, (nil))\n"
                     "cuMemcpyDtoH_v2(16)\n"
                     "cuStreamCreate(0)\n"
                     "cuMemcpyHtoDAsync_v2(8, 0x300)\n"
                     "cuMemcpyDtoHAsync_v2(16, 0x300)\n"
                     "cuStreamSynchronize(0x300)\n"
                     "cuStreamDestroy_v2(0x300)\n"
                     "cuMemFree_v2()\n");
  EXPECT_EQ(live(), 1);
}

TEST_F(CudaDeviceTest, NothingIsACopyOfNothing) {
  std::unique_ptr<Device> device = open();
  DeviceAddress address = 0;
  EXPECT_TRUE(device->allocate(0, address).ok());
  EXPECT_NE(address, 0u);
  EXPECT_TRUE(device->free(address).ok());
  forgetCalls();
  EXPECT_TRUE(device->free(0).ok());
  EXPECT_TRUE(device->copyToDevice(0, nullptr, 0).ok());
  EXPECT_TRUE(device->copyToHost(nullptr, 0, 0).ok());
  EXPECT_EQ(calls(), "");
}

TEST_F(CudaDeviceTest, LoadsAndLaunches) {
  std::unique_ptr<Device> device = open();
  ModuleHandle module;
  std::string log = "old";
  ASSERT_TRUE(device->loadModule(".version 7.0", module, log).ok());
  EXPECT_EQ(log, "ptxas info: 24 registers");
  KernelProperties kernel;
  ASSERT_TRUE(device->describeKernel(module, "scale", kernel).ok());
  EXPECT_EQ(kernel.registersPerThread, 40u); // the fake: 10 * attribute
  EXPECT_EQ(kernel.staticSharedBytes, 10u);
  EXPECT_EQ(kernel.localBytes, 30u);
  forgetCalls();

  DeviceLaunch launch = makeLaunch();
  ASSERT_TRUE(device->launch(module, launch, StreamHandle{}).ok());
  launch.dynamicSharedBytes = 100000;
  StreamHandle stream;
  ASSERT_TRUE(device->createStream(stream).ok());
  ASSERT_TRUE(device->launch(module, launch, stream).ok());
  ASSERT_TRUE(device->synchronize().ok());
  ASSERT_TRUE(device->unloadModule(module).ok());
  EXPECT_EQ(calls(),
            "cuModuleGetFunction(0x100, scale)\n"
            "cuLaunchKernel(0x200, 2 3 4, 32 5 1, 0, (nil), abc0 17, (nil))\n"
            "cuStreamCreate(0)\n"
            "cuModuleGetFunction(0x100, scale)\n"
            "cuFuncSetAttribute(0x200, 8, 100000)\n"
            "cuLaunchKernel(0x200, 2 3 4, 32 5 1, 100000, 0x300, abc0 17, "
            "(nil))\n"
            "cuCtxSynchronize()\n"
            "cuModuleUnload(0x100)\n");
}

TEST_F(CudaDeviceTest, PassesPtxAsAString) {
  std::unique_ptr<Device> device = open();
  ModuleHandle module;
  std::string log;
  // No zero follows the part of the text that is handed over.
  std::string text = "abcdef";
  ASSERT_TRUE(
      device->loadModule(std::string_view(text).substr(0, 3), module, log)
          .ok());
  EXPECT_EQ(calls(), "cuModuleLoadDataEx('abc')\n");
}

TEST_F(CudaDeviceTest, SaysWhatTheDriversCompilerSaid) {
  std::unique_ptr<Device> device = open();
  fail("cuModuleLoadDataEx", 218);
  ModuleHandle module;
  std::string log;
  DeviceStatus status = device->loadModule("x", module, log);
  EXPECT_EQ(status.message(),
            "loading PTX: CUDA_ERROR_INVALID_PTX: a PTX JIT compilation "
            "failed\nptxas error: line 7; syntax");
  EXPECT_EQ(module, ModuleHandle{});
}

TEST_F(CudaDeviceTest, SurvivesALogThatFillsTheBuffer) {
  std::unique_ptr<Device> device = open();
  std::string large(100000, 'x');
  get<void(const char *, const char *)>("fakeLog")(large.c_str(), "");
  ModuleHandle module;
  std::string log;
  ASSERT_TRUE(device->loadModule("x", module, log).ok());
  EXPECT_GT(log.size(), 1000u);
  EXPECT_LT(log.size(), large.size());
}

TEST_F(CudaDeviceTest, ChecksArgumentsBeforeTheDriverReadsThem) {
  std::unique_ptr<Device> device = open();
  ModuleHandle module;
  std::string log;
  ASSERT_TRUE(device->loadModule("x", module, log).ok());
  forgetCalls();
  DeviceLaunch launch = makeLaunch();
  launch.arguments.pop_back();
  EXPECT_EQ(device->launch(module, launch, StreamHandle{}).message(),
            "kernel 'scale' takes 2 arguments, 1 are given");
  launch.addArgument(uint64_t(1));
  EXPECT_EQ(device->launch(module, launch, StreamHandle{}).message(),
            "argument 1 of kernel 'scale' has 4 bytes, 8 are given");
  EXPECT_EQ(calls().find("cuLaunchKernel"), std::string::npos);
}

TEST_F(CudaDeviceTest, OrdersByEvents) {
  std::unique_ptr<Device> device = open();
  StreamHandle stream;
  EventHandle event;
  float milliseconds = 0;
  ASSERT_TRUE(device->createStream(stream).ok());
  ASSERT_TRUE(device->createEvent(event).ok());
  EXPECT_TRUE(device->recordEvent(event, stream).ok());
  EXPECT_TRUE(device->waitForEvent(StreamHandle{}, event).ok());
  EXPECT_TRUE(device->synchronizeEvent(event).ok());
  EXPECT_TRUE(device->elapsedMilliseconds(event, event, milliseconds).ok());
  EXPECT_EQ(milliseconds, 2.5f);
  EXPECT_TRUE(device->destroyEvent(event).ok());
  EXPECT_EQ(calls(), "cuStreamCreate(0)\n"
                     "cuEventCreate(0)\n"
                     "cuEventRecord(0x400, 0x300)\n"
                     "cuStreamWaitEvent((nil), 0x400, 0)\n"
                     "cuEventSynchronize(0x400)\n"
                     "cuEventElapsedTime(0x400, 0x400)\n"
                     "cuEventDestroy_v2(0x400)\n");
}

/// Each call, told to fail, says what was tried and the driver's words; the
/// context of the caller is back afterwards, so the next call works.
TEST_F(CudaDeviceTest, EveryFailureIsAMessage) {
  std::unique_ptr<Device> device = open();
  DeviceAddress memory = 0;
  ModuleHandle module;
  StreamHandle stream{}, newStream;
  EventHandle event{}, newEvent;
  std::string log;
  KernelProperties kernel;
  float milliseconds;
  char bytes[8] = {};
  ASSERT_TRUE(device->allocate(8, memory).ok());
  ASSERT_TRUE(device->loadModule("x", module, log).ok());
  DeviceLaunch launch = makeLaunch();
  DeviceLaunch large = makeLaunch();
  large.dynamicSharedBytes = 50000;

  struct Case {
    const char *function;
    const char *words;
    std::function<DeviceStatus()> attempt;
  };
  DeviceAddress more = 0;
  const Case cases[] = {
      {"cuMemAlloc_v2", "allocating 1024 bytes on the device",
       [&] { return device->allocate(1024, more); }},
      {"cuMemFree_v2", "freeing device memory at 0x",
       [&] { return device->free(memory); }},
      {"cuMemcpyHtoD_v2", "copying 8 bytes to the device",
       [&] { return device->copyToDevice(memory, bytes, 8); }},
      {"cuMemcpyDtoH_v2", "copying 8 bytes from the device",
       [&] { return device->copyToHost(bytes, memory, 8); }},
      {"cuMemcpyHtoDAsync_v2", "starting a copy of 8 bytes to the device",
       [&] { return device->copyToDeviceAsync(memory, bytes, 8, stream); }},
      {"cuMemcpyDtoHAsync_v2", "starting a copy of 8 bytes from the device",
       [&] { return device->copyToHostAsync(bytes, memory, 8, stream); }},
      {"cuMemsetD8Async", "filling 8 bytes on the device",
       [&] { return device->fillAsync(memory, 1, 8, stream); }},
      {"cuModuleUnload", "unloading a module",
       [&] { return device->unloadModule(module); }},
      {"cuModuleGetFunction", "looking up kernel 'scale'",
       [&] { return device->launch(module, launch, stream); }},
      {"cuFuncGetAttribute", "reading attributes of kernel 'scale'",
       [&] { return device->describeKernel(module, "scale", kernel); }},
      {"cuFuncSetAttribute",
       "asking for 50000 bytes of dynamic shared memory for kernel 'scale'",
       [&] { return device->launch(module, large, stream); }},
      {"cuLaunchKernel",
       "launching kernel 'scale' on a grid of 2,3,4 blocks of 32,5,1 threads "
       "with 0 bytes of shared memory",
       [&] { return device->launch(module, launch, stream); }},
      {"cuStreamCreate", "creating a stream",
       [&] { return device->createStream(newStream); }},
      {"cuStreamDestroy_v2", "destroying a stream",
       [&] { return device->destroyStream(stream); }},
      {"cuStreamSynchronize", "waiting for a stream",
       [&] { return device->synchronize(stream); }},
      {"cuCtxSynchronize", "waiting for the device",
       [&] { return device->synchronize(); }},
      {"cuStreamWaitEvent", "making a stream wait for an event",
       [&] { return device->waitForEvent(stream, event); }},
      {"cuEventCreate", "creating an event",
       [&] { return device->createEvent(newEvent); }},
      {"cuEventDestroy_v2", "destroying an event",
       [&] { return device->destroyEvent(event); }},
      {"cuEventRecord", "recording an event",
       [&] { return device->recordEvent(event, stream); }},
      {"cuEventSynchronize", "waiting for an event",
       [&] { return device->synchronizeEvent(event); }},
      {"cuEventElapsedTime", "reading the time between two events",
       [&] { return device->elapsedMilliseconds(event, event, milliseconds); }},
      {"cuCtxPushCurrent_v2", "making the CUDA context current",
       [&] { return device->synchronize(); }},
      {"cuCtxPopCurrent_v2", "restoring the caller's CUDA context",
       [&] { return device->synchronize(); }},
  };
  for (const Case &failing : cases) {
    fail(failing.function, 700);
    std::string message = failing.attempt().message();
    EXPECT_EQ(message.rfind(failing.words, 0), 0u)
        << failing.function << ": " << message;
    EXPECT_NE(message.find(": CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory "
                           "access was encountered"),
              std::string::npos)
        << failing.function << ": " << message;
    fail(failing.function, 0);
    EXPECT_TRUE(device->synchronize().ok()) << failing.function;
  }
}

TEST_F(CudaDeviceTest, NumbersAnErrorThatTheDriverDoesNotName) {
  std::unique_ptr<Device> device = open();
  fail("cuCtxSynchronize", 4242);
  EXPECT_EQ(device->synchronize().message(),
            "waiting for the device: unknown CUDA error 4242");
}
