"""Requests of different kinds in one batch; each answer is the one it would get alone."""

import mindseye
from mindseye import MindseyeError

model = mindseye.load("pocket")
requests = [
    model.request("draw", ["a panda"], seed=1),
    model.request("draw", ["two apples"], seed=2, num_timesteps=10),
    model.request("draw", ["一只猫"], seed=3),
]
replies = model.run(requests)
for number, reply in enumerate(replies):
    reply.save(f"batch-{number}.png")

questions = [model.request("ask", [reply.image, "what is in the picture?"]) for reply in replies]
for reply in model.run(questions):
    print(reply)

try:
    model.draw("a panda", cfg_txt_scale=3)
except MindseyeError as error:
    print(error)
