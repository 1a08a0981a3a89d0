//===- EmulatedDeviceTest.cpp - the emulator as a device --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Device.h"

#include <gtest/gtest.h>

using namespace dilated::emulator;

namespace {

/// data[i] *= factor for i < 32 * blocks; the kernel 'wild' writes far outside.
constexpr const char *kPtx = R"(
.version 7.0
.target sm_80
.address_size 64

.visible .entry scale(.param .u64 data, .param .u32 factor)
{
  .reg .b32 %r<6>;
  .reg .b64 %rd<4>;
  ld.param.u64 %rd1, [data];
  ld.param.u32 %r1, [factor];
  mov.u32 %r2, %ctaid.x;
  mov.u32 %r3, %tid.x;
  shl.b32 %r2, %r2, 5;
  add.u32 %r2, %r2, %r3;
  mul.wide.u32 %rd2, %r2, 4;
  add.u64 %rd3, %rd1, %rd2;
  ld.global.u32 %r4, [%rd3];
  mul.lo.u32 %r5, %r4, %r1;
  st.global.u32 [%rd3], %r5;
  ret;
}

.visible .entry wild(.param .u64 data)
{
  .reg .b32 %r<2>;
  .reg .b64 %rd<2>;
  ld.param.u64 %rd1, [data];
  mov.u32 %r1, 1;
  st.global.u32 [%rd1+4096], %r1;
  ret;
}
)";

std::unique_ptr<EmulatedDevice> makeDevice() {
  std::string error;
  EmulatedDeviceOptions options;
  options.chip = "sm_80";
  std::unique_ptr<EmulatedDevice> device =
      EmulatedDevice::create(options, error);
  EXPECT_TRUE(device) << error;
  return device;
}

ModuleHandle load(Device &device) {
  ModuleHandle module;
  std::string log;
  DeviceStatus status = device.loadModule(kPtx, module, log);
  EXPECT_TRUE(status.ok()) << status.message();
  return module;
}

} // namespace

TEST(EmulatedDevice, HasTheChipsProperties) {
  std::unique_ptr<EmulatedDevice> device = makeDevice();
  EXPECT_EQ(device->getProperties().chip, "sm_80");
  EXPECT_EQ(device->getProperties().threadsPerBlock, 1024u);
  EXPECT_EQ(device->getProperties().sharedBytesPerBlock, 163u * 1024);
}

TEST(EmulatedDevice, ListsChipsWhenItDoesNotKnowOne) {
  std::string error;
  EmulatedDeviceOptions options;
  options.chip = "sm_1";
  EXPECT_EQ(EmulatedDevice::create(options, error), nullptr);
  EXPECT_NE(error.find("chip 'sm_1' is not known; known are: sm_80"),
            std::string::npos)
      << error;
}

TEST(EmulatedDevice, RunsOnAStream) {
  std::unique_ptr<EmulatedDevice> device = makeDevice();
  ModuleHandle module = load(*device);
  DeviceAddress data = 0;
  ASSERT_TRUE(device->allocate(256, data).ok());
  StreamHandle stream;
  ASSERT_TRUE(device->createStream(stream).ok());
  std::vector<uint32_t> in(64), out(64);
  for (uint32_t i = 0; i < 64; ++i)
    in[i] = i;
  ASSERT_TRUE(device->copyToDeviceAsync(data, in.data(), 256, stream).ok());
  DeviceLaunch launch;
  launch.kernel = "scale";
  launch.grid = {2, 1, 1};
  launch.block = {32, 1, 1};
  launch.addArgument(data);
  launch.addArgument(uint32_t(3));
  DeviceStatus status = device->launch(module, launch, stream);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_TRUE(device->copyToHostAsync(out.data(), data, 256, stream).ok());
  ASSERT_TRUE(device->synchronize(stream).ok());
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(out[i], 3 * i);
  EXPECT_EQ(device->getLastResult().counters.threads, 64u);
  EXPECT_TRUE(device->destroyStream(stream).ok());
  EXPECT_TRUE(device->free(data).ok());
  EXPECT_TRUE(device->unloadModule(module).ok());
}

