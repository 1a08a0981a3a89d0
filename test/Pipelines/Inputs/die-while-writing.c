/* Preloaded into a tool: kills the process, as no signal handler can see, while
 * it writes an entry of the cache. DIE_AT_BYTE=N: when N bytes of the temporary
 * file are written; DIE_AT_RENAME=before|after: around its renaming.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int temporary = -1;
static size_t written = 0;

static void die(void) { kill(getpid(), SIGKILL); }

static int asked(const char *when) {
  const char *text = getenv("DIE_AT_RENAME");
  return text && strcmp(text, when) == 0;
}

int mkostemp(char *name, int flags) {
  int (*real)(char *, int) = (int (*)(char *, int))dlsym(RTLD_NEXT, "mkostemp");
  temporary = real(name, flags);
  return temporary;
}

ssize_t write(int fd, const void *bytes, size_t count) {
  ssize_t (*real)(int, const void *, size_t) =
      (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  const char *limit = getenv("DIE_AT_BYTE");
  if (fd != temporary || fd < 0 || !limit)
    return real(fd, bytes, count);
  size_t left = strtoull(limit, NULL, 10) - written;
  if (count >= left) {
    real(fd, bytes, left);
    die();
  }
  ssize_t done = real(fd, bytes, count);
  if (done > 0)
    written += (size_t)done;
  return done;
}

int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) =
      (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
  if (asked("before"))
    die();
  int result = real(from, to);
  if (asked("after"))
    die();
  return result;
}
