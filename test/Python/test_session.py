# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sessions over a library that was written by hand: no compiler takes part."""

import ctypes
import gc
import resource
import shutil
import subprocess
import sys
import threading

import dilated_mlir
import numpy as np
import pytest
from dilated_mlir import RunError, Session


def build(root, folder, name, *flags):
    library = folder / name
    source = root / "test" / "Python" / "Inputs" / "model.c"
    subprocess.run(
        ["cc", "-std=c11", "-D_DEFAULT_SOURCE", "-O1", "-shared", "-fPIC", *flags]
        + ["-I", str(root / "include"), str(source), "-o", str(library)],
        check=True,
    )
    return library


@pytest.fixture(scope="module")
def library(root, tmp_path_factory):
    return build(root, tmp_path_factory.mktemp("model"), "model.so")


@pytest.fixture(scope="module")
def counters(library):
    """Reads the counters of the library."""
    handle = ctypes.CDLL(str(library))
    return lambda name: ctypes.c_int.in_dll(handle, name).value


@pytest.fixture
def session(library):
    return Session(library)


def address(array):
    return array.__array_interface__["data"][0]


def test_describes_itself(session):
    (x,) = session.inputs
    assert (x.name, x.dtype, x.shape) == ("x", "float32", ("rows", 3))
    assert str(x) == "x: [rows, 3] float32"
    assert [info.name for info in session.outputs] == ["y", "facts"]
    assert session.outputs[1].shape == (3,)
    assert session.target == "any"
    assert "x: [rows, 3] float32" in repr(session)


def test_runs_in_place(session):
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    out = session.run({"x": x})
    np.testing.assert_array_equal(out["y"], 2 * x)
    assert out["facts"][0] == address(x)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::2],
        lambda a: a[::-1],
        lambda a: a[:, 1:4],
        lambda a: a.T[:3].T,
        lambda a: a[1:2],
        lambda a: a[:0],
        lambda a: np.broadcast_to(a[:1, :3], (5, 3)),
    ],
)
def test_reads_any_strides_in_place(session, view):
    base = np.arange(8 * 6, dtype=np.float32).reshape(8, 6)
    x = view(base)[:, :3]
    out = session.run({"x": x})
    np.testing.assert_array_equal(out["y"], 2 * x)
    if x.size:
        assert out["facts"][0] == address(x)


def test_reads_what_must_not_be_written(session):
    x = np.ones((2, 3), np.float32)
    x.flags.writeable = False
    assert session.run({"x": x})["facts"][0] == address(x)
    buffer = memoryview(bytes(24)).cast("f", (2, 3))
    np.testing.assert_array_equal(session.run({"x": buffer})["y"], np.zeros((2, 3)))


def test_takes_anything_with_dlpack(session):
    class Tensor:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    out = session.run({"x": Tensor(x)})
    np.testing.assert_array_equal(out["y"], 2 * x)
    assert out["facts"][0] == address(x)


def test_outputs_own_their_memory(library, counters):
    session = Session(library)
    before = counters("test_live_outputs")
    models = counters("test_live_models")
    out = session.run({"x": np.ones((2, 3), np.float32)})
    y = out["y"]
    assert y.flags.writeable
    assert not y.flags.owndata  # the model's memory, not a copy
    assert counters("test_live_outputs") == before + 2
    del out, session
    gc.collect()
    # One output keeps the model, and only that.
    assert counters("test_live_outputs") == before + 1
    assert counters("test_live_models") == models
    np.testing.assert_array_equal(y, np.full((2, 3), 2))
    view = np.from_dlpack(y)[1:]
    del y
    gc.collect()
    assert counters("test_live_outputs") == before + 1
    np.testing.assert_array_equal(view, np.full((1, 3), 2))
    del view
    gc.collect()
    assert counters("test_live_outputs") == before
    assert counters("test_live_models") == models - 1


def test_passes_threads_on(library):
    x = np.ones((2, 3), np.float32)
    assert list(Session(library).run({"x": x})["facts"][1:]) == [0, 0]
    assert list(Session(library, threads=3).run({"x": x}, threads=2)["facts"][1:]) == [3, 2]
    with pytest.raises(RunError, match=r"threads \(0\) must be at least 1"):
        Session(library, threads=0)
    with pytest.raises(RunError, match=r"threads \(-1\) must be at least 1"):
        Session(library).run({"x": x}, threads=-1)


