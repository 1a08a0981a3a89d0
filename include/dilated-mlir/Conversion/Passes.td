//===- Passes.td - conversions into our dialects -----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_PASSES_TD
#define DILATED_MLIR_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertOnnxToLinalg : Pass<"convert-onnx-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Give every onnx.node its meaning: linalg, tensor, arith, dilated.attention";
  let description = [{
    Translates each function's `onnx.node` ops in order, at the version that the
    model imports (`dilated-compile --list-ops` prints the table of operators).
    Result types are inferred; the declared types of the function's results are
    checked. Every problem of the module is reported in one run.

    In: `onnx.node` on ranked tensors, `arith.constant`, `ml_program` weights,
    `builtin.unrealized_conversion_cast` to the declared result types.
    Out: `linalg`, `tensor`, `arith`, `math`, `dilated.attention`, `cf.assert` for
    what only a run can tell, `scf.for` for ScatterND with indices known at run
    time.

    Shapes. Integer arithmetic on shapes is done on scalars and folded, a size is
    a constant times SSA sizes, and inputs that share a dimension symbol share
    one SSA size (checked once, at entry). So Reshape, Expand, Slice, Pad, Range
    and ConstantOfShape become static whenever they can, and a Reshape becomes
    `tensor.expand_shape` or `collapse_shape`. Chains of reshapes and transposes
    are looked through: the twelve around an exported attention cancel.

    Broadcasting follows numpy with one exception: two sizes known only at run
    time are required to be equal, and so is a size known at run time against a
    constant other than 1; a `cf.assert` checks it.

    f16 and bf16 are computed in f32 within one node and rounded once; f64 stays
    f64.

    ```mlir
    %0 = onnx.node "MatMul"(%x, %w) {...} : (tensor<2x300x128xf32>, tensor<128x64xf32>) -> !onnx.value
    ```
    becomes
    ```mlir
    %rows = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x300x128xf32> into tensor<600x128xf32>
    %zero = linalg.fill ins(%c0 : f32) outs(%empty : tensor<600x64xf32>) -> tensor<600x64xf32>
    %product = linalg.matmul ins(%rows, %w : ...) outs(%zero : ...) -> tensor<600x64xf32>
    %0 = tensor.expand_shape %product [[0, 1], [2]] output_shape [2, 300, 64] : ...
    ```

    Run: `dilated-opt --convert-onnx-to-linalg`
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::dilated::DilatedDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

#endif // DILATED_MLIR_CONVERSION_PASSES_TD
