"""What the engine asks of the machine: free memory, whether it ran out, the end of a pass and its numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import MemoryShortError
from ..networks.interface import Network

SMALL_PASS = 4e9  # operations
BUSY_SHARE = 0.4  # of a core
LOOK_EVERY, STALE_AFTER = 0.2, 2.0  # seconds


def synchronize(device: torch.device) -> None:
    """Wait until everything that was asked of a device is done, so that its time is booked where it was spent."""
    if device.type not in ("cpu", "meta"):
        torch.accelerator.synchronize(device)


def read_back(numbers: Tensor) -> Tensor:
    """Numbers of the device on the host: the one place where the host waits for them.

    An engine calls it at most once a step, and is given another where there is nothing to read.
    """
    return numbers.cpu()


def readable(error: Exception, num_tokens: int) -> Exception:
    """The error as a user is told of it: memory that ran out has many forms and one name."""
    words = str(error).lower()
    if not (isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in words):
        return error
    return MemoryShortError(
        f"not enough memory for {max(num_tokens, 1)} more tokens ({error}); use a smaller image, fewer requests at "
        "once or less guidance"
    )


def operations_of(network: Network, num_tokens: int) -> float:
    """Operations of a pass's matrix products, roughly: two a weight of one expert and token."""
    return 2.0 * num_tokens * network.weights_per_token
