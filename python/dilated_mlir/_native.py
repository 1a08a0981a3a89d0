# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loads the compiler when it is first needed: running a library needs none."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from ._errors import DilatedError


@cache
def compiler() -> ModuleType:
    """The extension module over the compiler's C interface."""
    try:
        from . import _compiler
    except ImportError as error:
        raise DilatedError(
            f"the compiler can't be loaded: {error}; it needs LLVM and MLIR 22 where they were "
            "when the package was built (on Debian: the package libmlir-22)"
        ) from error
    return _compiler
