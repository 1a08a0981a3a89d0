# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Stored models, compiled and run from Python, against what PyTorch gave."""

import os
import select
import signal
import subprocess
import sys
import threading

import dilated_mlir
import numpy as np
import onnx
import pytest
from dilated_mlir import CompileError, RunError, Session
from onnx import numpy_helper

TOLERANCES = {"float32": (1e-3, 1e-4), "float16": (1e-2, 1e-2), "bfloat16": (6e-2, 6e-2)}


def read_tensor(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def data_sets(folder, session):
    """(inputs, outputs) by name, for every data set of a stored model."""
    for data in sorted(folder.glob("test_data_set_*")):
        yield (
            {x.name: read_tensor(data / f"input_{i}.pb") for i, x in enumerate(session.inputs)},
            {y.name: read_tensor(data / f"output_{i}.pb") for i, y in enumerate(session.outputs)},
        )


def check(actual, expected):
    assert actual.keys() == expected.keys()
    for name, array in expected.items():
        assert actual[name].dtype == array.dtype
        rtol, atol = TOLERANCES[array.dtype.name]
        np.testing.assert_allclose(
            actual[name].astype(np.float64), array.astype(np.float64), rtol=rtol, atol=atol
        )


@pytest.fixture(scope="module")
def encoder(models):
    return dilated_mlir.compile(models / "longnet-encoder-small" / "model.onnx")


@pytest.fixture(scope="module")
def dynamic(models):
    return Session(models / "longnet-encoder-dynamic" / "model.onnx")


@pytest.mark.parametrize(
    "name",
    [
        "longnet-encoder-small",
        "longnet-encoder-external",
        "longnet-encoder-dynamic",
        "longnet-encoder-f16",
        "longnet-encoder-bf16",
        "gigapath-slide-tiny",
    ],
)
def test_stored_model(models, tmp_path, name):
    artifact = dilated_mlir.compile(models / name / "model.onnx")
    session = Session(artifact)
    artifact.save(tmp_path / "model.so")
    library = Session(tmp_path / "model.so")
    assert library.inputs == session.inputs == artifact.inputs
    assert library.outputs == session.outputs == artifact.outputs
    sets = 0
    for inputs, outputs in data_sets(models / name, session):
        actual = session.run(inputs)
        check(actual, outputs)
        # The same code, bit for bit.
        for key, array in library.run(inputs).items():
            assert array.tobytes() == actual[key].tobytes()
        sets += 1
    assert sets > 0


def test_describes_a_dynamic_model(dynamic):
    (info,) = dynamic.inputs
    symbols = [size for size in info.shape if isinstance(size, str)]
    assert symbols, info
    assert info.dtype == "float32"


def test_a_symbol_has_one_size(models, dynamic):
    inputs, _ = next(data_sets(models / "longnet-encoder-dynamic", dynamic))
    (name,) = inputs
    with pytest.raises(RunError, match=f"input '{name}' has rank 1"):
        dynamic.run({name: np.ones(3, np.float32)})
    with pytest.raises(RunError, match=f"input '{name}' has element type f64"):
        dynamic.run({name: inputs[name].astype(np.float64)})
    wrong = np.ones((*inputs[name].shape[:-1], 5), np.float32)
    with pytest.raises(RunError, match=f"input '{name}' has size 5 in dimension"):
        dynamic.run({name: wrong})
    assert dynamic.run(inputs)


def test_takes_shapes(models):
    path = models / "longnet-encoder-dynamic" / "model.onnx"
    name = Session(path).inputs[0].name
    rank = len(Session(path).inputs[0].shape)
    artifact = dilated_mlir.compile(path, shapes={name: (2, 40, *[None] * (rank - 2))})
    assert artifact.inputs[0].shape[:2] == (2, 40)
    with pytest.raises(CompileError, match="nothing"):
        dilated_mlir.compile(path, shapes={"nothing": (1, 2)})


def test_takes_a_model_from_memory(models, encoder):
    path = models / "longnet-encoder-small" / "model.onnx"
    session = Session(encoder)
    inputs, outputs = next(data_sets(path.parent, session))
    for model in (onnx.load(path), path.read_bytes()):
        check(Session(model).run(inputs), outputs)


def test_saves(encoder, tmp_path):
    encoder.save(tmp_path / "model.o")
    assert (tmp_path / "model.o").stat().st_size > 1000
    assert (tmp_path / "model.h").read_text().startswith("/*")
    with pytest.raises(CompileError, match=r"model\.txt': expected a \.so or \.o file"):
        encoder.save(tmp_path / "model.txt")
    with pytest.raises(CompileError, match="none/model.so"):
        encoder.save(tmp_path / "none" / "model.so")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.h", "model.o"]


def test_replaces_a_library_in_use(encoder, tmp_path, models):
    path = tmp_path / "model.so"
    encoder.save(path)
    first = Session(path)
    inputs, outputs = next(data_sets(models / "longnet-encoder-small", first))
    # The same file name, another model.
    text = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n  return %x : tensor<2xf32>\n}\n"
    dilated_mlir.compile(text).save(path)
    assert [info.name for info in Session(path).inputs] == ["arg0"]
    check(first.run(inputs), outputs)


