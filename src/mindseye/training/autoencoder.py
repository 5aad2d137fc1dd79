"""Trains the pocket autoencoder on rendered scenes of a world.

Most steps look at crops of a quarter of the picture: four times as many steps a second, and convolutions do
not care. The last steps look at whole pictures, since norms and the middle attention do.
"""
# B pictures, S side of a picture in px, C latent channels, h side of a latent

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ..checkpoints.locate import find_folder
from ..checkpoints.weights import AUTOENCODER
from ..errors import SettingsError
from ..inputs.images import pixels_of
from ..networks.config import VaeConfig
from ..networks.vae import Autoencoder, ResnetBlock
from ..settings import check_ranges
from ..whole_files import whole_file, write_whole
from ..worlds.world import World
from .precision import CPU, mixed
from .stopping import HalfWay, Stop

Report = Callable[[dict[str, float]], None]
WEIGHTS_FILE = "ae.safetensors"
CONFIG_FILE = "vae_config.json"
FIRST_LOG_VARIANCE = -5.0  # nearly no noise at the start, or the decoder learns nothing for a long while
GRADIENT_CLIP = 1.0
REPORT_EVERY = 50  # steps


@dataclass(frozen=True)
class Subject:
    """What an autoencoder shall learn to give back: pictures of a world at a size."""

    world: World
    side: int
    """px"""
    seed: int = 0


@dataclass(frozen=True)
class AutoencoderSettings:
    """How the autoencoder is trained; sizes are named as in `VaeConfig`."""

    ch: int = 64
    ch_mult: tuple[int, ...] = (1, 1, 1, 1)
    num_res_blocks: int = 0
    z_channels: int = 16
    norm_num_groups: int = 16
    num_crop_steps: int = 6000
    num_steps: int = 8000
    """All steps; those after the crop steps see whole pictures."""
    batch_size: int = 16
    whole_batch_size: int = 16
    """Pictures a step when they are whole; they cost as much as all their crops."""
    crop_size: int = 32
    learning_rate: float = 2e-3
    num_warmup_steps: int = 100
    absolute_weight: float = 0.1
    edge_weight: float = 0.1
    kl_weight: float = 2e-5
    start_from: str | None = None
    """A model whose autoencoder of the same sizes is taught further ("pocket", a folder or a hub id)."""
    pool_size: int = 20_000
    """Scenes rendered beforehand, from which the batches are drawn."""

    def __post_init__(self) -> None:
        counts = dict.fromkeys(("ch", "z_channels", "norm_num_groups"), (1, 4096))
        steps = dict.fromkeys(("num_crop_steps", "num_warmup_steps"), (0, 100_000_000))
        check_ranges(self, **counts, **steps, num_steps=(1, 100_000_000), num_res_blocks=(0, 100))
        check_ranges(self, batch_size=(1, 10_000), crop_size=(8, 64), pool_size=(1, 200_000))

    @property
    def config(self) -> VaeConfig:
        """Sizes of the network, not yet scaled."""
        return VaeConfig(
            ch=self.ch,
            ch_mult=tuple(self.ch_mult),
            num_res_blocks=self.num_res_blocks,
            z_channels=self.z_channels,
            norm_num_groups=self.norm_num_groups,
            scale_factor=1.0,
            shift_factor=0.0,
        )


def train_autoencoder(
    settings: AutoencoderSettings,
    subject: Subject,
    report: Report,
    half_way: HalfWay | None = None,
    device: torch.device = CPU,
) -> Autoencoder:
    """A trained autoencoder whose latents have mean 0 and spread 1; `report` gets the losses now and then.

    `half_way` is saved every few minutes and when somebody asks to stop (CancelledError); a later call goes on from it.
    """
    seed = subject.seed
    torch.manual_seed(seed)
    pool = render_pool(subject, settings.pool_size, stop=half_way.stop if half_way else None)
    autoencoder = Autoencoder(settings.config)
    if settings.start_from is None:
        prepare_for_training(autoencoder)
    else:
        begin_with(autoencoder, find_folder(settings.start_from))
    autoencoder.to(device)
    parameters = list(autoencoder.parameters())
    optimizer = torch.optim.AdamW(parameters, betas=(0.9, 0.95), weight_decay=0.01, fused=True)
    first = half_way.resume(autoencoder, optimizer) if half_way else 0
    for step in range(first, settings.num_steps):
        torch.manual_seed(seed * 1_000_003 + step)  # a step depends on its number alone, so a run can go on
        rng = np.random.default_rng((seed, step))
        pixels = draw_batch(pool, rng, settings, whole=step >= settings.num_crop_steps).to(device)
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * warmup_cosine(step, settings)
        loss, parts = autoencoder_loss(autoencoder, pixels, settings)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, GRADIENT_CLIP)
        optimizer.step()
        if step % REPORT_EVERY == 0 or step + 1 == settings.num_steps:
            report({"step": step, **{name: value.item() for name, value in parts.items()}})
        if half_way:
            half_way.after_step(step + 1, autoencoder, optimizer)
    return normalise_latents(autoencoder.eval(), pixels_of(pool[:2000]).to(device))


