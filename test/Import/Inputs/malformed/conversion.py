# Well-formed models with nodes that cannot be compiled.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

from onnx import helper

from .cases import CHECK, EXAMPLE, call, case, model, relu, value, weight


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
