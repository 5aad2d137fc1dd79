"""Reason in alternating words and pictures; the model decides by itself when to draw."""

import mindseye
from mindseye import WhenToDraw

model = mindseye.load("pocket")
scene = model.draw("a cat at the top left, an apple at the top right", seed=3).image
reply = model.generate(scene, "Remove all fruit. Add one dog. How many things are left?", seed=3)
for number, part in enumerate(reply.parts):
    if isinstance(part, str):
        print(part)
    else:
        part.save(f"step-{number}.png")

poster = "A poster: <|vision_start|> <|vision_end|>"
print(len(model.generate(poster, when_to_draw="marks", seed=1).images), "picture where the mark stood")
print(model.generate("a dog", when_to_draw=WhenToDraw("force", write_first=False), seed=1).image.size)
