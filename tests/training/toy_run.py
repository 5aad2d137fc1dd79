"""A toy model that learns words and to tell pictures apart, trained by however many processes start this file.

python toy_run.py FOLDER ROWS [--steps N]          ROWS pairs of all processes together a step
"""

import argparse
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from mindseye.training.loop import SavingSettings, Trainer
from mindseye.training.objectives.contrastive import Pairs, Temperature, info_nce
from mindseye.training.objectives.text import UNLABELLED, cross_entropies
from mindseye.training.optimizer import Average, OptimizerSettings
from mindseye.training.parallel import ALONE, Processes, processes_of_environment
from mindseye.training.resume import TrainState, has_state, load_state
from mindseye.training.step import Step, StepSettings
from mindseye.training.stopping import stop_on_signals
from mindseye.training.streams.samples import ShuffledSamples

NUM_WORDS, WIDTH, LONGEST = 11, 16, 7


@dataclass(frozen=True)
class Rows:
    """Features of pictures (B, 8), words (B, T) and what each must predict (B, T)."""

    features: Tensor
    ids: Tensor
    labels: Tensor

    @property
    def num_samples(self) -> int:
        return len(self.ids)

    @property
    def num_tokens(self) -> int:
        return int((self.ids > 0).sum())


class Toy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.head = nn.Embedding(NUM_WORDS, WIDTH), nn.Linear(WIDTH, NUM_WORDS)
        self.eye, self.ear = nn.Linear(8, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.temperature = Temperature()


@dataclass(frozen=True)
class Both:
    processes: Processes = ALONE
    weights: dict[str, float] = field(default_factory=lambda: {"ce": 1.0, "contrastive": 0.5})

    def counts(self, batch: Rows) -> dict[str, int]:
        return {"ce": int((batch.labels != UNLABELLED).sum()), "contrastive": batch.num_samples}

    def sums(self, model: Toy, batch: Rows, generator: torch.Generator) -> dict[str, Tensor]:
        words = model.words(batch.ids)
        is_labelled = batch.labels != UNLABELLED
        seen = model.eye(batch.features)
        logits = model.head(words + seen[:, None])[is_labelled]
        pairs = Pairs(seen, model.ear(words.mean(1)), model.temperature())
        return {
            "ce": cross_entropies(logits, batch.labels[is_labelled]).sum(),
            "contrastive": info_nce(pairs, self.processes).sum(),
        }


def make_sample(number: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(number)
    ids = torch.randint(1, NUM_WORDS, (LONGEST,), generator=generator)
    length = int(torch.randint(2, LONGEST + 1, (), generator=generator))
    ids[length:] = 0
    labels = torch.full((LONGEST,), UNLABELLED)
    labels[: length - 1] = ids[1:length]
    return torch.randn(8, generator=generator), ids, labels


def toy_trainer(folder: Path, rows: int, processes: Processes = ALONE, steps: int = 8) -> tuple[Trainer, TrainState]:
    torch.manual_seed(processes.rank)  # the first one's weights are everybody's
    model = Toy()
    processes.send_weights(model)
    stream = ShuffledSamples(
        [make_sample(n) for n in range(40)],
        rows // processes.count,
        lambda samples: Rows(*(torch.stack(parts) for parts in zip(*samples, strict=True))),
    )
    pace = OptimizerSettings(num_steps=steps, num_decay_steps=2, num_warmup_steps=2, learning_rate=0.02)
    optimizer = torch.optim.AdamW(model.parameters(), lr=pace.learning_rate)
    step = Step(stream, Both(processes), StepSettings(precision="float32"), processes)
    trainer = Trainer(step, pace, folder, SavingSettings(report_every=1))
    return trainer, TrainState(model, optimizer, Average(model))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("--steps", type=int, default=8)
    arguments = parser.parse_args()
    with processes_of_environment("cpu") as processes, stop_on_signals() as stop:
        (arguments.folder / f"pid-{processes.rank}").write_text(str(os.getpid()))
        trainer, state = toy_trainer(arguments.folder, arguments.rows, processes, arguments.steps)
        if has_state(arguments.folder):
            load_state(state, arguments.folder)
        trainer.run(state, lambda line: None, stop)
        norms = [float(parameter.detach().norm()) for parameter in state.model.parameters()]
        (arguments.folder / f"end-{processes.rank}.json").write_text(json.dumps({"step": state.step, "norms": norms}))


if __name__ == "__main__":
    main()
