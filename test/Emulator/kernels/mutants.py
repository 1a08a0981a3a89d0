# Breaks the kernels of this folder in many small ways: each must be noticed.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mutants.py TOOL_DIR [NAME...]

Every mutant is an edit of the PTX that is kept in ptx/. It runs on the data of
references.py with every detector on. It is noticed when a detector reports it or a number
is wrong; where the table names detectors, one of those must report. Prints a
table and fails when a mutant survives, when its PTX is refused, when another
detector than the table's speaks, or when an edit does not apply any more.
"""

import argparse
import os
import re
import sys
import tempfile
from dataclasses import dataclass

from references import cases, finding_kinds
from run_kernels import HERE, run_case

RACE = "race"
BOUNDS = "out of bounds"
ALIGNMENT = "misaligned access"
SHARED = "uninitialised shared memory"
REGISTER = "uninitialised register"
DIVERGENT = "divergent barrier"
MISMATCHED = "mismatched barrier"
DEADLOCK = "deadlock"
EARLY = "cp.async data used before its wait"
EXIT = "exit with open cp.async"
LIMIT = "over the chip's limits"
INVALID = "invalid instruction"
WRONG = "wrong result"


@dataclass
class Mutant:
    name: str
    case: str
    edits: list  # (old, new) where old is unique in the kernel, or (old, new, which, of)
    notice: set  # who must notice: one of these
    variant: str = "O2"


def drop(text, *which):
    return (text, "", *which)


BAR = "bar.sync 0;"

MUTANTS = [
    # Barriers between threads.
    Mutant("transpose: no barrier", "transpose", [drop(BAR)], {RACE}),
    Mutant("matmul: no barrier after the tiles are written", "matmul", [drop(BAR, 0, 2)], {RACE}),
    Mutant("matmul: no barrier before they are overwritten", "matmul", [drop(BAR, 1, 2)], {RACE}),
    Mutant("scan: no barrier before the totals are read", "scan", [drop(BAR, 0, 2)], {RACE}),
    Mutant("scan: no barrier after the totals are summed", "scan", [drop(BAR, 1, 2)], {RACE}),
    Mutant("reduce: no barrier", "reduce_sum", [drop(BAR)], {RACE}),
    Mutant("argmax: no barrier", "reduce_argmax", [drop(BAR)], {RACE}),
    Mutant("softmax: no barrier before the partials are overwritten", "softmax", [drop(BAR, 1, 4)], {RACE}),
    Mutant("softmax: no barrier before the sums are read", "softmax", [drop(BAR, 2, 4)], {RACE}),
    Mutant("histogram: no barrier after clearing", "histogram", [drop(BAR, 0, 2)], {RACE}),
    Mutant("histogram: no barrier before the counts are read", "histogram", [drop(BAR, 1, 2)], {RACE}),
    Mutant("dynamic shared: no barrier", "dynamic_shared", [drop(BAR)], {RACE}),
    Mutant("reduce: barrier by some lanes only", "reduce_sum", [(BAR, "@%p8 bar.sync 0;")], {DIVERGENT}),
    Mutant("transpose: barrier by one warp in two", "transpose",
           [(BAR, "and.b32 %r34, %r5, 1; setp.eq.s32 %p24, %r34, 0; @%p24 bar.sync 0;")],
           {MISMATCHED, DIVERGENT, DEADLOCK, RACE}),
    Mutant("reduce: barrier counts half of the threads", "reduce_sum", [(BAR, "bar.sync 0, 64;")],
           {MISMATCHED, RACE}),
    Mutant("reduce: barrier waits for more threads than there are", "reduce_sum", [(BAR, "bar.sync 0, 160;")],
           {MISMATCHED, DEADLOCK, INVALID}),
    Mutant("matmul: the second half waits at another barrier", "matmul",
           [(BAR, "setp.lt.u32 %p11, %r35, 8; @%p11 bar.sync 1; @!%p11 bar.sync 0;", 0, 2)],
           {MISMATCHED, DEADLOCK}),
    # Asynchronous copies.
    Mutant("cp.async: no wait", "cp_async_2", [drop("cp.async.wait_group 0;")], {EARLY}),
    Mutant("cp.async: wait leaves one group open", "cp_async_2", [("cp.async.wait_group 0;", "cp.async.wait_group 1;")],
           {EARLY}),
    Mutant("cp.async, 3 stages: wait leaves two groups open", "cp_async_3",
           [("cp.async.wait_group 1;", "cp.async.wait_group 2;")], {EARLY}),
    Mutant("cp.async: a group is never committed", "cp_async_2", [drop("cp.async.commit_group;", 1, 2)], {EARLY}),
    Mutant("cp.async: no barrier after the wait", "cp_async_2", [drop(BAR)], {RACE, EARLY}),
    Mutant("cp.async, 3 stages: no barrier after the wait", "cp_async_3", [drop(BAR)], {RACE, EARLY}),
    Mutant("cp.async: copies into the stage that is read", "cp_async_2",
           [("and.b32 %r28, %r27, 1024;", "and.b32 %r28, %r27, 0;")], {RACE, EARLY}),
    Mutant("cp.async, 3 stages: only two are used", "cp_async_3",
           [("mad.lo.s32 %r41, %r40, -3072, %r8;", "mad.lo.s32 %r41, %r40, -2048, %r8;")], {RACE, EARLY, BOUNDS, SHARED}),
    Mutant("cp.async: one copy too many", "cp_async_2", [("setp.ge.s32 %p6, %r11, %r15;", "setp.gt.s32 %p6, %r11, %r15;")],
           {BOUNDS}),
    Mutant("cp.async: half of the bytes", "cp_async_2",
           [("cp.async.cg.shared.global [%r26], [%rd13], 16;", "cp.async.ca.shared.global [%r26], [%rd13], 8;")],
           {SHARED}),
    Mutant("cp.async: destination misaligned", "cp_async_2", [("shl.b32 %r22, %r20, 4;", "shl.b32 %r22, %r20, 3;")],
           {ALIGNMENT}),
    Mutant("cp.async: leaves with a copy open", "cp_async_zfill", [("cp.async.wait_group 0;", "ret;")], {EXIT}),
    Mutant("cp.async: no zero fill", "cp_async_zfill",
           [("cp.async.ca.shared.global [%r1], [%rd1], 4, %r2;", "cp.async.ca.shared.global [%r1], [%rd1], 4;")], {WRONG}),
    # Addresses.
    Mutant("transpose: row bound not tested", "transpose", [drop("@%p6 bra $L__BB0_4;")], {BOUNDS}),
    Mutant("transpose: bound off by one", "transpose", [("setp.ge.s32 %p13, %r11, %r17;", "setp.gt.s32 %p13, %r11, %r17;")],
           {SHARED, BOUNDS}),
    Mutant("transpose: a column to the right", "transpose", [("[%r7+1056]", "[%r7+1060]")], {SHARED, RACE}),
    Mutant("transpose: another row length on the way out", "transpose",
           [("mad.lo.s32 %r29, %r2, 132, %r21;", "mad.lo.s32 %r29, %r2, 128, %r21;")], {SHARED}),
    Mutant("matmul: depth bound not tested", "matmul", [("or.pred %p7, %p6, %p5;", "mov.pred %p7, %p6;")], {BOUNDS}),
    Mutant("matmul: last row of the tile off by one", "matmul", [("[%r9+960]", "[%r9+1024]")], {BOUNDS}),
    Mutant("matmul: half a word off", "matmul", [("[%r8+4]", "[%r8+2]")], {ALIGNMENT}),
    Mutant("scan: reads the total of its own warp", "scan", [("[%r8+-4]", "[%r8]")], {WRONG}),
    Mutant("scan: the first warp adds too", "scan", [drop("@%p26 bra $L__BB0_11;")], {BOUNDS}),
    Mutant("reduce: reads one past the end", "reduce_sum", [("setp.lt.s32 %p2, %r53, %r10;", "setp.le.s32 %p2, %r53, %r10;")],
           {BOUNDS}),
    Mutant("reduce: reads partials that nobody wrote", "reduce_sum", [drop("@%p10 bra $L__BB0_8;")], {SHARED}),
    Mutant("dynamic shared: bytes start too late", "dynamic_shared",
           [("mad.lo.s32 %r50, %r1, 10, %r25;", "mad.lo.s32 %r50, %r1, 11, %r25;")], {BOUNDS}),
    Mutant("dynamic shared: a double off by half", "dynamic_shared", [("xor.b32 %r37, %r31, -8;", "xor.b32 %r37, %r31, -4;")],
           {ALIGNMENT}),
    Mutant("histogram: one bin to the right", "histogram", [("[%rd8], %r11;", "[%rd8+4], %r11;")], {BOUNDS, WRONG}),
    Mutant("ldmatrix: rows of 8 bytes", "ldmatrix", [("shl.b32 %r47, %r1, 4;", "shl.b32 %r47, %r1, 3;")], {ALIGNMENT}),
    # Values that nobody wrote; values that two write.
    Mutant("softmax: sum not initialised", "softmax", [drop("mov.f32 %f97, 0f00000000;", 0, 2),
                                                       drop("mov.f32 %f97, 0f00000000;", 0, 1)],
           {REGISTER, SHARED}),  # it goes through shared memory
    Mutant("histogram: last bin not cleared", "histogram", [("setp.lt.s32 %p2, %r28, 256;", "setp.lt.s32 %p2, %r28, 255;")],
           {SHARED}),
    Mutant("scan: every lane writes the total", "scan", [drop("@%p12 bra $L__BB0_4;")], {RACE, WRONG}),
    Mutant("histogram: counts without atomics", "histogram",
           [("atom.shared.add.u32 %r23, [%r22], 1;",
             "ld.shared.u32 %r23, [%r22]; add.s32 %r23, %r23, 1; st.shared.u32 [%r22], %r23;")], {RACE}),
    Mutant("atomics: a ticket without atomics", "atomics",
           [("atom.global.add.u32 %r19, [%rd18], 1;",
             "ld.global.u32 %r19, [%rd18]; add.s32 %r20, %r19, 1; st.global.u32 [%rd18], %r20;")], {WRONG}),
    # Lanes.
    Mutant("scan: half of the lanes in the mask", "scan", [("mov.u32 %r22, -1;", "mov.u32 %r22, 65535;")],
           {INVALID, WRONG}),
    Mutant("scan: distance 4 twice", "scan", [("mov.u32 %r34, 8;", "mov.u32 %r34, 4;")], {WRONG}),
    Mutant("reduce: distance off by one", "reduce_sum", [("mov.u32 %r15, 16;", "mov.u32 %r15, 15;")], {WRONG}),
    Mutant("softmax: last exchange missing", "softmax", [("mov.u32 %r87, 1;", "mov.u32 %r87, 0;")], {WRONG}),
    Mutant("peers: mask of all lanes in a group of some", "peers",
           [("shfl.sync.idx.b32 %r24|%p9, %r23, %r21, %r19, %r7;",
             "@%p8 shfl.sync.idx.b32 %r24|%p9, %r23, %r21, %r19, %r6;")], {INVALID, REGISTER, DEADLOCK}),
    Mutant("peers: vote of the wrong lanes", "peers", [("setp.gt.s32 %p2, %r5, 3;", "setp.ge.s32 %p2, %r5, 3;")], {WRONG}),
    # Control flow.
    Mutant("matmul: the last tile is left out", "matmul", [("add.s32 %r38, %r38, 16;", "add.s32 %r38, %r38, 32;")], {WRONG}),
    Mutant("divergence: branch taken the other way", "divergence", [("@%p9 bra $L__BB0_5;", "@!%p9 bra $L__BB0_5;")],
           {WRONG, "instruction limit"}),
    Mutant("divergence: bound not tested", "divergence", [drop("@%p3 bra $L__BB0_41;")], {BOUNDS}),
    Mutant("fibonacci: recursion ends too early", "device_functions",
           [("setp.lt.s32 %p1, %r8, 2;", "setp.lt.s32 %p1, %r8, 3;")], {WRONG}),
    Mutant("printf: a value of another lane", "printf", [("mul.lo.s32 %r5, %r1, 3;", "mul.lo.s32 %r5, %r1, 4;")], {WRONG}),
    # Matrix instructions.
    Mutant("mma: right operand transposed", "mma_bf16",
           [("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r82,%r83}",
             "ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%r82,%r83}")], {WRONG}),
    Mutant("mma: two registers of an operand exchanged", "mma_bf16",
           [("{%r77,%r78,%r79,%r80}, {%r82,%r83}", "{%r77,%r79,%r78,%r80}, {%r82,%r83}")], {WRONG}),
    Mutant("mma: an accumulator replaced", "mma_bf16",
           [("{%r107,%r108,%r109,%r110}, {%r112,%r113}, {%f112,%f111,%f110,%f109}",
             "{%r107,%r108,%r109,%r110}, {%r112,%r113}, {%f112,%f112,%f110,%f109}")], {WRONG}),
    Mutant("mma: tiles written by half of the lanes", "mma_bf16",
           [("@%p3 bra $L__BB0_6;", "bra.uni $L__BB0_6;")], {SHARED}),
    # The whole of it.
    Mutant("flash: no wait for the next block", "flash_attention", [drop("cp.async.wait_group 1;", 1, 2)], {EARLY}),
    Mutant("flash: wait leaves two groups open", "flash_attention",
           [("cp.async.wait_group 1;", "cp.async.wait_group 2;", 1, 2)], {EARLY}),
    Mutant("flash: queries used before their wait", "flash_attention", [drop("cp.async.wait_group 1;", 0, 2)], {EARLY}),
    Mutant("flash: no barrier after the queries", "flash_attention", [drop(BAR, 1, 4)], {RACE}),
    Mutant("flash: no barrier after the wait", "flash_attention", [drop(BAR, 2, 4)], {RACE, EARLY}),
    Mutant("flash: no barrier before the stage is overwritten", "flash_attention", [drop(BAR, 3, 4)], {RACE}),
    Mutant("flash: queries loaded without a barrier", "flash_attention", [drop(BAR, 0, 4)], {RACE, EARLY}),
    Mutant("flash: no commit", "flash_attention", [drop("cp.async.commit_group;", 2, 3)], {EARLY}),
    Mutant("flash: another swizzle in one place", "flash_attention", [("and.b32 %r127, %r11, 7;", "and.b32 %r127, %r11, 3;")],
           {WRONG, SHARED, RACE}),
    Mutant("flash: one accumulator not corrected", "flash_attention", [drop("mul.f32 %f822, %f658, %f822;")], {WRONG}),
    Mutant("flash: the wrong stage", "flash_attention", [("and.b32 %r497, %r496, 8192;", "and.b32 %r497, %r496, 0;")],
           {WRONG, RACE, EARLY}),
    Mutant("flash, causal: diagonal off by one", "flash_attention_causal",
           [("setp.gt.s32 %p5, %r908, %r531;", "setp.ge.s32 %p5, %r908, %r531;")], {WRONG}),
    # Threads that wait for each other.
    Mutant("named barriers: does not wait for an empty buffer", "named_barriers", [drop("bar.sync %r80, 96;")],
           {RACE, MISMATCHED, DEADLOCK}),
    Mutant("named barriers: does not wait for a full buffer", "named_barriers", [drop("bar.sync %r48, 96;")], {RACE}),
    Mutant("named barriers: a consumer arrives where none waits", "named_barriers",
           [drop("bar.arrive %r47, 96;"), drop("bar.arrive %r51, 96;")], {DEADLOCK}),
    Mutant("named barriers: counts one warp less", "named_barriers", [("bar.sync %r48, 96;", "bar.sync %r48, 64;")],
           {MISMATCHED, DEADLOCK, RACE}),
    Mutant("warp parts: lanes not ordered after writing", "warp_parts", [drop("bar.warp.sync %r4;", 0, 2)], {RACE}),
    Mutant("warp parts: lanes not ordered before overwriting", "warp_parts",
           [drop("bar.warp.sync %r4;", 1, 2), drop("bar.warp.sync -1;", 0, 2)], {RACE}),
    Mutant("warp parts: exchange without a barrier", "warp_parts", [drop("bar.warp.sync -1;", 1, 2)], {RACE}),
    Mutant("warp parts: waits for lanes that are elsewhere", "warp_parts",
           [("bar.warp.sync %r4;", "bar.warp.sync -1;", 0, 2)], {DEADLOCK, INVALID, DIVERGENT, MISMATCHED, WRONG, RACE}),
    Mutant("last block: added to before it is cleared", "last_block", [drop("bar.sync 0;", 0, 3)], {RACE}),
    Mutant("last block: sum read before all have added", "last_block", [drop("bar.sync 0;", 1, 3)], {RACE}),
    Mutant("last block: flag read without a barrier", "last_block", [drop("bar.sync 0;", 2, 3)], {RACE}),
    Mutant("last block: sum not cleared", "last_block", [drop("st.shared.u32 [_ZZ10last_blockE3sum], %r20;")], {SHARED}),
    Mutant("counting: another threshold", "counting_barriers", [("setp.gt.s32 %p1, %r2, 0;", "setp.gt.s32 %p1, %r2, 50;")],
           {WRONG}),
    Mutant("lock: never given back", "lock", [("atom.global.exch.b32", "atom.global.or.b32")],
           {DEADLOCK, "instruction limit"}),
    Mutant("mma: tiles read before all lanes wrote", "mma_bf16", [drop("bar.warp.sync -1;", 0, 10)], {RACE}),
    Mutant("mma: tiles overwritten before all lanes read", "mma_bf16", [drop("bar.warp.sync -1;", 1, 10)], {RACE}),
    Mutant("wmma: tile read before all lanes wrote", "wmma_f16_shared", [drop("bar.warp.sync -1;", 0, 2)], {RACE}),
    # What clang makes of them.
    Mutant("clang, flash: no wait for the next block", "flash_attention", [drop("cp.async.wait_group 1;", 1, 2)], {EARLY},
           "clang"),
    Mutant("clang -O0, matmul: no barrier", "matmul", [drop("bar.sync 0;", 0, 2)], {RACE}, "clangO0"),
    # Without optimisation.
    Mutant("transpose -O0: no barrier", "transpose", [drop("bar.sync 0;")], {RACE}, "O0"),
    Mutant("matmul -G: no barrier", "matmul", [drop("bar.sync 0;", 0, 2)], {RACE}, "G"),
]  # fmt: skip


def apply_edits(ptx, mutant, kernel):
    """The edited PTX. Spaces in an edit stand for any white space. An edit looks in
    the kernel's own text first, then in the whole file."""
    for old, new, *which in mutant.edits:
        pattern = r"\s+".join(map(re.escape, old.split()))
        entry = re.search(rf"\.entry\s+{kernel}\(.*?^}}", ptx, re.M | re.S)
        found = list(re.compile(pattern).finditer(ptx, entry.start(), entry.end()))
        found = found or list(re.finditer(pattern, ptx))
        index, count = which or (0, 1)
        if len(found) != count:
            raise ValueError(f"'{old}' stands {len(found)} times in the PTX, the table says {count}")
        match = found[index]
        ptx = ptx[: match.start()] + new + ptx[match.end() :]
    return ptx