def test_keeps_code_in_the_cache(models, tmp_path):
    path = models / "longnet-encoder-small" / "model.onnx"
    first = dilated_mlir.compile(path, cache=tmp_path)
    second = dilated_mlir.compile(path, cache=tmp_path)
    third = dilated_mlir.compile(path, cache=False)
    assert [a.from_cache for a in (first, second, third)] == [False, True, False]
    assert second.compile_seconds < first.compile_seconds / 2
    inputs, outputs = next(data_sets(path.parent, Session(second)))
    check(Session(second).run(inputs), outputs)


def test_two_at_a_time(models, encoder, dynamic):
    """Two sessions, and two runs of one, from threads."""
    sessions = [
        (Session(encoder), models / "longnet-encoder-small"),
        (dynamic, models / "longnet-encoder-dynamic"),
        (dynamic, models / "longnet-encoder-dynamic"),
    ]
    problems = []

    def work(session, folder):
        try:
            for _ in range(5):
                for inputs, outputs in data_sets(folder, session):
                    check(session.run(inputs), outputs)
        except Exception as error:  # an assertion in a thread is heard by nobody else
            problems.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems


def test_compiles_without_the_interpreters_lock(models):
    path = models / "longnet-encoder-small" / "model.onnx"
    thread = threading.Thread(target=dilated_mlir.compile, args=(path,))
    interval = sys.getswitchinterval()
    thread.start()
    steps = 0
    while thread.is_alive():
        steps += 1
    # Under the lock, this loop would get a turn per switch interval at best.
    assert steps > 1000 * interval
    assert steps > 10_000


def test_an_unsupported_model_names_its_node(tmp_path):
    node = onnx.helper.make_node("Det", ["x"], ["y"], name="the_node")
    info = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("x", [3, 3]), ("y", []))
    ]
    graph = onnx.helper.make_graph([node], "g", info[:1], info[1:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)])
    model.ir_version = 9
    with pytest.raises(CompileError, match="Det") as caught:
        dilated_mlir.compile(model)
    errors = [d for d in caught.value.diagnostics if d.severity == "error"]
    assert "the_node" in errors[0].message
    assert errors[0].location.file.endswith("model.onnx")
    assert str(caught.value).startswith(str(errors[0]))


def test_errors_have_places():
    text = "func.func @main() {\n  dilated.nothing\n  return\n}\n"
    with pytest.raises(CompileError) as caught:
        dilated_mlir.compile(text)
    (error,) = [d for d in caught.value.diagnostics if d.severity == "error"]
    assert (error.location.line, error.location.column) == (2, 3)
    assert "dilated.nothing" in error.message


def test_bad_usage(models, tmp_path):
    path = models / "longnet-encoder-small" / "model.onnx"
    with pytest.raises(CompileError, match="none.onnx"):
        dilated_mlir.compile(tmp_path / "none.onnx")
    with pytest.raises(CompileError, match=r"expected a \.onnx or \.mlir file"):
        dilated_mlir.compile("model.txt")
    with pytest.raises(CompileError, match="target 'cuda' is not supported"):
        dilated_mlir.compile(path, target="cuda")
    with pytest.raises(CompileError, match="chip 'sm_90' belongs to target 'nvptx'"):
        dilated_mlir.compile(path, chip="sm_90")
    with pytest.raises(CompileError, match="unknown chip 'sm_11'"):
        dilated_mlir.compile(path, target="nvptx", chip="sm_11")
    with pytest.raises(CompileError, match="unknown processor 'abacus'"):
        dilated_mlir.compile(path, cpu="abacus")
    with pytest.raises(RunError, match="options belong to a model that is to be compiled"):
        Session("model.so", fuse=False)
    (tmp_path / "broken.onnx").write_bytes(b"not a model")
    with pytest.raises(CompileError):
        dilated_mlir.compile(tmp_path / "broken.onnx")