def test_runs_without_the_interpreters_lock(session, counters):
    # Seven rows make the model wait for another run, and then for 0.3 s: two runs
    # are in it at a time, and this thread goes on meanwhile.
    x = np.ones((7, 3), np.float32)
    threads = [threading.Thread(target=session.run, args=({"x": x},)) for _ in range(2)]
    for thread in threads:
        thread.start()
    steps = 0
    while any(thread.is_alive() for thread in threads):
        steps += 1
    assert steps > 1000
    assert counters("test_most_running") == 2


def test_errors_name_what_is_wrong(session):
    x = np.ones((2, 3), np.float32)
    cases = [
        ({}, "wrong_tensor", r"inputs without a value: x: \[rows, 3\] float32"),
        ({"x": x, "z": x}, "wrong_tensor", "the model has no input 'z'; its inputs are: x"),
        (
            {"x": x.astype(np.uint8)},
            "wrong_tensor",
            "input 'x' has element type uint8; float32 is expected",
        ),
        (
            {"x": x.astype(np.complex64)},
            "wrong_tensor",
            "'x' has element type complex64; float32 is expected",
        ),
        (
            {"x": x.astype(">f4")},
            "invalid_argument",
            "input 'x' has byte-swapped elements \\(>f4\\)",
        ),
        ({"x": [[1.0, 2.0, 3.0]]}, "invalid_argument", "input 'x' is a list; an array"),
        ({"x": "text"}, "invalid_argument", "input 'x' is not an array"),
        ({"x": None}, "invalid_argument", "input 'x' is not an array"),
        ({"x": x[0]}, "wrong_tensor", "input 'x' is not what it should be"),
        ({"x": np.ones((13, 3), np.float32)}, "failed", "thirteen rows"),
    ]
    for inputs, status, message in cases:
        with pytest.raises(RunError, match=message) as caught:
            session.run(inputs)
        assert caught.value.status == status
        assert isinstance(caught.value, dilated_mlir.DilatedError)
    # It stays usable.
    np.testing.assert_array_equal(session.run({"x": x})["y"], 2 * x)


def test_refuses_other_files(root, tmp_path):
    with pytest.raises(RunError, match=r"cannot load '.*none\.so'"):
        Session(tmp_path / "none.so")
    (tmp_path / "text.so").write_text("not a library")
    with pytest.raises(RunError, match="it is not an ELF file"):
        Session(tmp_path / "text.so")
    other = tmp_path / "other.so"
    subprocess.run(["cc", "-shared", "-x", "c", "/dev/null", "-o", str(other)], check=True)
    with pytest.raises(RunError, match="is not a compiled model"):
        Session(other)
    newer = build(root, tmp_path, "newer.so", "-DVERSION=99")
    with pytest.raises(RunError, match="another version") as caught:
        Session(newer)
    assert caught.value.status == "wrong_version"


def test_passes_the_file_of_weights_on(library, tmp_path):
    with pytest.raises(RunError, match="elsewhere") as caught:
        Session(library, weights=tmp_path / "elsewhere")
    assert caught.value.status == "bad_weights"


def test_a_replaced_library_is_the_new_one(root, tmp_path):
    path = build(root, tmp_path, "model.so")
    first = Session(path)
    newer = build(root, tmp_path, "newer.so", "-DVERSION=99")
    shutil.move(newer, path)
    with pytest.raises(RunError, match="another version"):
        Session(path)
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(first.run({"x": x})["y"], 2 * x)


def test_needs_no_compiler(library):
    script = (
        "import sys, numpy, dilated_mlir\n"
        f"session = dilated_mlir.Session({str(library)!r})\n"
        "session.run({'x': numpy.ones((2, 3), numpy.float32)})\n"
        "maps = open('/proc/self/maps').read()\n"
        "assert 'libLLVM' not in maps and 'libMLIR' not in maps\n"
    )
    path = [p for p in sys.path if p]
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{script}"], check=True
    )


def test_leaks_nothing(session, counters):
    before_live = counters("test_live_outputs")
    x = np.ones((50_000, 3), np.float32)
    small = np.ones((2, 3), np.float32)
    wrong = small.astype(np.float64)

    def work(times):
        for _ in range(times):
            session.run({"x": x})
            session.run({"x": small})
            with pytest.raises(RunError):
                session.run({"x": wrong})

    work(50)
    references = sys.getrefcount(x), sys.getrefcount(session), sys.getrefcount(wrong)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work(1000)
    # One leaked output of the thousand would be 600 kB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 20_000
    assert (sys.getrefcount(x), sys.getrefcount(session), sys.getrefcount(wrong)) == references
    assert counters("test_live_outputs") == before_live
