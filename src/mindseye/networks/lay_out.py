"""A whole network laid out for answering on a CPU, and back: functions over networks that know nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from torch import nn

from .cpu_expert import CpuExpert
from .cpu_layout import CpuLinear, can_lay_out_layers, keep_freed_memory, pack, unpack
from .gpt2 import Gpt2Layer
from .mot import ModuleExpert, MoTLayer, members

SMALL = 1 << 20  # numbers in a matrix; where there are fewer, a product of two side by side saves a call worth more


def lay_out_for_cpu(network: nn.Module) -> None:
    """Lay the weights out for answering; numbers stay the same.

    Afterwards the network cannot be trained, moved, converted or copied, and changes of its weights are not seen.
    Where nothing is to be gained (no CPU, another number format, layers quantized or adapted) nothing happens.
    """
    for module in list(network.modules()):
        lay_out_module(module)
    keep_freed_memory()
    for module in _around_packed(network):  # refuses before anything is touched
        module._apply = CpuLinear.refuse  # type: ignore[assignment]


def lay_out_module(module: nn.Module) -> None:
    """Lay out one module of a network, without what stands inside it. Most have nothing to lay out."""
    if isinstance(module, MoTLayer):
        _lay_out_experts(module)
    if isinstance(module, Gpt2Layer):
        _lay_out_linears(module.attn)
        _lay_out_linears(module.mlp)
    head, table = getattr(module, "lm_head", None), getattr(module, "model", None)
    embeddings = getattr(table, "embed_tokens", None)
    if (
        isinstance(head, nn.Linear)
        and isinstance(embeddings, nn.Embedding)
        and can_lay_out_layers(module, [["lm_head"]])
    ):
        pack(module, ["lm_head"], are_shared=head.weight is embeddings.weight)


def table_of(head: str) -> str:
    """The name that the table of words has beside a head over words, by the name of the head's weight."""
    return head.replace("lm_head.", "model.embed_tokens.")


def undo_layout(network: nn.Module) -> None:
    """Plain layers again, which learn, move and are copied."""
    for module in list(network.modules()):
        for name, child in reversed(list(module.named_children())):  # what was packed last first
            if isinstance(child, CpuLinear):
                unpack(module, name)
    for module in network.modules():
        module.__dict__.pop("_apply", None)
        if isinstance(module, MoTLayer):
            module.experts = {name: ModuleExpert(module, name) for name in module.experts}


def _lay_out_experts(layer: MoTLayer) -> None:
    """Each expert's weights, those that multiply the same side by side."""
    for expert in layer.experts:
        [mlp] = members(layer, expert, "mlp")
        attention = [[name + expert for name in names] for names in (("q_proj", "k_proj", "v_proj"), ("o_proj",))]
        if not can_lay_out_layers(layer.self_attn, attention):
            continue
        is_small = mlp.gate_proj.weight.numel() < SMALL if isinstance(mlp.gate_proj, nn.Linear) else False
        gates = [["gate_proj", "up_proj"]] if is_small else [["gate_proj"], ["up_proj"]]
        feed_forward = [*gates, ["down_proj"]]
        if not can_lay_out_layers(mlp, feed_forward):
            continue
        layer.experts[expert] = CpuExpert(
            [pack(layer.self_attn, names) for names in attention],
            [pack(mlp, names) for names in feed_forward],
            _norms(layer, expert),
            layer.heads,
            layer.self_attn.head_dim,
        )


def _around_packed(network: nn.Module) -> Iterable[nn.Module]:
    """The modules that hold packed layers, at any depth."""
    modules = dict(network.named_modules())
    around: set[str] = set()
    for name, module in modules.items():
        while isinstance(module, CpuLinear) and name:
            name = name.rpartition(".")[0]
            around.add(name)
    return [modules[name] for name in around]


def _lay_out_linears(module: nn.Module) -> None:
    """Every plain linear layer that a module calls by its name."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Linear) and can_lay_out_layers(module, [[name]]):
            pack(module, [name])


def _norms(layer: MoTLayer, expert: str) -> Sequence[Any]:
    norms = members(layer, expert, "input_layernorm", "post_attention_layernorm")
    of_heads = members(layer.self_attn, expert, "q_norm", "k_norm")
    return norms if isinstance(of_heads[0], nn.Identity) else norms + of_heads
