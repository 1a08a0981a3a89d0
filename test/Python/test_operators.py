# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operators of ONNX on sizes, types and numbers at the edges, against numpy."""

import math

import numpy as np
import onnx
import pytest
from dilated_mlir import RunError, Session
from onnx import TensorProto, helper

TYPES = {
    np.float32: TensorProto.FLOAT,
    np.float64: TensorProto.DOUBLE,
    np.float16: TensorProto.FLOAT16,
    np.int64: TensorProto.INT64,
    np.int32: TensorProto.INT32,
    np.int16: TensorProto.INT16,
    np.int8: TensorProto.INT8,
    np.bool_: TensorProto.BOOL,
}


def onnx_type(dtype):
    return TYPES[np.dtype(dtype).type]


def node(op, inputs, output, *, constants=(), rank=None, **attributes):
    """A session for one node. `inputs` are pairs of a dtype and dimensions (sizes
    or names), `output` too; `constants` are arrays, passed after the inputs."""
    names = [f"x{i}" for i in range(len(inputs))]
    held = [onnx.numpy_helper.from_array(c, f"c{i}") for i, c in enumerate(constants)]
    graph = helper.make_graph(
        [helper.make_node(op, [*names, *(c.name for c in held)], ["y"], **attributes)],
        "graph",
        [
            helper.make_tensor_value_info(name, onnx_type(dtype), dims)
            for name, (dtype, dims) in zip(names, inputs, strict=True)
        ],
        [helper.make_tensor_value_info("y", onnx_type(output[0]), output[1])],
        held,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    model.ir_version = 9
    return Session(model)


def run(session, *arrays):
    return session.run({f"x{i}": array for i, array in enumerate(arrays)})["y"]


def numbers(shape, dtype=np.float32, seed=0):
    values = np.random.default_rng(seed).uniform(-4, 4, shape)
    return values.astype(dtype) if dtype != np.bool_ else values > 0


# Shapes of two operands with free dimensions, that numpy broadcasts.
SHAPES = [
    ((2, 4, 8), (1, 4, 8)),
    ((1, 4, 8), (2, 4, 8)),
    ((1, 4, 8), (2, 1, 8)),
    ((2, 1, 8), (1, 4, 8)),
    ((2, 4, 8), (2, 4, 8)),
    ((1, 1, 8), (1, 1, 8)),
    ((0, 4, 8), (1, 4, 8)),
    ((2, 4, 8), (2, 1, 8)),
]


@pytest.mark.parametrize(
    ("op", "dtype", "function"),
    [
        ("Add", np.float32, np.add),
        ("Sub", np.int64, np.subtract),
        ("Mul", np.float16, np.multiply),
        ("Div", np.float64, np.divide),
        ("Max", np.float32, np.maximum),
        ("Min", np.int32, np.minimum),
        ("Equal", np.int64, np.equal),
        ("Less", np.float32, np.less),
        ("And", np.bool_, np.logical_and),
    ],
)
def test_sizes_that_are_one_at_run_time(op, dtype, function):
    result = np.bool_ if op in ("Equal", "Less", "And") else dtype
    session = node(op, [(dtype, ["b", "n", 8]), (dtype, ["c", "m", 8])], (result, ["r", "s", 8]))
    for left, right in SHAPES:
        x, y = numbers(left, dtype, 1), numbers(right, dtype, 2)
        out = run(session, x, y)
        assert out.shape == np.broadcast_shapes(left, right)
        assert np.array_equal(out, function(x, y)), (left, right)
    with pytest.raises(RunError, match="do not broadcast in dimension 1"):
        run(session, numbers((2, 4, 8), dtype), numbers((2, 3, 8), dtype))


def test_a_constant_beside_a_size_that_is_one():
    y = numbers((5, 3), seed=2)
    session = node("Add", [(np.float32, ["n", "m"])], (np.float32, [5, 3]), constants=[y])
    for shape in ((5, 3), (1, 3), (5, 1), (1, 1)):
        x = numbers(shape, seed=1)
        assert np.array_equal(run(session, x), x + y)
    with pytest.raises(RunError, match="do not broadcast in dimension 0"):
        run(session, numbers((2, 3)))


def test_three_operands_that_are_one():
    session = node(
        "Where",
        [(np.bool_, ["a", "n"]), (np.float32, ["b", "m"]), (np.float32, ["c", "k"])],
        (np.float32, ["r", "s"]),
    )
    for shapes in (((3, 1), (1, 4), (1, 1)), ((1, 4), (3, 4), (3, 1)), ((3, 4), (3, 4), (3, 4))):
        c = numbers(shapes[0], np.bool_, 1)
        x, y = (numbers(shape, seed=2 + i) for i, shape in enumerate(shapes[1:]))
        assert np.array_equal(run(session, c, x, y), np.where(c, x, y))


def test_products_of_stacks_that_are_one():
    session = node(
        "MatMul",
        [(np.float32, ["a", "b", 3, 4]), (np.float32, ["c", "d", 4, 5])],
        (np.float32, ["r", "s", 3, 5]),
    )
    for left, right in (((2, 1), (1, 3)), ((1, 1), (2, 3)), ((2, 3), (2, 3)), ((2, 3), (1, 1))):
        x, y = numbers((*left, 3, 4), seed=1), numbers((*right, 4, 5), seed=2)
        np.testing.assert_allclose(run(session, x, y), x @ y, rtol=1e-5, atol=1e-5)
    with pytest.raises(RunError, match="do not broadcast"):
        run(session, numbers((2, 2, 3, 4)), numbers((3, 2, 4, 5)))


def test_an_addend_that_is_one():
    session = node(
        "Gemm",
        [(np.float32, ["m", 4]), (np.float32, [4, "n"]), (np.float32, ["p", "q"])],
        (np.float32, ["m", "n"]),
    )
    a, b = numbers((3, 4), seed=1), numbers((4, 5), seed=2)
    for shape in ((3, 5), (1, 5), (3, 1), (1, 1)):
        c = numbers(shape, seed=3)
        np.testing.assert_allclose(run(session, a, b, c), a @ b + c, rtol=1e-5, atol=1e-5)
    with pytest.raises(RunError, match="input 2 does not repeat"):
        run(session, a[:1], b, numbers((3, 5)))


def test_scale_and_bias_that_are_one():
    session = node(
        "LayerNormalization",
        [(np.float32, [2, "n"]), (np.float32, ["p"]), (np.float32, ["q"])],
        (np.float32, [2, "n"]),
    )
    x = numbers((2, 6), seed=1)
    normal = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    for p, q in ((6, 6), (1, 6), (6, 1), (1, 1)):
        scale, bias = numbers(p, seed=2), numbers(q, seed=3)
        np.testing.assert_allclose(
            run(session, x, scale, bias), normal * scale + bias, rtol=1e-4, atol=1e-5
        )
    with pytest.raises(RunError, match="scale or bias has larger sizes"):
        run(session, x[:, :1], numbers(6), numbers(1))


def test_expanding_both_ways_at_run_time():
    session = node("Expand", [(np.float32, ["n", "m"]), (np.int64, [2])], (np.float32, ["r", "s"]))
    for shape, target in (((1, 4), (3, 1)), ((3, 1), (1, 4)), ((3, 4), (3, 4)), ((1, 1), (0, 4))):
        x = numbers(shape, seed=1)
        expected = x * np.ones(target, np.float32)
        assert np.array_equal(run(session, x, np.array(target)), expected)
    with pytest.raises(RunError, match="does not expand to the size asked for"):
        run(session, numbers((2, 4)), np.array([3, 4]))


def count(start, limit, delta):
    return max(0, -((start - limit) // delta))


BIG = 2**63 - 1
RANGES = [
    (np.int64, (2**53 + 1, 2**53 + 4, 1)),
    (np.int64, (2**62, 2**62 + 5, 2)),
    (np.int64, (0, 10, BIG)),
    (np.int64, (-BIG - 1, BIG, BIG)),
    (np.int64, (BIG, -BIG - 1, -BIG - 1)),
    (np.int64, (10, 0, -3)),
    (np.int64, (3, 3, 1)),
    (np.int64, (0, 5, -1)),
    (np.int32, (2**31 - 3, 2**31 - 1, 1)),
    (np.int32, (-(2**31), 2**31 - 1, 2**30)),
    (np.int16, (-32768, 32767, 30000)),
]


@pytest.mark.parametrize(("dtype", "bounds"), RANGES)
def test_ranges_of_integers(dtype, bounds):
    start, _, delta = bounds
    expected = np.array([start + i * delta for i in range(count(*bounds))], dtype)
    arrays = [np.array(bound, dtype) for bound in bounds]
    known = node("Range", [], (dtype, ["n"]), constants=arrays)
    assert np.array_equal(run(known), expected)
    given = node("Range", [(dtype, [])] * 3, (dtype, ["n"]))
    assert np.array_equal(run(given, *arrays), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bounds", [(0, 1, 0.1), (1, 0, -0.25), (0, 100, 0.7), (5, 5, 1)])
def test_ranges_of_floats(dtype, bounds):
    arrays = [np.array(bound, dtype) for bound in bounds]
    start, limit, delta = (float(array) for array in arrays)
    length = max(0, math.ceil((limit - start) / delta))
    known = run(node("Range", [], (dtype, ["n"]), constants=arrays))
    given = run(node("Range", [(dtype, [])] * 3, (dtype, ["n"])), *arrays)
    assert known.shape == given.shape == (length,)
    assert np.array_equal(known, given)


def test_a_range_without_a_step():
    given = node("Range", [(np.int64, [])] * 3, (np.int64, ["n"]))
    with pytest.raises(RunError, match="the step is 0"):
        run(given, np.array(0), np.array(5), np.array(0))
    with pytest.raises(RunError, match="has too many elements"):
        run(given, np.array(-BIG - 1), np.array(BIG), np.array(1))


def erf(x):
    return np.vectorize(math.erf, otypes=[np.float64])(x.astype(np.float64))


FUNCTIONS = {
    "Erf": erf,
    "Exp": np.exp,
    "Log": lambda x: np.log(np.abs(x)),
    "Sqrt": lambda x: np.sqrt(np.abs(x)),
    "Tanh": np.tanh,
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Gelu": lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))),
    "Floor": np.floor,
    "Reciprocal": np.reciprocal,
}
POSITIVE = ("Log", "Sqrt")
ROUNDING = {np.float64: 1e-14, np.float32: 2e-6, np.float16: 2e-3}


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("op", FUNCTIONS)
def test_functions_of_every_type(op, dtype):
    session = node(op, [(dtype, ["n", "m"])], (dtype, ["n", "m"]))
    for shape in ((1, 1), (1, 2), (3, 5), (4, 67)):
        x = numbers(shape, dtype, seed=shape[1])
        if op in POSITIVE:
            x = np.abs(x) + dtype(0.01)
        expected = FUNCTIONS[op](x.astype(np.float64))
        tolerance = ROUNDING[dtype]
        np.testing.assert_allclose(run(session, x), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("shape", [(1, 250_000, 3), (1, 2**20, 1), (2, 40_000, 5)])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_long_means(shape, dtype):
    x = np.full(shape, 0.1, dtype)
    expected = x.astype(np.float64).mean(1)
    tolerance = 2e-7 if dtype == np.float32 else 1e-3
    for dims in (["b", "n", "c"], list(shape)):
        session = node(
            "ReduceMean",
            [(dtype, dims)],
            (dtype, ["b", "c"]),
            constants=[np.array([1])],
            keepdims=0,
        )
        np.testing.assert_allclose(run(session, x), expected, rtol=tolerance)


@pytest.mark.parametrize("axes", [[0], [1], [0, 1]])
def test_long_sums(axes):
    x = (
        np.full((70_000, 4), 0.1, np.float32)
        if axes == [0]
        else np.full((4, 70_000), 0.1, np.float32)
    )
    expected = x.astype(np.float64).sum(tuple(axes))
    session = node(
        "ReduceSum",
        [(np.float32, ["n", "m"])],
        (np.float32, ["k"] * (2 - len(axes))),
        constants=[np.array(axes)],
        keepdims=0,
    )
    np.testing.assert_allclose(run(session, x), expected, rtol=2e-7)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_long_softmax(axis):
    shape = (2**20, 1) if axis == 0 else (1, 2**20)
    x = numbers(shape, seed=1)
    session = node("Softmax", [(np.float32, ["n", "m"])], (np.float32, ["n", "m"]), axis=axis)
    out = run(session, x).astype(np.float64)
    assert abs(out.sum() - 1) < 2e-7
    e = np.exp(x.astype(np.float64) - x.max())
    np.testing.assert_allclose(out, e / e.sum(), rtol=2e-6)


def test_a_long_normalization():
    x = (np.random.default_rng(0).standard_normal((2, 300_000)) + 3).astype(np.float32)
    session = node(
        "LayerNormalization",
        [(np.float32, ["b", "n"]), (np.float32, ["n"])],
        (np.float32, ["b", "n"]),
    )
    wide = x.astype(np.float64)
    expected = (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + 1e-5)
    out = run(session, x, np.ones(300_000, np.float32))
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=2e-6)


def ulps(out, expected):
    """How many numbers lie between, for finite ones; NaN, infinities, zeros exactly."""
    special = ~np.isfinite(expected) | (expected == 0)
    np.testing.assert_array_equal(out[special], expected[special])
    np.testing.assert_array_equal(
        np.signbit(out[expected == 0]), np.signbit(expected[expected == 0])
    )
    integer = np.int32 if out.dtype == np.float32 else np.int64

    def order(x):
        bits = x.view(integer).astype(np.longdouble)  # which has 64 bits
        return np.where(bits < 0, np.iinfo(integer).min - bits, bits)

    return np.abs(order(out[~special]) - order(expected[~special])).max()


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.longdouble)))


EXACT = {
    "Exp": lambda x: np.exp(x.astype(np.longdouble)),
    "Log": lambda x: np.log(x.astype(np.longdouble)),
    "Sqrt": lambda x: np.sqrt(x.astype(np.longdouble)),
    "Tanh": lambda x: np.tanh(x.astype(np.longdouble)),
    "Erf": erf,
    "Sigmoid": sigmoid,
    "Reciprocal": lambda x: np.reciprocal(x.astype(np.longdouble)),
    "Floor": np.floor,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("op", EXACT)
def test_special_values_and_the_whole_range(op, dtype):
    info = np.finfo(dtype)
    special = [0, info.smallest_subnormal, info.tiny / 2, info.tiny, 1e-20, 1e-8, 0.5, 1, 2]
    special += [87, 87.4, 88.72, 89, 103.9, 104, 709.7, 745, 746, info.max, np.inf, np.nan]
    generator = np.random.default_rng(0)
    x = np.concatenate(
        [
            np.array(special, dtype),
            -np.array(special, dtype),
            generator.uniform(-110, 110, 5000).astype(dtype),
            generator.uniform(-4, 4, 5000).astype(dtype),
            (generator.standard_normal(5000) * np.exp2(generator.uniform(-148, 127, 5000))).astype(
                dtype
            ),
        ]
    )
    session = node(op, [(dtype, ["n"])], (dtype, ["n"]))
    assert ulps(run(session, x), EXACT[op](x).astype(dtype)) <= 4


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_powers(dtype):
    info = np.finfo(dtype)
    special = [0, info.tiny / 2, 0.5, 1, 2, 3, 1e10, info.max, np.inf, np.nan]
    values = np.array(special + [-value for value in special], dtype)
    x, y = (grid.ravel() for grid in np.meshgrid(values, values))
    given = node("Pow", [(dtype, ["n"]), (dtype, ["n"])], (dtype, ["n"]))
    assert ulps(run(given, x, y), np.power(x, y)) <= 4
    for exponent in (-2, -1, -0.5, 0, 0.5, 1, 2, 3):
        known = node("Pow", [(dtype, ["n"])], (dtype, ["n"]), constants=[np.array(exponent, dtype)])
        assert ulps(run(known, values), np.power(values, np.full_like(values, exponent))) <= 4
