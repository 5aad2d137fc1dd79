"""Text to token ids and back: Qwen2's byte-level tokenizer, read from a checkpoint folder.

What a user typed never becomes a special token: `encode` takes "<|im_end|>" for ten ordinary characters
unless it is told otherwise.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as RustTokenizer

from ..errors import CheckpointError, MindseyeError
from ..given_files import read_given, read_json
from .leading_space import Spaced, spaced, without_leading_space

SPECIAL_NAMES = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>")
STORED_NAMES = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")  # the others follow them where a folder has none
Cuts = Literal["qwen2", "gpt2"]
Follows = Literal["nothing", "a mark", "words"]
"""What stands before a text in its prompt: nothing or a space, a special token or an image, words without a space."""
LARGEST_TOKENIZER = 100_000_000  # bytes
# How Qwen2 cuts a text into words before merging bytes; a part of its format like the vocabulary.
QWEN2_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class SpecialTokens:
    """Ids of the marks that frame texts and images."""

    start: int
    end: int
    image_start: int
    image_end: int


class Tokenizer:
    """Text <-> token ids; `special` holds the marks' ids."""

    def __init__(self, rust: RustTokenizer, marks: Sequence[str] = SPECIAL_NAMES) -> None:
        """`rust` without the family's `marks` gets those it lacks at its end."""
        self._rust = rust
        # Also tokens that a tokenizer calls ordinary must not be typed when they look like marks.
        added = {token.content: token for token in rust.get_added_tokens_decoder().values()}
        known = [name for name, token in added.items() if token.special or re.fullmatch(r"<\|.*\|>", name)]
        missing = [name for name in marks if name not in added]
        rust.add_special_tokens([AddedToken(name, normalized=False) for name in [*known, *missing]])
        rust.encode_special_tokens = True  # special strings are text; `encode` splits them off where allowed
        ids = {name: rust.token_to_id(name) for name in [*known, *missing]}
        self._special_ids: dict[str, int] = {name: i for name, i in ids.items() if i is not None}
        self._special_set = frozenset(self._special_ids.values())
        self._added = {i: token.content for i, token in rust.get_added_tokens_decoder().items()}
        longest_first = sorted(self._special_ids, key=len, reverse=True)
        self._split = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")" if longest_first else "(?!)")
        self._marks = tuple(marks)
        self.spaced: Spaced = spaced(rust)
        self._going_on = rust
        if self.spaced != "nothing":
            self._going_on = without_leading_space(rust)
            self._going_on.encode_special_tokens = True
        self._has_byte_tokens = rust.token_to_id("<0x0A>") is not None  # SentencePiece's alphabet instead of GPT-2's

    @property
    def special(self) -> SpecialTokens:
        """The ids of BAGEL's marks; KeyError for a family that has none."""
        return SpecialTokens(*(self._special_ids[name] for name in SPECIAL_NAMES))

    @classmethod
    def from_folder(cls, folder: str | Path, marks: Sequence[str] = SPECIAL_NAMES, cuts: Cuts = "qwen2") -> Tokenizer:
        """From `tokenizer.json`, or `vocab.json` and `merges.txt`; `tokenizer_config.json` may add tokens.

        `marks` are special tokens that the family needs, added at the end where a folder lacks them; `cuts` is how it
        cuts texts into words where `tokenizer.json` does not say.
        """
        folder = Path(folder)
        added = _added_tokens(folder)
        try:
            if (folder / "tokenizer.json").is_file():
                rust = RustTokenizer.from_buffer(
                    read_given(folder / "tokenizer.json", LARGEST_TOKENIZER, CheckpointError)
                )
            elif (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
                rust = _from_vocab(folder, added, marks, cuts)
            else:
                raise CheckpointError(
                    f"{folder} has no tokenizer: expected tokenizer.json, or vocab.json and merges.txt"
                )
        except MindseyeError:
            raise
        except Exception as error:  # the library raises bare Exception
            raise CheckpointError(f"the tokenizer files in {folder} cannot be read: {error}") from error
        have = {token.content for token in rust.get_added_tokens_decoder().values()}
        rust.add_tokens([token for i, token in sorted(added.items()) if token.content not in have])
        for i, token in added.items():
            if rust.token_to_id(token.content) != i:
                raise CheckpointError(
                    f"{folder}: tokenizer_config.json gives {token.content} the id {i}, but the vocabulary "
                    f"makes it {rust.token_to_id(token.content)}; these files belong to different models"
                )
        if tuple(marks) == SPECIAL_NAMES:
            _check_stored(folder, rust, added)
        return cls(rust, marks)

    def encode(self, text: str, allow_special: bool = False) -> list[int]:
        """Token ids of a text; with `allow_special` the marks written in it become special tokens."""
        if not allow_special:
            return self._encode_plain(text)
        return self.encode_parts([(text, True)])

    def encode_parts(self, parts: Iterable[tuple[str, bool]], follows: Follows = "nothing") -> list[int]:
        """Token ids of (text, allow_special) parts in a row; what stands between two marks is encoded as one text.

        `follows` says what stands before them in the same prompt, where they are encoded apart from it.
        """
        ids: list[int] = []
        plain = ""
        for text, allow_special in parts:
            for piece in self._split.split(text) if allow_special else [text]:
                if allow_special and piece in self._special_ids:
                    ids += self._encode_plain(plain, follows)
                    ids.append(self._special_ids[piece])
                    plain, follows = "", "a mark"
                else:
                    plain += piece
        return ids + self._encode_plain(plain, follows)

    def _encode_plain(self, text: str, follows: Follows = "nothing") -> list[int]:
        if not text:
            return []
        goes_on = follows == "words" or (follows == "a mark" and self.spaced == "beginning")
        rust = self._going_on if goes_on else self._rust
        # A lone surrogate (half an emoji, from broken JSON) has no UTF-8 form; it becomes a question mark.
        text = text.encode("utf-8", "replace").decode("utf-8")
        return rust.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Iterable[int], skip_special: bool = True) -> str:
        """The text of token ids; bytes that are not UTF-8 become U+FFFD, unknown ids nothing."""
        data = b"".join(self.token_bytes(i) for i in ids if not (skip_special and i in self._special_set))
        return data.decode("utf-8", "replace")

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that one token stands for; none for an id beyond the vocabulary."""
        if token_id in self._added:
            return self._added[token_id].encode("utf-8")
        token = self._rust.id_to_token(token_id)
        if token is None:
            return b""
        if not self._has_byte_tokens:
            return bytes(_BYTE_OF[c] for c in token)
        byte = re.fullmatch(r"<0x([0-9A-F]{2})>", token)
        return bytes([int(byte[1], 16)]) if byte else token.replace("▁", " ").encode("utf-8")

    def is_special(self, token_id: int) -> bool:
        """Whether the id is a mark, never part of a text."""
        return token_id in self._special_set

    @property
    def start_ids(self) -> tuple[int, ...]:
        """What the tokenizer's own rule puts before a text, as Llama's does; mostly nothing."""
        marked = self._rust.encode("a", add_special_tokens=True)
        return tuple(itertools.takewhile(self.is_special, marked.ids))

    @property
    def special_ids(self) -> dict[str, int]:
        """Every special token with its id."""
        return dict(self._special_ids)

    @property
    def largest_id(self) -> int:
        """The largest id that can come out of `encode`."""
        return max(self._rust.get_vocab(with_added_tokens=True).values())

    def check_fits(self, vocab_size: int) -> None:
        """Raise CheckpointError when a mark has no row in an embedding table of `vocab_size` rows."""
        if not self._marks and self.largest_id >= vocab_size:
            raise CheckpointError(
                f"the tokenizer has ids up to {self.largest_id}, but the model {vocab_size} words; they belong to "
                "different models"
            )
        for name in self._marks:
            i = self._special_ids[name]
            if i >= vocab_size:
                raise CheckpointError(
                    f"special token {name} has id {i}, but the model has {vocab_size} words (0 to "
                    f"{vocab_size - 1}); the tokenizer belongs to another model"
                )


class TextStream:
    """Turns token ids that come one by one into text; a character is emitted when its last byte is there.

    Special tokens are written out, as `decode` with skip_special=False does: a mark in the middle of an answer is
    something that the model said.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, token_id: int) -> str:
        """The text that this token completes, '' while a character is unfinished."""
        return self._decoder.decode(self._tokenizer.token_bytes(token_id))

    def finish(self) -> str:
        """What is left: U+FFFD when the last character never became whole, else ''."""
        return self._decoder.decode(b"", final=True)


