"""The id of a row: an own one for every row, the folder of its pictures, and the seed that follows from it."""

from __future__ import annotations

import hashlib
import re
from typing import Any

ID_FIELDS = ("sample_id", "id")
LONGEST_NAME = 100  # characters of a folder's name
SampleId = str | int


class Names:
    """Gives every row an id of its own. What it remembers are eight bytes a row."""

    def __init__(self) -> None:
        self._taken: set[bytes] = set()

    def name(self, fields: dict[str, Any], number: int) -> SampleId:
        """The id of the row with this number; rows must come in order."""
        wanted = own_id(fields, number)
        found, attempt = wanted, 1
        while not self._claim(str(found)):
            attempt += 1
            found = f"{wanted}-{attempt}"
        return found

    def _claim(self, key: str) -> bool:
        digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        is_new = digest not in self._taken
        self._taken.add(digest)
        return is_new


def own_id(fields: dict[str, Any], number: int) -> SampleId:
    """The id that a row gives itself, else its number; another row may have the same."""
    return next((fields[key] for key in ID_FIELDS if _is_name(fields.get(key))), number)


def folder_name(sample_id: SampleId) -> str:
    """The id as the name of a folder: itself where it can be one, else what is legal of it and a hash of all."""
    key = str(sample_id)
    legal = re.sub(r"[^\w.\-+=@ ]", "_", key).strip(" .")[:LONGEST_NAME]
    if key and legal == key:
        return key
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{legal[: LONGEST_NAME // 2]}-{digest}"


def row_seed(run_seed: int, sample_id: SampleId) -> int:
    """The seed of a row (0 to 2**63 - 1): it depends on the run's seed and the row's id and on nothing else."""
    text = f"{run_seed}\n{sample_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def _is_name(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return False
    return value != ""
