//===- Call.cpp - calls that can fail, and failing --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// dilated_rt_call and dilated_rt_fail: a message instead of an abort for a
// run-time check in generated code, without C++ exceptions (generated code has
// no unwind tables).
//
//===----------------------------------------------------------------------===//

#include "Frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

using namespace dilated::runtime;

static thread_local Frame *innermost = nullptr;
static thread_local char messageBuffer[kMaxMessage];
static thread_local dilated_status failureStatus = DILATED_OK;

void Frame::enter(bool insideTask) {
  outer = innermost;
  inTask = insideTask;
  innermost = this;
}

void Frame::leave() { innermost = outer; }

bool Frame::insideTask() {
  for (Frame *frame = innermost; frame; frame = frame->outer)
    if (frame->inTask)
      return true;
  return false;
}

dilated_status dilated::runtime::lastStatus() { return failureStatus; }
const char *dilated::runtime::lastMessage() { return messageBuffer; }

void dilated::runtime::copyMessage(char *target, const char *source) {
  size_t length = strnlen(source, kMaxMessage - 1);
  memmove(target, source, length);
  target[length] = '\0';
}

void dilated::runtime::fail(dilated_status status, const char *message) {
  failureStatus = status;
  copyMessage(messageBuffer, message ? message : "a run-time check failed");
  if (!innermost) {
    fprintf(stderr, "dilated-mlir: %s\n", messageBuffer);
    abort();
  }
  _longjmp(innermost->jump, 1);
}

void dilated_rt_fail(const char *message) { fail(DILATED_FAILED, message); }

int32_t dilated_rt_call(void (*function)(void *), void *argument,
                        const char **message) {
  if (message)
    *message = nullptr;
  Frame frame;
  frame.enter(/*insideTask=*/false);
  // `failed` is set from setjmp's value alone: nothing else may be relied upon
  // after the jump.
  volatile int32_t failed = 0;
  if (_setjmp(frame.jump) == 0)
    function(argument);
  else
    failed = 1;
  frame.leave();
  if (failed && message)
    *message = messageBuffer;
  return failed;
}
