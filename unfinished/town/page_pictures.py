"""Pictures of the pages, out of commands. run in face with PYTHONPATH=src"""
import PIL.Image, numpy as np, mindseye
from pathlib import Path
from mindseye.samples import path_of
m=mindseye.load("pocket"); out=Path("docs/pictures"); S=192
def big(im): return im.convert("RGB").resize((S,S),PIL.Image.Resampling.LANCZOS)
def strip(ims, name, gap=16):
    w=S*len(ims)+gap*(len(ims)-1); page=PIL.Image.new("RGB",(w,S),"white")
    for i,im in enumerate(ims): page.paste(big(im),(i*(S+gap),0))
    page.save(out/name, optimize=True)
op=lambda n: PIL.Image.open(path_of(n))
strip([m.draw("a cat to the left of a dog",seed=1).image],"draw-cat-and-dog.png")
strip([op("animals"), m.edit(path_of("animals"),"remove the cat",seed=1).image],"edit-without-cat.png")
pulled=m.imagine(path_of("vase"),"pull the cloth away",seed=1).image
forward=m.imagine(path_of("street"),"step forward",seed=1).image
strip([op("vase"),pulled],"imagine-pulled.png"); strip([op("street"),forward],"imagine-forward.png")
r=m.reason(path_of("animals"),"Remove all fruit. Add a dog at the bottom right. How many things are left?",seed=1) if hasattr(m,"reason") else m.generate(path_of("animals"),"Remove all fruit. Add a dog at the bottom right. How many things are left?",seed=1)
print(r.parts); strip([op("animals"),*r.images],"reason-step-2.png")
t=[m.draw("a cat to the left of a dog on a blue background",seed=1).image, m.draw("a pumpkin in twemoji style",seed=1).image, m.draw("a frog in the middle at the beach",seed=1).image,
 m.edit(path_of("animals"),"make the background blue",seed=1).image, m.edit(path_of("dress"),"a woman at the beach wearing this",seed=1).image, pulled, forward]
strip(t,"try.png")
strip([t[0],t[2],op("dress"),t[4],op("street"),forward],"strip.png")
