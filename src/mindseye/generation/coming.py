"""Requests on their way in, from anything that can be gone through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import InputError
from .turns import Request


class Coming:
    """Requests from anything that can be gone through; what it raises is kept for the end."""

    def __init__(self, requests: Iterable[Request]) -> None:
        self._requests = iter(requests)
        self._error: Exception | None = None

    def __iter__(self) -> Iterator[Request]:
        return self

    def __next__(self) -> Request:
        if self._error:
            raise StopIteration
        try:
            return checked(next(self._requests))
        except StopIteration:
            raise
        except Exception as error:
            self._error = error
            raise StopIteration from error

    def raise_error(self) -> None:
        """Raise what ended the requests, if anything did."""
        if self._error:
            raise self._error


def checked(request: object) -> Request:
    """The request, or InputError for something else."""
    if not isinstance(request, Request):
        raise InputError(f"{request!r} came as a request; make one with model.request(...)")
    return request
