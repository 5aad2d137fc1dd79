"""Does every picture of a row reach the network, or is its placeholder read as letters?"""

from __future__ import annotations

import re

from ...inputs.segments import TextSegment
from .finding import Finding, unmeasured
from .patient import Patient

NAME = "placeholders"
LOOKS_LIKE_ONE = re.compile(r"<\|?\s*/?(?:image|img)s?[\w\s-]*\|?>|\[(?:image|img)\]", re.IGNORECASE)


def placeholders(patient: Patient) -> Finding:
    """Counts pictures and images that are read, and placeholders that are left in the words."""
    cases = patient.cases.good[:64]
    if not cases:
        return unmeasured(NAME, f"no row could be read ({patient.cases.broken[0][:120]})")
    num_pictures = num_images = 0
    left: list[tuple[str, list[str]]] = []
    for case in cases:
        reading = patient.read(case)
        num_pictures += len(case.pictures)
        num_images += len(reading.images)
        for segment in reading.segments:
            if isinstance(segment, TextSegment):
                left += pieces_of_placeholders(segment.ids, patient)
    numbers = {"rows": len(cases), "pictures": num_pictures, "images_read": num_images, "left_in_words": len(left)}
    if left:
        mark, pieces = left[0]
        said = (
            f"{len(left)} placeholders are read as letters: the tokenizer splits {mark} into {len(pieces)} pieces "
            f"({' '.join(pieces)}), and no image takes their place."
        )
        remedy = "Write <image> where a picture stands, spelt so, and give a picture for each."
        return Finding(NAME, False, said, numbers, remedy)
    if num_images != num_pictures or not num_pictures:
        said = f"{num_pictures} pictures stand in the rows, {num_images} are read."
        return Finding(NAME, False, said, numbers, "Give each row its picture in image, images or image_bytes.")
    return Finding(NAME, True, f"All {num_pictures} pictures of {len(cases)} rows are read as images.", numbers)


def pieces_of_placeholders(ids: tuple[int, ...], patient: Patient) -> list[tuple[str, list[str]]]:
    """Each placeholder that stands in a text as letters, and the pieces of which it consists."""
    tokenizer = patient.loaded.tokenizer
    text = tokenizer.decode(list(ids), skip_special=False)
    found = []
    for match in LOOKS_LIKE_ONE.finditer(text):
        pieces = [tokenizer.decode([number], skip_special=False) for number in tokenizer.encode(match[0])]
        found.append((match[0], pieces))
    return found
