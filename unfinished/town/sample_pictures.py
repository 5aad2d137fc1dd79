import PIL.Image
from pathlib import Path
from mindseye.evaluation.town_showcase import SCENES, WORLD
from mindseye.pictures import save_png
out=Path("src/mindseye/samples")
for name, scene in SCENES.items():
    save_png(PIL.Image.fromarray(WORLD.render(scene, 96)), out/f"{name}.png", {})
