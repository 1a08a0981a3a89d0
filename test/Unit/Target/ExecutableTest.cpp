//===- ExecutableTest.cpp - from the LLVM dialect to results ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Target/Executable.h"
#include "dilated-mlir/Target/ObjectEmission.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::dilated;

namespace {

/// Compiles modules in the LLVM dialect that are written by hand.
class ExecutableTest : public testing::Test {
protected:
  ExecutableTest() { context.loadDialect<LLVM::LLVMDialect>(); }

  FailureOr<SmallVector<char>> emit(StringRef text,
                                    const Signature &signature = {},
                                    const TargetOptions &options = {},
                                    raw_ostream *llvmIr = nullptr) {
    message.clear();
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      message += diagnostic.str();
      return success();
    });
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return failure();
    return emitObject(*module, signature, options, llvmIr);
  }

  MLIRContext context;
  std::string message;
};

/// [n] f32 with symbol "n".
TensorInfo vectorInfo(StringRef name, StringRef symbol = "n") {
  TensorInfo info;
  info.name = name.str();
  info.dims = {{-1, symbol.str()}};
  return info;
}

HostTensor tensorOf(StringRef description) {
  llvm::Expected<HostTensor> tensor = parseTensor(description);
  EXPECT_TRUE(bool(tensor));
  return std::move(*tensor);
}

} // namespace

/// Two results: %x[0] * weight[0] as a new [1] f32, and a [n] f32 that begins
/// with it; fails when %x is empty.
static const char *const kModule = R"(
llvm.mlir.global external @dilated_weights() {addr_space = 0 : i32} : !llvm.array<1 x ptr> {
  %0 = llvm.mlir.zero : !llvm.array<1 x ptr>
  llvm.return %0 : !llvm.array<1 x ptr>
}
llvm.mlir.global internal constant @message("n is 0\00")
llvm.func @dilated_rt_fail(!llvm.ptr)
llvm.func @dilated_rt_output(i64, i64, !llvm.ptr) -> !llvm.ptr
llvm.func @dilated_main(%args: !llvm.ptr) {
  %c0 = llvm.mlir.constant(0 : i64) : i64
  %c1 = llvm.mlir.constant(1 : i64) : i64
  %x = llvm.load %args : !llvm.ptr -> !llvm.ptr
  %desc = llvm.load %x : !llvm.ptr -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  %n = llvm.extractvalue %desc[3, 0] : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  %empty = llvm.icmp "eq" %n, %c0 : i64
  llvm.cond_br %empty, ^fail, ^work
^fail:
  %text = llvm.mlir.addressof @message : !llvm.ptr
  llvm.call @dilated_rt_fail(%text) : (!llvm.ptr) -> ()
  llvm.unreachable
^work:
  %data = llvm.extractvalue %desc[1] : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  %table = llvm.mlir.addressof @dilated_weights : !llvm.ptr
  %weight = llvm.load %table : !llvm.ptr -> !llvm.ptr
  %w = llvm.load %weight : !llvm.ptr -> f32
  %first = llvm.load %data : !llvm.ptr -> f32
  %product = llvm.fmul %first, %w : f32
  %sizes = llvm.alloca %c1 x i64 : (i64) -> !llvm.ptr
  llvm.store %c1, %sizes : i64, !llvm.ptr
  %y = llvm.call @dilated_rt_output(%c0, %c1, %sizes) : (i64, i64, !llvm.ptr) -> !llvm.ptr
  llvm.store %product, %y : f32, !llvm.ptr
  llvm.store %n, %sizes : i64, !llvm.ptr
  %z = llvm.call @dilated_rt_output(%c1, %c1, %sizes) : (i64, i64, !llvm.ptr) -> !llvm.ptr
  llvm.store %product, %z : f32, !llvm.ptr
  llvm.return
}
)";

/// What kModule is compiled with.
static Signature makeSignature() {
  Signature signature;
  signature.inputs = {vectorInfo("x")};
  signature.outputs = {vectorInfo("y", ""), vectorInfo("z")};
  return signature;
}

