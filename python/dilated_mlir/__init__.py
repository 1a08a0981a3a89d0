# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Dilated attention, compiled: models from ONNX, and attention on arrays.

>>> import dilated_mlir
>>> artifact = dilated_mlir.compile("encoder.onnx")
>>> artifact.save("encoder.so")
>>> session = dilated_mlir.Session("encoder.so")  # needs no compiler
>>> features = session.run({"tokens": tokens})["features"]
>>> out = dilated_mlir.attention(query, key, value, [1024, 5792], [1, 2])
"""

from ._artifact import Artifact, compile
from ._attention import attention
from ._errors import CompileError, Diagnostic, DilatedError, Location, RunError
from ._session import Session
from ._tensors import TensorInfo

__all__ = [
    "Artifact",
    "CompileError",
    "Diagnostic",
    "DilatedError",
    "Location",
    "RunError",
    "Session",
    "TensorInfo",
    "attention",
    "compile",
]
