# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Arrays of numpy, torch and others, in and out of compiled models."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._errors import DilatedError, RunError

# dilated_rt_type: the numbers of ONNX's TensorProto.DataType.
_DTYPES = {
    1: "float32",
    3: "int8",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    16: "bfloat16",
}
BF16 = 16


@dataclass(frozen=True)
class TensorInfo:
    """An input or output as the model declares it.

    `shape` has an int for a static dimension, the name of a dimension symbol
    (equal names are equal sizes), or None for a size known at run time alone.
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]

    def __str__(self) -> str:
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.name}: [{sizes}] {self.dtype}"


def make_infos(
    items: Sequence[tuple[str, int, tuple[int, ...], tuple[str, ...]]],
) -> tuple[TensorInfo, ...]:
    """From what the extension modules hand over."""
    return tuple(
        TensorInfo(
            name,
            _DTYPES[dtype],
            tuple(
                (symbol or None) if size < 0 else size
                for size, symbol in zip(sizes, symbols, strict=True)
            ),
        )
        for name, dtype, sizes, symbols in items
    )


def is_torch(array: object) -> bool:
    """Whether `array` is a torch tensor; torch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, torch.Tensor)


def _resolve(name: str, tensor: Any) -> Any:
    """A torch tensor whose memory holds what it means.

    DLPack hands over memory alone: bits that negate or conjugate it lazily are
    resolved, and kinds of tensors that have no memory of this form are refused.
    """
    import torch

    def refuse(what: str) -> RunError:
        return RunError(f"input '{name}' is {what}; a dense tensor is expected", "wrong_tensor")

    kind = type(tensor)
    # Such a class computes on what it wraps: fake, distributed, masked tensors.
    dispatches = kind.__torch_dispatch__ is not torch.Tensor.__torch_dispatch__
    if dispatches or torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        raise refuse(f"a tensor of the class {kind.__name__} or in a transform of functions")
    if tensor.is_nested:
        raise refuse("a nested tensor")
    if tensor.layout != torch.strided:
        raise refuse(f"a tensor of the layout {tensor.layout}")
    if tensor.is_quantized:
        raise refuse(f"a quantized tensor ({tensor.dtype})")
    if kind is not torch.Tensor:
        tensor = tensor.as_subclass(torch.Tensor)
    tensor = tensor.detach()
    if tensor._is_zerotensor():  # it has no memory at all
        return torch.zeros(tensor.shape, dtype=tensor.dtype)
    return tensor.resolve_conj().resolve_neg()


def export(name: str, array: Any) -> tuple[Any, int]:
    """What the extension module reads in place, and its element type (0: as it says)."""
    if is_torch(array):
        if array.device.type != "cpu":
            raise RunError(f"input '{name}' is on {array.device}; the CPU's memory is expected")
        return _resolve(name, array), 0
    if isinstance(array, np.ndarray):
        if isinstance(array, np.ma.MaskedArray):
            raise RunError(f"input '{name}' is a masked array; one without a mask is expected")
        # No protocol has numpy's bf16: its bits go over, and their meaning beside.
        if array.dtype.name == "bfloat16":
            return array.view(np.uint16), BF16
        if not array.dtype.isnative:
            raise RunError(f"input '{name}' has byte-swapped elements ({array.dtype})")
    elif not hasattr(array, "__dlpack__") and isinstance(array, (list, tuple, int, float, bool)):
        raise RunError(f"input '{name}' is a {type(array).__name__}; an array is expected")
    return array, 0


def to_numpy(array: np.ndarray[Any, Any], dtype: int) -> np.ndarray[Any, Any]:
    """An output of the extension module with the dtype that it means."""
    if dtype != BF16:
        return array
    try:
        import ml_dtypes
    except ImportError:
        raise DilatedError(
            "bfloat16 outputs need the package ml_dtypes to be numpy arrays"
        ) from None
    return array.view(ml_dtypes.bfloat16)


def to_torch(array: np.ndarray[Any, Any], dtype: int) -> Any:
    """The same as a torch tensor over the same memory."""
    import torch

    if dtype == BF16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)
