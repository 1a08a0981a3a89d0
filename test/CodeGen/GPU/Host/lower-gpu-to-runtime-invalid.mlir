// RUN: dilated-opt %s -split-input-file --dilated-lower-gpu-to-runtime -verify-diagnostics

func.func @tokens(%n: index) {
  // expected-error @below {{expects no tokens: the run's stream has an order}}
  %d, %t = gpu.alloc async (%n) : memref<?xf32>
  return
}

// -----

func.func @types(%a: memref<4xvector<2xf32>>, %b: memref<4xvector<2xf32>>) {
  // expected-error @below {{expects numbers, got 'memref<4xvector<2xf32>>'}}
  gpu.memcpy %a, %b : memref<4xvector<2xf32>>, memref<4xvector<2xf32>>
  return
}

// -----

module attributes {gpu.container_module} {
  func.func @arguments(%v: vector<4xf32>) {
    %c1 = arith.constant 1 : index
    // expected-error @below {{expects arguments that are numbers, addresses or arrays of bytes, argument #0 is 'vector<4xf32>'}}
    gpu.launch_func @kernels::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1) args(%v : vector<4xf32>)
    return
  }
  gpu.module @kernels {
    gpu.func @k(%v: vector<4xf32>) kernel {
      gpu.return
    }
  }
}