def render_pool(subject: Subject, size: int, split: str = "train", stop: Stop | None = None) -> np.ndarray:
    """(size, S, S, 3) uint8 pictures of random scenes; CancelledError when `stop` was asked for."""
    rng, world = np.random.default_rng(subject.seed), subject.world
    pool = np.empty((size, subject.side, subject.side, 3), np.uint8)
    for picture in pool:
        if stop:
            stop.check()
        picture[:] = world.render(world.sample_scene(rng, split), subject.side)
    return pool


def draw_batch(pool: np.ndarray, rng: np.random.Generator, settings: AutoencoderSettings, whole: bool) -> Tensor:
    """Pixels of random pictures of the pool, or of one random crop of each."""
    pictures = pool[rng.integers(0, len(pool), settings.whole_batch_size if whole else settings.batch_size)]
    if not whole:
        top, left = rng.integers(0, pictures.shape[1] - settings.crop_size + 1, 2)
        pictures = pictures[:, top : top + settings.crop_size, left : left + settings.crop_size]
    return pixels_of(pictures)


def prepare_for_training(autoencoder: Autoencoder) -> None:
    """Start near the identity: weak residual branches and little latent noise."""
    with torch.no_grad():
        for module in autoencoder.modules():
            if isinstance(module, ResnetBlock):
                module.conv2.weight.mul_(0.1)
        bias_of(autoencoder.encoder.conv_out)[autoencoder.config.z_channels :] = FIRST_LOG_VARIANCE


def begin_with(autoencoder: Autoencoder, folder: Path) -> None:
    """Weights of a model's autoencoder; SettingsError when they are of other sizes."""
    if not (folder / AUTOENCODER).is_file():
        raise SettingsError(f"autoencoder.start_from is {folder}, which has no autoencoder ({AUTOENCODER})")
    try:
        autoencoder.load_state_dict({name: weight.float() for name, weight in load_file(folder / AUTOENCODER).items()})
    except (OSError, RuntimeError) as error:
        raise SettingsError(f"the autoencoder of {folder} does not fit the recipe's: {error}") from error


def bias_of(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def warmup_cosine(step: int, settings: AutoencoderSettings) -> float:
    """Factor on the learning rate, 0..1."""
    progress = step / settings.num_steps
    return min(1.0, (step + 1) / settings.num_warmup_steps) * (0.51 + 0.49 * math.cos(math.pi * progress))


def autoencoder_loss(
    autoencoder: Autoencoder, pixels: Tensor, settings: AutoencoderSettings
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss and its parts, with the peak signal-to-noise ratio of this batch in dB."""
    with mixed(pixels.device):
        mean, log_variance = (moment.float() for moment in autoencoder.encode_moments(pixels))
        log_variance = log_variance.clamp(-12, 4)
        latents = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()  # (B, C, h, h)
        drawn = autoencoder.decoder(latents).float()  # (B, 3, S, S)
    error = drawn - pixels
    squared = error.square().mean()
    edges = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
    kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
    loss = squared + settings.absolute_weight * error.abs().mean() + settings.edge_weight * edges
    parts = {"psnr": 10 * torch.log10(4 / squared.detach()), "edges": edges.detach(), "kl": kl.detach()}
    return loss + settings.kl_weight * kl, parts


@torch.no_grad()
def normalise_latents(autoencoder: Autoencoder, pixels: Tensor) -> Autoencoder:
    """The same autoencoder with each latent channel at spread 1 and their mean at 0.

    The spreads go into the weights of the two convolutions around the latents, which is exact.
    """
    means = torch.cat([autoencoder.encode_moments(some)[0] for some in pixels.split(100)])  # (B, C, h, h)
    spread = means.std(dim=(0, 2, 3))  # (C,)
    channels = len(spread)
    autoencoder.encoder.conv_out.weight[:channels] /= spread[:, None, None, None]
    bias_of(autoencoder.encoder.conv_out)[:channels] /= spread
    bias_of(autoencoder.encoder.conv_out)[channels:] -= 2 * spread.log()
    autoencoder.decoder.conv_in.weight *= spread[None, :, None, None]
    scaled = means / spread[:, None, None]
    shift, scale = scaled.mean().item(), 1 / scaled.std().item()
    normalised = Autoencoder(replace(autoencoder.config, shift_factor=shift, scale_factor=scale))
    normalised.load_state_dict(autoencoder.state_dict())
    return normalised.to(pixels.device).eval()


@torch.no_grad()
def measure_psnr(autoencoder: Autoencoder, pixels: Tensor) -> float:
    """Mean peak signal-to-noise ratio in dB over pictures (B, 3, S, S) in -1..1."""
    errors = [
        (autoencoder.decode(autoencoder.encode(some)).clamp(-1, 1) - some).square().mean(dim=(1, 2, 3))
        for some in pixels.split(50)
    ]
    return (10 * torch.log10(4 / torch.cat(errors))).mean().item()


def save_autoencoder(autoencoder: Autoencoder, folder: Path) -> None:
    """Write `ae.safetensors` in bfloat16, after its sizes: where the weights are, both are."""
    weights = {name: weight.bfloat16().contiguous() for name, weight in autoencoder.state_dict().items()}
    write_whole(folder / CONFIG_FILE, json.dumps(asdict(autoencoder.config), indent=1))
    with whole_file(folder / WEIGHTS_FILE) as unfinished:
        save_file(weights, unfinished)
