//===- DeviceModelTest.cpp - models with GPU kernels ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model written by hand, with the calls that generated code makes, on the
// fake driver: x goes to the device, a kernel runs there (the fake one runs
// nothing), the buffer comes back as y.
//
//===----------------------------------------------------------------------===//

#include "../Emulator/FakeCudaDriver.h"
#include "dilated-mlir/Runtime/ModelDescription.h"
#include "dilated-mlir/Runtime/Runtime.h"

#include <cstring>
#include <vector>

using namespace dilated::runtime;

namespace {

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

struct Vector {
  float *allocated, *aligned;
  int64_t offset, size, stride;
};

/// How the code treats its memory; see the tests.
bool placesOutputOnDevice, readsOnHost;

void entry(void *arguments) {
  auto *x = static_cast<const Vector *>(static_cast<void **>(arguments)[0]);
  int64_t n = x->size;
  if (readsOnHost) { // code of the CPU
    auto *y = static_cast<float *>(dilated_rt_output(0, 1, &n));
    for (int64_t i = 0; i < n; ++i)
      y[i] = x->aligned[i] + 1;
    return;
  }
  auto *y = static_cast<float *>(placesOutputOnDevice
                                     ? dilated_rt_device_output(0, 1, &n)
                                     : dilated_rt_output(0, 1, &n));
  bool isThere = dilated_rt_device_owns(x->aligned);
  void *buffer = x->aligned;
  int64_t in[] = {n, 1, x->stride}, out[] = {n, 1, 1};
  if (!isThere) {
    buffer = dilated_rt_device_alloc(n * 4);
    dilated_rt_device_copy(buffer, x->aligned, 4, 1, in);
  }
  const int64_t grid[] = {(n + 31) / 32, 1, 1, 32, 1, 1, 0};
  const int64_t values[] = {reinterpret_cast<int64_t>(buffer), 7};
  const int64_t bytes[] = {8, 4};
  dilated_rt_device_launch("scale", grid, 2, bytes, values);
  dilated_rt_device_copy(y, buffer, 4, 1, out);
  if (!isThere)
    dilated_rt_device_free(buffer);
}

const int64_t kSizes[] = {-1};
const char *const kSymbols[] = {"n"};
const dilated_tensor_info kInputs[] = {
    {"x", DILATED_RT_F32, 1, kSizes, kSymbols}};
const dilated_tensor_info kOutputs[] = {
    {"y", DILATED_RT_F32, 1, kSizes, kSymbols}};
const uint8_t kFree[] = {0}, kYes[] = {1};

class DeviceModel : public dilated::emulator::test::FakeCudaDriverTest {
protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(FakeCudaDriverTest::SetUp());
    placesOutputOnDevice = true;
    readsOnHost = false;
    describe("sm_80", kYes);
  }
  void TearDown() override {
    destroy();
    EXPECT_EQ(live(), 0);
    FakeCudaDriverTest::TearDown();
  }

  void describe(const char *chip, const uint8_t *deviceInputs) {
    ptx = std::string(".version 8.0\n.target ") + chip + "\n";
    description = {};
    description.version = kDescriptionVersion;
    description.inputCount = description.outputCount = 1;
    description.inputs = kInputs;
    description.outputs = kOutputs;
    description.rowMajorInputs = kFree;
    description.producer = "a test";
    description.target = "no-cpu";
    description.entry = entry;
    description.kernels = ptx.c_str();
    description.kernelBytes = static_cast<int64_t>(ptx.size());
    description.deviceInputs = deviceInputs;
    shell = {&description, nullptr};
    ASSERT_EQ(makeApi(shell, DILATED_ABI_VERSION, api, &error), DILATED_OK);
  }
  dilated_status create(const dilated_create_options *options = nullptr) {
    return api.create(&api, options, &model, &error);
  }
  void destroy() {
    api.destroy(model);
    model = nullptr;
  }
  /// Runs with y at `output`, or allocated by the model.
  dilated_status run(float *input, int64_t n, float *output,
                     void *stream = nullptr) {
    outSize = -1;
    dilated_tensor x = {input, 0, DILATED_RT_F32, 1, &n, nullptr};
    y = {output, output ? size_t(n) * 4 : 0, 0, 1, &outSize, nullptr};
    dilated_run_options options = {};
    options.struct_size = sizeof(options);
    options.threads = 1;
    options.stream = stream;
    return api.run(model, &x, 1, &y, 1, &options, &error);
  }
  /// Memory of the fake device, for the caller.
  float *allocate(size_t bytes) {
    unsigned long long address = 0;
    get<int(void *)>("cuCtxPushCurrent_v2")(reinterpret_cast<void *>(0x77));
    EXPECT_EQ(get<int(unsigned long long *, size_t)>("cuMemAlloc_v2")(&address,
                                                                      bytes),
              0);
    pop();
    return reinterpret_cast<float *>(address);
  }
  void release(float *memory) {
    get<int(void *)>("cuCtxPushCurrent_v2")(reinterpret_cast<void *>(0x77));
    get<int(unsigned long long)>("cuMemFree_v2")(
        reinterpret_cast<uintptr_t>(memory));
    pop();
  }
  void pop() {
    void *context;
    get<int(void **)>("cuCtxPopCurrent_v2")(&context);
  }

