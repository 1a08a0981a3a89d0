# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Dilated attention on arrays: a kernel per pattern, compiled once."""

from __future__ import annotations

import math
import operator
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ._artifact import compile
from ._errors import CompileError, Diagnostic, RunError
from ._session import Session

_MLIR_TYPES = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16"}

# Kernels of this process; beyond that those go that were not used for longest.
_KERNELS_KEPT = 128


def _integers(name: str, values: Sequence[int] | None) -> list[int]:
    """Integers of Python or numpy; a number with a fraction is not rounded."""
    try:
        integers = [operator.index(value) for value in values]  # type: ignore[union-attr]
    except TypeError as error:
        raise CompileError(f"{name} is not a list of integers: {values!r}") from error
    for position, value in enumerate(integers):
        if not -(2**63) <= value < 2**63:
            raise CompileError(f"{name}[{position}] does not fit 64 bits")
    return integers


def _scale(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError as error:
        raise CompileError("scale does not fit a floating-point number of 64 bits") from error
    except (TypeError, ValueError) as error:
        raise CompileError(f"scale is not a number: {value!r}") from error


@dataclass(frozen=True)
class _Kernel:
    """All that code depends on: batch, length, heads and strides are dynamic."""

    element: str
    head_dim: int
    value_dim: int
    pattern: str  # as MLIR
    causal: bool
    scale: float | None
    with_lse: bool

    def module(self, shapes: Sequence[Sequence[int]] | None = None) -> str:
        """A module whose @main is the attention; `shapes` of query, key and value
        are dynamic without."""

        def tensor(sizes: Sequence[int | str], element: str) -> str:
            return "tensor<" + "".join(f"{size}x" for size in sizes) + element + ">"

        q, k, v = shapes or (
            ("?", "?", "?", self.head_dim),
            ("?", "?", "?", self.head_dim),
            ("?", "?", "?", self.value_dim),
        )
        query, key, value = (tensor(sizes, self.element) for sizes in (q, k, v))
        results = [tensor([*q[:3], v[-1]], self.element)]
        if self.with_lse:
            sizes = [q[0], q[2], q[1]] if len(q) > 2 else q
            results.append(tensor(sizes, "f64" if self.element == "f64" else "f32"))
        names = ["%out", "%lse"][: len(results)]
        causal = "causal " if self.causal else ""
        scale = "" if self.scale is None else f"scale({_format_float(self.scale)}) "
        declared = ", ".join(
            f'{type_} {{dilated.name = "{name[1:]}"}}'
            for name, type_ in zip(names, results, strict=True)
        )
        return (
            f'func.func @main(%query: {query} {{dilated.name = "query"}}, '
            f'%key: {key} {{dilated.name = "key"}}, '
            f'%value: {value} {{dilated.name = "value"}}) -> ({declared}) {{\n'
            f"  {', '.join(names)} = dilated.attention %query, %key, %value "
            f"pattern({self.pattern}) "
            f"{causal}{scale}: {query}, {key}, {value} -> {', '.join(results)}\n"
            f"  return {', '.join(names)} : {', '.join(results)}\n}}\n"
        )


def _pattern_of_segments(
    segment_lengths: Sequence[int] | None,
    dilation_rates: Sequence[int] | None,
    head_offset: str,
    padding: str,
) -> str:
    lengths = _integers("segment_lengths", segment_lengths)
    rates = _integers("dilation_rates", dilation_rates)
    if len(lengths) != len(rates):
        raise CompileError(
            f"expects as many segment lengths ({len(lengths)}) as dilation rates "
            f"({len(rates)}) [C1]"
        )
    for option, given, known in (
        ("head_offset", head_offset, ("block", "modulo", "end")),
        ("padding", padding, ("null_keys", "exclude")),
    ):
        if given not in known:
            raise CompileError(f"{option} '{given}' is not one of {', '.join(known)}")
    pairs = zip(lengths, rates, strict=True)
    terms = ", ".join(f"segment<{length}, {rate}>" for length, rate in pairs)
    return f"<[{terms}], offset = {head_offset}, padding = {padding}>"


def _pattern_of_text(pattern: str) -> str:
    """The text with single blanks. What its words mean is the compiler's to say, but no
    character may end the attribute that it is put in."""
    if not isinstance(pattern, str):
        raise CompileError(f"pattern is not a text: {pattern!r}")
    other = re.search(r"[^\w\s<>\[\],=.-]", pattern)
    if other:
        raise CompileError(f"pattern has the character {other.group()!r}: {pattern}")
    return " ".join(pattern.split())


def _format_float(value: float) -> str:
    """An f64 as MLIR reads it: its bits where it is not finite."""
    if math.isfinite(value):
        return f"{value:.17e}"
    return {math.inf: "0x7FF0000000000000", -math.inf: "0xFFF0000000000000"}.get(
        value, "0x7FF8000000000000"
    )


class _Kernels:
    """Sessions by kernel; two threads that ask for one wait for one compilation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[_Kernel, Session] = OrderedDict()
        self._making: dict[_Kernel, threading.Lock] = {}

    def get(self, kernel: _Kernel) -> Session:
        with self._lock:
            session = self._sessions.get(kernel)
            if session is not None:
                self._sessions.move_to_end(kernel)
                return session
            making = self._making.setdefault(kernel, threading.Lock())
        with making:
            with self._lock:
                session = self._sessions.get(kernel)
            if session is not None:
                return session
            try:
                session = Session(compile(kernel.module()))
            finally:
                with self._lock:
                    self._making.pop(kernel, None)
            with self._lock:
                self._sessions[kernel] = session
                while len(self._sessions) > _KERNELS_KEPT:
                    self._sessions.popitem(last=False)
            return session


_kernels = _Kernels()


def _element(name: str, array: Any) -> str:
    """The MLIR name of an array's element type."""
    dtype = getattr(array, "dtype", None)
    text = str(getattr(dtype, "name", dtype)).removeprefix("torch.")
    if text not in _MLIR_TYPES:
        raise RunError(
            f"{name} has element type {text}; float32, float64, float16 or bfloat16 is expected",
            "wrong_tensor",
        )
    return _MLIR_TYPES[text]


def _verified(kernel: _Kernel, shapes: Sequence[Sequence[int]]) -> CompileError:
    """What the verifier says of operands that don't fit together."""
    try:
        compile(kernel.module(shapes), cache=False)
    except CompileError as error:
        return _reworded(error)
    return CompileError(f"shapes {', '.join(map(str, shapes))} don't fit together")


def _reworded(error: CompileError) -> CompileError:
    """The same without places in a text that the caller has not written."""
    prefix = "'dilated.attention' op "
    diagnostics = [
        Diagnostic(item.severity, item.message.removeprefix(prefix), None)
        for item in error.diagnostics
    ]
    told = [item.message for item in diagnostics if item.severity == "error"]
    return CompileError("\n".join(told) or str(error), diagnostics)


def attention(
    query: Any,
    key: Any,
    value: Any,
    segment_lengths: Sequence[int] | None = None,
    dilation_rates: Sequence[int] | None = None,
    *,
    pattern: str | None = None,
    is_causal: bool = False,
    scale: float | None = None,
    head_offset: Literal["block", "modulo", "end"] = "block",
    padding: Literal["null_keys", "exclude"] = "null_keys",
    return_lse: bool = False,
) -> Any:
    """Attention over the keys of a pattern: one softmax over those of all terms.

    The pattern is either segments with dilation rates (LongNet), or a text that may have
    windows and columns too.

    Kernels are compiled when a pattern is first used with these element types and
    head sizes (about a second), and kept: in the process, and in the cache of
    compiled code. B, N and the numbers of heads are free.

    Args:
        query: [B, N, H, D], of numpy or torch (on the CPU), of f32, f64, f16 or
            bf16. Any strides, without a copy. D is 1 to 256.
        key: [B, N, Hkv, D]; H is a multiple of Hkv, and query head h reads head
            h // (H / Hkv).
        value: [B, N, Hkv, Dv].
        segment_lengths: of the segments, at least 1; longer than N is N.
        dilation_rates: of the segments, at least 1; as many.
        pattern: the text of a pattern instead of both, with head offset, padding and
            overlap: "<[window<1023, 0>, columns<0, 4>], overlap = set>".
        is_causal: no keys after the query.
        scale: of the scores; None is 1/sqrt(D).
        head_offset: which residue class a head takes: "block" (torchscale and all
            released weights), "modulo" (the paper), "end".
        padding: "null_keys" fills a ragged segment with keys of score 0 and value
            0, as released weights were trained; "exclude" does not.
        return_lse: also return the log-sum-exp of the scores.

    Returns:
        The output [B, N, H, Dv], of the kind (numpy or torch) and element type of
        the query; with `return_lse` a pair of it and the log-sum-exp [B, H, N] in
        f32 (f64 for f64), -inf where no key was seen. Gradients are not recorded.

    Raises:
        CompileError: an argument that breaks a constraint of the specification, in
            the words of the verifier, with its label: `expects dilation rate (0) to
            be at least 1 [C2]`.
        RunError: arrays of other element types, or not in the CPU's memory.
    """
    arrays = {"query": query, "key": key, "value": value}
    elements = {name: _element(name, array) for name, array in arrays.items()}
    shapes = [tuple(int(size) for size in array.shape) for array in arrays.values()]
    if pattern is None:
        if segment_lengths is None and dilation_rates is None:
            raise CompileError("expects segment_lengths and dilation_rates, or pattern")
        text = _pattern_of_segments(segment_lengths, dilation_rates, head_offset, padding)
    else:
        if segment_lengths is not None or dilation_rates is not None:
            raise CompileError(
                "expects either pattern or segment_lengths and dilation_rates, got both"
            )
        if (head_offset, padding) != ("block", "null_keys"):
            raise CompileError("head_offset and padding are part of the pattern where one is given")
        text = _pattern_of_text(pattern)
    for name, element in elements.items():
        if element != elements["query"]:
            raise CompileError(
                f"expects element type of {name} ({element}) to equal that of query "
                f"({elements['query']}) [C5]"
            )
    ranks_fit = all(len(shape) == 4 for shape in shapes)
    kernel = _Kernel(
        element=elements["query"],
        head_dim=shapes[0][-1] if shapes[0] else 0,
        value_dim=shapes[2][-1] if shapes[2] else 0,
        pattern=text,
        causal=bool(is_causal),
        scale=_scale(scale),
        with_lse=bool(return_lse),
    )
    if not ranks_fit or not _fit(*shapes):
        raise _verified(kernel, shapes)
    try:
        session = _kernels.get(kernel)
    except CompileError as error:
        raise _reworded(error) from None
    results = session.run(arrays)
    return (results["out"], results["lse"]) if return_lse else results["out"]


def _fit(query: Sequence[int], key: Sequence[int], value: Sequence[int]) -> bool:
    """(C4), (C5) and (C10), which a kernel with dynamic sizes leaves to its caller."""
    heads_fit = query[2] % key[2] == 0 if key[2] else query[2] == 0
    return (
        query[:2] == key[:2] == value[:2]
        and query[1] >= 1
        and query[3] == key[3]
        and key[2] == value[2]
        and heads_fit
    )
