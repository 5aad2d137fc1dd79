"""The sizes of a checkpoint: from its tensors' shapes, and from its JSON files what shapes cannot tell.

Published folders are careless with `config.json` (absent, empty, not JSON), so a shape always counts more than
what is written. A contradiction is reported as a note, an impossibility raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isqrt
from pathlib import Path
from typing import Any

from ..errors import CheckpointError, nearest
from ..given_files import read_json
from ..networks.config import DecoderConfig, UnifiedConfig, VaeConfig, VitConfig
from .kinds import describe_folder
from .ranges import check_ranges, in_range

DECODER = "language_model.model."
VIT = "vit_model.vision_model."
Shapes = Mapping[str, tuple[int, ...]]
Json = dict[str, Any]


@dataclass(frozen=True)
class FoundConfig:
    """The sizes, what was odd about them, and whether the word head is the embedding table."""

    config: Any
    notes: tuple[str, ...] = ()
    tie_word_embeddings: bool = False


def read_configs(folder: Path, shapes: Shapes) -> FoundConfig:
    """The sizes of the model in `folder`; `shapes` are those of its weights and of its autoencoder, if any."""
    try:
        found = _Reader(folder, shapes).read()
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise CheckpointError(f"{folder}: a config file holds a value of the wrong kind ({error})") from error
    check_ranges(folder, found.config)
    return found


class _Reader:
    """Gathers notes on the way."""

    def __init__(self, folder: Path, shapes: Shapes) -> None:
        self.folder = folder
        self.shapes = shapes
        self.notes: list[str] = []

    def read(self) -> FoundConfig:
        config = self.json_file("config.json")
        llm = self.json_file("llm_config.json") or _object(config, "llm_config")
        vit = self.json_file("vit_config.json") or _object(config, "vit_config")
        self.require("config.json", config, connector_act="gelu_pytorch_tanh", interpolate_pos=False)
        vae = self.vae(_object(config, "vae_config"))
        unified = UnifiedConfig(
            decoder=self.decoder(llm),
            vit=self.vit(vit),
            vae=vae,
            latent_patch_size=self.latent_patch_size(config, vae.z_channels),
            max_latent_size=self.side("latent_pos_embed.pos_embed", config, "max_latent_size", 64),
            vit_max_num_patch_per_side=self.side("vit_pos_embed.pos_embed", config, "vit_max_num_patch_per_side", 70),
            timestep_shift=float(config.get("timestep_shift", 1.0)),
        )
        return FoundConfig(unified, tuple(self.notes), bool(llm.get("tie_word_embeddings", False)))

    def json_file(self, name: str) -> Json:
        """The object in a JSON file; what is absent or broken says nothing, and a note says that."""
        try:
            said = read_json(self.folder / name, error=CheckpointError)
        except FileNotFoundError:
            self.notes.append(f"no {name}; sizes come from the tensors")
            return {}
        except (OSError, ValueError) as error:
            self.notes.append(f"{name} is not JSON ({error}); sizes come from the tensors")
            return {}
        if isinstance(said, dict):
            return said
        self.notes.append(f"{name} holds no JSON object; sizes come from the tensors")
        return {}

    def shape(self, name: str) -> tuple[int, ...]:
        if name not in self.shapes:
            kind = describe_folder(self.folder, self.shapes) or "this is no BAGEL-family checkpoint, or half of one"
            raise CheckpointError(f"{self.folder}: the weights lack {name}{nearest(name, self.shapes)}; {kind}")
        return self.shapes[name]

    def count(self, pattern: str) -> int:
        """How many numbers the group in `pattern` takes, from 0 on, over all tensor names."""
        found = (re.match(pattern, name) for name in self.shapes)
        return max((int(match.group(1)) + 1 for match in found if match), default=0)

    def settle(self, key: str, from_shapes: int, said: Json) -> int:
        """The number the tensors tell; a note when a file says another."""
        if said.get(key) not in (None, from_shapes):
            self.notes.append(f"a config says {key} {said[key]}, the tensors {from_shapes}; the tensors count")
        return from_shapes

    def decoder(self, said: Json) -> DecoderConfig:
        vocab_size, hidden_size = self.shape(DECODER + "embed_tokens.weight")
        layer = DECODER + "layers.0."
        head_dim = self.shape(layer + "self_attn.q_norm.weight")[0]
        num_heads = self.shape(layer + "self_attn.q_proj.weight")[0] // head_dim
        if num_heads * head_dim != hidden_size:
            raise CheckpointError(
                f"{self.folder}: {num_heads} heads of {head_dim} do not make the hidden size {hidden_size}"
            )
        self.require("llm_config.json", said, hidden_act="silu", rope_scaling=None, use_sliding_window=False)
        num_layers = self.count(re.escape(DECODER) + r"layers\.(\d+)\.")
        self.require_layers("llm_config.json", said.get("num_hidden_layers"), num_layers)
        num_kv_heads = self.shape(layer + "self_attn.k_proj.weight")[0] // head_dim
        intermediate = self.shape(layer + "mlp.gate_proj.weight")[0]
        return DecoderConfig(
            vocab_size=self.settle("vocab_size", vocab_size, said),
            hidden_size=self.settle("hidden_size", hidden_size, said),
            intermediate_size=self.settle("intermediate_size", intermediate, said),
            num_hidden_layers=self.settle("num_hidden_layers", num_layers, said),
            num_attention_heads=self.settle("num_attention_heads", num_heads, said),
            num_key_value_heads=self.settle("num_key_value_heads", num_kv_heads, said),
            rms_norm_eps=float(said.get("rms_norm_eps", 1e-6)),
            rope_theta=float(said.get("rope_theta", 1e6)),
            max_position_embeddings=int(said.get("max_position_embeddings") or 32768),
        )

    def require(self, file: str, said: Json, **expected: object) -> None:
        """Refuse what is not built rather than compute something else."""
        for key, value in expected.items():
            if said.get(key) not in (None, value):
                raise CheckpointError(f"{self.folder}: {file} has {key} {said[key]!r}, which is not built")

    def require_layers(self, file: str, said: int | None, stored: int) -> None:
        if said is not None and stored < said:
            raise CheckpointError(
                f"{self.folder}: {file} counts on {said} layers, but the weights hold {stored}: half a download, "
                "or a file of another model"
            )

    def vit(self, said: Json) -> VitConfig:
        embedding = self.shape(VIT + "embeddings.patch_embedding.weight")  # linear, or (D, C, p, p)
        hidden_size, numbers = embedding[0], embedding[1:]
        num_channels = int(said.get("num_channels", 3)) if len(numbers) == 1 else numbers[0]
        patch_area = numbers[0] // num_channels if len(numbers) == 1 else numbers[1] * numbers[2]
        num_layers = self.count(re.escape(VIT) + r"encoder\.layers\.(\d+)\.")
        written = said.get("num_hidden_layers")  # counts one layer that BAGEL does not have
        self.require_layers("vit_config.json", None if written is None else written - 1, num_layers)
        if written is not None and written - 1 < num_layers:
            self.notes.append(f"vit_config.json counts {written} layers with one unused; all {num_layers} are used")
        num_heads = said.get("num_attention_heads") or self.guess_vit_heads(hidden_size)
        in_range(self.folder, "vit_config.json", "num_attention_heads", num_heads)
        if hidden_size % num_heads:
            raise CheckpointError(f"{self.folder}: {num_heads} heads do not divide the ViT's size {hidden_size}")
        intermediate = self.shape(VIT + "encoder.layers.0.mlp.fc1.weight")[0]
        return VitConfig(
            hidden_size=self.settle("hidden_size", hidden_size, said),
            intermediate_size=self.settle("intermediate_size", intermediate, said),
            num_hidden_layers=num_layers,
            num_attention_heads=num_heads,
            patch_size=self.settle("patch_size", isqrt(patch_area), said),
            num_channels=num_channels,
            num_patches_per_side=isqrt(self.shape(VIT + "embeddings.position_embedding.weight")[0]),
            layer_norm_eps=float(said.get("layer_norm_eps", 1e-6)),
        )

    def guess_vit_heads(self, hidden_size: int) -> int:
        for head_size in (72, 64, 16):  # SigLIP so400m, the other SigLIPs, tiny ones
            if hidden_size % head_size == 0:
                self.notes.append(f"no file counts the ViT's heads; {hidden_size // head_size} assumed")
                return hidden_size // head_size
        raise CheckpointError(f"{self.folder}: no file counts the ViT's heads; add vit_config.json")

    def vae(self, said: Json) -> VaeConfig:
        known = {item.name for item in fields(VaeConfig)}
        values = {key: value for key, value in said.items() if key in known}
        if "encoder.conv_in.weight" in self.shapes:
            values.update({key: self.settle(key, v, said) for key, v in self.vae_sizes().items()})
        try:
            return VaeConfig(**{**values, "ch_mult": tuple(values.get("ch_mult", VaeConfig.ch_mult))})
        except TypeError as error:
            raise CheckpointError(f"{self.folder}: vae_config in config.json is unusable ({error})") from error

    def vae_sizes(self) -> Json:
        ch, in_channels = self.shape("encoder.conv_in.weight")[:2]
        widths = [  # the decoder has one block more a level than the encoder, so at least one
            self.shape(f"decoder.up.{i}.block.0.conv1.weight")[0] for i in range(self.count(r"decoder\.up\.(\d+)\."))
        ]
        return {
            "ch": ch,
            "in_channels": in_channels,
            "out_ch": self.shape("decoder.conv_out.weight")[0],
            "ch_mult": [width // ch for width in widths],
            "num_res_blocks": self.count(r"decoder\.up\.0\.block\.(\d+)\.") - 1,
            "z_channels": self.shape("decoder.conv_in.weight")[1],
        }

    def latent_patch_size(self, said: Json, z_channels: int) -> int:
        if "vae2llm.weight" not in self.shapes:
            return int(said.get("latent_patch_size", 2))
        numbers = self.shape("vae2llm.weight")[1]
        side = isqrt(numbers // z_channels)
        if side * side * z_channels != numbers:
            raise CheckpointError(
                f"{self.folder}: vae2llm.weight takes {numbers} numbers, which are no square patch of {z_channels} "
                "channels: ae.safetensors belongs to another model"
            )
        return self.settle("latent_patch_size", side, said)

    def side(self, table: str, said: Json, key: str, default: int) -> int:
        """The side of a square position table."""
        if table not in self.shapes:
            return int(said.get(key, default))
        rows = self.shape(table)[0]
        if isqrt(rows) ** 2 != rows:
            raise CheckpointError(f"{self.folder}: {table} has {rows} rows, which is no square")
        return self.settle(key, isqrt(rows), said)


def _object(said: Json, key: str) -> Json:
    found = said.get(key)
    return found if isinstance(found, dict) else {}
