"""Vision towers: pixels become a grid of features. A file an architecture."""

from .efficientnet import EfficientNetLite0
from .tower import Tower
from .vit import VitTower, VitTowerConfig

__all__ = ["EfficientNetLite0", "Tower", "VitTower", "VitTowerConfig"]
