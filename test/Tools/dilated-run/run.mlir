// One model, its inputs and outputs in every form that the command line takes.
// RUN: rm -rf %t && mkdir %t

// RUN: dilated-run %s --input a=2x3xf32=1 --input b=2x3xf32=1,2,3,4,5,6 --output sum=@%t/y.npy \
// RUN:   --expected sum=2x3xf32=2,3,4,5,6,7 | FileCheck %s
// CHECK: sum: 2x3xf32 = 2 3 4 5 6 7
// CHECK: sum: passed, largest error 0.00e+00

// What was written is read again, as an input and as an expectation.
// RUN: dilated-run %s --input a=@%t/y.npy --input b=2x3xf32=0 --expected sum=@%t/y.npy | FileCheck %s --check-prefix=AGAIN
// AGAIN: sum: passed

// RUN: %python -c "import sys, numpy as np; y = np.load(sys.argv[1]); assert y.dtype == np.float32 and y.tolist() == [[2, 3, 4], [5, 6, 7]]" %t/y.npy

// A summary where there are many elements; nothing else is in the folder: the
// file was written under a temporary name and renamed.
// RUN: dilated-run %s --input a=200x3xf32=random:7 --input b=200x3xf32=uniform:7 | FileCheck %s --check-prefix=MANY
// MANY: sum: 200x3xf32, min {{.+}}, max {{.+}}, mean
// RUN: ls %t | count 1

// RUN: dilated-run %s --input a=0x3xf32=1 --input b=0x3xf32=1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: sum: 0x3xf32

// A mismatch is exit code 1, with the largest error and where.
// RUN: not dilated-run %s --input a=2x3xf32=1 --input b=2x3xf32=1,2,3,4,5,6 --expected sum=2x3xf32=2 | FileCheck %s --check-prefix=MISMATCH
// MISMATCH: sum: failed, largest error 5.00e+00 at [1, 2]: 7, expected 2; 5 of 6 elements beyond rtol 0.001, atol 0.0001
// RUN: dilated-run %s --input a=2x3xf32=1 --input b=2x3xf32=1,2,3,4,5,6 --expected sum=2x3xf32=2 --atol 5
// RUN: not dilated-run %s --input a=2x3xf32=1 --input b=2x3xf32=1 --expected sum=3x2xf32=2 | FileCheck %s --check-prefix=SHAPE
// SHAPE: sum: failed, is 2x3xf32, expected 3x2xf32

// Phase and run times go to stderr.
// RUN: dilated-run %s --input a=2x3xf32=1 --input b=2x3xf32=1 --profile --repeat 2 2>&1 >/dev/null | FileCheck %s --check-prefix=PROFILE
// PROFILE-DAG: object
// PROFILE-DAG: run 1: {{.+}} ms
// PROFILE-DAG: run 2: {{.+}} ms

func.func @main(%a: tensor<?x3xf32> {dilated.name = "a", dilated.symbols = ["n", ""]},
                %b: tensor<?x3xf32> {dilated.name = "b", dilated.symbols = ["n", ""]})
    -> (tensor<?x3xf32> {dilated.name = "sum", dilated.symbols = ["n", ""]}) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %a, %c0 : tensor<?x3xf32>
  %init = tensor.empty(%n) : tensor<?x3xf32>
  %sum = linalg.add ins(%a, %b : tensor<?x3xf32>, tensor<?x3xf32>)
                    outs(%init : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %sum : tensor<?x3xf32>
}
