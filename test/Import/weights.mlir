// A module says where its weights lie; whoever runs it checks every word of that.
// The place is at an odd offset here, so the weight is copied to be aligned.
// RUN: rm -rf %t && mkdir -p %t
// RUN: %python -c "import numpy, sys; w = numpy.arange(16, dtype=numpy.float32).reshape(4, 4); open(sys.argv[1] + '/weights.bin', 'wb').write(b'.' + w.tobytes() + b'...'); numpy.save(sys.argv[1] + '/w.npy', w)" %t
// RUN: cp %s %t/good.mlir
// RUN: dilated-run %t/good.mlir --expected y=@%t/w.npy

// RUN: sed 's/offset = 1 /offset = 5 /' %s > %t/late.mlir
// RUN: not dilated-run %t/late.mlir 2>&1 | FileCheck %s --check-prefix=LATE
// LATE: needs 64 bytes at offset 5 of 'weights.bin', which has 68
// RUN: sed 's/offset = 1 /offset = -1 /' %s > %t/negative.mlir
// RUN: not dilated-run %t/negative.mlir 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: needs 64 bytes at offset -1 of 'weights.bin'
// RUN: sed 's/length = 64 /length = 60 /' %s > %t/length.mlir
// RUN: not dilated-run %t/length.mlir 2>&1 | FileCheck %s --check-prefix=LENGTH
// LENGTH: expects the length of the weight (60) to be that of its type 'tensor<4x4xf32>' (64)
// RUN: sed 's/file = "/file = "..\//' %s > %t/outside.mlir
// RUN: not dilated-run %t/outside.mlir 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// OUTSIDE: cannot map weight file '../weights.bin': contains '..'
// RUN: sed 's/file = "/file = "not-/' %s > %t/missing.mlir
// RUN: not dilated-run %t/missing.mlir 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: cannot map weight file 'not-weights.bin': No such file or directory
// RUN: sed 's/offset = 1 : i64, //' %s > %t/word.mlir
// RUN: not dilated-run %t/word.mlir 2>&1 | FileCheck %s --check-prefix=WORD
// WORD: expects 'dilated.weight' to have 'file' (a string), 'offset' and 'length' (i64)

ml_program.global private @w(#ml_program.extern : tensor<4x4xf32>) : tensor<4x4xf32>
    {dilated.weight = {file = "weights.bin", offset = 1 : i64, length = 64 : i64, external}}
func.func @main() -> (tensor<4x4xf32> {dilated.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<4x4xf32>
  return %w : tensor<4x4xf32>
}
