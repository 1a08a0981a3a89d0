/* Preloaded into a program: runs AMX-BF16 code on an x86-64 processor without
 * AMX, so that tests of that code need no machine that has it. There each AMX
 * instruction raises SIGILL; the handler works it out and goes on behind it.
 *   cc -shared -fPIC -O2 amx_emulator.c -o amx.so -ldl
 *   DILATED_AMX_COUNT=1 LD_PRELOAD=./amx.so PROGRAM
 * DILATED_AMX_COUNT=1: at exit, each process that it is preloaded into says on
 * stderr how many tdpbf16ps it ran: "tdpbf16ps executed: 12".
 * The processor must have AVX2 and FMA. What cpuid says stays as it is.
 * The meaning of each instruction is that of Intel's Software Developer's
 * Manual, volume 2; what it calls #UD goes to the program's own SIGILL handler.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <xmmintrin.h>

enum { TILES = 8, ROWS = 16, ROW_BYTES = 64, COLUMNS = ROW_BYTES / 4 };

/* What ldtilecfg reads and sttilecfg writes. All zero: no tiles configured. */
typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} Config;
_Static_assert(sizeof(Config) == 64, "ldtilecfg reads 64 bytes");

typedef uint32_t Tile[ROWS][COLUMNS];

/* Each thread has its own tiles, and takes the SIGILL of its own instructions.
 * With initial-exec the handler finds them without a call that may allocate. */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
  Config config;
  Tile tiles[TILES];
} state;

static atomic_ulong products;

/*===-- Decoding ----------------------------------------------------------===*/

enum { NONE, P66, PF3, PF2 }; /* VEX.pp: the prefix that it stands for */

/* An instruction VEX.128.*.0F38.W0, which is what all of AMX-BF16 is. */
typedef struct {
  int prefix, opcode, reg, rm, vvvv;
  bool memory, sib;     /* rm is memory; its address has a SIB byte */
  uint64_t base, index; /* base + displacement; index * scale, 0 without one */
  const uint8_t *next;
} Instruction;