def _from_vocab(folder: Path, added: dict[int, AddedToken], marks: Sequence[str], cuts: Cuts) -> RustTokenizer:
    vocab: dict[str, int] = _read_json(folder / "vocab.json")
    # Added tokens stand in the vocabulary too, so that they keep their ids when there are gaps between.
    vocab.update({token.content: i for i, token in added.items()})
    taken = max(vocab.values(), default=-1)
    lacking = [name for name in marks if name not in vocab]
    vocab.update({name: taken + 1 + n for n, name in enumerate(lacking)})
    text = read_given(folder / "merges.txt", LARGEST_TOKENIZER, CheckpointError)
    lines = text.decode("utf-8").splitlines()
    pairs = [line.split(" ") for line in lines if line and not line.startswith("#version")]
    merges = [(left, right) for left, right in pairs]
    rust = RustTokenizer(models.BPE(vocab=vocab, merges=merges))
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=cuts == "gpt2")
    if cuts == "gpt2":
        rust.pre_tokenizer = as_bytes
    else:
        rust.normalizer = normalizers.NFC()
        words = pre_tokenizers.Split(Regex(QWEN2_WORDS), behavior="isolated")
        rust.pre_tokenizer = pre_tokenizers.Sequence([words, as_bytes])
    rust.decoder = decoders.ByteLevel()
    return rust


