# Writes models that are broken in one way each, and what must be said of them.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make_malformed.py DIR [FAMILY]

Makes a folder DIR/<case> for each case, with model.onnx and whatever lies beside
it, and writes DIR/cases.json: a list of

    {"name", "family", "tool", "arguments", "exit", "expect": [text, ...]}

where arguments are relative to the case's folder, exit is the exit code and every
text must stand in the tool's standard error. Cases with the tool dilated-compile
are those that only the conversion can find.
"""

import json
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CASES = []
IMPORT = ("dilated-translate", ["--import-onnx", "model.onnx"])
CHECK = ("dilated-compile", ["model.onnx", "--check"])


def case(family, exit_code, *expect, tool=IMPORT, extra=()):
    """Registers a function that writes the files of a case into a folder; it
    returns a ModelProto or bytes for model.onnx, or None if it wrote all itself."""

    def register(function):
        CASES.append((family, function, exit_code, list(expect), tool, list(extra)))
        return function

    return register


# ===-----------------------------------------------------------------------===#
# A good model, and the parts that cases change
# ===-----------------------------------------------------------------------===#


def value(name, shape=(2, 4), dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def weight(name="w", shape=(4, 4)):
    data = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    return numpy_helper.from_array(data, name)


def model(nodes, inputs=None, outputs=None, weights=(), opset=18, ir=10, functions=(), imports=()):
    graph = helper.make_graph(
        nodes,
        "graph",
        [value("x")] if inputs is None else inputs,
        [value("y")] if outputs is None else outputs,
        list(weights),
    )
    opsets = [helper.make_opsetid("", opset)]
    opsets += [helper.make_opsetid(domain, version) for domain, version in imports]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir, functions=list(functions))


def good():
    return model(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="product")], weights=[weight()]
    )


def relu(source="x", target="y", name="relu", **attributes):
    return helper.make_node("Relu", [source], [target], name=name, **attributes)


def function(name, nodes, inputs=("a",), outputs=("b",), attributes=(), imports=(("", 18),)):
    opsets = [helper.make_opsetid(domain, version) for domain, version in imports]
    return helper.make_function(
        "org.example", name, list(inputs), list(outputs), nodes, opsets, list(attributes)
    )


def call(name, source="x", target="y", **attributes):
    return helper.make_node(
        name, [source], [target], name="call", domain="org.example", **attributes
    )


EXAMPLE = [("org.example", 1)]
BOTH = (("", 18), ("org.example", 1))

# ===-----------------------------------------------------------------------===#
# file: what cannot be read as a model at all
# ===-----------------------------------------------------------------------===#


@case("file", 2, "cannot open the model")
def missing_file(path):
    return None


@case("file", 2, "it is a directory")
def directory(path):
    os.mkdir(os.path.join(path, "model.onnx"))


@case("file", 2, "not a regular file")
def fifo(path):
    os.mkfifo(os.path.join(path, "model.onnx"))


@case("file", 2, "the file is empty")
def empty_file(path):
    return b""


@case("file", 2, "2 GiB", "external data")
def beyond_two_gib(path):
    with open(os.path.join(path, "model.onnx"), "wb") as file:
        file.truncate(2**31 + 1)


@case("file", 2, "not an ONNX model")
def text_file(path):
    return b"# A model\n\nThis is not a protobuf message.\n"


@case("file", 2, "not an ONNX model")
def random_bytes(path):
    return np.random.default_rng(7).bytes(4096)


@case("file", 2, "it holds no graph")
def no_graph(path):
    return onnx.ModelProto(ir_version=10, producer_name="nobody")


@case("file", 2, "truncated", "runs past the end", "in a ModelProto")
def truncated_in_weights(path):
    return good().SerializeToString()[:-60]


@case("file", 2, "truncated")
def truncated_at_one_byte(path):
    return good().SerializeToString()[:1]


@case("file", 2, "truncated")
def truncated_in_header(path):
    return good().SerializeToString()[:4]


@case("file", 2, "in a NodeProto")
def length_beyond_the_node(path):
    # The length of the node's name, "product", grows past the node's end.
    return good().SerializeToString().replace(b"\x07product", b"\x7fproduct")


@case("file", 2, "no field starts")
def tag_zero(path):
    return good().SerializeToString() + b"\0\0"


@case("file", 2, "nested more than 100 messages deep")
def nested_without_end(path):
    # Subgraphs in subgraphs, three messages each; onnx's Python would refuse to
    # serialise them, so the bytes are put together here.
    def field(number, payload):
        return varint(number << 3 | 2) + varint(len(payload)) + payload

    def varint(number):
        out = b""
        while number >= 0x80:
            out += bytes([number & 0x7F | 0x80])
            number >>= 7
        return out + bytes([number])

    graph = b""
    for _ in range(200):
        node = field(4, b"If") + field(5, field(1, b"then_branch") + field(6, graph))
        graph = field(1, node)
    return good().SerializeToString() + field(7, graph)


# ===-----------------------------------------------------------------------===#
# versions
# ===-----------------------------------------------------------------------===#


@case("versions", 1, "IR version 99", "3 to 13")
def ir_version_99(path):
    proto = good()
    proto.ir_version = 99
    return proto


@case("versions", 1, "IR version 2", "3 to 13")
def ir_version_2(path):
    proto = good()
    proto.ir_version = 2
    return proto


@case("versions", 1, "IR version -1")
def ir_version_negative(path):
    proto = good()
    proto.ir_version = -1
    return proto


@case("versions", 1, "no IR version")
def ir_version_missing(path):
    proto = good()
    proto.ClearField("ir_version")
    return proto


@case("versions", 1, "version 99 of the default domain", "17 to 23")
def opset_99(path):
    return model([relu()], opset=99)


@case("versions", 1, "version 16 of the default domain", "17 to 23")
def opset_16(path):
    return model([relu()], opset=16)


@case("versions", 1, "version 2 of domain 'org.dilated_mlir'", "only version 1")
def dilated_opset_2(path):
    return model([relu()], imports=[("org.dilated_mlir", 2)])


@case("versions", 1, "version 0 of domain 'org.example'")
def opset_zero(path):
    return model([relu()], imports=[("org.example", 0)])


@case("versions", 1, "imports the default domain (ai.onnx) twice", "18 and 20")
def opset_twice(path):
    return model([relu()], imports=[("ai.onnx", 20)])


@case("versions", 1, "imports no operator set")
def opset_import_empty(path):
    proto = good()
    del proto.opset_import[:]
    return proto


@case("versions", 1, "'org.example'", "does not import", "node 'call' (index 0")
def domain_not_imported(path):
    return model([call("Op")])


# ===-----------------------------------------------------------------------===#
# names: what defines a value, and in which order
# ===-----------------------------------------------------------------------===#


@case("names", 1, "node 'relu' (index 0, ai.onnx Relu, opset 18)", "uses 'nothing'", "nothing defines")
def undefined_input(path):
    return model([relu("nothing")])


@case("names", 1, "cycle", "'first'", "'second'")
def cyclic_graph(path):
    return model([relu("b", "a", "first"), relu("a", "b", "second"), relu("a", "y")])


@case("names", 1, "cycle", "node 'self' (index 0, ai.onnx Relu, opset 18)")
def node_needs_itself(path):
    return model([relu("y", "y", "self")])


@case("names", 1, "uses 't' before node #1 defines it", "not sorted")
def not_sorted(path):
    return model([relu("t", "y", "late"), relu("x", "t", "early")])


@case("names", 1, "defines 'y', which is defined already, by node #0")
def value_defined_twice(path):
    return model([relu("x", "y", "first"), relu("x", "y", "second")])


@case("names", 1, "defines 'x', which is defined already, by the graph's inputs")
def node_defines_an_input(path):
    return model([relu("x", "x"), relu("x", "y")])


@case("names", 1, "'w', which is defined already")
def initializer_twice(path):
    proto = good()
    proto.graph.initializer.append(weight())
    return proto


@case("names", 1, "initializer 'w' is a graph input too")
def initializer_is_an_input(path):
    proto = good()
    proto.graph.input.append(value("w", (4, 4)))
    return proto


@case("names", 1, "'x', which is defined already")
def input_twice(path):
    return model([relu()], inputs=[value("x"), value("x")])


@case("names", 1, "graph output 'z' is not defined")
def output_undefined(path):
    return model([relu()], outputs=[value("y"), value("z")])


@case("names", 1, "graph output 'y' is listed twice")
def output_twice(path):
    return model([relu()], outputs=[value("y"), value("y")])


@case("names", 1, "graph has no outputs")
def no_outputs(path):
    return model([relu()], outputs=[])


@case("names", 1, "graph input #1 has no name")
def input_without_a_name(path):
    return model([relu()], inputs=[value("x"), value("")])


@case("names", 1, "initializer #0 has no name")
def initializer_without_a_name(path):
    return model([relu()], weights=[weight("")])


@case("names", 1, "(index 0, ai.onnx , opset 18) has no operator")
def no_operator(path):
    return model([helper.make_node("", ["x"], ["y"])])


@case("names", 1, "in a subgraph uses 'nowhere'", "which nothing defines")
def undefined_in_a_subgraph(path):
    inner = helper.make_graph([relu("nowhere", "z")], "inner", [], [value("z")])
    condition = numpy_helper.from_array(np.array(True), "condition")
    node = helper.make_node("If", ["condition"], ["y"], then_branch=inner, else_branch=inner)
    return model([node], weights=[condition])


@case(
    "names", 1, "uses 'missing1'", "uses 'missing2'", "IR version 99", "version 99 of the default"
)
def all_problems_at_once(path):
    proto = model([relu("missing1", "a"), relu("missing2", "y")], opset=99)
    proto.ir_version = 99
    return proto


# ===-----------------------------------------------------------------------===#
# tensors
# ===-----------------------------------------------------------------------===#


def with_tensor(tensor, **changes):
    for field, content in changes.items():
        setattr(tensor, field, content)
    return model([helper.make_node("MatMul", ["x", "w"], ["y"])], weights=[tensor])


@case("tensors", 1, "initializer 'w' holds 60 bytes in raw_data", "tensor<4x4xf32> has 64")
def raw_data_short(path):
    return with_tensor(weight(), raw_data=bytes(60))


@case("tensors", 1, "initializer 'w' holds 68 bytes in raw_data", "tensor<4x4xf32> has 64")
def raw_data_long(path):
    return with_tensor(weight(), raw_data=bytes(68))


@case("tensors", 1, "holds 4 bytes in raw_data", "tensor<4x4xf32> has 64")
def raw_data_of_one_element(path):
    # MLIR itself would take it for a splat.
    return with_tensor(weight(), raw_data=bytes(4))


@case("tensors", 1, "holds 65532 bytes in raw_data", "has 65536")
def large_raw_data_short(path):
    return with_tensor(weight(shape=(4, 4096)), raw_data=bytes(65532))


@case("tensors", 1, "holds 0 bytes in raw_data")
def no_data(path):
    return with_tensor(weight(), raw_data=b"")


@case("tensors", 1, "holds 12 bytes in float_data")
def float_data_short(path):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4])
    tensor.float_data.extend([1, 2, 3])
    return with_tensor(tensor)


@case("tensors", 1, "holds its data twice", "raw_data", "float_data")
def data_twice(path):
    tensor = weight()
    tensor.float_data.extend([1] * 16)
    return with_tensor(tensor)


@case("tensors", 1, "int64_data, which does not fit element type float (1)")
def data_in_the_wrong_list(path):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4])
    tensor.int64_data.extend([1] * 16)
    return with_tensor(tensor)


@case("tensors", 1, "float_data, which does not fit element type int32 (6)")
def large_data_in_the_wrong_list(path):
    tensor = TensorProto(name="w", data_type=TensorProto.INT32, dims=[64, 64])
    tensor.float_data.extend([1] * 4096)
    return with_tensor(tensor)


@case("tensors", 1, "element 1 of int32_data (300) does not fit element type int8 (3)")
def element_too_large(path):
    tensor = TensorProto(name="w", data_type=TensorProto.INT8, dims=[2])
    tensor.int32_data.extend([1, 300])
    return with_tensor(tensor)


@case("tensors", 1, "element 3 is bool, but its byte is 7")
def bool_of_seven(path):
    return with_tensor(numpy_helper.from_array(np.zeros(8, bool), "w"), raw_data=bytes([0, 1, 0, 7, 0, 0, 0, 0]))


@case("tensors", 1, "negative dimension (-4) at position 1")
def negative_dimension(path):
    tensor = weight()
    tensor.dims[1] = -4
    return with_tensor(tensor)


@case("tensors", 1, "negative dimension (-9223372036854775808)")
def dimension_of_the_smallest_int64(path):
    tensor = weight()
    tensor.dims[1] = -(2**63)
    return with_tensor(tensor)


@case("tensors", 1, "more than any memory holds")
def absurd_size(path):
    # The product is 0 in 64 bits.
    tensor = weight()
    del tensor.dims[:]
    tensor.dims.extend([2**40, 2**40])
    return with_tensor(tensor)


@case("tensors", 1, "more than any memory holds")
def absurd_size_times_zero(path):
    tensor = weight()
    del tensor.dims[:]
    tensor.dims.extend([2**62, 2**62, 0])
    return with_tensor(tensor, raw_data=b"")


@case("tensors", 1, "has rank 100; ranks up to 64")
def absurd_rank(path):
    tensor = weight()
    del tensor.dims[:]
    tensor.dims.extend([1] * 100)
    return with_tensor(tensor, raw_data=bytes(4))


@case("tensors", 1, "element type uint8 (2)", "float, double, float16, bfloat16, int64")
def unsigned_elements(path):
    return with_tensor(numpy_helper.from_array(np.zeros((4, 4), np.uint8), "w"))


@case("tensors", 1, "element type complex64 (14)")
def complex_elements(path):
    return with_tensor(numpy_helper.from_array(np.zeros((4, 4), np.complex64), "w"))


@case("tensors", 1, "element type string (8)")
def string_elements(path):
    return with_tensor(helper.make_tensor("w", TensorProto.STRING, [1], [b"text"]))


@case("tensors", 1, "element type float8e4m3fn (17)")
def float8_elements(path):
    return with_tensor(weight(), data_type=TensorProto.FLOAT8E4M3FN)


@case("tensors", 1, "element type unknown (77)")
def element_type_77(path):
    return with_tensor(weight(), data_type=77)


@case("tensors", 1, "element type undefined (0)")
def element_type_missing(path):
    return with_tensor(weight(), data_type=0)


@case("tensors", 1, "cannot be mapped (at most 65536 bytes)", "raw_data")
def large_tensor_as_varints(path):
    tensor = TensorProto(name="w", data_type=TensorProto.INT64, dims=[10000])
    tensor.int64_data.extend(range(10000))
    return with_tensor(tensor)


@case("tensors", 1, "one segment of a larger tensor")
def tensor_segment(path):
    tensor = weight()
    tensor.segment.begin = 0
    tensor.segment.end = 16
    return with_tensor(tensor)


@case("tensors", 1, "initializer 's' is sparse")
def sparse_initializer(path):
    proto = good()
    sparse = proto.graph.sparse_initializer.add()
    sparse.values.CopyFrom(weight("s", (1,)))
    return proto


@case("tensors", 1, "attribute 'value' holds 12 bytes in raw_data", "node 'constant' (index 0")
def constant_node_short(path):
    tensor = weight("", (4,))
    tensor.raw_data = bytes(12)
    node = helper.make_node("Constant", [], ["y"], name="constant", value=tensor)
    return model([node], outputs=[value("y", (4,))])


# ===-----------------------------------------------------------------------===#
# types of inputs and outputs
# ===-----------------------------------------------------------------------===#


@case("types", 1, "graph input 'x' is of no type")
def input_without_a_type(path):
    return model([relu()], inputs=[onnx.ValueInfoProto(name="x")])


@case("types", 1, "graph input 'x' has no shape", "--shape")
def input_without_a_shape(path):
    return model([relu()], inputs=[helper.make_tensor_value_info("x", TensorProto.FLOAT, None)])


@case("types", 1, "graph output 'y' is of no type")
def output_without_a_type(path):
    return model([relu()], outputs=[onnx.ValueInfoProto(name="y")])


@case("types", 1, "graph input 'x' is a sequence; only tensors are read")
def sequence_input(path):
    info = helper.make_tensor_sequence_value_info("x", TensorProto.FLOAT, (2, 4))
    return model([relu()], inputs=[info])


@case("types", 1, "graph input 'x' has element type uint64 (13)")
def unsigned_input(path):
    return model([relu()], inputs=[value("x", (2, 4), TensorProto.UINT64)])


@case("types", 1, "graph input 'x' has a negative dimension (-1) at position 0")
def negative_input_dimension(path):
    return model([relu()], inputs=[value("x", (-1, 4))])


@case("types", 1, "graph input 'x' has a shape (4611686018427387904x4)", "more bytes than any")
def absurd_input(path):
    return model([relu()], inputs=[value("x", (2**62, 4))])


@case("types", 1, "graph output 'y' has rank 65")
def absurd_output_rank(path):
    return model([relu()], outputs=[value("y", (1,) * 65)])


@case("types", 1, "graph output 'x' is declared as tensor<2x5xf32>, but is tensor<2x4xf32>")
def output_is_an_input_of_another_type(path):
    return model([], outputs=[value("x", (2, 5))])


# ===-----------------------------------------------------------------------===#
# usage: options that do not fit the model
# ===-----------------------------------------------------------------------===#


@case("usage", 2, "'tokens', which is not an input; the inputs are 'x'", extra=["--shape", "tokens=2x4"])
def shape_of_an_unknown_input(path):
    return good()


@case("usage", 2, "has 5 at position 1, but the model has 4", extra=["--shape", "x=2x5"])
def shape_contradicts_the_model(path):
    return good()


@case("usage", 2, "has rank 3, but the model has rank 2 (2x4)", extra=["--shape", "x=2x4x1"])
def shape_of_another_rank(path):
    return good()


@case("usage", 2, "expected a size or '?'", "got '-3'", extra=["--shape", "x=2x-3"])
def shape_is_not_a_number(path):
    return good()


@case("usage", 2, "expected NAME=1x?x768", extra=["--shape", "2x4"])
def shape_without_a_name(path):
    return good()


@case(
    "usage",
    2,
    "make dimension 'n' both 2 and 3",
    extra=["--shape", "x=2x4", "--shape", "z=3x4"],
)
def shapes_contradict_each_other(path):
    return model([relu()], inputs=[value("x", ("n", 4)), value("z", ("n", 4))])


@case("usage", 2, "more bytes than any memory holds", extra=["--shape", "x=9000000000000000000x4"])
def shape_is_absurd(path):
    return model([relu()], inputs=[value("x", ("n", 4))])


@case("usage", 2, "Unknown command line argument", extra=["--no-such-option"])
def unknown_option(path):
    return good()


# ===-----------------------------------------------------------------------===#
# external data
# ===-----------------------------------------------------------------------===#


def external(path, location="weights.bin", size=64, entries=None, shape=(4, 4)):
    """A model whose weight lies in `location`; `entries` replaces the keys."""
    if size is not None:
        with open(os.path.join(path, "weights.bin"), "wb") as file:
            file.write(bytes(size))
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in entries or [("location", location)]:
        tensor.external_data.add(key=key, value=text)
    return with_tensor(tensor)


@case("external", 1, "initializer 'w' external data location '../weights.bin' contains '..'")
def leaves_the_folder(path):
    with open(os.path.join(path, "..", "weights.bin"), "wb") as file:
        file.write(bytes(64))
    return external(path, "../weights.bin")


@case("external", 1, "contains '..'")
def leaves_the_folder_later(path):
    return external(path, "a/../../weights.bin")


@case("external", 1, "is absolute")
def absolute_location(path):
    return external(path, "/etc/passwd")


@case("external", 1, "is empty")
def empty_location(path):
    return external(path, "")


@case("external", 1, "contains a NUL character")
def nul_in_location(path):
    return external(path, "weights.bin\0.txt")


@case("external", 1, "external data has no location")
def no_location(path):
    return external(path, entries=[("offset", "0")])


@case("external", 1, "external data file 'link.bin': is, or lies behind, a symbolic link")
def symbolic_link(path):
    os.symlink("weights.bin", os.path.join(path, "link.bin"))
    return external(path, "link.bin")


@case("external", 1, "is, or lies behind, a symbolic link")
def folder_is_a_symbolic_link(path):
    os.symlink(".", os.path.join(path, "folder"))
    return external(path, "folder/weights.bin")


@case("external", 1, "external data file 'weights.bin': No such file")
def missing_data_file(path):
    return external(path, size=None)


@case("external", 1, "external data file 'weights.bin': No such file", extra=["--external-data-dir", "empty"])
def missing_in_the_given_folder(path):
    os.mkdir(os.path.join(path, "empty"))
    return external(path)


@case("external", 1, "cannot open folder 'nowhere'", extra=["--external-data-dir", "nowhere"])
def given_folder_is_missing(path):
    return external(path)


@case("external", 1, "is not a regular file")
def data_file_is_a_directory(path):
    os.mkdir(os.path.join(path, "folder"))
    return external(path, "folder")


@case("external", 1, "is not a regular file")
def data_file_is_a_fifo(path):
    os.mkfifo(os.path.join(path, "pipe"))
    return external(path, "pipe")


@case("external", 1, "needs 64 bytes at offset 0 of external data file 'weights.bin', which has 60")
def data_file_short(path):
    return external(path, size=60)


@case("external", 1, "needs 64 bytes at offset 32", "which has 64")
def offset_beyond(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", "32")])


@case("external", 1, "at offset 9223372036854775807")
def offset_wraps_around(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", str(2**63 - 1))])


@case("external", 1, "offset '18446744073709551616' is not a decimal number")
def offset_beyond_64_bits(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", str(2**64))])


@case("external", 1, "offset '-4' is not a decimal number")
def offset_negative(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", "-4")])


@case("external", 1, "offset '0x10' is not a decimal number")
def offset_hexadecimal(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", "0x10")])


@case("external", 1, "external data of length 60, but its type tensor<4x4xf32> has 64 bytes")
def length_of_another_type(path):
    return external(path, entries=[("location", "weights.bin"), ("length", "60")])


@case("external", 1, "unknown key 'basepath'")
def unknown_key(path):
    return external(path, entries=[("location", "weights.bin"), ("basepath", "/etc")])


@case("external", 1, "key 'location' twice")
def key_twice(path):
    return external(path, entries=[("location", "weights.bin"), ("location", "other.bin")])


@case("external", 1, "holds data itself and external data too")
def inline_and_external(path):
    proto = external(path)
    proto.graph.initializer[0].raw_data = bytes(64)
    return proto


# ===-----------------------------------------------------------------------===#
# functions
# ===-----------------------------------------------------------------------===#


@case("functions", 1, "cycle", "org.example::F -> org.example::G -> org.example::F")
def cyclic_functions(path):
    f = function("F", [call("G", "a", "b")], imports=BOTH)
    g = function("G", [call("F", "a", "b")], imports=BOTH)
    return model([call("F")], functions=[f, g], imports=EXAMPLE)


@case("functions", 1, "cycle", "org.example::F -> org.example::F")
def function_calls_itself_in_a_subgraph(path):
    inner = helper.make_graph([call("F", "a", "c")], "inner", [], [value("c")])
    node = helper.make_node("If", ["a"], ["b"], then_branch=inner, else_branch=inner)
    f = function("F", [node], imports=BOTH)
    return model([call("F")], functions=[f], imports=EXAMPLE)


@case("functions", 1, "more than 200000 nodes once its functions are inlined")
def function_explosion(path):
    # 40 functions that each call the next twice: 2^39 nodes.
    functions = [
        function(f"F{i}", [call(f"F{i + 1}", "a", "t"), call(f"F{i + 1}", "t", "b")], imports=BOTH)
        for i in range(39)
    ]
    functions.append(function("F39", [relu("a", "b")]))
    return model([call("F0")], functions=functions, imports=EXAMPLE)


@case("functions", 1, "more than 100 deep")
def functions_too_deep(path):
    functions = [function(f"F{i}", [call(f"F{i + 1}", "a", "b")], imports=BOTH) for i in range(200)]
    functions.append(function("F200", [relu("a", "b")]))
    return model([call("F0")], functions=functions, imports=EXAMPLE)


@case("functions", 1, "function 'org.example::F' is defined twice, as #0 and #1")
def function_twice(path):
    f = function("F", [relu("a", "b")])
    return model([call("F")], functions=[f, f], imports=EXAMPLE)


@case("functions", 1, "has 2 inputs, but its function takes 1")
def too_many_inputs(path):
    node = helper.make_node("F", ["x", "x"], ["y"], domain="org.example")
    return model([node], functions=[function("F", [relu("a", "b")])], imports=EXAMPLE)


@case("functions", 1, "has 2 outputs, but its function returns 1")
def too_many_outputs(path):
    node = helper.make_node("F", ["x"], ["y", "z"], domain="org.example")
    return model([node], functions=[function("F", [relu("a", "b")])], imports=EXAMPLE)


@case("functions", 1, "has attribute 'alpha', which its function does not have")
def unknown_attribute(path):
    return model([call("F", alpha=1.0)], functions=[function("F", [relu("a", "b")])], imports=EXAMPLE)


def referring(attribute_type, declared=("alpha",)):
    """A function whose node refers to attribute alpha."""
    node = helper.make_node("Elu", ["a"], ["b"], name="elu")
    node.attribute.add(name="alpha", type=attribute_type, ref_attr_name="alpha")
    return function("F", [node], attributes=declared)


@case("functions", 1, "attribute 'alpha' refers to 'alpha', which its function does not have")
def reference_to_nothing(path):
    f = referring(onnx.AttributeProto.FLOAT, declared=())
    return model([call("F")], functions=[f], imports=EXAMPLE)


@case("functions", 1, "attribute 'alpha' is FLOAT, but refers to 'alpha', which is INT")
def reference_of_another_type(path):
    f = referring(onnx.AttributeProto.FLOAT)
    return model([call("F", alpha=1)], functions=[f], imports=EXAMPLE)


@case("functions", 1, "attribute 'alpha' refers to 'beta', but is not in a function")
def reference_outside_of_a_function(path):
    node = helper.make_node("Elu", ["x"], ["y"])
    node.attribute.add(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name="beta")
    return model([node])


@case("functions", 1, "in function 'org.example::F' uses 'x', which nothing defines")
def body_uses_a_value_of_the_graph(path):
    return model([call("F")], functions=[function("F", [relu("x", "b")])], imports=EXAMPLE)


@case("functions", 1, "function 'org.example::F' returns 'b', which none of its nodes defines")
def body_does_not_define_its_output(path):
    return model([call("F")], functions=[function("F", [relu("a", "c")])], imports=EXAMPLE)


@case("functions", 1, "function 'org.example::F' imports version 99 of the default domain")
def body_of_opset_99(path):
    f = function("F", [relu("a", "b")], imports=(("", 99),))
    return model([call("F")], functions=[f], imports=EXAMPLE)


@case("functions", 1, "is of domain 'org.other', which the function does not import")
def body_of_an_unimported_domain(path):
    node = helper.make_node("Op", ["a"], ["b"], domain="org.other")
    return model([call("F")], functions=[function("F", [node])], imports=EXAMPLE)


# ===-----------------------------------------------------------------------===#
# attributes
# ===-----------------------------------------------------------------------===#


def with_attribute(**fields):
    node = helper.make_node("Softmax", ["x"], ["y"], name="softmax")
    node.attribute.add(**fields)
    return model([node])


@case("attributes", 1, "attribute 'axis' says INT but holds FLOAT")
def attribute_of_another_type(path):
    return with_attribute(name="axis", type=onnx.AttributeProto.INT, f=1.0)


@case("attributes", 1, "attribute 'axis' has no type")
def attribute_without_a_type(path):
    return with_attribute(name="axis", i=1)


@case("attributes", 1, "attribute 'value' says TENSOR but holds nothing")
def attribute_without_a_tensor(path):
    return with_attribute(name="value", type=onnx.AttributeProto.TENSOR)


@case("attributes", 1, "attribute 'axis' is given twice")
def attribute_twice(path):
    node = helper.make_node("Softmax", ["x"], ["y"], name="softmax", axis=1)
    node.attribute.add(name="axis", type=onnx.AttributeProto.INT, i=0)
    return model([node])


@case("attributes", 1, "attribute without a name")
def attribute_without_a_name(path):
    return with_attribute(type=onnx.AttributeProto.INT, i=1)


# ===-----------------------------------------------------------------------===#
# conversion: models that are well formed, with nodes that cannot be compiled
# ===-----------------------------------------------------------------------===#


def attention(query=(1, 16, 4, 8), key=(1, 16, 4, 8), val=(1, 16, 4, 8), dtypes=(1, 1, 1), **attributes):
    attributes = {"segment_lengths": [8, 16], "dilation_rates": [1, 2], **attributes}
    attributes = {name: given for name, given in attributes.items() if given is not None}
    node = helper.make_node(
        "DilatedAttention", ["q", "k", "v"], ["y"], name="attention",
        domain="org.dilated_mlir", **attributes,
    )
    inputs = [value(n, s, t) for n, s, t in zip("qkv", (query, key, val), dtypes)]
    return model([node], inputs=inputs, outputs=[value("y", query)], imports=[("org.dilated_mlir", 1)])


NODE = "'attention'"


@case("conversion", 1, NODE, "DilatedAttention", "2", "1", tool=CHECK)
def lists_of_different_lengths(path):
    return attention(dilation_rates=[1])


@case("conversion", 1, NODE, "segment_lengths", tool=CHECK)
def no_branches(path):
    return attention(segment_lengths=None, dilation_rates=None)


@case("conversion", 1, NODE, "0", tool=CHECK)
def segment_of_zero(path):
    return attention(segment_lengths=[0, 16])


@case("conversion", 1, NODE, "C5", "16", "17", tool=CHECK)
def keys_of_another_length(path):
    return attention(key=(1, 17, 4, 8))


@case("conversion", 1, NODE, "C5", tool=CHECK)
def values_of_another_batch(path):
    return attention(val=(2, 16, 4, 8))


@case("conversion", 1, NODE, "multiple", tool=CHECK)
def heads_do_not_divide(path):
    return attention(key=(1, 16, 3, 8), val=(1, 16, 3, 8))


@case("conversion", 1, NODE, "num_heads", tool=CHECK)
def packed_without_heads(path):
    return attention((1, 16, 32), (1, 16, 32), (1, 16, 32))


@case("conversion", 1, NODE, "rank 2", tool=CHECK)
def operands_of_rank_two(path):
    return attention((16, 32), (16, 32), (16, 32))


@case("conversion", 1, NODE, "element type", tool=CHECK)
def operands_of_different_types(path):
    return attention(dtypes=(1, 11, 1))


@case("conversion", 1, NODE, "head_offset", "sideways", tool=CHECK)
def unknown_head_offset(path):
    return attention(head_offset="sideways")


@case("conversion", 1, NODE, "segment_lengths", tool=CHECK)
def list_of_another_type(path):
    return attention(segment_lengths=[8.0, 16.0])


@case("conversion", 1, "'strange'", "NoSuchOp", "opset 18", tool=CHECK)
def unknown_operator(path):
    return model([helper.make_node("NoSuchOp", ["x"], ["y"], name="strange")])


@case("conversion", 1, "'call'", "org.example Op", tool=CHECK)
def unknown_domain(path):
    return model([call("Op")], imports=EXAMPLE)


@case("conversion", 1, "'first'", "NoSuchOp", "'second'", "OtherOp", tool=CHECK)
def every_unknown_operator(path):
    nodes = [
        helper.make_node("NoSuchOp", ["x"], ["a"], name="first"),
        helper.make_node("OtherOp", ["a"], ["y"], name="second"),
    ]
    return model(nodes)


@case("conversion", 1, "'product'", "MatMul", "4", "5", tool=CHECK)
def inner_sizes_differ(path):
    node = helper.make_node("MatMul", ["x", "w"], ["y"], name="product")
    return model([node], weights=[weight("w", (5, 4))])


@case("conversion", 1, "output 'y'", "[2, 5]", "[2, 4]", tool=CHECK)
def output_of_another_shape(path):
    return model([relu()], outputs=[value("y", (2, 5))])


@case("conversion", 1, "'sum'", "Add", tool=CHECK)
def operand_missing(path):
    return model([helper.make_node("Add", ["x"], ["y"], name="sum")])


# ===-----------------------------------------------------------------------===#


def main():
    out = sys.argv[1]
    families = sys.argv[2:]
    os.makedirs(out, exist_ok=True)
    table = []
    for family, function, exit_code, expect, (tool, arguments), extra in CASES:
        if families and family not in families:
            continue
        folder = os.path.join(out, function.__name__)
        os.mkdir(folder)
        proto = function(folder)
        if proto is not None:
            content = proto if isinstance(proto, bytes) else proto.SerializeToString()
            with open(os.path.join(folder, "model.onnx"), "wb") as file:
                file.write(content)
        table.append(
            {
                "name": function.__name__,
                "family": family,
                "tool": tool,
                "arguments": arguments + extra,
                "exit": exit_code,
                "expect": expect,
            }
        )
    with open(os.path.join(out, "cases.json"), "w") as file:
        json.dump(table, file, indent=1)


if __name__ == "__main__":
    main()