static uint64_t readRegister(const ucontext_t *context, int number) {
  static const int places[16] = {
      REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
      REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  return (uint64_t)context->uc_mcontext.gregs[places[number]];
}

static int32_t readDisplacement(const uint8_t **code, int bytes) {
  int32_t value = 0;
  memcpy(&value, *code, (size_t)bytes);
  *code += bytes;
  return bytes == 1 ? (int8_t)value : value;
}

/* Reads the memory operand, whose ModRM byte is before code. The extensions are
 * 8 for registers 8 to 15, else 0. */
static void decodeAddress(const ucontext_t *context, const uint8_t *code,
                          int mod, int extend_index, int extend_base,
                          Instruction *inst) {
  int base = inst->rm & 7;
  inst->sib = base == 4;
  if (inst->sib) {
    int sib = *code++, index = ((sib >> 3) & 7) | extend_index;
    base = sib & 7;
    /* The place of RSP says that there is no index; R12 is one. */
    if (index != 4)
      inst->index = readRegister(context, index) << (sib >> 6);
  }
  /* With mod 0, RBP's and R13's place is no base: a displacement alone after a
   * SIB byte, else one from the next instruction. */
  bool no_base = mod == 0 && base == 5;
  int bytes = mod == 1 ? 1 : mod == 2 || no_base ? 4 : 0;
  inst->base = (uint64_t)(int64_t)readDisplacement(&code, bytes);
  if (!no_base)
    inst->base += readRegister(context, base | extend_base);
  else if (!inst->sib)
    inst->base += (uint64_t)(uintptr_t)code;
  inst->next = code;
}

/* False if the instruction at RIP is none of the family. Its bytes are read one
 * after the other, as the next page need not be there. */
static bool decode(const ucontext_t *context, Instruction *inst) {
  const uint8_t *code = (const uint8_t *)context->uc_mcontext.gregs[REG_RIP];
  if (code[0] != 0xc4 || (code[1] & 0x1f) != 2 || (code[2] & 0x84) != 0)
    return false;
  /* VEX holds R, X, B and vvvv inverted. */
  int extend_reg = code[1] & 0x80 ? 0 : 8,
      extend_index = code[1] & 0x40 ? 0 : 8,
      extend_base = code[1] & 0x20 ? 0 : 8;
  int mod = code[4] >> 6;
  *inst = (Instruction){.prefix = code[2] & 3,
                        .opcode = code[3],
                        .reg = ((code[4] >> 3) & 7) | extend_reg,
                        .rm = (code[4] & 7) | extend_base,
                        .vvvv = (~code[2] >> 3) & 15,
                        .memory = mod != 3,
                        .next = code + 5};
  if (inst->memory)
    decodeAddress(context, code + 5, mod, extend_index, extend_base, inst);
  return true;
}

/*===-- Instructions ------------------------------------------------------===*/

typedef enum { DONE, UNDEFINED, PROTECTION } Result; /* done, #UD, #GP */

static Result loadConfig(const void *memory) {
  Config config;
  memcpy(&config, memory, sizeof(config));
  if (config.palette == 0) {
    memset(&state, 0, sizeof(state));
    return DONE;
  }
  static const uint8_t zero[sizeof(config.reserved)];
  if (config.palette != 1 || memcmp(config.reserved, zero, sizeof(zero)) != 0)
    return PROTECTION;
  for (int t = 0; t < 16; ++t)
    if (config.row_bytes[t] > (t < TILES ? ROW_BYTES : 0) ||
        config.rows[t] > (t < TILES ? ROWS : 0) ||
        (config.row_bytes[t] == 0) != (config.rows[t] == 0))
      return PROTECTION;
  memset(&state, 0, sizeof(state));
  state.config = config;
  return DONE;
}

static bool isConfigured(int tile) {
  return tile < TILES && state.config.rows[tile] != 0 &&
         state.config.row_bytes[tile] % 4 == 0;
}

/* What lies beyond a tile's rows and columns is zero after each writing. */
static void zeroBeyond(int tile) {
  int rows = state.config.rows[tile], bytes = state.config.row_bytes[tile];
  for (int m = 0; m < ROWS; ++m) {
    int kept = m < rows ? bytes : 0;
    memset((char *)state.tiles[tile][m] + kept, 0, (size_t)(ROW_BYTES - kept));
  }
}

/* tileloadd, tileloaddt1 and tilestored: the index register is the distance of
 * the rows. A memory fault leaves the row to go on with in start_row. */
static Result move(const Instruction *inst, bool store) {
  if (!inst->sib || inst->vvvv != 0 || !isConfigured(inst->reg) ||
      state.config.start_row >= state.config.rows[inst->reg])
    return UNDEFINED;
  size_t bytes = state.config.row_bytes[inst->reg];
  for (; state.config.start_row < state.config.rows[inst->reg];
       ++state.config.start_row) {
    uint32_t *row = state.tiles[inst->reg][state.config.start_row];
    char *memory = (char *)(inst->base + state.config.start_row * inst->index);
    memcpy(store ? (void *)memory : row, store ? row : (void *)memory, bytes);
  }
  state.config.start_row = 0;
  if (!store)
    zeroBeyond(inst->reg);
  return DONE;
}

static inline float makeFloat(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

/* One row m of tdpbf16ps. An element of a and of b is a pair of bf16, the even
 * one in the low half, and each half has a sum of its own until the end:
 *   even[n] = fma(a[m][2k],     b[k][2n],     even[n])   for k = 0, 1, ...
 *   odd[n]  = fma(a[m][2k + 1], b[k][2n + 1], odd[n])
 *   dst[m][n] = dst[m][n] + (even[n] + odd[n])
 * Not inlined, so that none of it moves before the caller's _mm_setcsr. All
 * columns are worked out, which leaves the compiler loops of known length. */
__attribute__((noinline, target("avx2,fma"))) static void
multiplyRow(uint32_t *dst, const uint32_t *a, const Tile *b, int pairs) {
  float even[COLUMNS] = {0}, odd[COLUMNS] = {0};
  for (int k = 0; k < pairs; ++k) {
    float a_even = makeFloat(a[k] << 16), a_odd = makeFloat(a[k] & 0xffff0000);
    for (int n = 0; n < COLUMNS; ++n) {
      uint32_t pair = (*b)[k][n];
      even[n] = __builtin_fmaf(a_even, makeFloat(pair << 16), even[n]);
      odd[n] = __builtin_fmaf(a_odd, makeFloat(pair & 0xffff0000), odd[n]);
    }
  }
  for (int n = 0; n < COLUMNS; ++n) {
    float sum = makeFloat(dst[n]) + (even[n] + odd[n]);
    memcpy(&dst[n], &sum, sizeof(sum));
  }
}

static Result multiply(int dst, int a, int b) {
  const Config *config = &state.config;
  if (dst == a || dst == b || a == b || !isConfigured(dst) ||
      !isConfigured(a) || !isConfigured(b) ||
      config->rows[dst] != config->rows[a] ||
      config->row_bytes[dst] != config->row_bytes[b] ||
      config->row_bytes[a] != 4 * config->rows[b])
    return UNDEFINED;
  /* All exceptions masked, to nearest, denormals zero going in and coming out;
   * the program's own MXCSR comes back with the return from the handler. */
  _mm_setcsr(0x1f80 | 0x8000 | 0x0040);
  for (int m = 0; m < config->rows[dst]; ++m)
    multiplyRow(state.tiles[dst][m], state.tiles[a][m],
                (const Tile *)&state.tiles[b], config->rows[b]);
  zeroBeyond(dst);
  state.config.start_row = 0;
  atomic_fetch_add_explicit(&products, 1, memory_order_relaxed);
  return DONE;
}

static Result execute(const Instruction *inst) {
  void *memory = (void *)inst->base;
  if (inst->memory)
    memory = (char *)memory + inst->index;
  switch (inst->opcode << 4 | inst->prefix) {
  case 0x490 | NONE: /* ldtilecfg, tilerelease */
    if (inst->vvvv != 0 || inst->reg != 0 || (!inst->memory && inst->rm != 0))
      return UNDEFINED;
    if (inst->memory)
      return loadConfig(memory);
    memset(&state, 0, sizeof(state));
    return DONE;
  case 0x490 | P66: /* sttilecfg */
    if (inst->vvvv != 0 || inst->reg != 0 || !inst->memory)
      return UNDEFINED;
    memcpy(memory, &state.config, sizeof(state.config));
    return DONE;
  case 0x490 | PF2: /* tilezero */
    if (inst->vvvv != 0 || inst->memory || inst->rm != 0 ||
        !isConfigured(inst->reg))
      return UNDEFINED;
    memset(state.tiles[inst->reg], 0, sizeof(Tile));
    state.config.start_row = 0;
    return DONE;
  case 0x4b0 | PF2: /* tileloadd */
  case 0x4b0 | P66: /* tileloaddt1 */
    return move(inst, /*store=*/false);
  case 0x4b0 | PF3: /* tilestored */
    return move(inst, /*store=*/true);
  case 0x5c0 | PF3: /* tdpbf16ps */
    return inst->memory ? UNDEFINED : multiply(inst->reg, inst->rm, inst->vvvv);
  }
  return UNDEFINED;
}

/*===-- Signals -----------------------------------------------------------===*/

/* What the program asked for SIGILL; zero, as at its start, is SIG_DFL. */
static struct sigaction asked;

static int setAction(int sig, const struct sigaction *action,
                     struct sigaction *old) {
  static int (*real)(int, const struct sigaction *, struct sigaction *);
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "sigaction");
  return real(sig, action, old);
}

/* A handler that the program sets would take the emulator's place: LLVM's tools
 * set one for SIGILL when they start. It is kept for what is no AMX. */
int sigaction(int sig, const struct sigaction *action, struct sigaction *old) {
  if (sig != SIGILL)
    return setAction(sig, action, old);
  struct sigaction before = asked;
  if (action)
    asked = *action;
  if (old)
    *old = before;
  return 0;
}

sighandler_t signal(int sig, sighandler_t handler) {
  struct sigaction old,
      action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  return sigaction(sig, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

static void passOn(int sig, siginfo_t *info, void *context) {
  struct sigaction action = asked;
  bool sent = info->si_code <= 0; /* by kill and the like: no instruction */
  if (action.sa_flags & (int)SA_RESETHAND)
    asked = (struct sigaction){.sa_handler = SIG_DFL};
  if (action.sa_flags & SA_SIGINFO) {
    action.sa_sigaction(sig, info, context);
  } else if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN) {
    action.sa_handler(sig);
  } else if (action.sa_handler == SIG_DFL || !sent) {
    /* The instruction runs again and ends the process; so does a new signal. */
    setAction(SIGILL, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    if (sent)
      raise(sig);
  }
}

static void onIllegalInstruction(int sig, siginfo_t *info, void *context) {
  greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  const greg_t start = *rip;
  Instruction inst;
  Result result = UNDEFINED;
  /* A signal takes several times as long as a product of tiles, so the AMX
   * instructions that follow at once are worked out too; they change no other
   * register. One that fails changes nothing, and raises its own signal. */
  while (info->si_code > 0 && decode(context, &inst)) {
    result = execute(&inst);
    if (result != DONE)
      break;
    *rip = (greg_t)inst.next;
  }
  if (*rip != start)
    return;
  if (result == PROTECTION)
    raise(SIGSEGV);
  else
    passOn(sig, info, context);
}

__attribute__((constructor)) static void install(void) {
  struct sigaction action = {.sa_sigaction = onIllegalInstruction,
                             .sa_flags = SA_SIGINFO | SA_NODEFER};
  setAction(SIGILL, &action, NULL);
}

__attribute__((destructor)) static void report(void) {
  const char *wanted = getenv("DILATED_AMX_COUNT");
  if (wanted && strcmp(wanted, "1") == 0)
    dprintf(STDERR_FILENO, "tdpbf16ps executed: %lu\n", products);
}

/*===-- Permission --------------------------------------------------------===*/

/* A program asks Linux for the state of tiles before it uses them, and a kernel
 * without AMX refuses. Here nothing of the kernel's is needed. */
long syscall(long number, ...) {
  const long ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18;
  long args[6], result;
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; ++i)
    args[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_arch_prctl && args[0] == ARCH_REQ_XCOMP_PERM &&
      args[1] == XFEATURE_XTILEDATA)
    return 0;
  register long r10 __asm__("r10") = args[3];
  register long r8 __asm__("r8") = args[4];
  register long r9 __asm__("r9") = args[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(args[0]), "S"(args[1]), "d"(args[2]),
                     "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  if ((unsigned long)result < -4095ul)
    return result;
  errno = (int)-result;
  return -1;
}
