//===- Frame.h - where a failing run-time check returns to ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread-local chain of setjmp frames. Generated code has no destructors, so
// leaving it by longjmp is safe; our own frames between setjmp and generated
// code hold nothing with a destructor either.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_FRAME_H
#define DILATED_MLIR_LIB_RUNTIME_FRAME_H

#include "dilated-mlir/Runtime/Runtime.h"

#include <setjmp.h>

namespace dilated::runtime {

/// Longer messages are cut.
constexpr int kMaxMessage = 1024;

/// One place to return to. Between enter and leave it is the innermost one of
/// its thread; after a longjmp to it, leave is still to be called.
struct Frame {
  jmp_buf jump;
  Frame *outer;
  bool inTask;

  void enter(bool insideTask);
  void leave();

  /// True on a thread that runs a task of a parallel_for.
  static bool insideTask();
};

/// dilated_rt_fail with a status of its own.
[[noreturn]] void fail(dilated_status status, const char *message);

/// Status and message of the thread's last failure.
dilated_status lastStatus();
const char *lastMessage();

/// Copies a message into a buffer of kMaxMessage characters.
void copyMessage(char *target, const char *source);

} // namespace dilated::runtime

#endif // DILATED_MLIR_LIB_RUNTIME_FRAME_H