TEST_F(ExecutableTest, RunsAndTakesResults) {
  FailureOr<SmallVector<char>> object = emit(kModule, makeSignature());
  ASSERT_TRUE(succeeded(object)) << message;
  float weight = 3;
  const void *weights[] = {&weight};
  llvm::Expected<Executable> executable = Executable::create(*object, weights);
  ASSERT_TRUE(bool(executable)) << llvm::toString(executable.takeError());

  HostTensor x = tensorOf("2xf32=5,6");
  llvm::Expected<std::vector<HostTensor>> results = executable->run({x.view()});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ(*static_cast<const float *>((*results)[0].data()), 15);
  EXPECT_EQ((*results)[1].getShape(), ArrayRef<int64_t>({2}));
  EXPECT_EQ(*static_cast<const float *>((*results)[1].data()), 15);

  // What an object says of itself is its signature.
  const Signature &signature = executable->getSignature();
  ASSERT_EQ(signature.inputs.size(), 1u);
  EXPECT_EQ(signature.inputs[0].describe(), "[n] f32");
  EXPECT_EQ(signature.outputs[0].describe(), "[?] f32");
  EXPECT_EQ(signature.outputs[1].name, "z");

  HostTensor empty = tensorOf("0xf32=0");
  results = executable->run({empty.view()});
  ASSERT_FALSE(bool(results));
  EXPECT_EQ(llvm::toString(results.takeError()), "n is 0");
}

TEST_F(ExecutableTest, VerifiesInputs) {
  Signature signature;
  signature.inputs = {vectorInfo("a"), vectorInfo("b"), vectorInfo("c", "")};
  signature.inputs[2].dims = {{4, ""}, {-1, ""}};
  HostTensor two = tensorOf("2xf32=0"), three = tensorOf("3xf32=0");
  HostTensor fine = tensorOf("4x7xf32=0"), wrong = tensorOf("5x7xf32=0");
  HostTensor doubles = tensorOf("2xf64=0");
  auto problem = [&](std::vector<const HostTensor *> tensors) {
    std::vector<TensorView> views;
    for (const HostTensor *tensor : tensors)
      views.push_back(tensor->view());
    return llvm::toString(verifyInputs(signature, views));
  };
  EXPECT_EQ(problem({&two, &two, &fine}), "");
  EXPECT_EQ(problem({&two}), "the model has 3 inputs, 1 are given");
  EXPECT_EQ(problem({&two, &three, &fine}),
            "input 'b' has size 3 in dimension 0 ('n'), but input 'a' has 2 "
            "for 'n'");
  EXPECT_EQ(problem({&two, &two, &wrong}),
            "input 'c' has size 5 in dimension 0; [4, ?] f32 is expected");
  EXPECT_EQ(problem({&two, &two, &two}),
            "input 'c' has rank 1; [4, ?] f32 is expected");
  EXPECT_EQ(problem({&two, &doubles, &fine}),
            "input 'b' has element type f64; [n] f32 is expected");
}

TEST_F(ExecutableTest, NamesWhatTheObjectLacks) {
  FailureOr<SmallVector<char>> object =
      emit("llvm.func @other() { llvm.return }");
  ASSERT_TRUE(succeeded(object)) << message;
  llvm::Expected<Executable> executable = Executable::create(*object, {});
  ASSERT_FALSE(bool(executable));
  EXPECT_NE(llvm::toString(executable.takeError()).find("dilated_model"),
            std::string::npos);

  object = emit("llvm.func @missing()\nllvm.func @dilated_main(%a: !llvm.ptr) {"
                " llvm.call @missing() : () -> ()\n llvm.return }");
  ASSERT_TRUE(succeeded(object)) << message;
  executable = Executable::create(*object, {});
  ASSERT_FALSE(bool(executable));
  EXPECT_NE(llvm::toString(executable.takeError()).find("missing"),
            std::string::npos);
}

TEST_F(ExecutableTest, BrokenObjectsAreErrors) {
  llvm::Expected<Executable> executable =
      Executable::create(ArrayRef<char>("garbage", 7), {});
  ASSERT_FALSE(bool(executable));
  llvm::consumeError(executable.takeError());
}

