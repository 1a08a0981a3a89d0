# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Running compiled models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

from . import _runtime
from ._artifact import Artifact, Model, Shapes, compile
from ._errors import STATUSES, RunError
from ._tensors import TensorInfo, export, is_torch, make_infos, to_numpy, to_torch

Kind = Literal["numpy", "torch"]


def _run_error(error: _runtime.Failure) -> RunError:
    status, message = error.args
    return RunError(message, STATUSES.get(status, "failed"))


def _verify_threads(threads: int | None) -> None:
    if threads is not None and threads < 1:
        raise RunError(f"threads ({threads}) must be at least 1")
    if threads is not None and threads >= 2**31:
        raise RunError(f"threads does not fit 32 bits ({threads:.1e})")


class Session:
    """A model that is ready to run; any number of threads may run it at a time.

    Args:
        model: a library (.so) that `Artifact.save` or dilated-compile wrote, which
            is loaded without the compiler; an Artifact; or what `compile` takes,
            which is compiled first.
        threads: of a run; None is OMP_NUM_THREADS, else the CPUs of the process.
        weights: a library's side file of weights, when it is not beside it.
        options: keyword arguments of `compile`, for what is compiled.

    Raises:
        CompileError: when the model can't be compiled.
        RunError: when the library can't be loaded here.
    """

    def __init__(
        self,
        model: Model | Artifact,
        threads: int | None = None,
        *,
        weights: str | os.PathLike[str] | None = None,
        shapes: Shapes | None = None,
        **options: Any,
    ) -> None:
        _verify_threads(threads)
        is_library = isinstance(model, (str, os.PathLike)) and os.fspath(model).endswith(".so")
        if isinstance(model, Artifact) or is_library:
            if shapes is not None or options:
                raise RunError("shapes and options belong to a model that is to be compiled")
        elif not isinstance(model, Artifact):
            model = compile(model, shapes=shapes, **options)
        if weights is not None and not is_library:
            raise RunError("a file of weights belongs to a library")
        try:
            if isinstance(model, Artifact):
                handle = _runtime.Model.from_api(model._api(), model._handle, threads or 0)
            else:
                handle = _runtime.Model.load(
                    os.fspath(model),  # type: ignore[arg-type]
                    threads or 0,
                    os.fspath(weights) if weights is not None else "",
                )
        except _runtime.Failure as error:
            raise _run_error(error) from None
        self._handle = handle
        self.inputs: tuple[TensorInfo, ...] = make_infos(handle.inputs)
        self.outputs: tuple[TensorInfo, ...] = make_infos(handle.outputs)

    @property
    def target(self) -> str:
        """Triple, processor and features that the model was compiled for."""
        return self._handle.target

    def run(
        self,
        inputs: Mapping[str, Any],
        *,
        outputs: Kind | None = None,
        threads: int | None = None,
    ) -> dict[str, Any]:
        """Runs the model, without the lock of the interpreter.

        Args:
            inputs: an array for the name of every input: of numpy, of torch (on the
                CPU), or anything with `__dlpack__` or the buffer protocol. They
                are read in place, whatever their strides. bf16 is
                ml_dtypes.bfloat16 in numpy.
            outputs: "numpy" or "torch"; None gives torch tensors when an input is
                one, else numpy arrays.
            threads: of this run; None is as the session was made.

        Returns:
            An array that owns its memory for the name of every output.

        Raises:
            RunError: naming the input and both values when one is missing, unknown,
                or of another element type, rank or size than the model takes; or
                with the words of a check inside the model. The session stays usable.
        """
        _verify_threads(threads)
        names = [info.name for info in self.inputs]
        unknown = [name for name in inputs if name not in names]
        missing = [str(info) for info in self.inputs if info.name not in inputs]
        if unknown:
            raise RunError(
                f"the model has no input '{unknown[0]}'; its inputs are: {', '.join(names)}",
                "wrong_tensor",
            )
        if missing:
            raise RunError(f"inputs without a value: {'; '.join(missing)}", "wrong_tensor")
        passed = [export(name, inputs[name]) for name in names]
        kind = outputs
        if kind is None:
            kind = "torch" if any(map(is_torch, inputs.values())) else "numpy"
        try:
            results = _runtime.Model.run(self._handle, passed, threads or 0)
        except _runtime.Failure as error:
            raise _run_error(error) from None
        convert = to_torch if kind == "torch" else to_numpy
        return {
            info.name: convert(array, dtype)
            for info, (array, dtype) in zip(self.outputs, results, strict=True)
        }

    def __repr__(self) -> str:
        inputs = ", ".join(map(str, self.inputs))
        outputs = ", ".join(map(str, self.outputs))
        return f"<dilated_mlir.Session ({inputs}) -> ({outputs})>"
