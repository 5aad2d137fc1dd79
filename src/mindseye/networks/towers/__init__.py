"""Vision towers: pixels become a grid of features. A file an architecture."""

from .efficientnet import EfficientNetLite0, Lite0Config
from .vit import VitTower, VitTowerConfig

Tower = VitTower | EfficientNetLite0
TowerConfig = VitTowerConfig | Lite0Config

__all__ = ["EfficientNetLite0", "Lite0Config", "Tower", "TowerConfig", "VitTower", "VitTowerConfig"]
