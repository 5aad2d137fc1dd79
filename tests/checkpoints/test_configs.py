"""Sizes come right whether JSON files are there, absent, broken or lying."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mindseye.checkpoints.configs import FoundConfig, read_configs
from mindseye.checkpoints.headers import read_header
from mindseye.checkpoints.weights import shapes_of
from mindseye.errors import CheckpointError
from mindseye.networks.config import DecoderConfig, UnifiedConfig, VaeConfig, VitConfig

EXPECTED = UnifiedConfig(
    DecoderConfig(477, 64, 128, 3, 4, 2, max_position_embeddings=4096),
    VitConfig(32, 64, 2, 2),
    VaeConfig(ch=32, ch_mult=(1, 1, 2, 2), num_res_blocks=1),
)


def read(folder: Path, has_vae: bool = True) -> FoundConfig:
    tables = [read_header(folder / name) for name in ("ema.safetensors", "ae.safetensors")[: 1 + has_vae]]
    return read_configs(folder, shapes_of(*tables))


def test_as_published(folder: Path) -> None:
    assert read(folder) == FoundConfig(EXPECTED, (), False)
    assert read(folder, has_vae=False).config == EXPECTED


@pytest.mark.parametrize("text", [None, "{}", '{"model": "Macro-Bagel",}', "[]", ""])
def test_config_json_may_say_nothing(folder: Path, text: str | None) -> None:
    (folder / "config.json").unlink()
    if text is not None:
        (folder / "config.json").write_text(text)
    found = read(folder)
    assert found.config == EXPECTED
    assert (text == "{}") == (not found.notes)


def test_shapes_alone(folder: Path) -> None:
    for path in folder.glob("*config.json"):
        path.unlink()
    found = read(folder)
    unsaid = replace(EXPECTED.decoder, max_position_embeddings=32768)  # BAGEL's
    assert found.config == replace(EXPECTED, decoder=unsaid)
    assert any("heads" in note for note in found.notes) and len(found.notes) == 4


def test_config_json_stands_in_for_the_other_two(folder: Path) -> None:
    (folder / "llm_config.json").unlink()
    (folder / "vit_config.json").unlink()
    assert read(folder).config == EXPECTED


def test_what_shapes_cannot_tell_is_read(folder: Path, change_json) -> None:
    change_json(
        "llm_config.json", rope_theta=5e5, rms_norm_eps=1e-5, max_position_embeddings=99, tie_word_embeddings=True
    )
    change_json("vit_config.json", num_attention_heads=4, layer_norm_eps=1e-5)
    change_json("config.json", timestep_shift=2.0, vae_config={"scale_factor": 0.5, "shift_factor": 0.0})
    found = read(folder)
    assert found.tie_word_embeddings and found.config.timestep_shift == 2.0
    assert (found.config.decoder.rope_theta, found.config.decoder.rms_norm_eps) == (5e5, 1e-5)
    assert (found.config.vit.num_attention_heads, found.config.vit.layer_norm_eps) == (4, 1e-5)
    assert found.config.decoder.max_position_embeddings == 99
    assert found.config.vae == replace(EXPECTED.vae, scale_factor=0.5, shift_factor=0.0)


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("llm_config.json", "hidden_size", 128),
        ("llm_config.json", "vocab_size", 500),
        ("llm_config.json", "num_hidden_layers", 2),
        ("llm_config.json", "num_key_value_heads", 4),
        ("vit_config.json", "intermediate_size", 65),
        ("config.json", "max_latent_size", 32),
        ("config.json", "latent_patch_size", 4),
        ("config.json", "vit_max_num_patch_per_side", 64),
    ],
)
def test_shapes_win_and_a_note_says_so(folder: Path, change_json, file: str, key: str, value: int) -> None:
    change_json(file, **{key: value})
    found = read(folder)
    assert found.config == EXPECTED
    assert len(found.notes) == 1 and key in found.notes[0] and str(value) in found.notes[0]


def test_vit_layers_are_those_stored(folder: Path, change_json) -> None:
    change_json("vit_config.json", num_hidden_layers=2)
    found = read(folder)
    assert found.config == EXPECTED and "layers" in found.notes[0]


@pytest.mark.parametrize(
    ("file", "values", "said"),
    [
        ("llm_config.json", {"num_hidden_layers": 4}, "counts on 4 layers, but the weights hold 3"),
        ("vit_config.json", {"num_hidden_layers": 4}, "counts on 3 layers, but the weights hold 2"),
        ("llm_config.json", {"hidden_act": "gelu"}, "hidden_act 'gelu', which is not built"),
        ("llm_config.json", {"rope_scaling": {"type": "yarn"}}, "rope_scaling"),
        ("llm_config.json", {"rope_theta": "many"}, "value of the wrong kind"),
        ("vit_config.json", {"num_attention_heads": 3}, "do not divide"),
        ("config.json", {"vae_config": {"ch_mult": 4}}, "vae_config in config.json is unusable"),
    ],
)
def test_impossible(folder: Path, change_json, file: str, values: dict, said: str) -> None:
    change_json(file, **values)
    with pytest.raises(CheckpointError, match=said):
        read(folder, has_vae=False)


def test_shapes_that_cannot_be(folder: Path) -> None:
    shapes = shapes_of(read_header(folder / "ema.safetensors"), read_header(folder / "ae.safetensors"))
    layer = "language_model.model.layers.0.self_attn."
    for change, said in [
        ({"latent_pos_embed.pos_embed": (4095, 64)}, "no square"),
        ({"vae2llm.weight": (64, 65)}, "no square patch"),
        ({layer + "q_proj.weight": (48, 64)}, "do not make the hidden size"),
    ]:
        with pytest.raises(CheckpointError, match=said):
            read_configs(folder, {**shapes, **change})


def test_other_kinds_of_model(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen2"}))
    for names, said in [
        (["model.layers.0.mlp.up_proj.weight", "model.norm.weight"], r"language_model.model.embed_tokens.weight"),
        (["base.lora_A.weight"], "LoRA adapter"),
        (["encoder.conv_in.bias", "decoder.conv_in.bias"], "autoencoder alone"),
        (["module.llm2vae.bias", "module.language_model.model.norm.weight"], "wrapped by a training framework"),
    ]:
        with pytest.raises(CheckpointError, match=said):
            read_configs(folder, {name: (1,) for name in names})


@pytest.mark.parametrize(
    ("file", "values", "said"),
    [
        ("llm_config.json", {"rms_norm_eps": float("nan")}, "rms_norm_eps nan; expected a number from 0 to 1"),
        ("llm_config.json", {"rms_norm_eps": -1.0}, "rms_norm_eps"),
        ("llm_config.json", {"rope_theta": -1e6}, "rope_theta -1000000.0; expected a number from 1"),
        ("llm_config.json", {"rope_theta": float("inf")}, "rope_theta"),
        ("llm_config.json", {"rope_theta": 10**400}, "wrong kind"),
        ("llm_config.json", {"max_position_embeddings": -5}, "max_position_embeddings"),
        ("llm_config.json", {"max_position_embeddings": float("inf")}, "wrong kind"),
        ("vit_config.json", {"layer_norm_eps": float("nan")}, "layer_norm_eps"),
        ("vit_config.json", {"num_attention_heads": -2}, "num_attention_heads -2; expected a whole number from 1"),
        ("vit_config.json", {"num_attention_heads": 1.5}, "num_attention_heads"),
        ("vit_config.json", {"num_channels": 0}, "wrong kind"),
        ("config.json", {"timestep_shift": 0}, "timestep_shift"),
        ("config.json", {"vae_config": {"scale_factor": float("nan")}}, "scale_factor"),
        ("config.json", {"vae_config": {"scale_factor": "much"}}, "scale_factor much"),
        ("config.json", {"vae_config": {"ch_mult": []}}, "ch_mult"),
        ("config.json", {"vae_config": {"ch_mult": [1] * 30}}, "ch_mult"),
        ("config.json", {"vae_config": {"z_channels": 0}}, "wrong kind"),
    ],
)
def test_numbers_that_cannot_be(folder: Path, change_json, file: str, values: dict, said: str) -> None:
    change_json(file, **values)
    with pytest.raises(CheckpointError, match=said):
        read(folder, has_vae=False)


def test_a_table_that_is_computed_has_a_limit(folder: Path, change_json) -> None:
    shapes = shapes_of(read_header(folder / "ema.safetensors"))
    change_json("config.json", max_latent_size=10**9)
    with pytest.raises(CheckpointError, match="max_latent_size 1000000000"):
        read_configs(folder, {name: shape for name, shape in shapes.items() if "latent_pos_embed" not in name})


def test_a_config_that_is_nested_without_end_says_nothing(folder: Path) -> None:
    (folder / "config.json").write_text('{"a":' * 100_000)
    assert "nested too deep" in read(folder).notes[0]


def test_a_config_of_a_gigabyte_is_refused(folder: Path) -> None:
    with (folder / "config.json").open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(CheckpointError, match="1,000 MB; at most 4 MB"):
        read(folder)
