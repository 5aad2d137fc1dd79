import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden" / "tiny"


@pytest.fixture
def plain_ctrl_c() -> Iterator[None]:
    """Ctrl-C as Python has it, also where the tests are a background job of a script, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    if before is not None:
        signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def golden() -> Path:
    """The recorded folder."""
    return GOLDEN


@pytest.fixture(scope="session")
def recording():
    from mindseye.evaluation.golden import Recording

    return Recording.open(GOLDEN)


@pytest.fixture(scope="session")
def tiny(recording):
    """The recorded checkpoint, random but of the real architecture, in float32 with small images."""
    from mindseye.checkpoints.load import load
    from mindseye.model import Model

    loaded = load(str(GOLDEN / "checkpoint"), dtype="float32", transforms=recording.transforms)
    return Model(loaded, "tiny")
