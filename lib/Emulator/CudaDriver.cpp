//===- CudaDriver.cpp - the CUDA driver, opened at run time -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaDriver.h"

#include <cstdlib>
#include <dlfcn.h>

using namespace dilated::emulator;

std::unique_ptr<CudaDriver> CudaDriver::open(std::string &error) {
  const char *chosen = std::getenv("DILATED_CUDA_DRIVER");
  std::string path = chosen && *chosen ? chosen : "libcuda.so.1";
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    error = "cannot open the CUDA driver '" + path +
            "': " + (why ? why : "no reason given");
    return nullptr;
  }
  auto driver = std::make_unique<CudaDriver>();
#define DILATED_LOAD(member, symbol, parameters)                               \
  driver->member =                                                             \
      reinterpret_cast<CudaResult(*) parameters>(dlsym(library, #symbol));     \
  if (!driver->member) {                                                       \
    error = "the CUDA driver '" + path +                                       \
            "' has no function " #symbol                                       \
            "; one for CUDA 11 or later is needed";                            \
    dlclose(library);                                                          \
    return nullptr;                                                            \
  }
  DILATED_CUDA_FUNCTIONS(DILATED_LOAD)
#undef DILATED_LOAD
#define DILATED_LOAD(member, symbol, parameters)                               \
  driver->member =                                                             \
      reinterpret_cast<CudaResult(*) parameters>(dlsym(library, #symbol));
  DILATED_CUDA_OPTIONAL_FUNCTIONS(DILATED_LOAD)
#undef DILATED_LOAD
  return driver;
}

std::string CudaDriver::describe(CudaResult result) const {
  const char *name = nullptr, *text = nullptr;
  if (getErrorName(result, &name) != 0 || !name)
    return "unknown CUDA error " + std::to_string(result);
  std::string words = name;
  if (getErrorString(result, &text) == 0 && text)
    words += std::string(": ") + text;
  return words;
}
