"""Families of models: a line a family, the first that recognises a folder takes it."""

from __future__ import annotations

from .bagel import Bagel
from .family import Family, Folder, Source
from .gpt2 import Gpt2Family
from .grafted import GraftedFamily
from .llama import Llama
from .llava import LlavaFamily

FAMILIES: list[Family] = [Llama(), Gpt2Family(), GraftedFamily(), LlavaFamily(), Bagel()]


def family_of(folder: Folder) -> Family:
    """The family of a folder's model; BAGEL, the last, where no other recognises it: its errors say what is missing."""
    return next(family for family in FAMILIES if family.recognises(folder))


__all__ = ["FAMILIES", "Family", "Folder", "Source", "family_of"]
