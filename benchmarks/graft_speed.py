"""Words a second of a grafted model through the engine, against transformers' generate on the same weights.

    python benchmarks/graft_speed.py runs/photo/checkpoint

Alone and eight at once, in bfloat16, greedy, the same number of words each; both take turns in one process, and each
time is the best of a few rounds. transformers is handed the image's tokens; the engine makes its own.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import PIL.Image
import torch
import transformers

import mindseye
from mindseye.model import Model

NUM_WORDS, ROUNDS = 64, 3
QUESTION = "Tell a long story about what you see."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    ours = mindseye.load(str(arguments.model), dtype="bfloat16")
    theirs = language_model(arguments.model)
    for batch in (1, 8):
        images = [PIL.Image.effect_noise((224, 224), 20 + 10 * i).convert("RGB") for i in range(batch)]
        embeddings = as_embeddings(ours, images)
        works = {"engine": partial(write, ours, images), "transformers": partial(generate, theirs, embeddings)}
        seconds = best_of(works)
        rates = {name: batch * NUM_WORDS / taken for name, taken in seconds.items()}
        print(
            f"batch {batch}: engine {rates['engine']:.1f} words/s, transformers {rates['transformers']:.1f}, "
            f"{rates['engine'] / rates['transformers']:.2f} times as many"
        )


def best_of(works: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Least seconds of each, after one round that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS + 1):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - started)
    return {name: min(times[1:]) for name, times in taken.items()}


def write(model: Model, images: list[PIL.Image.Image]) -> None:
    """Exactly NUM_WORDS words about each image: none of them may stop before."""
    stops = {i: -100.0 for i in model.loaded.prompt_format.stop_ids}
    options = {"max_tokens": NUM_WORDS, "temperature": 0.0, "token_bias": stops}
    replies = model.run([model.request("ask", [image, QUESTION], **options) for image in images])
    assert all(reply.end.num_tokens >= NUM_WORDS for reply in replies if hasattr(reply.end, "num_tokens"))


def language_model(folder: Path) -> transformers.PreTrainedModel:
    """transformers' class with the language model's weights."""
    from safetensors.torch import load_file

    said = json.loads((folder / "config.json").read_text())["text_config"]
    config = transformers.AutoConfig.for_model(said.pop("model_type"), **said)
    model = transformers.AutoModelForCausalLM.from_config(config).to(torch.bfloat16)
    prefix = "language_model."
    stored = load_file(folder / "model.safetensors")
    state = {name.removeprefix(prefix): w.bfloat16() for name, w in stored.items() if name.startswith(prefix)}
    lacking, unknown = model.load_state_dict(state, strict=False)
    assert not unknown and set(lacking) <= {"lm_head.weight"}, (lacking, unknown)
    model.tie_weights()
    return model.eval()


@torch.inference_mode()
def as_embeddings(model: Model, images: list[PIL.Image.Image]) -> torch.Tensor:
    """(batch, tokens, width): the same prompt as the engine reads."""
    from mindseye.inputs.segments import TextSegment
    from mindseye.messages import Image, Message, Text

    loaded, rows = model.loaded, []
    for image in images:
        message = Message("user", (Image(image), Text(QUESTION)))
        see = lambda picture: loaded.image_processor.segments(picture, loaded.prompt_format.image_frame)  # noqa: E731
        parts = []
        for segment in loaded.prompt_format.segments(message, see):
            if isinstance(segment, TextSegment):
                parts.append(loaded.network.embed_text(torch.tensor(segment.ids)))
            else:
                parts += loaded.network.embed_images([segment.pixels])
        parts.append(loaded.network.embed_text(torch.tensor(loaded.prompt_format.opening)))
        rows.append(torch.cat(parts))
    return torch.stack(rows)


@torch.inference_mode()
def generate(model: transformers.PreTrainedModel, embeddings: torch.Tensor) -> None:
    seen = torch.ones(embeddings.shape[:2], dtype=torch.long)
    lengths = {"max_new_tokens": NUM_WORDS, "min_new_tokens": NUM_WORDS}
    model.generate(inputs_embeds=embeddings, attention_mask=seen, do_sample=False, pad_token_id=0, **lengths)


if __name__ == "__main__":
    main()
