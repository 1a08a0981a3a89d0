// Patterns of any number of terms have kernels, and what the newest chips get runs on the emulator too: here 34 terms,
// f32, for sm_120, held against the CPU.

// DEFINE: %{inputs} = --input arg0=1x70x2x24xf32=random:1 --input arg1=1x70x2x24xf32=random:2 --input arg2=1x70x2x24xf32=random:3
// RUN: rm -rf %t && mkdir %t
// RUN: dilated-run %s %{inputs} --output result0=@%t/cpu.npy
// RUN: dilated-run %s %{inputs} --device=emulated --chip=sm_120 --expected result0=@%t/cpu.npy --rtol 1e-5 --atol 1e-5

!rows = tensor<1x70x2x24xf32>
func.func @main(%query: !rows, %key: !rows, %value: !rows) -> !rows {
  %out = dilated.attention %query, %key, %value
      pattern(<[segment<8, 1>, segment<16, 2>, segment<24, 3>, segment<32, 4>, segment<40, 5>, segment<48, 6>,
                segment<56, 1>, segment<64, 2>, segment<12, 3>, segment<20, 4>, segment<28, 5>, segment<36, 6>,
                segment<9, 1>, segment<10, 2>, segment<11, 1>, segment<13, 2>, segment<14, 3>, segment<15, 1>, segment<17, 2>, segment<18, 3>, segment<19, 4>, segment<21, 5>,
                segment<22, 6>, segment<23, 1>, segment<25, 2>, segment<26, 3>, segment<27, 4>, segment<29, 5>, segment<30, 6>, segment<31, 1>, segment<33, 2>, segment<34, 3>, segment<35, 4>, segment<37, 5>],
              offset = block, padding = null_keys>) : !rows, !rows, !rows -> !rows
  return %out : !rows
}
