//===- DescribeModel.cpp - a model's description as data --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Written as LLVM IR, field by field in the order of the structs of
// Runtime/ModelDescription.h and Runtime/Model.h: the object file carries it
// next to the code, whoever loads it.
//
//===----------------------------------------------------------------------===//

#include "DescribeModel.h"

#include "dilated-mlir/Runtime/CpuFeatures.h"
#include "dilated-mlir/Runtime/ModelDescription.h"
#include "dilated-mlir/Target/ObjectEmission.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::dilated;
namespace runtime = ::dilated::runtime;

std::string mlir::dilated::getProducer() {
  return std::string("dilated-mlir ") + DILATED_VERSION + " (LLVM " +
         LLVM_VERSION_STRING + ")";
}

namespace {

/// Constants of one module.
class Writer {
public:
  explicit Writer(llvm::Module &module)
      : module(module), context(module.getContext()),
        pointer(llvm::PointerType::getUnqual(context)) {}

  llvm::Constant *number32(uint32_t value) {
    return llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), value);
  }
  llvm::Constant *number64(uint64_t value) {
    return llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), value);
  }
  llvm::Constant *null() { return llvm::ConstantPointerNull::get(pointer); }

  /// The address of a private constant.
  llvm::Constant *place(llvm::Constant *value) {
    auto *global = new llvm::GlobalVariable(
        module, value->getType(), /*isConstant=*/true,
        llvm::GlobalValue::PrivateLinkage, value, "dilated_info");
    global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    return global;
  }
  llvm::Constant *text(StringRef value) {
    return place(llvm::ConstantDataArray::getString(context, value));
  }
  llvm::Constant *numbers(ArrayRef<uint64_t> values) {
    return values.empty()
               ? null()
               : place(llvm::ConstantDataArray::get(context, values));
  }
  llvm::Constant *pointers(ArrayRef<llvm::Constant *> values) {
    return values.empty()
               ? null()
               : place(llvm::ConstantArray::get(
                     llvm::ArrayType::get(pointer, values.size()), values));
  }
  llvm::Constant *structure(ArrayRef<llvm::Constant *> fields) {
    return llvm::ConstantStruct::getAnon(context, fields);
  }

  /// An array of dilated_tensor_info.
  llvm::Constant *tensors(const std::vector<TensorInfo> &infos);

  /// The address of a global or function of the module, null without one.
  llvm::Constant *symbol(StringRef name) {
    llvm::GlobalValue *value = module.getNamedValue(name);
    return value ? static_cast<llvm::Constant *>(value) : null();
  }

private:
  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::PointerType *pointer;
};

} // namespace

llvm::Constant *Writer::tensors(const std::vector<TensorInfo> &infos) {
  SmallVector<llvm::Constant *> entries;
  for (const TensorInfo &info : infos) {
    SmallVector<uint64_t> sizes;
    SmallVector<llvm::Constant *> symbols;
    for (const Dimension &dim : info.dims) {
      sizes.push_back(dim.isDynamic() ? -1 : dim.size);
      symbols.push_back(text(dim.symbol));
    }
    entries.push_back(structure({text(info.name), number32(info.type),
                                 number32(info.dims.size()), numbers(sizes),
                                 pointers(symbols)}));
  }
  if (entries.empty())
    return null();
  return place(llvm::ConstantArray::get(
      llvm::ArrayType::get(entries.front()->getType(), entries.size()),
      entries));
}

/// The features that code for `machine` may use, bits of CpuFeatures.h.
static uint64_t getCpuFeatures(const llvm::TargetMachine &machine) {
  if (machine.getTargetTriple().getArch() != llvm::Triple::x86_64)
    return 0;
  uint64_t features = 0;
  for (int bit = 0; bit < runtime::kCpuFeatureCount; ++bit)
    if (machine.getMCSubtargetInfo()->checkFeatures(
            (Twine("+") + runtime::kCpuFeatures[bit]).str()))
      features |= uint64_t(1) << bit;
  return features;
}

/// The value of a constant of the module, 0 without one.
static int64_t readConstant(const llvm::Module &module, StringRef name) {
  const llvm::GlobalVariable *global = module.getNamedGlobal(name);
  if (!global || !global->hasInitializer())
    return 0;
  auto *value = dyn_cast<llvm::ConstantInt>(global->getInitializer());
  return value ? value->getSExtValue() : 0;
}

/// The chip that PTX, a constant of the module, names as its target.
static std::string getKernelChip(const llvm::GlobalVariable &kernels) {
  auto *text = dyn_cast<llvm::ConstantDataSequential>(kernels.getInitializer());
  StringRef ptx = text && text->isString() ? text->getAsString() : "";
  StringRef rest = ptx.split("\n.target ").second;
  return rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; })
      .str();
}

void mlir::dilated::addModelDescription(llvm::Module &module,
                                        const Signature &signature,
                                        const llvm::TargetMachine &machine,
                                        StringRef processor) {
  Writer writer(module);
  llvm::GlobalVariable *weights = module.getNamedGlobal("dilated_weights");
  uint64_t weightCount =
      weights ? cast<llvm::ArrayType>(weights->getValueType())->getNumElements()
              : 0;
  // Which inputs must be row-major; without a word of the code, all.
  llvm::Constant *rowMajor = writer.symbol("dilated_row_major_inputs");
  if (rowMajor->isNullValue()) {
    SmallVector<uint8_t> all(std::max<size_t>(signature.inputs.size(), 1), 1);
    rowMajor = writer.place(
        llvm::ConstantDataArray::get(module.getContext(), ArrayRef(all)));
  }
  // PTX, with a zero after it.
  llvm::GlobalVariable *kernels = module.getNamedGlobal("dilated_kernels");
  uint64_t kernelBytes =
      kernels
          ? cast<llvm::ArrayType>(kernels->getValueType())->getNumElements() - 1
          : 0;
  std::string target = machine.getTargetTriple().str() + " " + processor.str();
  if (kernels)
    target += kKernelTarget.str() + getKernelChip(*kernels);
  llvm::Constant *description = writer.structure(
      {writer.number32(runtime::kDescriptionVersion),
       writer.number32(signature.inputs.size()),
       writer.number32(signature.outputs.size()), writer.number32(0),
       writer.number64(getCpuFeatures(machine)),
       writer.tensors(signature.inputs), writer.tensors(signature.outputs),
       rowMajor, writer.text(getProducer()), writer.text(target),
       writer.symbol("dilated_main"), writer.symbol("dilated_scratch"),
       writer.number64(readConstant(module, "dilated_task_scratch_bytes")),
       writer.symbol("dilated_weights"), writer.number64(weightCount),
       writer.symbol("dilated_kernels"), writer.number64(kernelBytes),
       writer.symbol("dilated_device_inputs")});
  auto *global = new llvm::GlobalVariable(
      module, description->getType(), /*isConstant=*/true,
      llvm::GlobalValue::ExternalLinkage, description,
      "dilated_model_description");
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  // Whoever links the object sees nothing of it but its own interface.
  for (llvm::GlobalValue &value : module.global_values())
    if (!value.hasLocalLinkage() && !value.isDeclaration())
      value.setVisibility(llvm::GlobalValue::HiddenVisibility);
}
