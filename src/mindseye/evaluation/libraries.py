"""Libraries and models that only some metrics need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import MindseyeError


class MetricUnavailableError(MindseyeError):
    """A metric whose library or model is not there, or that no row can be measured by; the others still run."""


def load_library(name: str, package: str | None = None) -> Any:
    """A module, or MetricUnavailableError that says how to install it."""
    try:
        return import_module(name)
    except ImportError as error:
        wanted = package or name
        raise MetricUnavailableError(f'{wanted} is not installed: pip install "mindseye[eval]" or {wanted}') from error
