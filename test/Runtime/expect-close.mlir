// check.expect_close in a model: dilated-run counts, and exits with 1 on a failure
// after the run has gone on.
// RUN: dilated-run %s --input a=2x3xf32=1 --input b=2x3xf32=1 | FileCheck %s --check-prefix=PASS
// PASS: 1 checks passed, 0 failed
// RUN: not dilated-run %s --input a=2x3xf32=1 --input b=2x3xf32=1,2,3,4,5,6 2>%t | FileCheck %s --check-prefix=FAIL
// FAIL: copy: 2x3xf32 = 1 1 1 1 1 1
// FAIL: 0 checks passed, 1 failed
// RUN: FileCheck %s --check-prefix=WHERE --input-file %t
// WHERE: failed: largest error 5 at [1, 2]: 1, expected 6; 5 of 6 elements beyond rtol 1e-05, atol 1e-06

// NaN agrees with NaN, an infinity with itself alone.
// RUN: dilated-run %s --input a=1x3xf32=nan,inf,-inf --input b=1x3xf32=nan,inf,-inf | FileCheck %s --check-prefix=PASS
// RUN: not dilated-run %s --input a=1x3xf32=nan,inf,-inf --input b=1x3xf32=nan,inf,inf 2>&1 | FileCheck %s --check-prefix=INF
// INF: failed: largest error inf at [0, 2]: -inf, expected inf; 1 of 3 elements

// A dynamic mismatch of shapes is a failed check as well.
// RUN: not dilated-run %s --input a=2x3xf32=1 --input b=3x3xf32=1 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: failed: shape [2, 3], expected shape [3, 3]

func.func @main(%a: tensor<?x3xf32> {dilated.name = "a"}, %b: tensor<?x3xf32> {dilated.name = "b"})
    -> (tensor<?x3xf32> {dilated.name = "copy"}) {
  check.expect_close %a, %b rtol(1.0e-5) atol(1.0e-6) : tensor<?x3xf32>, tensor<?x3xf32>
  return %a : tensor<?x3xf32>
}
