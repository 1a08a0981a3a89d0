//===- FakeCudaDriver.h - the test's hand on the fake driver ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_TEST_UNIT_EMULATOR_FAKECUDADRIVER_H
#define DILATED_TEST_UNIT_EMULATOR_FAKECUDADRIVER_H

#include <cstdlib>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <string>

namespace dilated::emulator::test {

/// A test whose CUDA driver is FakeCudaDriver.cpp, as it is when just loaded.
class FakeCudaDriverTest : public testing::Test {
protected:
  void SetUp() override {
    library = dlopen(DILATED_FAKE_CUDA_DRIVER, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    setenv("DILATED_CUDA_DRIVER", DILATED_FAKE_CUDA_DRIVER, 1);
    get<void()>("fakeReset")();
  }
  void TearDown() override {
    unsetenv("DILATED_CUDA_DRIVER");
    if (library)
      dlclose(library);
  }

  /// A function of the driver.
  template <typename Function>
  Function *get(const char *name) {
    return reinterpret_cast<Function *>(dlsym(library, name));
  }
  /// From now on calls of `function` return `result`; 0: they work again.
  void fail(const char *function, int result) {
    get<void(const char *, int)>("fakeFail")(function, result);
  }
  /// All calls since the last forgetCalls(), in words.
  std::string calls() { return get<const char *()>("fakeCalls")(); }
  void forgetCalls() { get<void()>("fakeForgetCalls")(); }
  /// How many things of the driver are not released.
  int live() { return get<int()>("fakeLive")(); }

private:
  void *library = nullptr;
};

} // namespace dilated::emulator::test

#endif // DILATED_TEST_UNIT_EMULATOR_FAKECUDADRIVER_H
