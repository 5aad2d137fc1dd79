"""The face of a model without weights, for tests of whatever is built on a real one."""

from __future__ import annotations

from .checkpoints.defaults import Defaults
from .generation.engine import Engine
from .generation.fake import Script, echo, fake_story
from .generation.runner import Runner
from .generation.scheduler import EngineConfig
from .generation.turns import Request
from .generation.work import Story
from .model import Model


class FakeModel(Model):
    """A model without weights that answers by a script; see `generation/fake.py`."""

    def __init__(self, script: Script = echo, name: str = "fake", engine: EngineConfig | None = None) -> None:
        self.name = name
        self.script = script
        self.defaults = Defaults()
        self.engine = Engine(None, None, engine)
        self.runner = Runner(self.engine)

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing is odd."""
        return ()

    def conversation(self) -> FakeConversation:  # type: ignore[override]
        """A conversation that remembers nothing."""
        return FakeConversation()

    def story(self, request: Request, conversation: object = None) -> Story[str]:
        """What the script says to the request."""
        return fake_story(request, self.script)

    def primed(self, examples: object, tasks: object = ()) -> None:
        """Examples change nothing."""

    def cost(self, request: Request) -> int:
        """Nothing is kept."""
        return 0


class FakeConversation:
    """Where a conversation would be."""

    def fork(self) -> FakeConversation:
        return self