/// bf16 on a processor without such instructions: the helper calls must be
/// found.
TEST_F(ExecutableTest, FindsHelperCallsOfNarrowFloats) {
  TargetOptions baseline;
  baseline.cpu = "x86-64";
  Signature signature;
  signature.inputs = {vectorInfo("x")};
  FailureOr<SmallVector<char>> object = emit(R"(
llvm.func @dilated_main(%args: !llvm.ptr) {
  %p = llvm.load %args : !llvm.ptr -> !llvm.ptr
  %data = llvm.getelementptr %p[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
  %pointer = llvm.load %data : !llvm.ptr -> !llvm.ptr
  %wide = llvm.load %pointer : !llvm.ptr -> f32
  %brain = llvm.fptrunc %wide : f32 to bf16
  %half = llvm.fptrunc %wide : f32 to f16
  %second = llvm.getelementptr %pointer[2] : (!llvm.ptr) -> !llvm.ptr, i16
  %third = llvm.getelementptr %pointer[3] : (!llvm.ptr) -> !llvm.ptr, i16
  llvm.store %brain, %second : bf16, !llvm.ptr
  llvm.store %half, %third : f16, !llvm.ptr
  llvm.return
})",
                                             signature, baseline);
  ASSERT_TRUE(succeeded(object)) << message;
  llvm::Expected<Executable> executable = Executable::create(*object, {});
  ASSERT_TRUE(bool(executable)) << llvm::toString(executable.takeError());
  HostTensor x = tensorOf("2xf32=1.5,0");
  llvm::Expected<std::vector<HostTensor>> results = executable->run({x.view()});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  auto *bits = static_cast<const uint16_t *>(x.data());
  EXPECT_EQ(bits[2], 0x3fc0);
  EXPECT_EQ(bits[3], 0x3e00);
}

TEST_F(ExecutableTest, PrintsOptimisedLlvmIr) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  ASSERT_TRUE(succeeded(emit(kModule, makeSignature(), {}, &stream)));
  EXPECT_NE(text.find("define hidden void @dilated_main"), std::string::npos);
  EXPECT_NE(text.find("\"target-features\"="), std::string::npos);
  EXPECT_NE(text.find("target triple"), std::string::npos);
}

/// Equal layers of a model give equal tasks: one is left, called twice.
TEST_F(ExecutableTest, MergesEqualTasks) {
  std::string text, module = R"(
llvm.func @dilated_rt_parallel_for(!llvm.ptr, !llvm.ptr, i64)
llvm.func @dilated_main(%args: !llvm.ptr) {
  %count = llvm.mlir.constant(7 : i64) : i64
  %one = llvm.mlir.addressof @task_1 : !llvm.ptr
  %two = llvm.mlir.addressof @task_2 : !llvm.ptr
  llvm.call @dilated_rt_parallel_for(%one, %args, %count) : (!llvm.ptr, !llvm.ptr, i64) -> ()
  llvm.call @dilated_rt_parallel_for(%two, %args, %count) : (!llvm.ptr, !llvm.ptr, i64) -> ()
  llvm.return
})";
  for (StringRef name : {"task_1", "task_2"})
    module +=
        "llvm.func internal @" + name.str() + R"((%x: !llvm.ptr, %i: i64) {
  %p = llvm.getelementptr %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i64
  llvm.store %i, %p : i64, !llvm.ptr
  llvm.return
})";
  llvm::raw_string_ostream stream(text);
  ASSERT_TRUE(succeeded(emit(module, {}, {}, &stream))) << message;
  EXPECT_NE(text.find("@task_1("), std::string::npos);
  EXPECT_EQ(text.find("@task_2"), std::string::npos) << text;
}

TEST_F(ExecutableTest, UnknownProcessorsAndFeatures) {
  TargetOptions options;
  options.cpu = "pentium-9";
  EXPECT_TRUE(failed(emit(kModule, {}, options)));
  EXPECT_EQ(message.find("unknown processor 'pentium-9'; known are native, "),
            0u);
  EXPECT_NE(message.find("x86-64-v3"), std::string::npos);
  options.cpu = "";
  EXPECT_TRUE(failed(emit(kModule, {}, options)));
  options.cpu = "x86-64-v3";
  options.features = "+avx2,-fma";
  EXPECT_TRUE(succeeded(emit(kModule, {}, options))) << message;
  options.features = "+warp-drive";
  EXPECT_TRUE(failed(emit(kModule, {}, options)));
  EXPECT_EQ(message, "unknown processor feature '+warp-drive'");
  options.features = "avx2";
  EXPECT_TRUE(failed(emit(kModule, {}, options)));
  EXPECT_EQ(message, "processor feature 'avx2' must start with + or -");
}