  bool called(const char *what) {
    return calls().find(what) != std::string::npos;
  }

  std::string ptx;
  ModelDescription description;
  Library shell;
  dilated_api api = {};
  dilated_model *model = nullptr;
  dilated_error error;
  dilated_tensor y;
  int64_t outSize = -1;
};

constexpr int kLoaded = 2; // a context and a module

} // namespace

TEST_F(DeviceModel, CopiesMemoryOfTheHost) {
  ASSERT_EQ(create(), DILATED_OK) << error.message;
  EXPECT_TRUE(called("cuModuleLoadDataEx('.version 8.0\n.target sm_80\n')"));
  float x[] = {1, 2, 3};
  for (int i = 0; i < 2; ++i) {
    forgetCalls();
    ASSERT_EQ(run(x, 3, nullptr), DILATED_OK) << error.message;
    EXPECT_EQ(memcmp(y.data, x, sizeof(x)), 0);
    EXPECT_TRUE(called("cuMemcpyHtoDAsync_v2(12, (nil))"));
    EXPECT_TRUE(called("1 1 1, 32 1 1, 0, (nil)"));
    EXPECT_TRUE(called("cuMemcpyDtoHAsync_v2(12, (nil))"));
    EXPECT_EQ(live(), kLoaded);
    api.release(model, &y);
  }
}

TEST_F(DeviceModel, PacksStridedInputs) {
  ASSERT_EQ(create(), DILATED_OK) << error.message;
  float x[] = {1, 9, 2, 9, 3, 9};
  int64_t n = 3, stride = 2, out = -1;
  dilated_tensor input = {x, 0, DILATED_RT_F32, 1, &n, &stride};
  dilated_tensor output = {nullptr, 0, 0, 1, &out, nullptr};
  ASSERT_EQ(api.run(model, &input, 1, &output, 1, nullptr, &error), DILATED_OK)
      << error.message;
  auto *values = static_cast<float *>(output.data);
  EXPECT_EQ(std::vector<float>(values, values + 3),
            (std::vector<float>{1, 2, 3}));
  api.release(model, &output);
}

TEST_F(DeviceModel, LeavesMemoryOfTheDeviceWhereItIs) {
  ASSERT_EQ(create(), DILATED_OK) << error.message;
  float *x = allocate(12), *out = allocate(12);
  float values[] = {4, 5, 6};
  memcpy(x, values, sizeof(values)); // the fake's memory is the host's
  forgetCalls();
  auto *stream = reinterpret_cast<void *>(0x300);
  ASSERT_EQ(run(x, 3, out, stream), DILATED_OK) << error.message;
  EXPECT_EQ(memcmp(out, values, sizeof(values)), 0);
  EXPECT_TRUE(called("cuMemcpyDtoDAsync_v2(12, 0x300)"));
  EXPECT_TRUE(called("32 1 1, 0, 0x300"));
  // The caller's stream is the caller's to wait for.
  EXPECT_FALSE(called("cuStreamSynchronize"));
  EXPECT_FALSE(called("cuMemAlloc"));
  // Without a stream the run waits.
  ASSERT_EQ(run(x, 3, out), DILATED_OK) << error.message;
  EXPECT_TRUE(called("cuStreamSynchronize((nil))"));
  release(x);
  release(out);
  EXPECT_EQ(live(), kLoaded);
}

TEST_F(DeviceModel, BringsDeviceMemoryToCodeOfTheCpu) {
  describe("sm_80", nullptr);
  readsOnHost = true;
  ASSERT_EQ(create(), DILATED_OK) << error.message;
  float *x = allocate(12), *out = allocate(12);
  x[0] = 1, x[1] = 2, x[2] = 3;
  forgetCalls();
  ASSERT_EQ(run(x, 3, out), DILATED_OK) << error.message;
  EXPECT_EQ(std::vector<float>(out, out + 3), (std::vector<float>{2, 3, 4}));
  EXPECT_TRUE(called("cuMemcpyDtoHAsync_v2(12, (nil))"));
  EXPECT_TRUE(called("cuMemcpyHtoDAsync_v2(12, (nil))"));
  release(x);
  release(out);
}

