"""Answerers that know the truth, or never do."""

from PIL import Image

from mindseye.evaluation.answers import Answer
from mindseye.worlds import Say


class Oracle:
    """Answers every exam as its episode tells."""

    name = "oracle"

    def answer(self, exams):
        return [Answer(self.parts(exam), seconds=0.5) for exam in exams]

    def parts(self, exam):
        if exam.task == "redraw":
            return tuple(exam.items)
        targets = [step for step in exam.episode.steps if step.is_target]
        if exam.task == "tell" or "talk" in exam.kind:
            targets = targets[-1:]
        parts = [
            step.text.split("</think>")[-1] if isinstance(step, Say) else exam.picture_of(step.scene)
            for step in targets
        ]
        return tuple(part for part in parts if part)


class Liar(Oracle):
    """Says what is never true and draws what is never asked for."""

    name = "liar"

    def parts(self, exam):
        if exam.kind.startswith("unified.") and exam.kind.endswith("words"):
            return (Image.new("RGB", (64, 64)),)
        if exam.kind in ("unified.picture", "unified.talk_picture"):
            return ("no picture",)
        wrong = {str: "Final Answer: 97 umbrellas", Image.Image: Image.new("RGB", (64, 64))}
        return tuple(wrong[str if isinstance(part, str) else Image.Image] for part in super().parts(exam))


class Failing(Oracle):
    """Fails at every second exam."""

    name = "failing"

    def answer(self, exams):
        answers = super().answer(exams)
        return [Answer(error="InputError: no") if n % 2 else answer for n, answer in enumerate(answers)]
