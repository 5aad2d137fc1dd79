"""Operations in C++ (`kernels.cpp`, `tiles.cpp`), compiled for one network's sizes by the machine's own compiler."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ..errors import SettingsError

SOURCES = tuple(Path(__file__).with_name(name) for name in ("kernels.cpp", "tiles.cpp"))
COMPILERS = ("g++", "clang++")
OPTIONS = ("-std=c++17", "-O3", "-march=native", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math")
GNU_OPTIONS = ("-mprefer-vector-width=512",)  # without it GCC uses half of a 512 bit register


class Kernels:
    """The functions of the sources by name, with tensors as arguments; with `has_tiles` those of `tiles.cpp` too."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        """Compile for `sizes`; SettingsError where that is not possible. Takes two seconds."""
        compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
        if compiler is None:
            raise SettingsError("fused training needs a C++ compiler (g++ or clang++); install one or set fused: false")
        defined = [f"-D{name}={size}" for name, size in sizes.items()]
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / "kernels.so"
            command = [compiler, *OPTIONS, *defined, "-shared", "-fPIC", *map(str, SOURCES), "-o", str(library)]
            done = _compile(command, GNU_OPTIONS)
            if done.returncode:
                names = " and ".join(source.name for source in SOURCES)
                raise SettingsError(f"{compiler} cannot compile {names}; set fused: false. {done.stderr[-500:]}")
            self._library = ctypes.CDLL(str(library))
        self._library.has_tiles.restype = ctypes.c_int64
        self.has_tiles = bool(self._library.has_tiles())

    def run(self, name: str, *given: Tensor | float | None) -> None:
        """Call a function; tensors must be contiguous, whole numbers are 64 bits wide and others float."""
        getattr(self._library, name)(*map(_as_argument, given))


def _compile(command: list[str], more: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """With the options that not every compiler and processor knows, or else without."""
    done = subprocess.run([*command, *more], capture_output=True, text=True)
    return done if done.returncode == 0 else subprocess.run(command, capture_output=True, text=True)


def _as_argument(value: Tensor | float | None) -> ctypes.c_void_p | ctypes.c_int64 | ctypes.c_float:
    if isinstance(value, Tensor):
        assert value.is_contiguous() and value.device.type == "cpu"
        return ctypes.c_void_p(value.data_ptr())
    if value is None:
        return ctypes.c_void_p(None)
    return ctypes.c_int64(value) if isinstance(value, int) else ctypes.c_float(value)
