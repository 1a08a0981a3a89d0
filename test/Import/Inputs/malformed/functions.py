# Model-local functions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

from onnx import AttributeProto, helper

from .cases import BOTH, EXAMPLE, call, case, function, model, relu, value


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
    f = referring(AttributeProto.FLOAT, declared=())
    return model([call("F")], functions=[f], imports=EXAMPLE)


@case("functions", 1, "attribute 'alpha' is FLOAT, but refers to 'alpha', which is INT")
def reference_of_another_type(path):
    f = referring(AttributeProto.FLOAT)
    return model([call("F", alpha=1)], functions=[f], imports=EXAMPLE)


@case("functions", 1, "attribute 'alpha' refers to 'beta', but is not in a function")
def reference_outside_of_a_function(path):
    node = helper.make_node("Elu", ["x"], ["y"])
    node.attribute.add(name="alpha", type=AttributeProto.FLOAT, ref_attr_name="beta")
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
