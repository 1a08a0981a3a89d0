//===- SignatureTest.cpp - names, types and symbols of a model --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/Signature.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::dilated;

namespace {

class SignatureTest : public testing::Test {
protected:
  SignatureTest() {
    context.loadDialect<func::FuncDialect, tensor::TensorDialect>();
    // `dilated.` attributes without the dialect.
    context.allowUnregisteredDialects();
  }

  FailureOr<Signature> read(StringRef text) {
    message.clear();
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      message += diagnostic.str();
      return success();
    });
    module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return failure();
    return Signature::read(*module);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::string message;
};

} // namespace

TEST_F(SignatureTest, ReadsNamesTypesAndSymbols) {
  FailureOr<Signature> signature = read(R"(
    func.func @main(%a: tensor<?x?x128xf32> {dilated.name = "tokens",
                        dilated.symbols = ["batch", "sequence", ""]},
                    %b: tensor<i64>)
        -> (tensor<?x?x128xf32> {dilated.name = "features"}, tensor<i64>) {
      return %a, %b : tensor<?x?x128xf32>, tensor<i64>
    })");
  ASSERT_TRUE(succeeded(signature)) << message;
  ASSERT_EQ(signature->inputs.size(), 2u);
  EXPECT_EQ(signature->inputs[0].name, "tokens");
  EXPECT_EQ(signature->inputs[0].describe(), "[batch, sequence, 128] f32");
  EXPECT_EQ(signature->inputs[1].name, "arg1");
  EXPECT_EQ(signature->inputs[1].describe(), "[] i64");
  EXPECT_EQ(signature->outputs[0].describe(), "[?, ?, 128] f32");
  EXPECT_EQ(signature->findInput("tokens"), 0);
  EXPECT_EQ(signature->findOutput("result1"), 1);
  EXPECT_EQ(signature->findOutput("tokens"), -1);
}

TEST_F(SignatureTest, EveryElementType) {
  FailureOr<Signature> signature = read(R"(
    func.func @main(%a: tensor<1xf64>, %b: tensor<1xf16>, %c: tensor<1xbf16>,
        %d: tensor<1xi32>, %e: tensor<1xi16>, %f: tensor<1xi8>, %g: tensor<1xi1>) {
      return
    })");
  ASSERT_TRUE(succeeded(signature)) << message;
  dilated_rt_type expected[] = {DILATED_RT_F64, DILATED_RT_F16, DILATED_RT_BF16,
                                DILATED_RT_I32, DILATED_RT_I16, DILATED_RT_I8,
                                DILATED_RT_BOOL};
  for (auto [info, type] : llvm::zip_equal(signature->inputs, expected))
    EXPECT_EQ(info.type, type);
}

TEST_F(SignatureTest, Errors) {
  EXPECT_TRUE(failed(read("func.func @other() { return }")));
  EXPECT_EQ(message, "the module has no function @main");
  EXPECT_TRUE(failed(read("func.func private @main()")));
  EXPECT_EQ(message, "@main has no body");
  EXPECT_TRUE(failed(read("func.func @main(%a: f32) { return }")));
  EXPECT_EQ(message,
            "argument #0 of @main has type 'f32'; a ranked tensor is expected");
  EXPECT_TRUE(failed(read("func.func @main(%a: tensor<*xf32>) { return }")));
  EXPECT_TRUE(failed(read("func.func @main(%a: tensor<2xi3>) { return }")));
  EXPECT_EQ(message, "argument #0 of @main has element type 'i3'; supported "
                     "are f32, f64, f16, bf16, i64, i32, i16, i8 and i1");
  EXPECT_TRUE(failed(read(R"(func.func @main(
      %a: tensor<2xf32> {dilated.symbols = ["n", "m"]}) { return })")));
  EXPECT_EQ(message, "argument #0 of @main has 2 dimension symbols for rank 1");
  EXPECT_TRUE(failed(read(R"(func.func @main(
      %a: tensor<2xf32> {dilated.symbols = [3]}) { return })")));
  EXPECT_TRUE(failed(read(R"(func.func @main(
      %a: tensor<2xf32> {dilated.name = "arg1"}, %b: tensor<f32>) { return })")));
  EXPECT_EQ(message, "two inputs of @main are named 'arg1'");
}
