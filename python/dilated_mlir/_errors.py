# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What goes wrong, as exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "warning", "error", "remark"]

_SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error", "remark")

# dilated_status, in the words of the C header.
STATUSES = {
    1: "invalid_argument",
    2: "wrong_tensor",
    3: "buffer_too_small",
    4: "out_of_memory",
    5: "cancelled",
    6: "bad_weights",
    7: "wrong_version",
    8: "wrong_processor",
    9: "failed",
}


@dataclass(frozen=True)
class Location:
    """A place in a file; line and column are 0 for a model, whose messages name the node."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Diagnostic:
    """One message of the compiler. A note belongs to the diagnostic before it."""

    severity: Severity
    message: str
    location: Location | None

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.severity}: {self.message}"


class DilatedError(Exception):
    """The base of all that this package raises on its own account."""


class CompileError(DilatedError):
    """A model that can't be read, is invalid or unsupported, or can't be written.

    `diagnostics` holds all that the compiler said, in its order; the text of the
    exception is their text.
    """

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics: list[Diagnostic] = list(diagnostics)


class RunError(DilatedError):
    """A model that can't be loaded or run on these inputs; it stays usable.

    `status` is one of "invalid_argument", "wrong_tensor", "buffer_too_small",
    "out_of_memory", "cancelled", "bad_weights", "wrong_version",
    "wrong_processor", "failed" (a check inside the model).
    """

    def __init__(self, message: str, status: str = "invalid_argument") -> None:
        super().__init__(message)
        self.status: str = status


def make_diagnostics(items: Sequence[tuple[int, str, str, int, int]]) -> list[Diagnostic]:
    """From what the extension module hands over."""
    return [
        Diagnostic(_SEVERITIES[severity], message, Location(file, line, column) if file else None)
        for severity, message, file, line, column in items
    ]


def compile_error(what: str, diagnostics: Sequence[Diagnostic]) -> CompileError:
    """The exception for diagnostics with an error among them; `what` without any."""
    told = [d for d in diagnostics if d.severity in ("error", "note")]
    return CompileError("\n".join(map(str, told)) or what, diagnostics)
