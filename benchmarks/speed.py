"""How fast a checkpoint writes and draws, and how near that is to what the machine can do.

    python benchmarks/speed.py DIR [--side 256] [--threads 2] [--json FILE]

One function a measurement; each drives the public engine and takes the median of what it saw.
"""
# B requests, N tokens, D hidden_size

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

import mindseye
from mindseye.events import DrawingStep, TextDelta
from mindseye.generation.conversation import Conversation
from mindseye.generation.job import Job
from mindseye.generation.work import Story
from mindseye.model import Model
from mindseye.networks.unified import UnifiedModel
from mindseye.params import ImageParams, TextParams

NOTHING_TWICE = mindseye.EngineConfig(prefix_cache_bytes=0)  # what is measured again must be computed again
CONTEXT = 300  # tokens before the first written one
PROMPT = 32  # tokens of a prompt to draw


@dataclass(frozen=True)
class Row:
    """One measured number."""

    name: str
    value: float
    unit: str


def text_of(model: Model, num_tokens: int) -> str:
    """A text that is `num_tokens` long with its frame."""
    text = ""
    while (length := len(model.loaded.tokenizer.encode(text)) + 2) < num_tokens:
        text += "x" if length % 2 else " y"
    return text


def seconds_a_step(model: Model, stories: Sequence[Story[str]], *, skip: int, count: int) -> float:
    """Median time of `count` engine steps over these requests, after `skip` steps."""
    jobs = [model.engine.submit(story) for story in stories]
    times = []
    try:
        for i in range(skip + count):
            started = time.perf_counter()
            model.engine.step()
            times.append(time.perf_counter() - started)
            assert not any(job.is_done for job in jobs) or i == skip + count - 1
    finally:
        for job in jobs:
            job.cancel()
        model.engine.step()
    return statistics.median(times[skip:])


def decoding(model: Model, batch: int, num_tokens: int = 16) -> float:
    """Seconds a forward pass in which each of `batch` requests writes a token."""
    text = text_of(model, CONTEXT)

    def story() -> Story[str]:
        conversation = Conversation(model.loaded)
        conversation.say(text)
        yield from conversation.read()
        yield from conversation.write(TextParams(num_tokens + 8), torch.Generator())
        return "end"

    return seconds_a_step(model, [story() for _ in range(batch)], skip=4, count=num_tokens)


def guided_step(model: Model, side: int, num_steps: int = 4) -> float:
    """Seconds a denoising step with two branches (text guidance), for one square picture."""
    text = text_of(model, PROMPT)

    def story() -> Story[str]:
        conversation = Conversation(model.loaded)
        conversation.say(text)
        yield from conversation.read()
        yield from conversation.draw(_drawing(side, num_steps + 4), torch.Generator(), seed=0)
        return "end"

    return seconds_a_step(model, [story()], skip=3, count=num_steps)


def beside_a_drawing(model: Model, side: int, num_steps: int = 8) -> tuple[float, float]:
    """What a text stream keeps of its lonely speed beside a guided drawing, and how much longer that drawing takes."""
    lonely_text, lonely_step = decoding(model, 1), guided_step(model, side)
    text = text_of(model, CONTEXT)

    def write() -> Story[str]:
        conversation = Conversation(model.loaded)
        conversation.say(text)
        yield from conversation.read()
        yield from conversation.write(TextParams(2000), torch.Generator())
        return "end"

    def draw() -> Story[str]:
        conversation = Conversation(model.loaded)
        conversation.say(text_of(model, PROMPT))
        yield from conversation.read()
        yield from conversation.draw(_drawing(side, num_steps + 3), torch.Generator(), seed=0)
        return "end"

    writer, drawer = model.engine.submit(write()), model.engine.submit(draw())
    moments: list[tuple[float, int]] = []  # after each denoising step: the time and the words so far
    while len(moments) < num_steps + 2:
        model.engine.step()
        steps = sum(isinstance(event, DrawingStep) for event in drawer.events)
        if steps > len(moments):
            words = sum(isinstance(event, TextDelta) for event in writer.events)
            moments.append((time.perf_counter(), words))
    for job in (writer, drawer):
        job.cancel()
    model.engine.step()
    seconds = moments[-1][0] - moments[1][0]
    words = moments[-1][1] - moments[1][1]
    return words / seconds * lonely_text, seconds / num_steps / lonely_step


