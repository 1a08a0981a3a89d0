# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tensors of torch in and out, where torch is installed."""

import numpy as np
import oracle
import pytest
from dilated_mlir import RunError, Session, attention, compile

torch = pytest.importorskip("torch", reason="torch is not installed")

TEXT = """
func.func @main(%x: tensor<?x3x{type}>) -> tensor<?x3x{type}> {{
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x3x{type}>
  %e = tensor.empty(%n) : tensor<?x3x{type}>
  %0 = linalg.add ins(%x, %x : tensor<?x3x{type}>, tensor<?x3x{type}>)
      outs(%e : tensor<?x3x{type}>) -> tensor<?x3x{type}>
  return %0 : tensor<?x3x{type}>
}}
"""

TYPES = {
    "f32": torch.float32,
    "f64": torch.float64,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "i64": torch.int64,
    "i32": torch.int32,
    "i8": torch.int8,
}


@pytest.mark.parametrize("name", TYPES)
def test_element_types(name):
    session = Session(compile(TEXT.format(type=name)))
    base = torch.arange(24).reshape(4, 6).to(TYPES[name])
    for x in (base[:, :3], base[::2, 3:], base[:, ::2], base.T[:, :3]):
        (y,) = session.run({"arg0": x}).values()
        assert y.dtype == TYPES[name]
        assert torch.equal(y, x + x)


def test_the_kind_of_output():
    session = Session(compile(TEXT.format(type="f32")))
    x = torch.ones(2, 3)
    assert isinstance(session.run({"arg0": x})["result0"], torch.Tensor)
    assert isinstance(session.run({"arg0": x}, outputs="numpy")["result0"], np.ndarray)
    assert isinstance(session.run({"arg0": x.numpy()})["result0"], np.ndarray)
    assert isinstance(session.run({"arg0": x.numpy()}, outputs="torch")["result0"], torch.Tensor)


def test_outputs_outlive_the_session():
    session = Session(compile(TEXT.format(type="f32")))
    y = session.run({"arg0": torch.ones(2, 3)})["result0"]
    del session
    y += 1
    assert torch.equal(y, torch.full((2, 3), 3.0))


def test_other_devices_are_refused():
    session = Session(compile(TEXT.format(type="f32")))
    with pytest.raises(RunError, match="input 'arg0' is on meta; the CPU's memory is expected"):
        session.run({"arg0": torch.ones(2, 3, device="meta")})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_attention_on_a_projection(dtype):
    projection = torch.randn(2, 40, 3 * 4 * 8, dtype=torch.float64).to(dtype).requires_grad_()
    q, k, v = projection.view(2, 40, 3, 4, 8).unbind(2)
    assert not q.is_contiguous()
    out, lse = attention(q, k, v, [8, 64], [1, 4], return_lse=True)
    assert isinstance(out, torch.Tensor)
    assert out.dtype == dtype
    assert not out.requires_grad
    arrays = [x.detach().double().numpy() for x in (q, k, v)]
    wanted, wanted_lse = oracle.attention(*arrays, oracle.Pattern(((8, 1), (64, 4))))
    tolerance = {torch.float64: 1e-12, torch.float32: 2e-5, torch.float16: 4e-3}.get(dtype, 3e-2)
    np.testing.assert_allclose(out.double(), wanted, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(lse.double(), wanted_lse, rtol=tolerance, atol=tolerance)


def test_agrees_with_torch_where_it_is_dense():
    q, k, v = (torch.randn(1, 70, 2, 16) for _ in range(3))
    out = attention(q, k, v, [70], [1], is_causal=True)
    heads_first = (x.transpose(1, 2) for x in (q, k, v))
    wanted = torch.nn.functional.scaled_dot_product_attention(*heads_first, is_causal=True)
    torch.testing.assert_close(out, wanted.transpose(1, 2), rtol=2e-5, atol=2e-5)


def run_sum(x):
    return Session(compile(TEXT.format(type="f32"))).run({"arg0": x})["result0"]


class Plain(torch.Tensor):
    """A subclass that only has another name."""


def test_lazy_tensors_are_resolved():
    z = torch.arange(12, dtype=torch.float32).reshape(2, 6).view(torch.complex64)
    base = torch.randn(4, 3)
    lazy = {
        "conjugated": z.conj().imag,
        "negated": torch._neg_view(base),
        "negated slice": torch._neg_view(base)[::2],
        "zero": torch._efficientzerotensor((4, 3)),
        "subclass": base.as_subclass(Plain),
        "parameter": torch.nn.Parameter(base),
        "expanded": torch.randn(1, 3).expand(4, 3),
    }
    for name, x in lazy.items():
        plain = x.detach().as_subclass(torch.Tensor)
        assert torch.equal(run_sum(x), plain + plain), name
    q, k, v = (torch._neg_view(torch.randn(1, 32, 2, 16)) for _ in range(3))
    expected = attention(*(x.resolve_neg() for x in (q, k, v)), [16], [1])
    assert torch.equal(attention(q, k, v, [16], [1]), expected)


def test_tensors_without_dense_memory_are_refused():
    from torch._subclasses.fake_tensor import FakeTensorMode

    base = torch.randn(4, 3)
    with FakeTensorMode():
        fake = torch.empty(4, 3)
    refused = {
        "layout torch.sparse_coo": base.to_sparse(),
        "layout torch.sparse_csr": base.to_sparse_csr(),
        "quantized": torch.quantize_per_tensor(base, 0.1, 0, torch.qint8),
        "class FakeTensor": fake,
        "nested": torch.nested.nested_tensor([base, base]),
        "on meta": torch.empty(4, 3, device="meta"),
    }
    for words, x in refused.items():
        with pytest.raises(RunError, match=words):
            run_sum(x)
    with pytest.raises(RunError, match="transform of functions"):
        torch.vmap(run_sum)(torch.randn(2, 4, 3))
