from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden" / "tiny"


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
