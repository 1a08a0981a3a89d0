"""Kernels that ask for what no machine gives: each ends with a finding (exit code 1) or
an error (2) that says what it is, within seconds, and never with a crash.

usage: faults.py SCRATCH
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import subprocess
import sys
from pathlib import Path

scratch = Path(sys.argv[1])
HEAD = """.version 8.0
.target sm_80
.address_size 64
.global .align 4 .b8 module_word[4];
.const .align 4 .b8 constant_word[4];
.global .align 1 .b8 format[9] = {37, 115, 32, 37, 110, 32, 37, 100, 0};
.extern .func (.param .b32 result) vprintf (.param .b64 f, .param .b64 a);
.func deeper(.param .b64 x)
{
	.local .align 8 .b8 frame[4096];
	.param .b64 p;
	.reg .b64 %rd<2>;
	ld.param.u64 %rd1, [x];
	st.param.b64 [p], %rd1;
	call.uni deeper, (p);
	ret;
}
"""
ENTRY = """.visible .entry k(.param .u64 data)
{
	.shared .align 16 .b8 tile[64];
	.local .align 16 .b8 stack[64];
	.reg .pred %p<9>;
	.reg .b16 %h<9>;
	.reg .b32 %r<99>;
	.reg .f32 %f<9>;
	.reg .b64 %rd<9>;
	ld.param.u64 %rd1, [data];
	mov.u32 %r1, %tid.x;
	setp.lt.u32 %p1, %r1, 7;
"""

# What the kernel does; words that must be said; further arguments of the tool.
CASES = [
    ("st.global.u32 [0], %r1;", "out of bounds"),
    ("mov.u64 %rd2, -8; st.global.u32 [%rd2], %r1;", "out of bounds"),
    ("mov.u64 %rd2, -16; ld.u64 %rd3, [%rd2]; st.u64 [%rd1], %rd3;", "out of bounds"),
    ("ld.global.u32 %r2, [%rd1+9223372036854775804]; st.u32 [%rd1], %r2;", "out of bounds"),
    ("ld.global.u32 %r2, [%rd1+1]; st.global.u32 [%rd1], %r2;", "misaligned"),
    ("ld.global.u32 %r2, [module_word+4]; st.global.u32 [%rd1], %r2;", "out of bounds"),
    ("mov.u64 %rd2, constant_word; cvta.const.u64 %rd2, %rd2; st.u32 [%rd2], %r1;", "const"),
    ("st.shared.u32 [tile+64], %r1;", "out of bounds"),
    ("mov.u32 %r2, -4; st.shared.u32 [%r2], %r1;", "out of bounds"),
    ("st.local.u32 [stack+64], %r1;", "out of bounds"),
    ("ld.param.u64 %rd2, [data+8]; st.global.u64 [%rd1], %rd2;", "data"),
    ("ld.shared.v4.u32 {%r2, %r3, %r4, %r5}, [tile+4];", "misaligned"),
    ("atom.global.add.u32 %r2, [%rd1+2], 1;", "misaligned"),
    ("atom.shared.cas.b32 %r2, [tile+64], %r1, %r1;", "out of bounds"),
    ("mov.u32 %r2, tile; cp.async.ca.shared.global [%r2+60], [%rd1], 8; cp.async.wait_all;", "misaligned"),
    ("mov.u32 %r2, tile; cp.async.ca.shared.global [%r2], [%rd1], 8, %r98; cp.async.wait_all;", "no value"),
    ("mov.u32 %r2, tile; mov.u32 %r3, 9; cp.async.ca.shared.global [%r2], [%rd1], 8, %r3; cp.async.wait_all;", ""),
    ("mov.u32 %r2, tile; ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r3}, [%r2+8];", "misaligned"),
    ("mov.u32 %r2, tile; ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r3}, [%r2+64];", "out of bounds"),
    ("@%p1 bra L; mov.u32 %r2, tile; ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r3}, [%r2]; L:", "lanes"),
    ("bar.sync 16;", "barrier"),
    ("mov.u32 %r2, 99; bar.sync %r2;", "barrier"),
    ("bar.sync 0, 33;", ""),
    ("@%p1 bar.sync 0;", "barrier"),
    ("@%p1 bra L; bar.warp.sync 0; L:", "member mask"),
    ("shfl.sync.idx.b32 %r2, %r1, 0, 31, 0; st.global.u32 [%rd1], %r2;", "member mask"),
    ("@%p1 shfl.sync.idx.b32 %r2, %r1, 0, 31, -1;", "member mask"),
    ("mov.u64 %rd2, 1234; P: .callprototype _ (.param .b64 _); .param .b64 a; st.param.b64 [a], %rd1;"
     " call %rd2, (a), P;", "function"),
    (".param .b64 a; st.param.b64 [a], %rd1; call.uni deeper, (a);", "stack"),
    (".param .b64 a; .param .b64 b; .param .b32 c; st.param.b64 [a], 64; st.param.b64 [b], 64;"
     " call.uni (c), vprintf, (a, b);", "printf"),
    (".param .b64 a; .param .b64 b; .param .b32 c; mov.u64 %rd2, format; cvta.global.u64 %rd2, %rd2; "
     "st.param.b64 [a], %rd2; st.param.b64 [b], 0; call.uni (c), vprintf, (a, b);", "printf"),
    ("T: .branchtargets A, B; brx.idx %r1, T; A: B: ret;", "brx"),
    ("trap;", "trap"),
    ("L: bra.uni L;", "instruction limit"),
    ("L: @%p1 bra L;", "instruction limit"),
    ("L: bar.sync 0; bra.uni L;", "instruction limit"),
    ("L: ld.volatile.global.u32 %r2, [%rd1]; setp.eq.u32 %p2, %r2, 0; @%p2 bra L;", "instruction limit"),
    ("div.u32 %r2, %r1, 0; st.global.u32 [%rd1], %r2; trap;", "trap"),
    ("rem.s32 %r2, -2147483648, -1; div.s32 %r3, -2147483648, -1; trap;", "trap"),
    ("shl.b32 %r2, %r1, 77; shr.s32 %r3, %r1, 4000000000; bfe.u32 %r4, %r1, 200, 200; trap;", "trap"),
    ("bfi.b32 %r2, %r1, %r1, 300, 300; shf.l.clamp.b32 %r3, %r1, %r1, 99; prmt.b32 %r4, %r1, %r1, 99999; trap;", "trap"),
    ("mov.f32 %f1, 0f7f800000; cvt.rni.s32.f32 %r2, %f1; cvt.rzi.u16.f32 %h1, %f1; sin.approx.f32 %f2, %f1; trap;", "trap"),
    ("ret;", "threads", "--block", "1025"),
    ("ret;", "threads", "--block", "4294967295,4294967295,4294967295"),
    ("ret;", "shared memory", "--shared", "4294967295"),
    ("ret;", "too large", "--grid", "1,4294967295,1"),
]  # fmt: skip

failures = 0
for number, (body, words, *arguments) in enumerate(CASES):
    path = scratch / f"fault{number}.ptx"
    path.write_text(f"{HEAD}{ENTRY}\t{body}\n\tret;\n}}\n")
    command = ["dilated-ptx-run", str(path), "--kernel", "k", "--arg", "u32[16]=zeros", *arguments]
    command += [] if "--block" in arguments else ["--block", "32"]
    try:
        result = subprocess.run(
            [*command, "--instruction-limit", "100000"], capture_output=True, timeout=60, text=True, errors="replace"
        )
    except subprocess.TimeoutExpired:
        failures += 1
        print(f"{body} {arguments}: did not end within 60 s")
        continue
    said = words in result.stderr
    if result.returncode not in (1, 2) or not said or "Sanitizer" in result.stderr or len(result.stderr) > 20000:
        failures += 1
        print(f"{body} {arguments}: exit code {result.returncode}, {words!r} expected\n{result.stderr[:700]}")
sys.exit(1 if failures else 0)
