"""A stop while torch is imported waits until it is."""

from __future__ import annotations

import importlib.machinery
import signal
import sys
import time
import types

import pytest

from mindseye.cli.stops import ASKED_AGAIN_AFTER, Stopped, stopped_by_signals

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_stop_is_raised_at_once(number: int) -> None:
    with pytest.raises(Stopped) as caught, stopped_by_signals():
        signal.raise_signal(number)
    assert caught.value.number == number


@pytest.mark.parametrize("number", SIGNALS)
def test_a_stop_waits_for_torch(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    half = types.ModuleType("torch.half_imported")
    half.__spec__ = importlib.machinery.ModuleSpec(half.__name__, None)
    half.__spec__._initializing = True  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, half.__name__, half)
    is_imported = False
    with pytest.raises(Stopped) as caught, stopped_by_signals():
        signal.raise_signal(number)
        time.sleep(3 * ASKED_AGAIN_AFTER)
        is_imported = True
        half.__spec__._initializing = False  # type: ignore[attr-defined]
        time.sleep(20)
    assert is_imported
    assert caught.value.number == number


def test_what_an_interrupted_library_raises_is_a_stop() -> None:
    with pytest.raises(Stopped) as caught, stopped_by_signals():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt as error:
            raise ImportError("half a library") from error
    assert caught.value.number == signal.SIGTERM
