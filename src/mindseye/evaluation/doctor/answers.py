"""Do answers change when the picture is another, or blank? What tells seeing from guessing."""

from __future__ import annotations

from ...errors import InputError
from ..swap_run import SwapResult, SwapSettings, measure_swap
from .finding import Finding, unmeasured
from .patient import Patient, once

NAME = "swap"
MOST_ROWS, MOST_TOKENS = 24, 48


def answers(patient: Patient) -> Finding:
    """The image-swap score of the rows."""
    try:
        result = asked(patient)
    except InputError as error:
        return unmeasured(NAME, str(error))
    scores = result.scores
    numbers = {
        "rows": scores.num_rows,
        "right": scores.right,
        "right_swapped": scores.right_swapped,
        "right_blank": scores.right_blank,
        "image_swap": scores.image_swap,
        "changed_swapped": scores.changed_swapped,
        "changed_blank": scores.changed_blank,
        "failed": len(result.errors),
    }
    low = scores.image_swap_95[0] if scores.image_swap_95 else scores.image_swap
    shares = (
        f"right {100 * scores.right:.0f} % with the own picture, {100 * scores.right_swapped:.0f} % with another's, "
        f"{100 * scores.right_blank:.0f} % with a blank one; a swap changes {100 * scores.changed_swapped:.0f} %"
    )
    if low > 0:
        return Finding(NAME, True, f"Answers follow the picture: {shares}.", numbers)
    if scores.right == 0 and scores.changed_swapped >= 0.5:
        said = f"Answers change with the picture, but none is the row's: {shares}."
        return Finding(NAME, None, said, numbers, "Give --data with rows such as the model was taught.")
    remedy = "Train longer, on questions that cannot be answered without the picture; the findings above come first."
    return Finding(NAME, False, f"Answers do not follow the picture: {shares}.", numbers, remedy)


@once
def asked(patient: Patient) -> SwapResult:
    """What the model says to the rows with their own, another's and a blank picture."""
    settings = SwapSettings(MOST_ROWS, patient.seed, options={"max_tokens": MOST_TOKENS})
    return measure_swap(patient.model, [case.row for case in patient.cases.good[:MOST_ROWS]], settings)
