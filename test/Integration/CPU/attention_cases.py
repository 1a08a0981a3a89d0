"""One attention as data, and what runs it: an MLIR module or an ONNX model with
its inputs and expected outputs, in the folder form of ONNX backend tests.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from oracle import Columns, Pattern, Window, attention

DOMAIN = "org.dilated_mlir"
TOOLS = Path(
    os.environ.get("DILATED_TOOLS_DIR")
    or Path(__file__).parents[3] / os.environ.get("DILATED_BUILD_DIR", "build") / "bin"
)

NUMPY_TYPES = {
    "f64": np.float64,
    "f32": np.float32,
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
}
ONNX_TYPES = {
    "f64": TensorProto.DOUBLE,
    "f32": TensorProto.FLOAT,
    "f16": TensorProto.FLOAT16,
    "bf16": TensorProto.BFLOAT16,
}


@dataclass(frozen=True)
class Case:
    batch: int
    n: int
    heads: int
    kv_heads: int
    depth: int
    value_depth: int
    pattern: Pattern
    causal: bool = False
    scale: float | None = None  # None: 1/sqrt(depth)
    dtype: str = "f32"
    lse: bool = False
    large_logits: bool = False  # of some 1e4, every pair of them equal or far apart
    # How it is written down.
    dynamic: bool = False  # batch and sequence are symbols
    packed: bool = False  # ONNX alone: [B, N, H*D]
    layouts: tuple = ("bnhd",) * 4  # MLIR alone: query, key, value, output

    @property
    def lse_dtype(self):
        return "f64" if self.dtype == "f64" else "f32"

    def shapes(self):
        """Query, key, value, output in [B, N, H, D]."""
        rows = (self.batch, self.n)
        return (
            rows + (self.heads, self.depth),
            rows + (self.kv_heads, self.depth),
            rows + (self.kv_heads, self.value_depth),
            rows + (self.heads, self.value_depth),
        )

    def stored(self, array, operand):
        """An array in [B, N, H, D] as operand number `operand` is stored."""
        if self.packed:
            return array.reshape(array.shape[:2] + (-1,))
        if self.layouts[operand] == "bhnd":
            return np.ascontiguousarray(array.transpose(0, 2, 1, 3))
        return array


def round_to(array, dtype):
    return np.asarray(array, NUMPY_TYPES[dtype])


def random_operands(case, rng):
    """Operands in the case's type. For large logits, small integers: their dot
    products are exact in f32, so a large scale tests the softmax alone (S8)."""
    draw = rng.standard_normal
    if case.large_logits:
        draw = lambda shape: rng.integers(-8, 9, shape)
    return tuple(round_to(draw(shape), case.dtype) for shape in case.shapes()[:3])


def expected_outputs(case, operands):
    out, lse = attention(*operands, case.pattern, case.causal, case.scale)
    outputs = [case.stored(round_to(out, case.dtype), 3)]
    if case.lse:
        outputs.append(round_to(lse, case.lse_dtype))
    return outputs


# ===-----------------------------------------------------------------------===#
# As MLIR
# ===-----------------------------------------------------------------------===#


def term_text(term):
    if isinstance(term, Window):
        left, right, dilation = term
        return f"window<{left}, {right}" + (f", {dilation}>" if dilation != 1 else ">")
    kind = "columns" if isinstance(term, Columns) else "segment"
    return f"{kind}<{term[0]}, {term[1]}>"


def pattern_text(pattern):
    terms = ", ".join(map(term_text, pattern.terms))
    offset = pattern.offset
    if offset == "constant":
        offset += f"<{pattern.constant}>"
    overlap = ", overlap = set" if pattern.overlap == "set" else ""
    return f"<[{terms}], offset = {offset}, padding = {pattern.padding}{overlap}>"


def mlir_module(case):
    """@main around one dilated.attention."""

    def tensor(shape, dtype):
        return "tensor<" + "".join(f"{d}x" for d in shape) + dtype + ">"

    def operand(shape, position):
        batch, n, heads, depth = shape
        if case.dynamic:
            batch = n = "?"
        order = (batch, n, heads, depth)
        if case.layouts[position] == "bhnd":
            order = (batch, heads, n, depth)
        return tensor(order, case.dtype)

    query, key, value, out = map(operand, case.shapes(), range(4))
    results = [(out, "output")]
    if case.lse:
        batch, n = ("?", "?") if case.dynamic else (case.batch, case.n)
        results.append((tensor((batch, case.heads, n), case.lse_dtype), "lse"))
    names = ", ".join(f'{type} {{dilated.name = "{name}"}}' for type, name in results)
    types = ", ".join(type for type, _ in results)
    layouts = ", ".join(
        f"{name}_layout = #dilated<layout bhnd>"
        for name, layout in zip(("query", "key", "value", "out"), case.layouts)
        if layout == "bhnd"
    )
    lines = [
        f'func.func @main(%q: {query} {{dilated.name = "query"}},',
        f'                %k: {key} {{dilated.name = "key"}},',
        f'                %v: {value} {{dilated.name = "value"}}) -> ({names}) {{',
        f"  %out{':2' if case.lse else ''} = dilated.attention %q, %k, %v",
        f"      pattern({pattern_text(case.pattern)})",
        *(["      causal"] if case.causal else []),
        *([f"      scale({case.scale:.12f})"] if case.scale is not None else []),
        *([f"      {{{layouts}}}"] if layouts else []),
        f"      : {query}, {key}, {value} -> {types}",
        f"  return {'%out#0, %out#1' if case.lse else '%out'} : {types}",
        "}",
        "",
    ]
    return "\n".join(lines)


# ===-----------------------------------------------------------------------===#
# As ONNX
# ===-----------------------------------------------------------------------===#


def onnx_model(case, opset=20):
    """One node of our domain, which has segments alone; what has its default is left
    out."""

    def info(name, shape, type):
        shape = list(shape)
        if case.dynamic:
            shape[0], shape[2 if name == "lse" else 1] = "batch", "sequence"
        return helper.make_tensor_value_info(name, type, shape)

    type = ONNX_TYPES[case.dtype]
    stored = [case.stored(np.empty(shape), i).shape for i, shape in enumerate(case.shapes())]
    outputs = [info("output", stored[3], type)]
    if case.lse:
        shape = (case.batch, case.heads, case.n)
        outputs.append(info("lse", shape, ONNX_TYPES[case.lse_dtype]))
    pattern = case.pattern
    attributes = {
        "segment_lengths": [w for w, _ in pattern.terms],
        "dilation_rates": [r for _, r in pattern.terms],
    }
    if case.causal:
        attributes["is_causal"] = 1
    if case.scale is not None:
        attributes["scale"] = case.scale
    if pattern.offset != "block":
        attributes["head_offset"] = pattern.offset
    if pattern.padding != "null_keys":
        attributes["padding"] = pattern.padding
    if case.packed:
        attributes["num_heads"] = case.heads
        if case.kv_heads != case.heads:
            attributes["kv_num_heads"] = case.kv_heads
    names = [output.name for output in outputs]
    node = helper.make_node(
        "DilatedAttention",
        ["query", "key", "value"],
        names,
        name="attention",
        domain=DOMAIN,
        **attributes,
    )
    inputs = [info(n, s, type) for n, s in zip(("query", "key", "value"), stored)]
    graph = helper.make_graph([node], "attention", inputs, outputs)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid(DOMAIN, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


# ===-----------------------------------------------------------------------===#
# Folders and the tools
# ===-----------------------------------------------------------------------===#


def write_data(folder, case, operands, outputs):
    """test_data_set_0 of an ONNX backend test case."""
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    stored = [case.stored(array, i) for i, array in enumerate(operands)]
    for kind, arrays in (("input", stored), ("output", outputs)):
        for i, array in enumerate(arrays):
            tensor = numpy_helper.from_array(np.ascontiguousarray(array))
            (data / f"{kind}_{i}.pb").write_bytes(tensor.SerializeToString())


def run_tool(tool, *arguments):
    """Exit code and what was printed, both streams in order."""
    command = [str(TOOLS / tool), *map(str, arguments)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout
