//===- OnnxOps.td - an ONNX graph as it was read -----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ONNX_OPS_TD
#define ONNX_OPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpBase.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::mlir::onnx";
  let summary = "An ONNX graph as it was read: opaque nodes, not yet operators";
  let description = [{
    The importer turns every node of a graph into one `onnx.node` and stops there:
    what an operator means, at which version, is knowledge of the conversion
    (`convert-onnx-to-linalg`), which is a table and reports every node that it
    does not know at once. So there is one op here and no list of 200 operators.
  }];
  let useDefaultTypePrinterParser = 1;
}

def Onnx_Value : TypeDef<Onnx_Dialect, "Value"> {
  let mnemonic = "value";
  let summary = "what a node returns before anything inferred its type";
  let description = [{
    An ONNX file does not say what type a node's result has (`value_info` is a hint
    that may be missing or wrong), so the importer claims nothing. The conversion
    infers every type and checks the declared types of the graph's outputs.
  }];
}

def Onnx_Operand : AnyTypeOf<[AnyTensor, Onnx_Value], "tensor or onnx value">;

def Onnx_NodeOp : Op<Onnx_Dialect, "node"> {
  let summary = "one node of an ONNX graph";
  let description = [{
    Names an operator by `op_type` and `domain` (`""` is the default domain, for
    which files may also write "ai.onnx"), and the version of that domain which
    the graph or function that holds the node imports. `index` is the position of
    the node in its graph or function and `node` its name, both for messages.

    An input that the file leaves out in the middle of the list has no operand:
    `absent` lists such positions. `getInput(i)` counts as ONNX does. An output
    that the file leaves out in the middle has a result without uses.

    `attributes` holds ONNX attributes in builtin form (`node_attributes` in the
    generic syntax and in C++, since every op has a `getAttributes` of its own):

    | ONNX | here |
    | --- | --- |
    | INT, FLOAT, STRING | `i64` integer, `f32` float, string |
    | INTS, FLOATS, STRINGS | `array<i64>`, `array<f32>`, array of strings |
    | TENSOR, TENSORS | dense elements, array of dense elements |

    Graphs, sparse tensors and types have no such form: `unsupported_attributes`
    holds their names, with their kind as a string, so that whoever reads the
    node can refuse it with a reason.

    The op is not declared free of side effects, since nothing is known of it: a
    node without uses stays until the conversion has looked at it.

    Preconditions: operands are tensors or `!onnx.value`; `op_type` is not empty;
    `opset` is at least 1; `absent` increases strictly and lies within the list of
    inputs; attributes have the forms above, and none is listed twice.

    Postconditions: every result is an `!onnx.value`.

    Example:

    ```mlir
    // LayerNormalization(%x, %scale): no bias; Clip(%x, , %max): no minimum.
    %0 = onnx.node "LayerNormalization"(%x, %scale)
        {attributes = {axis = -1 : i64, epsilon = 1.0e-5 : f32}, domain = "", index = 3 : i64,
         node = "norm", opset = 18 : i64} : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.value
    %1 = onnx.node "Clip"(%0, %max)
        {absent = array<i64: 1>, attributes = {}, domain = "", index = 4 : i64,
         node = "clip", opset = 18 : i64} : (!onnx.value, tensor<f32>) -> !onnx.value
    ```
  }];
  let arguments = (ins
    Variadic<Onnx_Operand>:$inputs,
    StrAttr:$op_type,
    StrAttr:$domain,
    I64Attr:$opset,
    I64Attr:$index,
    StrAttr:$node,
    DictionaryAttr:$node_attributes,
    OptionalAttr<DenseI64ArrayAttr>:$absent,
    OptionalAttr<DictionaryAttr>:$unsupported_attributes);
  let results = (outs Variadic<Onnx_Value>:$outputs);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// How many inputs the node lists in its file, absent ones included.
    unsigned getNumInputs();
    /// The input at that position of the file's list; null when it is absent or
    /// beyond the list.
    ::mlir::Value getInput(unsigned position);
    /// An attribute by its ONNX name; null when the node does not have it.
    ::mlir::Attribute getNodeAttr(::llvm::StringRef name) {
      return getNodeAttributes().get(name);
    }
  }];
}

#endif // ONNX_OPS_TD
