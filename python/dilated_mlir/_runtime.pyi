from typing import Any

import numpy as np

ABI_VERSION: int

class Failure(RuntimeError):
    args: tuple[int, str]

_Info = tuple[str, int, tuple[int, ...], tuple[str, ...]]

class Model:
    @staticmethod
    def load(path: str, threads: int, weights: str) -> Model: ...
    @staticmethod
    def from_api(api: int, owner: object, threads: int) -> Model: ...
    @staticmethod
    def run(
        model: Model, inputs: list[tuple[Any, int]], threads: int
    ) -> list[tuple[np.ndarray[Any, Any], int]]: ...
    @property
    def inputs(self) -> list[_Info]: ...
    @property
    def outputs(self) -> list[_Info]: ...
    @property
    def target(self) -> str: ...
    @property
    def producer(self) -> str: ...
