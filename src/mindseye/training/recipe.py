"""Everything that a training run is told: one dataclass a group, read from a recipe file."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import pairwise

from ..errors import InputError, SettingsError
from ..networks.config import DecoderConfig, UnifiedConfig, VaeConfig, VitConfig
from ..settings import check_ranges
from ..worlds.mixing import check_shares
from ..worlds.world import DEFAULT_WORLD, World, world_called
from .autoencoder import AutoencoderSettings
from .conditions import Dropout
from .eyes import EyesSettings
from .loop import SavingSettings
from .objectives.unified import LossSettings
from .optimizer import OptimizerSettings
from .precision import PRECISIONS
from .vocabulary import VocabularySettings


@dataclass(frozen=True)
class ModelSizes:
    """Sizes of the network; names as in the checkpoint's config files."""

    hidden_size: int = 256
    intermediate_size: int = 704
    num_hidden_layers: int = 6
    num_attention_heads: int = 8
    num_key_value_heads: int = 4
    vit_hidden_size: int = 192
    vit_intermediate_size: int = 512
    vit_num_hidden_layers: int = 3
    vit_num_attention_heads: int = 6
    vit_patch_size: int = 16
    latent_patch_size: int = 2
    max_position_embeddings: int = 4096
    image_size: int = 64
    """Pixels a side of every picture."""

    def __post_init__(self) -> None:
        for item in fields(self):
            check_ranges(self, **{item.name: (1, 1_000_000 if item.name == "max_position_embeddings" else 65_536)})
        for whole, part in (
            ("hidden_size", "num_attention_heads"),
            ("num_attention_heads", "num_key_value_heads"),
            ("vit_hidden_size", "vit_num_attention_heads"),
            ("image_size", "vit_patch_size"),
        ):
            if getattr(self, whole) % getattr(self, part):
                raise SettingsError(
                    f"{whole} {getattr(self, whole)} must be a multiple of {part} {getattr(self, part)}"
                )

    def unified(self, vocab_size: int, vae: VaeConfig) -> UnifiedConfig:
        """The network's config around an autoencoder and a vocabulary."""
        vit_side = self.image_size // self.vit_patch_size
        latent_side = self.image_size // (self.latent_patch_size * vae.downsample)
        return UnifiedConfig(
            decoder=DecoderConfig(
                vocab_size=vocab_size,
                hidden_size=self.hidden_size,
                intermediate_size=self.intermediate_size,
                num_hidden_layers=self.num_hidden_layers,
                num_attention_heads=self.num_attention_heads,
                num_key_value_heads=self.num_key_value_heads,
                max_position_embeddings=self.max_position_embeddings,
            ),
            vit=VitConfig(
                hidden_size=self.vit_hidden_size,
                intermediate_size=self.vit_intermediate_size,
                num_hidden_layers=self.vit_num_hidden_layers,
                num_attention_heads=self.vit_num_attention_heads,
                patch_size=self.vit_patch_size,
                num_patches_per_side=2 * vit_side,
            ),
            vae=vae,
            latent_patch_size=self.latent_patch_size,
            max_latent_size=2 * latent_side,
            vit_max_num_patch_per_side=2 * vit_side,
        )


@dataclass(frozen=True)
class Phase:
    """What is learned until a step (an update): shares of the kinds of episodes."""

    mix: dict[str, float]
    until: int | None = None
    """The first step that is no longer in this phase; the last phase has none."""
    named_patches: bool = False
    """Each patch of a picture that is seen must also say the name of what it shows, as the eyes were taught."""


@dataclass(frozen=True)
class DataSettings:
    """What a batch is made of."""

    phases: tuple[Phase, ...]
    tokens_per_batch: int = 6000
    stretch: float = 1.15
    """Attention pads a sample at most to so many times its length; fewer but larger products the higher."""
    split: str = "train"
    look_back: float = 0.15
    """How often a last drawing is looked at again, to learn that the answer is over."""
    noisy_copies: int = 2
    """How many noises of a drawing are learnt at once; its conditions are read only once."""
    latents_with_questions: float = 0.25
    """How often a picture that is only asked about is shown as latents too, as in a talk that may end in a drawing."""
    dropout: Dropout = field(default_factory=Dropout)

    def __post_init__(self) -> None:
        ends = [phase.until for phase in self.phases]
        if not ends or ends[-1] is not None or None in ends[:-1]:
            raise SettingsError("every phase but the last needs an `until`, and the last must have none")
        if any(a >= b for a, b in pairwise(ends[:-1])):  # type: ignore[operator]
            raise SettingsError(f"the phases' `until` must rise; they are {ends}")
        check_ranges(self, tokens_per_batch=(64, 10_000_000), stretch=(1.0, 100.0), noisy_copies=(1, 64))
        check_ranges(self, look_back=(0.0, 1.0), latents_with_questions=(0.0, 1.0))

    def phase_at(self, step: int) -> Phase:
        """The phase that a step belongs to."""
        return next(phase for phase in self.phases if phase.until is None or step < phase.until)


@dataclass(frozen=True)
class Recipe:
    """One training run from nothing to a checkpoint folder."""

    data: DataSettings
    world: str = DEFAULT_WORLD
    """The world that is learned: town or corners."""
    run_folder: str = "runs/pocket"
    frozen: tuple[str, ...] = ()
    """Patterns of names of weights that stay as they are from here on, such as `vit_model.*`; a run may change it."""
    start_from: str | None = None
    """A model whose weights the run begins with ("pocket", a folder or a hub id), also one of an earlier world
    (`warm_start.py`); None for random ones."""
    seed: int = 0
    threads: int | None = None
    """Threads of the CPU; None leaves PyTorch's choice."""
    fused: bool = False
    """Training with the decoder's small operations in few passes of C++ (`fuse.py`); needs a C++ compiler."""
    precision: str = "bfloat16"
    """bfloat16 (master weights stay float32) or float32."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 or mps."""
    accumulate: int = 1
    """Batches of each process before the weights move."""
    workers: int = 0
    """Processes that make batches ahead (`ahead.py`), for an accelerator that would wait; 0 for none."""
    autoencoder: AutoencoderSettings = field(default_factory=AutoencoderSettings)
    vocabulary: VocabularySettings = field(default_factory=VocabularySettings)
    eyes: EyesSettings = field(default_factory=EyesSettings)
    model: ModelSizes = field(default_factory=ModelSizes)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    losses: LossSettings = field(default_factory=LossSettings)
    saving: SavingSettings = field(default_factory=SavingSettings)

    def __post_init__(self) -> None:
        check_ranges(self, seed=(0, 2**31 - 1), accumulate=(1, 1_000_000), workers=(0, 256))
        if self.threads is not None:
            check_ranges(self, threads=(1, 4096))
        if self.precision not in PRECISIONS:
            raise SettingsError(f'precision is "{self.precision}"; expected bfloat16 or float32')
        if self.fused and self.precision != "bfloat16":
            raise SettingsError("fused training multiplies in bfloat16; set precision: bfloat16 or fused: false")
        try:
            for phase in self.data.phases:
                check_shares(phase.mix, self.learned_world.kinds)
        except InputError as error:
            raise SettingsError(f"mix of a phase: {error}") from error

    @property
    def learned_world(self) -> World:
        """The world of that name."""
        return world_called(self.world)
