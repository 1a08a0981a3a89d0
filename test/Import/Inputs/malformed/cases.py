# The table of broken models, a good model, and the parts that cases change.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import numpy as np
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


def with_tensor(tensor, **changes):
    for field, content in changes.items():
        setattr(tensor, field, content)
    return model([helper.make_node("MatMul", ["x", "w"], ["y"])], weights=[tensor])
