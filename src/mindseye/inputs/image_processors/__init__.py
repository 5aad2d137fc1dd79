"""Images to segments, a file a way to do it."""

from .bagel import BagelImageProcessor
from .image_processor import ImageProcessor, TokenCount
from .no_eyes import NoEyes
from .square import SquareProcessor, SquareTransforms

__all__ = ["BagelImageProcessor", "ImageProcessor", "NoEyes", "SquareProcessor", "SquareTransforms", "TokenCount"]
