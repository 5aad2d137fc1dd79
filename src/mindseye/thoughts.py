"""Thoughts in <think> tags, the one place that takes them out of a text."""

from __future__ import annotations

OPEN, CLOSE = "<think>", "</think>"


def split_thought(text: str) -> tuple[str | None, str]:
    """A text as (thought, rest), both without tags and outer spaces; the thought is None where no tag closes one."""
    if CLOSE not in text:
        return None, text
    thought, rest = text.split(CLOSE, 1)
    return thought.removeprefix(OPEN).strip(), rest.strip()


class ThoughtStream:
    """Splits a text that comes in pieces into pieces of a thought and of the answer, without tags."""

    def __init__(self, is_thought: bool = False) -> None:
        """With `is_thought` the text is a thought from its first word on, tagged or not."""
        self.is_thought = is_thought
        self._is_all_thought = is_thought
        self._held = ""

    def push(self, text: str) -> list[tuple[str, bool]]:
        """What is sure by now, as (piece, whether it is thought); an end that may become a tag is held back."""
        if not self._held and "<" not in text:
            return [(text, self.is_thought)] if text else []
        said: list[tuple[str, bool]] = []
        text = self._held + text
        while (tag := min((t for t in (OPEN, CLOSE) if t in text), key=text.find, default=None)) is not None:
            before, text = text.split(tag, 1)
            said.append((before, self.is_thought))
            self.is_thought = self._is_all_thought or tag == OPEN
        kept = max(n for n in range(len(CLOSE)) if text.endswith((OPEN[:n], CLOSE[:n])))
        self._held = text[len(text) - kept :]
        return [(piece, kind) for piece, kind in [*said, (text[: len(text) - kept], self.is_thought)] if piece]

    def finish(self) -> list[tuple[str, bool]]:
        """What was held back to the end."""
        text, self._held = self._held, ""
        return [(text, self.is_thought)] if text else []