def _check_stored(folder: Path, rust: RustTokenizer, added: dict[int, AddedToken]) -> None:
    """Raise CheckpointError unless the files themselves hold the tokens from which the others are counted on."""
    stored = {token.content for token in (*added.values(), *rust.get_added_tokens_decoder().values())}
    lacking = [name for name in STORED_NAMES if name not in stored]
    if lacking:
        files = [name for name in ("tokenizer.json", "tokenizer_config.json") if (folder / name).is_file()]
        raise CheckpointError(
            f"{folder}: {' and '.join(files) or 'no tokenizer_config.json'} says nothing of the special tokens "
            f"{', '.join(lacking)}, so their ids are not known; fetch tokenizer_config.json of this model again"
        )


def _added_tokens(folder: Path) -> dict[int, AddedToken]:
    """Added tokens by id from `tokenizer_config.json`, else from the older `added_tokens.json`."""
    name = next((name for name in ("tokenizer_config.json", "added_tokens.json") if (folder / name).is_file()), None)
    if name is None:
        return {}
    said = _read_json(folder / name)
    try:
        if name == "added_tokens.json":
            return {int(i): _added_token({"content": content}) for content, i in said.items()}
        return {int(i): _added_token(token) for i, token in (said.get("added_tokens_decoder") or {}).items()}
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise CheckpointError(f"{folder / name} holds an added token that is none ({error}); fetch it again") from error


def _added_token(said: dict[str, Any]) -> AddedToken:
    return AddedToken(said["content"], normalized=False, special=bool(said.get("special", False)))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path, LARGEST_TOKENIZER, CheckpointError)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is not JSON ({error}); download it again") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{path} holds a {type(found).__name__}; expected a JSON object")
    return found


def _byte_alphabet() -> Iterator[tuple[str, int]]:
    """Each byte's stand-in in a byte-level vocabulary: itself where printable, else one from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    substitute = 0x100
    for byte in range(256):
        if byte in printable:
            yield chr(byte), byte
        else:
            yield chr(substitute), byte
            substitute += 1


_BYTE_OF = dict(_byte_alphabet())
