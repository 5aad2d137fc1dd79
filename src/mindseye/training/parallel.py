"""Several processes that train one model: each takes batches of its own, gradients are summed, all stay equal.

Whoever starts them (torchrun, accelerate, a scheduler) says who is who in the environment: RANK, WORLD_SIZE,
LOCAL_RANK, MASTER_ADDR and MASTER_PORT.
"""
# B rows of this process, N rows of all

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ..errors import SettingsError
from .precision import CPU

T = TypeVar("T")
PATIENCE = timedelta(hours=12)  # the others wait while the first makes an autoencoder
AT_ONCE = 1 << 23  # numbers of gradients that travel together
Variables = ("RANK", "WORLD_SIZE", "LOCAL_RANK")


@dataclass(frozen=True)
class Processes:
    """Who this process is among those that train together."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    """Number on its own machine."""
    device: torch.device = CPU
    """Where tensors must lie to be sent."""

    @property
    def is_first(self) -> bool:
        """The one that writes files and speaks."""
        return self.rank == 0

    def totals(self, numbers: Sequence[float]) -> list[float]:
        """Each number summed over all processes, the same in each."""
        if self.count == 1:
            return list(numbers)
        sent = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        dist.all_reduce(sent)
        return sent.tolist()

    def any(self, flag: bool) -> bool:
        """Whether it is true in one of them."""
        return self.totals([float(flag)])[0] > 0

    def send_weights(self, model: nn.Module) -> None:
        """Parameters and buffers of the first process to all others, in place."""
        if self.count > 1:
            for tensor in model.state_dict().values():
                dist.broadcast(tensor, 0)

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """The gradients of all processes added up, in place; who has none where another does, gets it."""
        if self.count == 1:
            return
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        has_gradient = self.totals([float(parameter.grad is not None) for parameter in trained])
        for parameter, holders in zip(trained, has_gradient, strict=True):
            if holders and parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in trained if parameter.grad is not None]
        for bucket in _buckets(gradients):
            joined = torch.cat([gradient.flatten() for gradient in bucket])
            dist.all_reduce(joined)
            for gradient, part in zip(bucket, joined.split([g.numel() for g in bucket]), strict=True):
                gradient.copy_(part.view_as(gradient))

    def share_work(self, work: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
        """What `work` makes of rows (B, ...), as many and each by itself: every process works on its share of them."""
        if self.count == 1:
            return work(rows)
        size = -(-len(rows) // self.count)
        share = rows[self.rank * size : (self.rank + 1) * size]
        padding = share.new_zeros(size - len(share), *share.shape[1:])
        own = work(torch.cat([share, padding]))
        parts = [torch.empty_like(own) for _ in range(self.count)]
        dist.all_gather(parts, own.contiguous())
        return torch.cat(parts)[: len(rows)]

    def first_then_others(self, make: Callable[[], T]) -> T:
        """What `make` gives: the first process makes it, the others afterwards, when they find it made."""
        made = make() if self.is_first else None
        self.wait()
        return made if made is not None else make()

    def wait(self) -> None:
        """Until all are here."""
        if self.count > 1:
            dist.barrier()


ALONE = Processes()


@contextmanager
def processes_of_environment(device: str = "auto") -> Iterator[Processes]:
    """The processes that were started together, joined while the context lasts; one alone where none were.

    NCCL between GPUs, else gloo. Raises SettingsError for an environment that is half said.
    """
    said = {name: os.environ[name] for name in Variables if name in os.environ}
    if "WORLD_SIZE" not in said or said["WORLD_SIZE"] == "1":
        yield ALONE
        return
    try:
        rank, count, local_rank = (int(said[name]) for name in Variables)
    except (KeyError, ValueError) as error:
        raise SettingsError(
            f"the environment says {said or 'nothing'} of the processes; expected RANK, WORLD_SIZE and LOCAL_RANK as "
            "numbers: start them with torchrun"
        ) from error
    on_gpus = device != "cpu" and torch.cuda.is_available()
    place = torch.device("cuda", local_rank) if on_gpus else torch.device("cpu")
    if on_gpus:
        torch.cuda.set_device(place)
    dist.init_process_group("nccl" if on_gpus else "gloo", timeout=PATIENCE, rank=rank, world_size=count)
    try:
        yield Processes(rank, count, local_rank, place)
    finally:
        dist.destroy_process_group()


def gather_with_grad(own: Tensor, processes: Processes = ALONE) -> tuple[Tensor, int]:
    """Rows (B, ...) of this process -> those of all (N, ...) in the order of ranks, and where the own ones begin.

    Every process gets the gradient that all of them have for its rows. Processes may have different numbers of rows.
    """
    if processes.count == 1:
        return own, 0
    lengths = processes.totals([float(len(own)) if rank == processes.rank else 0.0 for rank in range(processes.count)])
    rows = [int(length) for length in lengths]
    return _Gather.apply(own, rows, processes.rank), sum(rows[: processes.rank])


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor, rows: list[int], rank: int) -> Tensor:
        ctx.own = slice(sum(rows[:rank]), sum(rows[: rank + 1]))
        padded = own.new_zeros(max(rows), *own.shape[1:])
        padded[: len(own)] = own
        parts = [torch.empty_like(padded) for _ in rows]
        dist.all_gather(parts, padded)
        return torch.cat([part[:length] for part, length in zip(parts, rows, strict=True)])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(gradient)
        return gradient[ctx.own], None, None


def _buckets(tensors: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Tensors of one number format, as many at once as are worth a message."""
    bucket: list[Tensor] = []
    for tensor in tensors:
        if bucket and (tensor.dtype != bucket[0].dtype or sum(t.numel() for t in bucket) + tensor.numel() > AT_ONCE):
            yield bucket
            bucket = []
        bucket.append(tensor)
    if bucket:
        yield bucket
