"""Unified multimodal models: one network that reads text and images and answers with text and images.

    import mindseye

    model = mindseye.load("pocket")
    print(model.ask(image, "how many cats are there?"))
    model.draw("a cat to the left of a dog").save("cat.png")

Names load when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .errors import MindseyeError
    from .events import ImageDone, TextDelta, TurnEnd
    from .fake_model import FakeModel
    from .generation.policies import WhenToDraw
    from .generation.scheduler import EngineConfig
    from .generation.turns import Request
    from .loading import load
    from .messages import Message
    from .model import Chat, Model
    from .params import ImageParams, TextParams
    from .reply import Reply

_HOMES = {
    "load": ".loading",
    "Model": ".model",
    "Chat": ".model",
    "FakeModel": ".fake_model",
    "Reply": ".reply",
    "EngineConfig": ".generation.scheduler",
    "Message": ".messages",
    "Request": ".generation.turns",
    "WhenToDraw": ".generation.policies",
    "TextParams": ".params",
    "ImageParams": ".params",
    "TextDelta": ".events",
    "ImageDone": ".events",
    "TurnEnd": ".events",
    "MindseyeError": ".errors",
}
__all__ = [
    "Chat",
    "EngineConfig",
    "FakeModel",
    "ImageDone",
    "ImageParams",
    "Message",
    "MindseyeError",
    "Model",
    "Reply",
    "Request",
    "TextDelta",
    "TextParams",
    "TurnEnd",
    "WhenToDraw",
    "__version__",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mindseye' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
