# Versions, names and attributes.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import numpy as np
from onnx import AttributeProto, helper, numpy_helper

from .cases import call, case, good, model, relu, value, weight

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
# attributes
# ===-----------------------------------------------------------------------===#


def with_attribute(**fields):
    node = helper.make_node("Softmax", ["x"], ["y"], name="softmax")
    node.attribute.add(**fields)
    return model([node])


@case("attributes", 1, "attribute 'axis' says INT but holds FLOAT")
def attribute_of_another_type(path):
    return with_attribute(name="axis", type=AttributeProto.INT, f=1.0)


@case("attributes", 1, "attribute 'axis' has no type")
def attribute_without_a_type(path):
    return with_attribute(name="axis", i=1)


@case("attributes", 1, "attribute 'value' says TENSOR but holds nothing")
def attribute_without_a_tensor(path):
    return with_attribute(name="value", type=AttributeProto.TENSOR)


@case("attributes", 1, "attribute 'axis' is given twice")
def attribute_twice(path):
    node = helper.make_node("Softmax", ["x"], ["y"], name="softmax", axis=1)
    node.attribute.add(name="axis", type=AttributeProto.INT, i=0)
    return model([node])


@case("attributes", 1, "attribute without a name")
def attribute_without_a_name(path):
    return with_attribute(type=AttributeProto.INT, i=1)