def tenth_image(model: Model, side: int, num_images: int = 10, num_steps: int = 8) -> float:
    """How many times as long as the first the last of `num_images` turns of one conversation takes.

    A turn reads a prompt, draws a picture and takes it into the conversation.
    """
    conversation = Conversation(model.loaded)
    text = text_of(model, PROMPT)

    def turn() -> Story[str]:
        conversation.say(text)
        yield from conversation.draw(_drawing(side, num_steps), torch.Generator(), seed=0)
        yield from conversation.read()
        return "end"

    times = [_timed(lambda: _finish(model.engine.run([turn()]))) for _ in range(num_images)]
    return times[-1] / times[0]


def matrix_product_rate(dtype: torch.dtype) -> float:
    """Floating-point operations a second of the fastest of some large matrix products."""
    rates = []
    for n, d, m in ((512, 1024, 4096), (2048, 2048, 2048), (1024, 4096, 4096)):
        a, b = torch.randn(n, d, dtype=dtype), torch.randn(m, d, dtype=dtype)
        rates.append(2 * n * d * m / min(_timed(lambda a=a, b=b: nn.functional.linear(a, b)) for _ in range(12)))
    return max(rates)


def weight_read_rate(network: UnifiedModel) -> float:
    """Bytes a second at which memory as large as the weights of one decoding step can be read at all.

    Read as 64-bit integers and summed, which is the fastest plain pass over memory that torch has; in pieces as
    large as the layers' own matrices.
    """
    sizes = [weight.numel() * weight.element_size() for weight in written_weights(network)]
    pieces = [torch.ones(size // 8, dtype=torch.int64) for size in sizes]
    read = lambda: [piece.sum() for piece in pieces]  # noqa: E731
    return sum(sizes) / min(_timed(read) for _ in range(8))


def written_weights(network: UnifiedModel) -> list[torch.Tensor]:
    """The matrices that one decoding step reads: the und expert of every layer, and the word head."""
    layers = network.language_model.model.layers
    named = [(name, p) for name, p in layers.named_parameters() if "_moe_gen" not in name and p.dim() == 2]
    return [parameter for _, parameter in named] + [network.language_model.lm_head.weight]


def flops_of_step(network: UnifiedModel, side: int) -> float:
    """Operations of the layers' matrix products in a guided step with two branches; attention is left out."""
    per_token = 2 * sum(weight.numel() for weight in written_weights(network)[:-1])
    num_latents = (side // network.config.pixels_per_token) ** 2
    return 2 * per_token * (num_latents + 2)


def measure(model: Model, side: int, repeats: int = 3) -> list[Row]:
    """Every row of the table; the best of `repeats` medians, for others may use the machine too."""
    network = model.loaded.network
    dtype = network.language_model.model.embed_tokens.weight.dtype
    best: Callable[[Callable[[], float]], float] = lambda get: min(get() for _ in range(repeats))  # noqa: E731
    one, eight = best(lambda: decoding(model, 1)), best(lambda: decoding(model, 8))
    step = best(lambda: guided_step(model, side))
    beside = [beside_a_drawing(model, side) for _ in range(repeats)]
    product_rate, read_rate = matrix_product_rate(dtype), weight_read_rate(network)
    num_bytes = sum(weight.numel() * weight.element_size() for weight in written_weights(network))
    return [
        Row("writing, 1 request", 1 / one, "tokens/s"),
        Row("writing, 8 requests", 8 / eight, "tokens/s"),
        Row(f"guided step, {side} x {side}", step * 1000, "ms"),
        Row("text beside a drawing, of its lonely speed", 100 * statistics.median(x for x, _ in beside), "%"),
        Row("that drawing, of its lonely time", statistics.median(x for _, x in beside), "x"),
        Row("tenth image of a conversation / first", best(lambda: tenth_image(model, side)), "x"),
        Row("matrix products of this machine", product_rate / 1e9, "GFLOP/s"),
        Row("drawing reaches of that", 100 * flops_of_step(network, side) / step / product_rate, "%"),
        Row("reading memory on this machine", read_rate / 1e9, "GB/s"),
        Row("writing, 1 request, reaches of that", 100 * num_bytes / one / read_rate, "%"),
    ]


def _drawing(side: int, num_steps: int) -> ImageParams:
    return ImageParams(width=side, height=side, num_timesteps=num_steps + 1, cfg_interval=(0.0, 1.0))


def _finish(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.result()


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # huge pages, as the command line asks for them
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="a checkpoint, for instance one of made_up.py")
    parser.add_argument("--side", type=int, default=256, help="pixels a side of the pictures")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = measure(mindseye.load(arguments.folder, dtype=arguments.dtype, engine=NOTHING_TWICE), arguments.side)
    for row in rows:
        print(f"{row.name:<44}{row.value:>10.1f} {row.unit}")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