TEST_F(DeviceModel, FailsWithoutLeaksAndGoesOn) {
  ASSERT_EQ(create(), DILATED_OK) << error.message;
  float x[] = {1, 2, 3};
  struct {
    const char *function;
    int result;
    dilated_status status;
    const char *message;
  } cases[] = {
      {"cuMemAlloc_v2", 2, DILATED_OUT_OF_MEMORY,
       "allocating 256 bytes on the GPU 'Fake GPU 0': "
       "CUDA_ERROR_OUT_OF_MEMORY: out of memory"},
      {"cuMemcpyHtoDAsync_v2", 700, DILATED_DEVICE_FAILED,
       "copying 12 bytes to the GPU: CUDA_ERROR_ILLEGAL_ADDRESS"},
      {"cuModuleGetFunction", 500, DILATED_DEVICE_FAILED,
       "launching kernel 'scale' on 1 x 1 x 1 blocks of 32 threads with 0 "
       "bytes of shared memory: CUDA_ERROR_NOT_FOUND"},
      {"cuLaunchKernel", 1, DILATED_DEVICE_FAILED, "launching kernel 'scale'"},
      {"cuMemcpyDtoHAsync_v2", 700, DILATED_DEVICE_FAILED,
       "copying 12 bytes from the GPU"},
      {"cuStreamSynchronize", 700, DILATED_DEVICE_FAILED,
       "waiting for the kernels on the GPU 'Fake GPU 0': "
       "CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access"},
      {"cuCtxPushCurrent_v2", 201, DILATED_DEVICE_FAILED,
       "making the CUDA context current: CUDA_ERROR_INVALID_CONTEXT"}};
  for (const auto &test : cases) {
    fail(test.function, test.result);
    EXPECT_EQ(run(x, 3, nullptr), test.status) << test.function;
    EXPECT_EQ(std::string(error.message).substr(0, strlen(test.message)),
              test.message);
    EXPECT_EQ(y.data, nullptr);
    fail(test.function, 0);
    EXPECT_EQ(live(), kLoaded) << test.function;
    ASSERT_EQ(run(x, 3, nullptr), DILATED_OK) << error.message;
    EXPECT_EQ(memcmp(y.data, x, sizeof(x)), 0);
    api.release(model, &y);
  }
}

TEST_F(DeviceModel, IsNotCreatedWithoutADevice) {
  struct {
    const char *function;
    int result;
    dilated_status status;
    const char *message;
  } cases[] = {
      {"cuInit", 100, DILATED_NO_DEVICE,
       "starting the CUDA driver: CUDA_ERROR_NO_DEVICE: no CUDA-capable device "
       "is detected"},
      {"cuDeviceGetCount", 1, DILATED_NO_DEVICE, "counting GPUs"},
      {"cuDevicePrimaryCtxRetain", 2, DILATED_NO_DEVICE, "opening GPU 0"},
      {"cuModuleLoadDataEx", 218, DILATED_DEVICE_FAILED,
       "loading PTX on 'Fake GPU 0': ptxas error: line 7; syntax: "
       "CUDA_ERROR_INVALID_PTX"}};
  for (const auto &test : cases) {
    fail(test.function, test.result);
    EXPECT_EQ(create(), test.status) << test.function;
    EXPECT_EQ(std::string(error.message).substr(0, strlen(test.message)),
              test.message);
    EXPECT_EQ(model, nullptr);
    EXPECT_EQ(live(), 0) << test.function;
    fail(test.function, 0);
  }
  dilated_create_options options = {};
  options.struct_size = sizeof(options);
  options.gpu = 7;
  EXPECT_EQ(create(&options), DILATED_NO_DEVICE);
  EXPECT_STREQ(error.message, "there is no GPU 7: the CUDA driver has 2");
}

TEST_F(DeviceModel, IsForChipsThatItWasCompiledFor) {
  for (const char *chip : {"sm_80", "sm_90", "sm_90a"}) {
    describe(chip, kYes);
    EXPECT_EQ(create(), DILATED_OK) << error.message;
    destroy();
  }
  describe("sm_100", kYes);
  EXPECT_EQ(create(), DILATED_NO_DEVICE);
  EXPECT_STREQ(error.message, "the kernels were compiled for sm_100 or later, "
                              "the GPU 'Fake GPU 0' is sm_90");
  describe("sm_100a", kYes);
  EXPECT_EQ(create(), DILATED_NO_DEVICE);
  EXPECT_STREQ(error.message, "the kernels were compiled for sm_100a, the GPU "
                              "'Fake GPU 0' is sm_90");
}

TEST_F(DeviceModel, NeedsAllOfADevice) {
  dilated_device device = {};
  device.struct_size = 8;
  dilated_create_options options = {};
  options.struct_size = sizeof(options);
  options.device = &device;
  EXPECT_EQ(create(&options), DILATED_INVALID_ARGUMENT);
  EXPECT_EQ(model, nullptr);
}