TEST(EmulatedDevice, ReportsWhatAKernelDoesWrong) {
  std::unique_ptr<EmulatedDevice> device = makeDevice();
  ModuleHandle module = load(*device);
  DeviceAddress data = 0;
  ASSERT_TRUE(device->allocate(256, data).ok());
  DeviceLaunch launch;
  launch.kernel = "wild";
  launch.addArgument(data);
  DeviceStatus status = device->launch(module, launch, StreamHandle{});
  EXPECT_NE(status.message().find("out of bounds"), std::string::npos)
      << status.message();
  ASSERT_FALSE(device->getLastResult().reports.empty());
  EXPECT_EQ(device->getLastResult().reports[0].kind, ReportKind::OutOfBounds);
}

TEST(EmulatedDevice, RefusesWhatCannotBeLaunched) {
  std::unique_ptr<EmulatedDevice> device = makeDevice();
  ModuleHandle module = load(*device);
  DeviceLaunch launch;
  launch.kernel = "skale";
  EXPECT_EQ(device->launch(module, launch, StreamHandle{}).message(),
            "there is no kernel 'skale'; the module has: scale, wild");
  launch.kernel = "scale"; // without arguments
  EXPECT_FALSE(device->launch(module, launch, StreamHandle{}).ok());
  EXPECT_EQ(device->launch(ModuleHandle{99}, launch, StreamHandle{}).message(),
            "launching a kernel of no loaded module");
  EXPECT_EQ(device->launch(module, launch, StreamHandle{99}).message(),
            "using a stream that does not exist");
}

TEST(EmulatedDevice, SaysWherePtxIsWrong) {
  std::unique_ptr<EmulatedDevice> device = makeDevice();
  ModuleHandle module;
  std::string log;
  DeviceStatus status = device->loadModule(".version 7.0\n.target sm_80\n"
                                           ".address_size 64\n.entry f() {\n"
                                           "  frobnicate.u32 %r1;\n}\n",
                                           module, log);
  EXPECT_EQ(status.message().rfind("5:", 0), 0u) << status.message();
  EXPECT_NE(status.message().find("frobnicate"), std::string::npos)
      << status.message();
}

TEST(EmulatedDevice, KeepsCopiesInsideAllocations) {
  std::unique_ptr<EmulatedDevice> device = makeDevice();
  DeviceAddress data = 0;
  ASSERT_TRUE(device->allocate(16, data).ok());
  char bytes[32] = {};
  EXPECT_FALSE(device->copyToDevice(data, bytes, 17).ok());
  EXPECT_FALSE(device->copyToHost(bytes, data + 8, 9).ok());
  EXPECT_FALSE(device->fillAsync(data + 16, 0, 1, StreamHandle{}).ok());
  EXPECT_FALSE(device->free(data + 1).ok());
  EXPECT_TRUE(device->copyToDevice(data + 8, bytes, 8).ok());
  EXPECT_TRUE(device->free(data).ok());
  EXPECT_FALSE(device->free(data).ok());
}

TEST(EmulatedDevice, TimesBetweenEvents) {
  std::unique_ptr<EmulatedDevice> device = makeDevice();
  EventHandle start, end;
  ASSERT_TRUE(device->createEvent(start).ok());
  ASSERT_TRUE(device->createEvent(end).ok());
  float milliseconds = -1;
  EXPECT_TRUE(device->recordEvent(start, StreamHandle{}).ok());
  EXPECT_FALSE(device->elapsedMilliseconds(start, end, milliseconds).ok());
  EXPECT_TRUE(device->recordEvent(end, StreamHandle{}).ok());
  EXPECT_TRUE(device->waitForEvent(StreamHandle{}, end).ok());
  EXPECT_TRUE(device->elapsedMilliseconds(start, end, milliseconds).ok());
  EXPECT_GE(milliseconds, 0.0f);
  EXPECT_TRUE(device->destroyEvent(start).ok());
  EXPECT_FALSE(device->recordEvent(start, StreamHandle{}).ok());
}