def test_attention_for_a_gpu(tmp_path, monkeypatch):
    shape = "tensor<1x?x2x16xf16>"
    text = (
        f"func.func @main(%q: {shape}, %k: {shape}, %v: {shape}) -> {shape} {{\n"
        "  %out = dilated.attention %q, %k, %v pattern(<[segment<64, 1>]>)"
        f" : {shape}, {shape}, {shape} -> {shape}\n"
        f"  return %out : {shape}\n}}\n"
    )
    artifact = dilated_mlir.compile(text, target="nvptx", chip="sm_90")
    artifact.save(tmp_path / "a.so")
    assert b".target sm_90" in (tmp_path / "a.so").read_bytes()
    # Here is no driver, be there one or not.
    monkeypatch.setenv("DILATED_CUDA_DRIVER", str(tmp_path / "none.so"))
    for model in (artifact, tmp_path / "a.so"):
        with pytest.raises(RunError, match="none.so"):
            Session(model)


def test_warnings_stay_with_the_artifact():
    shape = "tensor<1x8x2x8xf32>"
    text = (
        f"func.func @main(%q: {shape}) -> {shape} {{\n"
        "  %out = dilated.attention %q, %q, %q pattern(<[segment<4, 2>], offset = block, "
        f"padding = null_keys>) : {shape}, {shape}, {shape} -> {shape}\n"
        f"  return %out : {shape}\n}}\n"
    )
    (warning,) = dilated_mlir.compile(text).diagnostics
    assert warning.severity == "warning"


def test_runs_after_a_fork(dynamic):
    x = np.linspace(-1, 1, 300 * 128, dtype=np.float32).reshape(1, 300, 128)
    # OpenMP has made its threads in the parent; the child has none of them, and its
    # results are those of one thread.
    expected = dynamic.run({"tokens": x}, threads=2)["features"].tobytes()
    alone = dynamic.run({"tokens": x}, threads=1)["features"].tobytes()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        same = b"raised"
        try:
            same = str(dynamic.run({"tokens": x}, threads=2)["features"].tobytes() == alone)
            same = same.encode()
        finally:
            os.write(writer, same)
            os._exit(0)
    os.close(writer)
    try:
        ready, _, _ = select.select([reader], [], [], 120)
        assert ready, "the child does not come to an end"
        assert os.read(reader, 16) == b"True"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reader)
    assert dynamic.run({"tokens": x}, threads=2)["features"].tobytes() == expected


def test_truncated_libraries_are_refused(encoder, tmp_path):
    whole = tmp_path / "whole.so"
    encoder.save(whole)
    content = whole.read_bytes()
    cut = tmp_path / "cut.so"
    for size in (0, 10, 63, 64, 5000, len(content) // 2):
        cut.write_bytes(content[:size])
        with pytest.raises(RunError, match=r"cannot load '.*cut\.so'") as caught:
            Session(cut)
        assert caught.value.status == "invalid_argument"
    Session(whole)


def test_every_session_checks_its_weights(models, build, tmp_path):
    tool = build / "bin" / "dilated-compile"
    if not tool.exists():
        pytest.skip("dilated-compile, which writes side files of weights, is not built")
    model = models / "longnet-encoder-dynamic" / "model.onnx"
    library, weights = tmp_path / "side.so", tmp_path / "side.weights"
    subprocess.run([tool, model, "-o", library, "--weights=file"], check=True, capture_output=True)
    first = Session(library)  # what it found must not serve the next ones
    damaged = tmp_path / "damaged.weights"
    content = bytearray(weights.read_bytes())
    content[-100] ^= 1
    damaged.write_bytes(content)
    for path, message in (
        (tmp_path / "absent.weights", "No such file or directory"),
        (library, "is not a file of weights"),
        (damaged, "are damaged: their checksum is"),
    ):
        with pytest.raises(RunError, match=message) as caught:
            Session(library, weights=path)
        assert caught.value.status == "bad_weights"
    x = np.ones((1, 20, 128), np.float32)
    again = Session(library, weights=weights).run({"tokens": x})["features"]
    np.testing.assert_array_equal(first.run({"tokens": x})["features"], again)


def test_a_crash_of_the_compiler_is_an_error():
    # Upstream's parser of array attributes crashes on an element of type index.
    text = "func.func @main() attributes {x = array<index: 64>} {\n  return\n}\n"
    for _ in range(2):
        with pytest.raises(CompileError, match="the compiler crashed .* please report it"):
            dilated_mlir.compile(text)
    ok = "func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {\n  return %a : tensor<2xf32>\n}\n"
    (out,) = Session(dilated_mlir.compile(ok)).run({"arg0": np.ones(2, np.float32)}).values()
    assert np.all(out == 1)


def test_a_file_of_weights_for_weights_inside(encoder, tmp_path):
    encoder.save(tmp_path / "model.so")
    with pytest.raises(
        RunError, match="weights_path is '.*', but the model has its weights inside"
    ):
        Session(tmp_path / "model.so", weights=tmp_path / "other.weights")
