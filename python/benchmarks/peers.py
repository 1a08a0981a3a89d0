# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Dilated attention as it can be assembled from PyTorch today, written from docs/spec.md.

Every peer takes query, key and value [B, N, H, D] and returns the output in the
same layout. What depends on sizes alone is computed when a peer is made, which
no clock sees. Head offset `block`, padding `null_keys`: what released weights
were trained with.

- `Gathered`: torchscale's form. A branch copies its classes into dense segments
  that zeros fill up to equal lengths, attends, and scatters output and
  log-sum-exp into arrays of full length; the branches are mixed at the end.
- `Strided`: the best that we found. A class is a view with strides, so nothing is
  gathered; equal blocks share a call; a branch is merged into the output as it
  comes.
- `Flex`: FlexAttention with the pattern as a mask.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Segments = Sequence[tuple[int, int]]

# PyTorch's flash kernel for CPUs with its log-sum-exp (natural logarithm).
# Operands are [B, H, rows, D] with any strides but 1 in D.
_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default


def _ceil_div(a: int, b: int) -> int:
    return -(-a // b)


class Gathered:
    """torchscale's form: gather, dense attention, scatter, mixture."""

    def __init__(self, segments: Segments, causal: bool = False) -> None:
        self.segments = segments
        self.causal = causal

    def _classes(self, x: Tensor, w: int, r: int) -> Tensor:
        """[B, N, H, D] as [B * segments, group of heads, rows, heads of a group, D]:
        group i of H / r heads sees the positions of residue i. A copy."""
        batch, n, heads, depth = x.shape
        rows, count, group = _ceil_div(w, r), _ceil_div(n, w), _ceil_div(heads, r)
        x = functional.pad(x, (0, 0, 0, group * r - heads, 0, count * w - n))
        x = x.reshape(batch * count, w, group * r, depth)
        x = functional.pad(x, (0, 0, 0, 0, 0, rows * r - w))
        x = x.view(batch * count, rows, r, r, group, depth)
        x = x.diagonal(dim1=2, dim2=3)  # residue = group of heads, moved to the end
        return x.permute(0, 4, 2, 1, 3).reshape(batch * count, -1, rows, depth)

    def _scatter(self, x: Tensor, fill: float, w: int, r: int, n: int, heads: int) -> Tensor:
        """The inverse; what no class covers is `fill`."""
        count, group = _ceil_div(n, w), _ceil_div(heads, r)
        rows, depth = x.shape[2:]
        full = x.new_full((x.shape[0], rows, r, r, group, depth), fill)
        classes = x.unflatten(1, (r, group)).permute(0, 3, 2, 4, 1)
        full.diagonal(dim1=2, dim2=3).copy_(classes)
        full = full.view(x.shape[0], rows * r, r * group, depth)[:, :w]
        return full.reshape(-1, count * w, r * group, depth)[:, :n, :heads]

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Arrays of full length for every branch, then their mixture."""
        n, heads = query.shape[1:3]
        outs, lses = [], []
        for w, r in self.segments:
            w = min(w, n)
            q, k, v = (self._classes(x, w, r) for x in (query, key, value))
            out, lse = _flash(q, k, v, is_causal=self.causal)
            outs.append(self._scatter(out, 0.0, w, r, n, heads))
            lses.append(self._scatter(lse.unsqueeze(-1), -math.inf, w, r, n, heads))
        if len(outs) == 1:
            return outs[0]
        lses = torch.stack(lses)
        weights = torch.exp(lses - lses.amax(0)).nan_to_num_(0.0)
        weights /= weights.sum(0).clamp_min_(1e-30)
        weights = weights.to(query.dtype)
        mixed = outs[0] * weights[0]
        for out, weight in zip(outs[1:], weights[1:], strict=True):
            mixed.addcmul_(out, weight)
        return mixed


@dataclass(frozen=True)
class _Block:
    """Equal blocks of one branch: `batch` of them, `stride` elements apart. A row
    is a position of one class, `row_stride` apart, for `heads` heads."""

    batch: int
    heads: int
    rows: int
    offset: int
    lse_offset: int
    stride: int
    lse_stride: int
    row_stride: int
    lse_row_stride: int
    nulls: int


class Strided:
    """Views with strides, the flash kernel per branch, a running merge."""

    def __init__(self, segments: Segments, causal: bool, n: int, heads: int, head_dim: int) -> None:
        self.causal = causal
        self.head_dim = head_dim
        self.branches = [list(self._blocks(w, r, n, heads)) for w, r in segments]
        # A branch that covers every row needs no merge when it comes first.
        self.branches.sort(key=lambda blocks: -sum(b.batch * b.heads * b.rows for b in blocks))
        first = self.branches[0]
        self.covers = sum(b.batch * b.heads * b.rows for b in first) == n * heads

    def _blocks(self, w: int, r: int, n: int, heads: int) -> Iterator[_Block]:
        """Calls of one branch: segments of equal length and classes with equally
        many rows are batched along the longer of these two axes."""
        w = min(w, n)
        group = _ceil_div(heads, r)
        spans = [(0, n // w, w), (n // w, 1, n % w)]  # first segment, how many, length
        for first, count, length in spans:
            by_shape: dict[tuple[int, int], list[int]] = {}  # (rows, heads): classes
            for o in range(min(r, _ceil_div(heads, group))):
                rows = _ceil_div(max(0, length - o), r)
                if rows and count:
                    shape = (rows, min(group, heads - o * group))
                    by_shape.setdefault(shape, []).append(o)
            for (rows, width), classes in by_shape.items():
                nulls = 0 if self.causal else _ceil_div(w, r) - rows
                # Neighbouring classes: a position and a group of heads further on.
                segment_axis = (count, w, 0)
                class_axis = (len(classes), 1, group)
                inner, outer = sorted((segment_axis, class_axis), reverse=True)
                for i in range(outer[0]):
                    position = first * w + classes[0] + i * outer[1]
                    head = classes[0] * group + i * outer[2]
                    yield _Block(
                        batch=inner[0],
                        heads=width,
                        rows=rows,
                        offset=(position * heads + head) * self.head_dim,
                        lse_offset=position + head * n,
                        stride=(inner[1] * heads + inner[2]) * self.head_dim,
                        lse_stride=inner[1] + inner[2] * n,
                        row_stride=r * heads * self.head_dim,
                        lse_row_stride=r,
                        nulls=nulls,
                    )

    def _view(self, x: Tensor, block: _Block) -> Tensor:
        return x.as_strided(
            (block.batch, block.heads, block.rows, self.head_dim),
            (block.stride, self.head_dim, block.row_stride, 1),
            x.storage_offset() + block.offset,
        )

    def _merge(self, q: Tensor, k: Tensor, v: Tensor, out: Tensor, lse: Tensor) -> None:
        n = q.shape[0]
        for index, branch in enumerate(self.branches):
            for block in branch:
                part, z = _flash(
                    self._view(q, block),
                    self._view(k, block),
                    self._view(v, block),
                    is_causal=self.causal,
                )
                if block.nulls:
                    log_nulls = math.log(block.nulls)
                    part.mul_(torch.sigmoid(z - log_nulls).unsqueeze(-1).to(part.dtype))
                    z = torch.logaddexp(z, z.new_tensor(log_nulls))
                out_view = self._view(out, block)
                lse_view = lse.as_strided(
                    (block.batch, block.heads, block.rows),
                    (block.lse_stride, n, block.lse_row_stride),
                    lse.storage_offset() + block.lse_offset,
                )
                if index == 0:
                    out_view.copy_(part)
                    lse_view.copy_(z)
                    continue
                share = torch.sigmoid(z - lse_view).unsqueeze(-1).to(part.dtype)
                out_view.lerp_(part, share)
                torch.logaddexp(lse_view, z, out=lse_view)

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Operands are contiguous."""
        batch, n, heads, _ = query.shape
        make = torch.empty_like if self.covers else torch.zeros_like
        out = make(query)
        lse = query.new_full((batch, heads, n), -math.inf, dtype=torch.float32)
        for b in range(batch):
            self._merge(query[b], key[b], value[b], out[b], lse[b])
        return out


class Flex:
    """FlexAttention, compiled for these sizes. The mask is the set of keys that some
    branch selects; the score gains the logarithm of how many do. Null keys are one
    more key, of zeros, whose score is the logarithm of their number."""

    def __init__(self, segments: Segments, causal: bool, n: int, heads: int) -> None:
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention

        # Indices are scalar tensors of integers.
        def phase(h: Tensor, r: int) -> Tensor:
            return h // _ceil_div(heads, r)

        def count(h: Tensor, q: Tensor, k: Tensor) -> Tensor:
            total = torch.zeros_like(q, dtype=torch.int32)
            for w, r in segments:
                w = min(w, n)
                same = (q // w == k // w) & (k < n)
                in_class = ((q % w) % r == phase(h, r)) & ((k % w) % r == phase(h, r))
                total = total + (same & in_class).to(torch.int32)
            return torch.where(k > q, 0, total) if causal else total

        def nulls(h: Tensor, q: Tensor) -> Tensor:
            total = torch.zeros_like(q, dtype=torch.int32)
            for w, r in segments:
                w = min(w, n)
                length = torch.clamp(n - q // w * w, max=w)
                real = (length - phase(h, r) + r - 1) // r
                missing = _ceil_div(w, r) - torch.clamp(real, min=0)
                total = total + torch.where((q % w) % r == phase(h, r), missing, 0)
            return torch.zeros_like(total) if causal else total

        def mask(b: Tensor, h: Tensor, q: Tensor, k: Tensor) -> Tensor:
            return torch.where(k == n, nulls(h, q), count(h, q, k)) > 0

        def score(s: Tensor, b: Tensor, h: Tensor, q: Tensor, k: Tensor) -> Tensor:
            return s + torch.log(torch.where(k == n, nulls(h, q), count(h, q, k)).float())

        self.score = score
        make_mask = torch.compile(create_block_mask)
        self.mask = make_mask(mask, 1, heads, n, n + 1, device="cpu")
        self.attend = torch.compile(flex_attention)

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """The first call compiles."""
        q = query.transpose(1, 2)
        k, v = (functional.pad(x.transpose(1, 2), (0, 0, 0, 1)) for x in (key, value))
        out = self.attend(q, k, v, score_mod=self.score, block_mask=self.mask)
        return out.transpose(1, 2)
