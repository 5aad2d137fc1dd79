"""A folder is loaded whole, as asked, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mindseye.checkpoints.load import load
from mindseye.checkpoints.placement import available_devices, choose_dtype
from mindseye.errors import CheckpointError, InputError, MindseyeError
from mindseye.inputs.images import ImageLimits, ImageTransforms
from mindseye.model import Model

LAYER = "language_model.model.layers.1."
HEAD = "language_model.lm_head.weight"
EMBEDDINGS = "language_model.model.embed_tokens.weight"
PATCHES = "vit_model.vision_model.embeddings.patch_embedding.weight"


def test_every_tensor_arrives(folder: Path) -> None:
    model = load(folder)
    for network, file in ((model.network, "ema.safetensors"), (model.vae, "ae.safetensors")):
        assert network is not None and not network.training
        expected, state = load_file(folder / file), network.state_dict()
        assert set(expected) == set(state)
        for name, tensor in state.items():
            assert tensor.dtype == torch.float32 and torch.equal(tensor, expected[name].float()), name
    assert model.notes == () and model.image_processor.transforms == ImageTransforms() and model.folder == folder
    assert not model.network.latent_pos_embed.pos_embed.requires_grad
    assert model.tokenizer.special.image_end == 476


def test_asked_dtype_and_transforms(folder: Path) -> None:
    transforms = ImageTransforms(ImageLimits(128, 48, 16), ImageLimits(112, 56, 14))
    model = load(str(folder), dtype="bfloat16", transforms=transforms)
    assert {p.dtype for p in model.network.parameters()} == {torch.bfloat16}
    assert model.image_processor.transforms == transforms
    with pytest.raises(InputError, match='did you mean "bfloat16"'):
        load(folder, dtype="bfloat61")
    with pytest.raises(InputError, match="int8"):
        load(folder, dtype=torch.int8)


def test_devices(folder: Path) -> None:
    assert load(folder, device="auto", understanding_only=True).network is not None
    for name in ("cuda:99", "gpu", "tpu"):
        with pytest.raises(InputError, match=r"available: auto, .*cpu"):
            load(folder, device=name)
    assert available_devices()[-1] == "cpu"


def test_dtype_left_open() -> None:
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    assert choose_dtype(None, cpu, 2_000_000) == choose_dtype("auto", cpu, 1) == torch.float32
    assert choose_dtype(None, cpu, 14_000_000_000) == choose_dtype("auto", cuda, 1) == torch.bfloat16


def test_understanding_only(folder: Path) -> None:
    (folder / "ae.safetensors").unlink()
    model = load(folder, understanding_only=True)
    names = set(model.network.state_dict())
    assert model.vae is None and HEAD in names
    assert not any("_moe_gen" in name or "latent" in name or "2vae" in name for name in names)
    with pytest.raises(CheckpointError, match=r"no ae.safetensors.*understanding_only"):
        load(folder)


def test_weights_that_only_understand(folder: Path, change_weights) -> None:
    drawing = ("_moe_gen", "time_embedder", "vae2llm", "llm2vae", "latent_pos_embed")

    def strip(tensors: dict) -> None:
        for name in [name for name in tensors if any(part in name for part in drawing)]:
            del tensors[name]

    change_weights(strip)
    with pytest.raises(CheckpointError, match="read but not draw: load them with understanding_only"):
        load(folder)
    assert load(folder, understanding_only=True).vae is None


def test_missing_tensor(folder: Path, change_weights) -> None:
    change_weights(lambda tensors: tensors.pop(LAYER + "self_attn.q_proj_moe_gen.bias"))
    with pytest.raises(CheckpointError, match=r"lack 1 tensors: .*layers.1.self_attn.q_proj_moe_gen.bias"):
        load(folder)


def test_renamed_tensor_names_the_nearest(folder: Path, change_weights) -> None:
    change_weights(lambda tensors: tensors.update({LAYER + "mlp.up.weight": tensors.pop(LAYER + "mlp.up_proj.weight")}))
    with pytest.raises(CheckpointError, match=r'mlp.up_proj.weight \(did you mean ".*mlp.up.weight"\?\)'):
        load(folder)


def test_superfluous_tensor(folder: Path, change_weights) -> None:
    change_weights(lambda tensors: tensors.update({"reward_head.weight": torch.ones(2)}))
    with pytest.raises(CheckpointError, match=r"1 tensors that this network has no place for: reward_head.weight"):
        load(folder)


def test_misshapen_tensor(folder: Path, change_weights) -> None:
    change_weights(lambda tensors: tensors.update({LAYER + "mlp.up_proj.weight": torch.ones(127, 64)}))
    with pytest.raises(CheckpointError, match=r"up_proj.weight is \[127, 64\], expected \[128, 64\]"):
        load(folder)


def test_strange_autoencoder(folder: Path, change_weights) -> None:
    change_weights(lambda tensors: tensors.update({"bn.weight": torch.ones(2)}), "ae.safetensors")
    with pytest.raises(CheckpointError, match=r"bn.weight.*not FLUX's autoencoder"):
        load(folder)


def test_patch_embedding_as_convolution(folder: Path, change_weights) -> None:
    linear = load_file(folder / "ema.safetensors")[PATCHES]

    def to_convolution(tensors: dict) -> None:
        tensors[PATCHES] = tensors[PATCHES].view(32, 14, 14, 3).permute(0, 3, 1, 2).contiguous()

    change_weights(to_convolution)
    model = load(folder)
    assert torch.equal(model.network.state_dict()[PATCHES], linear.float())
    assert len(model.notes) == 1 and "convolution" in model.notes[0]


def test_tied_word_head(folder: Path, change_weights, change_json) -> None:
    change_weights(lambda tensors: tensors.pop(HEAD))
    with pytest.raises(CheckpointError, match="must say tie_word_embeddings"):
        load(folder)
    change_json("llm_config.json", tie_word_embeddings=True)
    state = load(folder).network.state_dict()
    assert state[HEAD].data_ptr() == state[EMBEDDINGS].data_ptr()


def test_fixed_tables_are_computed_when_absent(folder: Path, change_weights) -> None:
    table = "latent_pos_embed.pos_embed"
    stored = load_file(folder / "ema.safetensors")[table].float()
    change_weights(lambda tensors: tensors.pop(table))
    model = load(folder)
    assert (model.network.state_dict()[table] - stored).abs().max() < 0.01
    assert len(model.notes) == 1 and "computed" in model.notes[0]


def test_tokenizer_of_another_model(folder: Path, change_weights) -> None:
    def shrink(tensors: dict) -> None:
        for name in (HEAD, EMBEDDINGS):
            tensors[name] = tensors[name][:475].clone()

    change_weights(shrink)
    with pytest.raises(CheckpointError, match=r"<\|vision_start\|> has id 475.*475 words"):
        load(folder)


def test_file_that_shrinks_while_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mindseye.checkpoints import load as module

    def cut_then_fill(*arguments) -> None:
        path = folder / "ema.safetensors"
        path.write_bytes(path.read_bytes()[:-10])
        fill(*arguments)

    fill = module.fill
    monkeypatch.setattr(module, "fill", cut_then_fill)
    with pytest.raises(CheckpointError, match="half a download"):
        load(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(
    ("file", "name"), [("ema.safetensors", LAYER + "mlp.up_proj.weight"), ("ae.safetensors", "decoder.conv_in.bias")]
)
def test_weights_that_are_no_numbers(folder: Path, change_weights, value: float, file: str, name: str) -> None:
    change_weights(lambda tensors: tensors[name].view(-1)[3:5].fill_(value), file)
    with pytest.raises(CheckpointError, match=f"2 of [0-9]+ values of {name} are NaN or infinite"):
        load(folder)


def test_large_weights_are_numbers(folder: Path, change_weights) -> None:
    large = torch.finfo(torch.bfloat16).max * 0.9
    change_weights(lambda tensors: tensors[LAYER + "mlp.up_proj.weight"].fill_(large))  # their sum is infinite
    assert load(folder).network is not None
    with pytest.raises(CheckpointError, match="too large for float16"):
        load(folder, dtype="float16")
    with pytest.raises(MindseyeError, match="no numbers"):
        Model(load(folder, dtype="bfloat16"), "large").ask("how many?", max_tokens=2)
    with pytest.raises(MindseyeError, match="no numbers"):
        Model(load(folder, dtype="bfloat16"), "large").draw("a fox", width=32, height=32, num_timesteps=2)


def test_a_decoder_that_gives_no_numbers_draws_no_black(folder: Path, change_weights) -> None:
    change_weights(lambda tensors: tensors["decoder.conv_out.weight"].fill_(3e38), "ae.safetensors")
    with pytest.raises(MindseyeError, match="autoencoder gave pixels that are no numbers"):
        Model(load(folder), "large").draw("a fox", width=32, height=32, num_timesteps=2)
