"""Draw, talk about what was drawn, change it: each turn costs its own tokens, not the history's."""

import mindseye

model = mindseye.load("pocket")
chat = model.chat()
chat.say("a cat at the top left, a bus at the bottom right, green background", task="draw", seed=2).save("turn-1.png")
print(chat.say("what is in the picture?", task="ask"))
print("tokens in the conversation:", chat.conversation.views.num_positions)
