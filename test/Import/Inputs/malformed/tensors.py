# Tensors, types of inputs and outputs, and options that do not fit them.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .cases import case, good, model, relu, value, weight, with_tensor

# ===-----------------------------------------------------------------------===#
# tensors
# ===-----------------------------------------------------------------------===#


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


@case("types", 1, "graph output 'y' has no shape; its rank is needed")
def output_without_a_shape(path):
    return model([relu()], outputs=[helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])


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
