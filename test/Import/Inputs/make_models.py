# Writes small models for the tests of the importer.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make_models.py DIR NAME: writes DIR/NAME.onnx."""

import hashlib
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INT64, FLOAT = TensorProto.INT64, TensorProto.FLOAT


def value(name, shape, dtype=FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def model(nodes, inputs, outputs, weights=(), imports=(), functions=(), opset=18):
    opsets = [helper.make_opsetid("", opset)]
    opsets += [helper.make_opsetid(domain, version) for domain, version in imports]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(weights))
    return helper.make_model(
        graph,
        opset_imports=opsets,
        functions=list(functions),
        ir_version=10,
        producer_name="tests",
        producer_version="1",
    )


def weight(name, shape, dtype=np.float32):
    return numpy_helper.from_array(np.arange(np.prod(shape), dtype=dtype).reshape(shape), name)


def typed(name, dtype, shape, **lists):
    """A tensor with its elements in a list rather than in raw_data."""
    tensor = TensorProto(name=name, data_type=dtype, dims=shape)
    for field, elements in lists.items():
        getattr(tensor, field).extend(elements)
    return tensor


def basic(out):
    """A weight, a small tensor, symbols, an input left out, an output left out."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["product"], name="product"),
        helper.make_node("Clip", ["product", "", "high"], ["clipped"], name="clip"),
        helper.make_node(
            "LayerNormalization", ["clipped", "scale"], ["y", "", "deviation"],
            name="norm", domain="ai.onnx", axis=-1, epsilon=0.5,
        ),
    ]
    nodes[0].metadata_props.add(
        key="pkg.torch.onnx.name_scopes", value="['', 'encoder', 'encoder.proj', 'linear']"
    )
    weights = [weight("w", (16, 32)), weight("scale", (32,)), weight("unused", (64, 64)),
               numpy_helper.from_array(np.float32(6.0), "high")]
    return model(
        nodes,
        [value("x", ("batch", 16))],
        [value("y", ("batch", 32)), value("deviation", ("batch + 1", 1))],
        weights,
    )


def constants(out):
    """Every way in which a constant can be written."""
    ways = {
        "value_int": 7,
        "value_float": 0.5,
        "value_ints": [1, 2, 3],
        "value_floats": [0.5, 1.5],
        "value": weight("t", (2, 2)),
    }
    nodes = [helper.make_node("Constant", [], [name], **{name: v}) for name, v in ways.items()]
    tensors = [
        numpy_helper.from_array(np.array([True, False, True]), "bool"),
        typed("bool_list", TensorProto.BOOL, [2], int32_data=[1, 0]),
        typed("half_list", TensorProto.FLOAT16, [2], int32_data=[0x3C00, 0xC000]),
        typed("bfloat_list", TensorProto.BFLOAT16, [1], int32_data=[0x3F80]),
        typed("byte_list", TensorProto.INT8, [2], int32_data=[-1, 5]),
        typed("double_list", TensorProto.DOUBLE, [2], double_data=[0.25, 4.0]),
        typed("long_list", TensorProto.INT64, [2], int64_data=[-1, 2**40]),
        typed("empty", TensorProto.FLOAT, [0, 3]),
        # Packed floats are mapped like raw data.
        typed("float_list", TensorProto.FLOAT, [32], float_data=range(32)),
        weight("indices", (64, 64), np.int64),
        numpy_helper.from_array(np.arange(2048, dtype=np.int64).reshape(32, 64), "shapes"),
    ]
    names = list(ways) + [tensor.name for tensor in tensors]
    nodes.append(helper.make_node("All", names, ["y"], name="all", domain="org.example"))
    return model(nodes, [], [value("y", (1,))], tensors, imports=[("org.example", 1)], opset=20)


def functions(out):
    """Two calls of a function that calls another: attributes by reference, by default and left
    out, an input left out, names that are used twice."""
    def refer(name, kind, op, attribute, source, target):
        node = helper.make_node(op, [source], [target], name=name)
        node.attribute.add(name=attribute, type=kind, ref_attr_name=attribute)
        return node

    kinds = onnx.AttributeProto
    inner = helper.make_function(
        "org.example", "Inner", ["a"], ["b"],
        [
            refer("elu", kinds.FLOAT, "Elu", "alpha", "a", "t"),
            refer("softmax", kinds.INT, "Softmax", "axis", "t", "b"),
        ],
        [helper.make_opsetid("", 18)],
        attributes=["axis"], attribute_protos=[helper.make_attribute("alpha", 0.25)],
    )
    outer = helper.make_function(
        "org.example", "Outer", ["a", "bias"], ["b", "t"],
        [
            refer("inner", kinds.INT, "Inner", "axis", "a", "t"),
            helper.make_node("Clip", ["t", "bias"], ["b"], name="clip"),
        ],
        [helper.make_opsetid("", 17), helper.make_opsetid("org.example", 1)],
        attributes=["axis"],
    )
    outer.node[0].domain = "org.example"
    nodes = [
        helper.make_node("Outer", ["x"], ["t"], name="first", domain="org.example", axis=1),
        helper.make_node("Outer", ["t", "x"], ["", "y"], name="second", domain="org.example"),
    ]
    return model(nodes, [value("x", (2, 4))], [value("y", (2, 4))],
                 imports=[("org.example", 1)], functions=[inner, outer])


def known_function(out):
    """An operator that the compiler knows, with a body all the same."""
    body = helper.make_function(
        "org.dilated_mlir", "DilatedAttention", ["q", "k", "v"], ["o"],
        [helper.make_node("Identity", ["v"], ["o"], name="body")],
        [helper.make_opsetid("", 18)],
        attributes=["segment_lengths", "dilation_rates"],
    )
    node = helper.make_node(
        "DilatedAttention", ["x", "x", "x"], ["y"], name="attention",
        domain="org.dilated_mlir", segment_lengths=[8], dilation_rates=[2],
    )
    return model([node], [value("x", (1, 16, 2, 8))], [value("y", (1, 16, 2, 8))],
                 imports=[("org.dilated_mlir", 1)], functions=[body])


def external(out):
    """Weights beside the model, one of them read into the IR."""
    data = bytes(7) + np.arange(64, dtype=np.float32).tobytes()
    data += np.array([4, 16], np.int64).tobytes()
    with open(os.path.join(out, "weights.bin"), "wb") as file:
        file.write(data)
    checksum = hashlib.sha1(data).hexdigest().upper()
    large = TensorProto(name="w", data_type=FLOAT, dims=[4, 16])
    small = TensorProto(name="shape", data_type=INT64, dims=[2])
    places = [(large, {"offset": "7", "length": "256", "checksum": checksum}), (small, {"offset": "263"})]
    for tensor, keys in places:
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="weights.bin")
        for key, text in keys.items():
            tensor.external_data.add(key=key, value=text)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["t"], name="product"),
        helper.make_node("Reshape", ["t", "shape"], ["y"], name="reshape"),
    ]
    return model(nodes, [value("x", (4, 4))], [value("y", (4, 16))], [large, small])


def symbols(out):
    """Symbols that inputs and outputs share, expressions, unknown sizes."""
    nodes = [helper.make_node("Op", ["a", "b"], ["y"], name="op", domain="org.example")]
    return model(
        nodes,
        [value("a", ("batch", "tiles", 3)), value("b", (None, "batch", "tiles + 1"))],
        [value("y", ("batch", "tiles", "2*tiles"))],
        imports=[("org.example", 1)],
    )


def subgraph(out):
    """A subgraph: kept in the file, refused by whoever looks at the node."""
    inner = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["z"])], "inner", [], [value("z", (2,))]
    )
    node = helper.make_node("If", ["c"], ["y"], name="if", then_branch=inner, else_branch=inner)
    return model([node], [value("x", (2,)), value("c", (), TensorProto.BOOL)], [value("y", (2,))])


def same_names(out):
    """A weight with the name of the entry function, and an output that is an input."""
    nodes = [helper.make_node("MatMul", ["x", "main"], ["y"], name="")]
    return model(nodes, [value("x", (8, 8))], [value("y", (8, 8)), value("x", (8, None))],
                 [weight("main", (8, 8))])


if __name__ == "__main__":
    folder, name = sys.argv[1], sys.argv[2]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name + ".onnx"), "wb") as file:
        file.write(globals()[name](folder).SerializeToString())
