"""Language models of other families through the same engine, caches and sampler, against transformers."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer as RustTokenizer
from tokenizers import models, normalizers, processors

from mindseye.checkpoints.families import FAMILIES
from mindseye.checkpoints.families.gpt2 import Gpt2Family
from mindseye.checkpoints.load import load, open_checkpoint, plan_loading
from mindseye.errors import CheckpointError, InputError
from mindseye.generation.conversation import Conversation
from mindseye.generation.engine import Engine
from mindseye.generation.scheduler import EngineConfig
from mindseye.generation.turns import Request, story_of
from mindseye.inputs.formats import prompt_format
from mindseye.inputs.segments import TextSegment
from mindseye.inputs.tokenizer import TextStream, Tokenizer
from mindseye.loaded import LoadedModel
from mindseye.messages import Text
from mindseye.networks.cpu_layout import CpuLinear, can_lay_out
from mindseye.networks.lay_out import undo_layout
from mindseye.params import TextParams

transformers = pytest.importorskip("transformers")
LONG, SHORT = list(range(3, 80)), [7, 1, 200]
SIZES = {
    "vocab_size": 512,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def llama(**more: object) -> object:
    config = transformers.LlamaConfig(**{**SIZES, **more})
    return transformers.LlamaForCausalLM(config)


MADE = {
    "llama": lambda: llama(rope_theta=5e4),
    "llama tied": lambda: llama(tie_word_embeddings=True, attention_bias=False),
    "mistral": lambda: transformers.MistralForCausalLM(
        transformers.MistralConfig(**SIZES, sliding_window=None, head_dim=16)
    ),
    "qwen2": lambda: transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**SIZES)),
    "qwen3": lambda: transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**SIZES, head_dim=16)),
    "gpt2": lambda: transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=512, n_embd=48, n_layer=3, n_head=4, n_positions=256)
    ),
}


def lively(model: object) -> object:
    """Random weights large enough that a mistake would show, biases and norms included."""
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        centre = 1.0 if "norm" in name or ".ln_" in name else 0.0
        parameter.data.normal_(0.0, 0.15, generator=generator).add_(centre if parameter.dim() == 1 else 0.0)
    return model.eval()


@pytest.fixture(scope="module", params=MADE)
def theirs_and_folder(request, tmp_path_factory, golden):
    torch.manual_seed(0)
    theirs = lively(MADE[request.param]())
    folder = tmp_path_factory.mktemp("family")
    theirs.save_pretrained(folder)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(golden / "checkpoint" / name, folder)
    return theirs, folder


def scores_after(loaded: LoadedModel, prompts: list[list[int]], most: int, chunk: int = 512) -> list[torch.Tensor]:
    """(most, V) a prompt: the scores of each written token, from one engine that serves all of them together."""
    seen: list[list[torch.Tensor]] = [[] for _ in prompts]

    def story(ids: list[int], mine: list[torch.Tensor]):
        conversation = Conversation(loaded)
        conversation.views.add([TextSegment(tuple(ids))])
        params = TextParams(max_tokens=most)
        yield from conversation.write(
            params, torch.Generator(), watch=lambda logits: mine.append(logits.scores.clone())
        )
        return "end"

    engine = Engine(loaded.network, None, EngineConfig(max_chunk=chunk))
    for job in engine.run([story(ids, mine) for ids, mine in zip(prompts, seen, strict=True)]):
        job.result()
    return [torch.stack(mine) for mine in seen]


@pytest.mark.parametrize("for_answering", [False, True], ids=["plain", "laid out"])
def test_scores_are_those_of_transformers(theirs_and_folder, for_answering: bool) -> None:
    theirs, folder = theirs_and_folder
    loaded = load(folder, dtype="float32", for_answering=for_answering)
    if for_answering and can_lay_out(torch.zeros(1)):
        assert any(isinstance(module, CpuLinear) for module in loaded.network.modules())
    prompts, opening = [LONG, SHORT], list(loaded.prompt_format.opening)
    for ids, ours in zip(prompts, scores_after(loaded, prompts, 6, chunk=32), strict=True):
        written = ours.argmax(-1).tolist()
        whole = torch.tensor([ids + opening + written])
        with torch.inference_mode():
            expected = theirs(whole).logits[0, -len(ours) - 1 : -1]
        assert (ours - expected).abs().max() < 1e-4
        assert expected.std() > 0.1  # no flat scores, which anything would match


def test_a_language_model_writes_and_refuses_what_it_cannot(theirs_and_folder) -> None:
    _, folder = theirs_and_folder
    loaded = load(folder)
    assert loaded.network.latents is None and loaded.vae is None
    engine = Engine(loaded.network, None)
    request = Request("ask", (Text("ab c"),), TextParams(max_tokens=4))
    [job] = engine.run([story_of(request, Conversation(loaded))])
    assert job.result()
    request = Request("draw", (Text("ab c"),))
    [job] = engine.run([story_of(request, Conversation(loaded))])
    with pytest.raises(Exception, match="understand"):
        job.result()
    with pytest.raises(InputError, match="has no eyes"):
        loaded.image_processor.segments(None, loaded.prompt_format.image_frame)


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("llama", {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "rope scaling llama3"),
        ("llama", {"hidden_act": "gelu"}, "hidden_act gelu"),
        ("llama", {"rope_parameters": "yes"}, "rotary positions; expected an object"),
        ("llama", {"attention_bias": True}, "attention_bias True"),
        ("llama", {"rms_norm_eps": True}, "rms_norm_eps True"),
        ("llama", {"max_position_embeddings": 2.5}, "max_position_embeddings 2.5"),
        ("llama", {"tie_word_embeddings": "abc"}, "tie_word_embeddings 'abc'"),
        ("llama", {"vocab_size": 300}, "tokenizer has ids up to"),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx True"),
        ("gpt2", {"n_head": 0}, "num_attention_heads 0"),
        ("gpt2", {"n_head": 5}, "5 heads do not divide"),
        ("gpt2", {"layer_norm_epsilon": "abc"}, "layer_norm_eps abc"),
        ("llama", {"hidden_size": None}, "does not say hidden_size"),
        ("llama", {"num_attention_heads": "many"}, "num_attention_heads many"),
        ("llama", {"num_hidden_layers": 4}, "lack 9 tensors: model.layers.3"),
        ("gpt2", {"activation_function": "relu"}, "activation_function relu"),
        ("gpt2", {"n_head": None}, "does not say n_head"),
    ],
)
def test_what_is_not_computed_is_refused(golden, tmp_path: Path, kind: str, values: dict, said: str) -> None:
    lively(MADE[kind]()).save_pretrained(tmp_path)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(golden / "checkpoint" / name, tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    with pytest.raises(CheckpointError, match=said):
        load(tmp_path)


def test_what_a_tokenizer_puts_before_a_text_is_read_once(golden, tmp_path: Path) -> None:
    lively(MADE["llama"]()).save_pretrained(tmp_path)
    ours = Tokenizer.from_folder(golden / "checkpoint")
    rust = RustTokenizer.from_str(ours._rust.to_str())
    mark = "<|im_start|>"
    rust.post_processor = processors.TemplateProcessing(
        single=f"{mark} $A", special_tokens=[(mark, ours.special.start)]
    )
    rust.save(str(tmp_path / "tokenizer.json"))
    loaded = load(tmp_path)
    assert loaded.prompt_format.start == (ours.special.start,)
    conversation = Conversation(loaded)
    conversation.say("one")
    conversation.say("two")
    ids = [i for segment in conversation.views.said for i in segment.ids]
    assert ids[0] == ours.special.start and conversation.views.said[0].ids == (ids[0],)
    plain = Conversation(replace(loaded, prompt_format=prompt_format("chatml", ours)))
    plain.say("one")
    plain.say("two")
    assert ids[1:] == [i for segment in plain.views.said for i in segment.ids]


def test_answers_end_where_the_folder_says(golden, tmp_path: Path) -> None:
    lively(MADE["llama"]()).save_pretrained(tmp_path)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(golden / "checkpoint" / name, tmp_path)
    said = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**said, "eos_token_id": 17}))
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": [17, 19]}))
    assert load(tmp_path).prompt_format.stop_ids >= {17, 19}


def test_gpt2_cuts_words_as_gpt2_does_where_only_a_vocabulary_is_there(golden, tmp_path: Path) -> None:
    vocab = json.loads((golden / "checkpoint" / "vocab.json").read_text())
    vocab["<|endoftext|>"] = max(vocab.values()) + 1
    (tmp_path / "vocab.json").write_text(json.dumps(vocab))
    shutil.copy(golden / "checkpoint" / "merges.txt", tmp_path)
    ours = Gpt2Family().tokenizer(tmp_path)
    theirs = transformers.GPT2Tokenizer(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt"))
    for text in ("hello 2024 12", "cafe\u0301 it's  two", "a\n\nb 'll"):
        assert ours.encode(text) == theirs.encode(text)
    end = vocab["<|endoftext|>"]
    assert ours.special_ids == {"<|endoftext|>": end} and end not in ours.encode("<|endoftext|>")


def test_tokens_of_sentencepiece_are_bytes_and_spaces(tmp_path: Path) -> None:
    words = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "h", "i", "▁h", "▁hi"]
    merges = [("▁", "h"), ("▁h", "i")]
    vocab = {word: i for i, word in enumerate(words)}
    rust = RustTokenizer(models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True))
    rust.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    rust.save(str(tmp_path / "tokenizer.json"))
    tokenizer = Tokenizer.from_folder(tmp_path, marks=())
    ids = tokenizer.encode("hi hi é")
    assert tokenizer.decode(ids) == " hi hi é"
    stream = TextStream(tokenizer)
    assert [stream.push(i) for i in tokenizer.encode("é")][-2:] == ["", "é"]


def test_masks_beside_the_weights_are_no_weights(golden, tmp_path: Path) -> None:
    lively(MADE["gpt2"]()).save_pretrained(tmp_path)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(golden / "checkpoint" / name, tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    state["transformer.h.0.attn.bias"] = torch.ones(1, 1, 256, 256, dtype=torch.bool)
    save_file(state, tmp_path / "model.safetensors", {"format": "pt"})
    assert load(tmp_path).network.num_parameters


def test_what_was_laid_out_is_as_loaded_again(theirs_and_folder) -> None:
    _, folder = theirs_and_folder
    plain, laid_out = (load(folder, dtype="float32", for_answering=way).network for way in (False, True))
    undo_layout(laid_out)
    assert [*dict(plain.named_parameters())] == [*dict(laid_out.named_parameters())]
    assert not any(module.training for module in laid_out.modules())
    twin = copy.deepcopy(laid_out)
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), twin.parameters(), strict=True))


def test_a_tied_head_is_copied_for_a_cpu_and_counted_in_the_plan(golden, tmp_path: Path) -> None:
    lively(MADE["llama tied"]()).save_pretrained(tmp_path)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(golden / "checkpoint" / name, tmp_path)
    checkpoint, table = open_checkpoint(tmp_path), SIZES["vocab_size"] * SIZES["hidden_size"]
    in_float16, in_float32 = (plan_loading(checkpoint, "cpu", dtype)[0] for dtype in ("float16", "float32"))
    assert in_float16.num_bytes == 2 * checkpoint.num_parameters  # not laid out
    assert in_float32.num_bytes == 4 * (checkpoint.num_parameters + (table if can_lay_out(torch.zeros(1)) else 0))
    head = load(tmp_path, dtype="float32", for_answering=True).network.lm_head
    assert isinstance(head, CpuLinear) == can_lay_out(torch.zeros(1))


def test_a_shard_gives_what_the_index_says(golden, tmp_path: Path) -> None:
    lively(MADE["llama"]()).save_pretrained(tmp_path)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(golden / "checkpoint" / name, tmp_path)
    state, table = load_file(tmp_path / "model.safetensors"), "model.embed_tokens.weight"
    (tmp_path / "model.safetensors").unlink()
    save_file(state, tmp_path / "one.safetensors")
    save_file({table: torch.full_like(state[table], 9.0)}, tmp_path / "two.safetensors")
    weight_map = dict.fromkeys(state, "one.safetensors") | {"unused": "two.safetensors"}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {**weight_map, table: "two.safetensors"}, "unused": 0}))
    with pytest.raises(CheckpointError, match="expects unused in two"):
        load(tmp_path)
    weight_map.pop("unused")
    index.write_text(json.dumps({"weight_map": {**weight_map, "model.norm.weight": "one.safetensors"}}))
    assert torch.equal(load(tmp_path, dtype="float32").network.model.embed_tokens.weight, state[table])


def test_every_family_has_a_name_of_its_own() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
