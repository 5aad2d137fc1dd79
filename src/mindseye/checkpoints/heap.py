"""The C library's heap: what is freed between tensors that stay would be held for ever in holes between them."""

from __future__ import annotations

import ctypes
import sys
from functools import cache


def give_back_freed_memory() -> None:
    """Let the system have what was freed; without effect where the C library is not glibc."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> ctypes._NamedFuncPointer | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
