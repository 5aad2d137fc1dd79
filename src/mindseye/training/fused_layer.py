"""A decoder layer for fused training: matrix products in bfloat16, and everything between two of them in one pass."""
# N tokens of both streams, D hidden_size, J width of queries, keys and values side by side, F inner width

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..networks.mot import GEN, MoTLayer, members
from .fused_attention import HALF, FusedAttention, Kept
from .kernels import Kernels


class ExpertWeights:
    """An expert's weights as this step's products read them."""

    def __init__(self, layer: MoTLayer, expert: str) -> None:
        attention = layer.self_attn
        first, second, mlp = members(layer, expert, "input_layernorm", "post_attention_layernorm", "mlp")
        q_norm, k_norm, o_proj = members(attention, expert, "q_norm", "k_norm", "o_proj")
        projections = members(attention, expert, "q_proj", "k_proj", "v_proj")
        self.norms = [first.weight, second.weight]
        self.head_norms = [q_norm.weight, k_norm.weight]
        self.biases = [one.bias for one in projections]
        self.matrices = [[one.weight for one in projections], [o_proj.weight]]
        self.matrices += [[mlp.gate_proj.weight, mlp.up_proj.weight], [mlp.down_proj.weight]]

    @property
    def parameters(self) -> list[Tensor]:
        """All of them, in the order of the gradients."""
        return [*self.norms, *self.head_norms, *self.biases, *(one for some in self.matrices for one in some)]

    def refresh(self) -> None:
        """Cast what the last step changed."""
        self.joint, self.out, self.gates, self.down = (torch.cat(some).to(HALF) for some in self.matrices)
        self.bias = torch.cat(self.biases).to(HALF)


@dataclass
class Memory:
    """What the way back needs of a layer."""

    stream: Tensor
    """(N, D) what came in, the last layer's addend included"""
    middle: Tensor
    """(N, D) float32, after attention"""
    sizes: tuple[Tensor, Tensor]
    """(N,) each: what both norms multiplied with"""
    normed: tuple[Tensor, Tensor]
    """(N, D) each"""
    joint: Tensor
    """(N, J)"""
    seen: Tensor
    """(N, H * E)"""
    gates: Tensor
    """(N, 2 * F)"""
    kept: list[Kept] = field(default_factory=list)


