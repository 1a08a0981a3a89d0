# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From a model to machine code."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from ._errors import STATUSES, CompileError, Diagnostic, RunError, compile_error, make_diagnostics
from ._native import compiler
from ._tensors import TensorInfo, make_infos


class _ModelProto(Protocol):
    """What is asked of an onnx.ModelProto."""

    def SerializeToString(self) -> bytes: ...  # noqa: N802


Model = str | os.PathLike[str] | bytes | _ModelProto
Shapes = Mapping[str, Sequence[int | None]]
Cache = str | os.PathLike[str] | Literal[False] | None


class Artifact:
    """A compiled model; `compile` makes it, `Session` runs it."""

    def __init__(self, handle: Any, diagnostics: list[Diagnostic]) -> None:
        self._handle = handle
        self.diagnostics: list[Diagnostic] = diagnostics
        """What the compiler said: warnings and remarks."""
        self.inputs: tuple[TensorInfo, ...] = make_infos(handle.inputs)
        self.outputs: tuple[TensorInfo, ...] = make_infos(handle.outputs)

    @property
    def compile_seconds(self) -> float:
        """From reading the model to machine code, in seconds."""
        return float(self._handle.compile_seconds)

    @property
    def from_cache(self) -> bool:
        """Whether the machine code was found in the cache."""
        return bool(self._handle.from_cache)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a library (`.so`) or an object file with its header (`.o`).

        A library holds code and weights and needs no compiler. Raises CompileError
        when it can't be written; then nothing is left at `path`.
        """
        path = os.fspath(path)
        result, items = self._handle.save(path)
        if result:
            raise compile_error(f"'{path}' can't be written", make_diagnostics(items))

    def _api(self) -> int:
        address, status, message = self._handle.get_api()
        if not address:
            raise RunError(message, STATUSES.get(status, "failed"))
        return int(address)

    def __repr__(self) -> str:
        inputs = ", ".join(map(str, self.inputs))
        outputs = ", ".join(map(str, self.outputs))
        return f"<dilated_mlir.Artifact ({inputs}) -> ({outputs})>"


def _format_shape(name: str, sizes: Sequence[int | None]) -> str:
    return f"{name}=" + "x".join("?" if size is None else str(size) for size in sizes)


def cache_folder(cache: Cache) -> str | None:
    """As the C interface takes it: None for the default, "" for none."""
    if cache is None:
        return None
    return "" if cache is False else os.fspath(cache)


def compile(  # the builtin of this name is not used here
    model: Model,
    target: str = "cpu",
    shapes: Shapes | None = None,
    *,
    chip: str | None = None,
    cpu: str = "native",
    features: str = "",
    external_data_dir: str | os.PathLike[str] | None = None,
    expand_functions: bool = False,
    fuse: bool = True,
    cache: Cache = None,
) -> Artifact:
    """Compiles a model to machine code, without the lock of the interpreter.

    Args:
        model: the path of an ONNX model (.onnx) or of IR (.mlir); IR as text (a
            str with a line break); or an onnx.ModelProto, or its bytes. The
            weights of a file are mapped, not read: the file must not change while
            the artifact lives.
        target: "cpu", or "nvptx": attention goes to an NVIDIA GPU, the rest stays on
            the CPU. Compiling needs no GPU, running does.
        shapes: sizes of inputs by name, None for a dimension that stays as it is:
            `{"tokens": (1, None, 768)}`.
        chip: of target "nvptx": the oldest GPU that the kernels run on, None for
            "sm_80".
        cpu: a processor that LLVM knows ("x86-64-v3"); "native" is this one.
        features: further features, "+avx2,-avx512f".
        external_data_dir: where external data lies; None: beside the model.
        expand_functions: inline model-local functions also where the operator is
            known.
        fuse: False leaves branches unfused, as a reference.
        cache: a folder for compiled code, False for none; None is
            DILATED_CACHE_DIR, else dilated-mlir in the user's cache folder.

    Raises:
        CompileError: with all diagnostics, when the model can't be read, is
            invalid or unsupported, or when the options don't fit it.
    """
    if target not in ("cpu", "nvptx"):
        raise CompileError(f"target '{target}' is not supported; supported: cpu, nvptx")
    if chip is not None and target != "nvptx":
        raise CompileError(f"chip '{chip}' belongs to target 'nvptx', not to '{target}'")
    shape_texts = [_format_shape(name, sizes) for name, sizes in (shapes or {}).items()]
    data_dir = None if external_data_dir is None else os.fspath(external_data_dir)

    def build(source: str, is_text: bool) -> Artifact:
        handle, result, items = compiler().compile(
            source=source,
            is_text=is_text,
            cpu=cpu,
            features=features,
            shapes=shape_texts,
            external_data_dir=data_dir,
            expand_functions=expand_functions,
            fuse=fuse,
            cache_dir=cache_folder(cache),
            gpu_chip=(chip or "sm_80") if target == "nvptx" else None,
        )
        diagnostics = make_diagnostics(items)
        if result:
            raise compile_error("the model can't be compiled", diagnostics)
        return Artifact(handle, diagnostics)

    if isinstance(model, str) and "\n" in model:
        return build(model, is_text=True)
    if isinstance(model, (str, os.PathLike)):
        return build(os.fspath(model), is_text=False)
    data = model if isinstance(model, bytes) else model.SerializeToString()
    # The compiler maps its weights from a file, whose name may vanish meanwhile.
    with tempfile.TemporaryDirectory(prefix="dilated-mlir-") as folder:
        path = os.path.join(folder, "model.onnx")
        with open(path, "wb") as file:
            file.write(data)
        return build(path, is_text=False)
