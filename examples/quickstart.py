"""Ask about a picture, draw one, change it."""

import mindseye

model = mindseye.load("pocket")

drawing = model.draw("a cat to the left of a dog", seed=1)
drawing.save("cat-and-dog.png")

print(model.ask(drawing.image, "what is to the left of the dog?"))

edited = model.edit(drawing.image, "make the background blue", seed=1)
edited.save("on-blue.png")
print(model.ask(edited.image, "what colour is the background?"))
