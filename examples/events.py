"""Watch a request while it runs, and stop it when you have seen enough."""

import mindseye
from mindseye import ImageDone, TextDelta, TurnEnd

model = mindseye.load("pocket")
request = model.request("draw", ["a cat to the left of a dog"], think=True, seed=4)
for event in model.stream(request):
    if isinstance(event, TextDelta):
        print(event.text, end="", flush=True)
    elif isinstance(event, ImageDone):
        event.image.save("thought-out.png")
        print(f"\n{event.image.size}, seed {event.seed}")
    elif isinstance(event, TurnEnd):
        print(f"{event.tokens_written} tokens written, {event.denoising_passes} denoising steps")

for number, _ in enumerate(model.stream(request)):
    if number == 3:
        break  # leaving the loop cancels the request and frees its memory