def judge(tool, mutant, case, folder):
    """Who noticed (a text), and whether that is what the table asks for."""
    path = os.path.join(HERE, "ptx", f"{case.file}.{mutant.variant}.ptx")
    with open(path) as file:
        try:
            ptx = apply_edits(file.read(), mutant, case.kernel)
        except ValueError as error:
            return f"DOES NOT APPLY: {error}", False
    path = os.path.join(folder, "mutant.ptx")
    with open(path, "w") as file:
        file.write(ptx)
    code, stderr, problems = run_case(tool, path, case, ["--instruction-limit", "1000000"], timeout=120)
    if code == 1:
        kinds = finding_kinds(stderr)
        return ", ".join(kinds), bool(mutant.notice & set(kinds))
    if code == 0 and problems:
        return WRONG, WRONG in mutant.notice
    if code == 0:
        return "SURVIVED", False
    return f"NOT RUN (exit code {code}): " + " ".join(stderr.split())[:200], False


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("tools")
    parser.add_argument("names", nargs="*", help="parts of the mutants' names")
    options = parser.parse_args()
    tool = os.path.join(options.tools, "dilated-ptx-run")
    all_cases = cases()
    noticed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for mutant in MUTANTS:
            if options.names and not any(name in mutant.name for name in options.names):
                continue
            verdict, good = judge(tool, mutant, all_cases[mutant.case], folder)
            noticed, failed = noticed + good, failed + (not good)
            wanted = "" if good else f"   <-- wanted: {', '.join(sorted(mutant.notice))}"
            print(f"{mutant.name:60} {verdict}{wanted}", flush=True)
    print(f"{noticed} noticed, {failed} not")
    return 0 if failed == 0 and noticed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
