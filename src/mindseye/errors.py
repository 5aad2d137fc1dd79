"""Every error that a user can cause, as a tree.

    MindseyeError
      ├─ InputError         what was said cannot be used: an image, a prompt, an option, a size
      ├─ CheckpointError    a model folder is missing, incomplete or of another kind
      ├─ SettingsError      a recipe or settings file says something unknown or out of range
      ├─ MemoryShortError   the work does not fit into the memory of the device
      ├─ OverloadedError    more requests wait than may wait; try again later
      ├─ DeadlineError      the request took longer than it was given
      └─ CancelledError     the caller asked to stop

A message says what came, what was expected and what to do. The command line maps them to one line and
exit status 2, a server to an HTTP status.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

ONLY_UNDERSTANDS = (
    "this model can neither draw nor edit: it was loaded for understanding only, or its family never draws"
)


class MindseyeError(Exception):
    """Anything that went wrong because of what was asked, not because of a defect."""


class InputError(MindseyeError):
    """An image, a prompt, an option or a size that cannot be used."""


class CheckpointError(MindseyeError):
    """A model folder that is missing, incomplete or of another kind."""


class SettingsError(MindseyeError):
    """A recipe or settings file with an unknown name or a value out of range."""


class MemoryShortError(MindseyeError):
    """Work that does not fit into the memory of the device."""


class OverloadedError(MindseyeError):
    """More requests wait than may wait."""


class DeadlineError(MindseyeError):
    """The request took longer than it was given."""


class CancelledError(MindseyeError):
    """The caller asked to stop."""


ALSO_CALLED = {
    "steps": "num_timesteps",
    "num_steps": "num_timesteps",
    "num_inference_steps": "num_timesteps",
    "cfg": "cfg_text_scale",
    "cfg_scale": "cfg_text_scale",
    "guidance": "cfg_text_scale",
    "guidance_scale": "cfg_text_scale",
    "image_guidance_scale": "cfg_img_scale",
    "shift": "timestep_shift",
    "max_new_tokens": "max_tokens",
    "max_length": "max_tokens",
    "max_think_token_n": "max_tokens",
    "num_images": "count",
    "n": "count",
    "out": "output",
    "size": "width",
    "checkpoint": "model",
    "thinking": "think",
}
"""Names of the same things in other programs."""


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """' (did you mean "x"?)' for the known word nearest to `word`, or '' when none is as like it (0 to 1) as asked."""
    known = list(known)
    called = ALSO_CALLED.get(word.strip("-").replace("-", "_").lower(), "")
    close = [name for name in known if called and name.lstrip("-").replace("-", "_") == called]
    close = close or difflib.get_close_matches(word, known, n=1, cutoff=likeness)
    return f' (did you mean "{close[0]}"?)' if close else ""