class FusedLayer:
    """One layer, forwards and backwards."""

    def __init__(self, layer: MoTLayer, kernels: Kernels, eps: float) -> None:
        self.kernels, self.eps = kernels, eps
        self.experts = [ExpertWeights(layer, expert) for expert in ("", GEN)]

    @property
    def parameters(self) -> list[Tensor]:
        """All of them, in the order of the gradients."""
        return [*self.experts[0].parameters, *self.experts[1].parameters]

    def forward(self, stream: Tensor, addend: Tensor | None, attention: FusedAttention) -> tuple[Memory, Tensor]:
        """Stream (N, D) float32 and what is still to be added to it; with the memory comes what this layer adds."""
        for expert in self.experts:
            expert.refresh()
        self.ends = [(0, attention.num_und), (attention.num_und, len(stream))]
        stream, normed, sizes = self._add_norm(stream, addend, 0)
        joint = self._multiply(normed, "joint")
        seen, kept = attention.forward(joint, self._head_norms())
        middle, second, second_sizes = self._add_norm(stream, self._multiply(seen, "out"), 1)
        gates = self._multiply(second, "gates")
        inner = gates.new_empty(len(gates), gates.shape[1] // 2)
        self.kernels.run("gate", inner, gates, len(gates))
        memory = Memory(stream, middle, (sizes, second_sizes), (normed, second), joint, seen, gates, kept)
        return memory, self._multiply(inner, "down")

    def backward(
        self, gradient: Tensor, shadow: Tensor, memory: Memory, attention: FusedAttention
    ) -> list[Tensor | None]:
        """Gradients of the parameters, None where an expert had no tokens.

        That of the stream (N, D) changes in place, and `shadow` is it in bfloat16.
        """
        to_gates, inner = torch.empty_like(memory.gates), self._multiply_back(shadow, "down")
        through = torch.empty_like(inner)
        self.kernels.run("gate_back", to_gates, through, memory.gates, inner, len(inner))
        to_down = self._weight_gradients(shadow, through)
        to_second = self._norm_back(gradient, shadow, self._multiply_back(to_gates, "gates"), memory, 1)
        to_both_gates = self._weight_gradients(to_gates, memory.normed[1])
        to_out = self._weight_gradients(shadow, memory.seen)
        to_joint, to_heads = attention.backward(
            self._multiply_back(shadow, "out"), memory.seen, memory.joint, self._head_norms(), memory.kept
        )
        to_projections = self._weight_gradients(to_joint, memory.normed[0])
        to_biases = [to_joint[start:end].sum(0, dtype=torch.float32) for start, end in self.ends]
        to_first = self._norm_back(gradient, shadow, self._multiply_back(to_joint, "joint"), memory, 0)
        found: list[Tensor | None] = []
        for number, expert in enumerate(self.experts):
            start, end = self.ends[number]
            if start == end:
                found += [None] * len(expert.parameters)
                continue
            found += [to_first[number], to_second[number], *to_heads[number]]
            found += to_biases[number].split([len(bias) for bias in expert.biases])
            matrices = (to_projections, to_out, to_both_gates, to_down)
            for whole, parts in zip(matrices, expert.matrices, strict=True):
                found += whole[number].split([len(part) for part in parts])
        return found

    def _head_norms(self) -> Tensor:
        """(experts, 2, E) weights of the norms of queries and keys."""
        return torch.stack([torch.stack(expert.head_norms) for expert in self.experts])

    def _multiply(self, x: Tensor, name: str) -> Tensor:
        """Each expert's tokens times its matrix."""
        width = getattr(self.experts[0], name).shape[0]
        out = x.new_empty(len(x), width)
        for (start, end), expert in zip(self.ends, self.experts, strict=True):
            matrix = getattr(expert, name).t()
            if name == "joint":
                torch.addmm(expert.bias, x[start:end], matrix, out=out[start:end])
            else:
                torch.mm(x[start:end], matrix, out=out[start:end])
        return out

    def _multiply_back(self, gradient: Tensor, name: str) -> Tensor:
        out = gradient.new_empty(len(gradient), getattr(self.experts[0], name).shape[1])
        for (start, end), expert in zip(self.ends, self.experts, strict=True):
            torch.mm(gradient[start:end], getattr(expert, name), out=out[start:end])
        return out

    def _weight_gradients(self, gradient: Tensor, x: Tensor) -> list[Tensor]:
        return [torch.mm(gradient[start:end].t(), x[start:end]).float() for start, end in self.ends]

    def _add_norm(self, stream: Tensor, addend: Tensor | None, which: int) -> tuple[Tensor, Tensor, Tensor]:
        """The stream with the addend, that normalised, and what the norm multiplied with."""
        total = stream if addend is None else torch.empty_like(stream)
        normed, sizes = torch.empty_like(stream, dtype=HALF), stream.new_empty(len(stream))
        for (start, end), expert in zip(self.ends, self.experts, strict=True):
            some, weight = slice(start, end), expert.norms[which].detach()
            more = None if addend is None else addend[some]
            into = (normed[some], sizes[some], total[some])
            self.kernels.run("add_norm", *into, stream[some], more, weight, end - start, self.eps)
        return total, normed, sizes

    def _norm_back(
        self, gradient: Tensor, shadow: Tensor, normed_gradient: Tensor, memory: Memory, which: int
    ) -> list[Tensor]:
        """Changes gradient and shadow; returns the gradients of the norms' weights."""
        stream, sizes, found = (memory.stream, memory.middle)[which], memory.sizes[which], []
        for (start, end), expert in zip(self.ends, self.experts, strict=True):
            some, weight = slice(start, end), expert.norms[which].detach()
            found.append(torch.zeros_like(weight))
            given = (normed_gradient[some], stream[some], sizes[some], weight, end - start)
            self.kernels.run("norm_back", gradient[some], shadow[some], found[-1], *given)
        return found
