VERSION: str

_Info = tuple[str, int, tuple[int, ...], tuple[str, ...]]
_Diagnostic = tuple[int, str, str, int, int]

class Artifact:
    @property
    def inputs(self) -> list[_Info]: ...
    @property
    def outputs(self) -> list[_Info]: ...
    @property
    def compile_seconds(self) -> float: ...
    @property
    def from_cache(self) -> bool: ...
    def get_api(self) -> tuple[int, int, str]: ...
    def save(self, path: str) -> tuple[int, list[_Diagnostic]]: ...

def compile(
    source: str,
    is_text: bool,
    cpu: str,
    features: str,
    shapes: list[str],
    external_data_dir: str | None,
    expand_functions: bool,
    fuse: bool,
    cache_dir: str | None,
    gpu_chip: str | None,
) -> tuple[Artifact | None, int, list[_Diagnostic]]: ...
