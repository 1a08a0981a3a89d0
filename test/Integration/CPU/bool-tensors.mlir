// A tensor of i1 is written by one loop and read by another, at offsets that
// differ: bytes in memory, whatever is vectorised around it.
// RUN: dilated-run %s

#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
#all = affine_map<(i, j) -> (i, j)>

func.func @main() {
  %n = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]> : tensor<20xi64>
  %x = arith.constant dense<1.0> : tensor<20x20xf32>
  %neg = arith.constant -5.0 : f32
  %b0 = tensor.empty() : tensor<20x20xi1>
  %mask = linalg.generic {indexing_maps = [#row, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%n, %n : tensor<20xi64>, tensor<20xi64>) outs(%b0 : tensor<20x20xi1>) {
  ^bb0(%i: i64, %j: i64, %o: i1):
    %c = arith.cmpi slt, %i, %j : i64
    linalg.yield %c : i1
  } -> tensor<20x20xi1>
  %e0 = tensor.empty() : tensor<20x20xf32>
  %masked = linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%mask, %x : tensor<20x20xi1>, tensor<20x20xf32>) outs(%e0 : tensor<20x20xf32>) {
  ^bb0(%m: i1, %v: f32, %o: f32):
    %s = arith.select %m, %neg, %v : f32
    linalg.yield %s : f32
  } -> tensor<20x20xf32>
  // The mask has two readers, so it stays a tensor.
  %transposed = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, #all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%mask, %x : tensor<20x20xi1>, tensor<20x20xf32>) outs(%e0 : tensor<20x20xf32>) {
  ^bb0(%m: i1, %v: f32, %o: f32):
    %s = arith.select %m, %neg, %v : f32
    linalg.yield %s : f32
  } -> tensor<20x20xf32>

  // Row sums: i keeps i + 1 ones and 19 - i times -5, and the other way round.
  %zero = arith.constant 0.0 : f32
  %r0 = tensor.empty() : tensor<20xf32>
  %r1 = linalg.fill ins(%zero : f32) outs(%r0 : tensor<20xf32>) -> tensor<20xf32>
  %sums = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%masked : tensor<20x20xf32>) outs(%r1 : tensor<20xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %v, %o : f32
    linalg.yield %s : f32
  } -> tensor<20xf32>
  %sums_t = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%transposed : tensor<20x20xf32>) outs(%r1 : tensor<20xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %v, %o : f32
    linalg.yield %s : f32
  } -> tensor<20xf32>
  %expected = arith.constant dense<[-94.0, -88.0, -82.0, -76.0, -70.0, -64.0, -58.0, -52.0, -46.0, -40.0, -34.0, -28.0, -22.0, -16.0, -10.0, -4.0, 2.0, 8.0, 14.0, 20.0]> : tensor<20xf32>
  %expected_t = arith.constant dense<[20.0, 14.0, 8.0, 2.0, -4.0, -10.0, -16.0, -22.0, -28.0, -34.0, -40.0, -46.0, -52.0, -58.0, -64.0, -70.0, -76.0, -82.0, -88.0, -94.0]> : tensor<20xf32>
  check.expect_close %sums, %expected rtol(0.0) atol(0.0) : tensor<20xf32>, tensor<20xf32>
  check.expect_close %sums_t, %expected_t rtol(0.0) atol(0.0) : tensor<20xf32>, tensor<20xf32>
  return
}
