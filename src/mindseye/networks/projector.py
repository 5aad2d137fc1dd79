"""Projectors: features of a tower to the width of a language model. A class a kind."""
# B images, T image tokens, F numbers of a feature, K hidden_size of the projector, D hidden_size of the language model,
# Q queries, H heads

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import SettingsError

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "softmax": lambda x: x.softmax(-1),
}


@dataclass(frozen=True)
class ProjectorConfig:
    """`kind` is linear (one layer), mlp (two) or query (learnt queries look at the features)."""

    kind: str = "mlp"
    hidden_size: int = 0
    """Between the two layers of an mlp, and width of the queries; 0 takes that of the language model."""
    activation: str = "gelu"
    """Between the two layers: gelu, or softmax, where the hidden numbers are how likely known things are."""
    tokens_each: int = 1
    """Tokens that an mlp makes of each feature: enough of them can spell a name of several."""
    has_skip: bool = False
    """Whether a third layer goes past the two of an mlp: what they leave out may still be learnt."""
    num_queries: int = 16
    num_heads: int = 8
    bias: bool = True

    def __post_init__(self) -> None:
        if self.kind not in PROJECTORS:
            raise SettingsError(f'the projector is "{self.kind}"; expected {", ".join(PROJECTORS)}')
        if self.activation not in ACTIVATIONS:
            raise SettingsError(f'the projector\'s activation is "{self.activation}"; expected gelu or softmax')
        for name in ("tokens_each", "num_queries", "num_heads"):
            if not 1 <= getattr(self, name) <= 1000:
                raise SettingsError(f"the projector's {name} is {getattr(self, name)}; expected 1 to 1000")

    def build(self, width: int, hidden_size: int) -> nn.Module:
        """From features of `width` numbers to `hidden_size`."""
        return PROJECTORS[self.kind](self, width, hidden_size)

    def count(self, num_tokens: int) -> int:
        """Tokens that come out where so many go in."""
        if self.kind == "query":
            return self.num_queries
        return num_tokens * (self.tokens_each if self.kind == "mlp" else 1)


class LinearProjector(nn.Module):
    """One layer."""

    def __init__(self, config: ProjectorConfig, width: int, hidden_size: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(width, hidden_size, config.bias)

    def forward(self, features: Tensor) -> Tensor:  # (B, T, F) -> (B, T, D)
        return self.linear_1(features)


class MlpProjector(nn.Module):
    """Two layers; the names are LLaVA's."""

    def __init__(self, config: ProjectorConfig, width: int, hidden_size: int) -> None:
        super().__init__()
        inner, outer = config.hidden_size or hidden_size, config.tokens_each * hidden_size
        self.tokens_each = config.tokens_each
        self.activate = ACTIVATIONS[config.activation]
        self.linear_1 = nn.Linear(width, inner, config.bias)
        self.linear_2 = nn.Linear(inner, outer, config.bias)
        self.skip = nn.Linear(width, outer, bias=False) if config.has_skip else None

    def forward(self, features: Tensor) -> Tensor:  # (B, T, F) -> (B, T * tokens_each, D)
        made = self.linear_2(self.activate(self.linear_1(features)))
        if self.skip is not None:
            made = made + self.skip(features)
        return made.unflatten(-1, (self.tokens_each, -1)).flatten(1, 2)


class QueryProjector(nn.Module):
    """A resampler: learnt queries look at all features once, whatever their number."""

    def __init__(self, config: ProjectorConfig, width: int, hidden_size: int) -> None:
        super().__init__()
        inner = config.hidden_size or hidden_size
        if inner % config.num_heads:
            raise SettingsError(
                f"hidden_size {inner} of the projector must be a multiple of num_heads {config.num_heads}"
            )
        self.num_heads = config.num_heads
        self.queries = nn.Parameter(torch.randn(config.num_queries, inner) * inner**-0.5)
        self.norm = nn.LayerNorm(width)
        self.k_proj, self.v_proj = nn.Linear(width, inner), nn.Linear(width, inner)
        self.linear_1 = nn.Linear(inner, inner)
        self.linear_2 = nn.Linear(inner, hidden_size)

    def forward(self, features: Tensor) -> Tensor:  # (B, T, F) -> (B, Q, D)
        features = self.norm(features)
        heads = (self.queries.expand(len(features), -1, -1), self.k_proj(features), self.v_proj(features))
        q, k, v = (x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for x in heads)
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)  # (B, Q, K)
        return self.linear_2(F.gelu(self.linear_1(seen)))


PROJECTORS: dict[str, type[nn.Module]] = {"linear": LinearProjector, "mlp": MlpProjector, "query": QueryProjector}
