"""What a stream is: endless batches by number. A batch follows from its number alone, so a run can go on anywhere."""

from __future__ import annotations

from typing import Any, Protocol


class Batch(Protocol):
    """What one process learns from at once. What else it holds is between its stream and its objective."""

    @property
    def num_tokens(self) -> int: ...
    @property
    def num_samples(self) -> int: ...


class Stream(Protocol):
    """`stream[number]` is a batch on the CPU, for numbers from 0 without end.

    The same number always gives the same batch; nothing is remembered from one to the next. Of several processes each
    takes the numbers that are its own, so a stream knows nothing of them.
    """

    def __getitem__(self, number: int, /) -> Any: ...
