"""A loaded attention library at GigaPath's size needs its inputs, its output, 16
MB, and 24 MB per thread.

usage: memory.py SOURCES INCLUDE WORK
"""

import pathlib
import shutil
import subprocess
import sys

sources, include, work = map(pathlib.Path, sys.argv[1:])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
(work / "gigapath.mlir").write_text("""
func.func @main(%q: tensor<1x?x16x48xf32>, %k: tensor<1x?x16x48xf32>, %v: tensor<1x?x16x48xf32>) -> tensor<1x?x16x48xf32> {
  %out = dilated.attention %q, %k, %v
      pattern(<[segment<1024, 1>, segment<5792, 2>, segment<32768, 4>, segment<185363, 8>, segment<1048576, 16>],
              offset = block, padding = null_keys>)
      : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32> -> tensor<1x?x16x48xf32>
  return %out : tensor<1x?x16x48xf32>
}""")
subprocess.run(["dilated-compile", "gigapath.mlir", "-o", "gigapath.so"], cwd=work, check=True)
subprocess.run(["cc", "-std=c99", "-O1", "-D_DEFAULT_SOURCE", f"-I{include}", sources / "memory.c", "-o", "memory",
                "-ldl"], cwd=work, check=True)
for threads in (1, 2):
    result = subprocess.run(["./memory", "./gigapath.so", str(threads), "45681", "16", "48"], cwd=work, check=True,
                            stdout=subprocess.PIPE, text=True)
    limit = 16e6 + 24e6 * threads
    print(f"{threads} threads: {int(result.stdout) / 1e6:.1f} MB beyond inputs and output, at most {limit / 1e6:.0f}")
    assert int(result.stdout) <= limit
