//===- dilated-translate.cpp - between MLIR and what is not -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   dilated-translate --import-onnx model.onnx      ONNX to the import phase
//   dilated-translate --mlir-to-ptx kernels.mlir    a gpu.module in the LLVM
//   and
//                                                   NVVM dialects to PTX
//   dilated-translate --mlir-to-llvmir file.mlir    upstream's translation
//
// Importing needs the path of the model (its weights lie beside it) and tells
// unreadable files from invalid models by its exit code, which upstream's main
// function does not; everything else is upstream's.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Conversion/OnnxOpRegistry.h"
#include "dilated-mlir/Import/OnnxImport.h"
#include "dilated-mlir/Support/CrashGuard.h"
#include "dilated-mlir/Support/ToolDiagnostics.h"
#include "dilated-mlir/Target/PtxEmission.h"

#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/DLTI/DLTI.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Target/LLVM/NVVM/Target.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace mlir::dilated;

namespace mlir {
void registerToLLVMIRTranslation();
} // namespace mlir

namespace {
enum ExitCode { Done = 0, Invalid = 1, BadUsage = 2 };

/// The options of --import-onnx.
struct ImportFlags {
  llvm::cl::opt<std::string> input{
      llvm::cl::Positional, llvm::cl::desc("MODEL.onnx"), llvm::cl::Required};
  llvm::cl::opt<bool> import{"import-onnx",
                             llvm::cl::desc("Read an ONNX model")};
  llvm::cl::opt<std::string> output{
      "o", llvm::cl::desc("Where to write (default: standard output)"),
      llvm::cl::value_desc("FILE"), llvm::cl::init("-")};
  llvm::cl::opt<std::string> externalDataDir{
      "external-data-dir",
      llvm::cl::desc("Where external data lies (default: beside the model)"),
      llvm::cl::value_desc("DIR")};
  llvm::cl::opt<bool> expandFunctions{
      "expand-functions",
      llvm::cl::desc(
          "Inline model-local functions whose operator is known too")};
  llvm::cl::list<std::string> shapes{"shape",
                                     llvm::cl::desc("Shape of an input"),
                                     llvm::cl::value_desc("NAME=1x?x768")};
};
} // namespace

static int importOnnx(int argc, char **argv) {
  ImportFlags flags;
  registerAsmPrinterCLOptions();
  std::string usage;
  llvm::raw_string_ostream usageStream(usage);
  if (!llvm::cl::ParseCommandLineOptions(
          argc, argv, "Reads an ONNX model into MLIR\n", &usageStream)) {
    llvm::errs() << usage;
    return BadUsage;
  }
  OnnxImportOptions options;
  options.externalDataDir = flags.externalDataDir;
  options.expandFunctions = flags.expandFunctions;
  options.isRegisteredOp = isRegisteredOnnxOp;
  for (const std::string &shape : flags.shapes)
    if (std::string error = parseShapeOption(shape, options); !error.empty()) {
      llvm::errs() << "dilated-translate: error: --shape: " << error << '\n';
      return BadUsage;
    }

  MLIRContext context;
  ToolDiagnostics diagnostics(&context);
  OnnxImportResult result = importOnnxFile(&context, flags.input, options);
  if (!result.module)
    return result.exitCode();
  std::string error;
  std::unique_ptr<llvm::ToolOutputFile> output =
      openOutputFile(flags.output, &error);
  if (!output) {
    llvm::errs() << "dilated-translate: error: " << error << '\n';
    return BadUsage;
  }
  result.module->print(output->os());
  output->keep();
  return Done;
}

/// The options of --mlir-to-ptx.
struct PtxFlags {
  llvm::cl::opt<std::string> chip{
      "chip",
      llvm::cl::desc("GPU architecture (default: what the gpu.module says, "
                     "else sm_80)"),
      llvm::cl::value_desc("sm_80")};
  llvm::cl::opt<std::string> ptxVersion{
      "ptx-version", llvm::cl::desc("Version of the PTX language"),
      llvm::cl::value_desc("8.0")};
};

static LogicalResult writePtx(Operation *module, raw_ostream &os,
                              const PtxFlags &flags) {
  // The op may be a whole module.
  module->getContext()->printOpOnDiagnostic(false);
  FailureOr<Operation *> kernels = findKernelModule(module);
  if (failed(kernels))
    return failure();
  if (!*kernels)
    return module->emitError("has no gpu.module");
  auto error = [&] { return (*kernels)->emitError(); };
  NvptxOptions options;
  if (std::string chip = getKernelChip(*kernels); !chip.empty())
    options.chip = chip;
  if (!flags.chip.empty())
    options.chip = flags.chip;
  std::optional<unsigned> version = parsePtxVersion(flags.ptxVersion);
  if (!flags.ptxVersion.empty() && !version)
    return error() << "--ptx-version=" << flags.ptxVersion
                   << " is not a version such as 8.0";
  options.ptxVersion = version.value_or(0);
  FailureOr<NvptxOptions> resolved = resolveTarget(options, error);
  if (failed(resolved))
    return failure();
  FailureOr<std::string> ptx = emitPtx(*kernels, *resolved);
  if (failed(ptx))
    return failure();
  os << *ptx;
  return success();
}

static int run(int argc, char **argv) {
  auto isImport = [](llvm::StringRef argument) {
    return argument == "--import-onnx" || argument == "-import-onnx";
  };
  if (llvm::any_of(llvm::ArrayRef<char *>(argv, argc), isImport))
    return importOnnx(argc, argv);

  // Upstream says it twice, and exits as for an invalid module.
  auto isFlag = [](llvm::StringRef argument) {
    return argument.starts_with("-") && argument != "-";
  };
  if (llvm::none_of(llvm::ArrayRef<char *>(argv + 1, argc - 1), isFlag)) {
    llvm::errs() << "dilated-translate: error: a translation is needed, such "
                    "as --import-onnx; see --help\n";
    return BadUsage;
  }

  registerToLLVMIRTranslation();
  PtxFlags ptxFlags;
  TranslateFromMLIRRegistration ptxRegistration(
      "mlir-to-ptx", "write the kernels of a gpu.module as PTX",
      [&](Operation *module, raw_ostream &os) {
        return writePtx(module, os, ptxFlags);
      },
      [](DialectRegistry &registry) {
        registry.insert<DLTIDialect, LLVM::LLVMDialect, NVVM::NVVMDialect,
                        gpu::GPUDialect, tile::TileDialect>();
        registerAllToLLVMIRTranslations(registry);
        NVVM::registerNVVMTargetInterfaceExternalModels(registry);
      });
  // For --help: with this flag the function above is what runs.
  TranslateToMLIRRegistration importRegistration(
      "import-onnx", "read an ONNX model",
      [](llvm::SourceMgr &, MLIRContext *) {
        return OwningOpRef<Operation *>();
      });
  return failed(mlirTranslateMain(argc, argv, "dilated-mlir translations"))
             ? Invalid
             : Done;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  return runTool(argc, argv, [&] { return run(argc, argv); });
}
