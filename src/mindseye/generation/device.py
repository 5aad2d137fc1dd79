"""What the engine asks of the machine: free memory, whether it ran out, the end of a pass, threads."""

from __future__ import annotations

from pathlib import Path

import torch

from ..errors import MemoryShortError
from ..networks.interface import Network

SMALL_PASS = 4e9  # operations
BUSY_SHARE = 0.4  # of a core
LOOK_EVERY, STALE_AFTER = 0.2, 2.0  # seconds
UNKNOWN_MEMORY = 8 << 30


def free_bytes(device: torch.device) -> int:
    """Bytes of memory that are free on a device; a guess of 8 GiB where nobody tells."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return UNKNOWN_MEMORY


def synchronize(device: torch.device) -> None:
    """Wait until everything that was asked of a device is done, so that its time is booked where it was spent."""
    if device.type not in ("cpu", "meta"):
        torch.accelerator.synchronize(device)


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
