"""Whole weights out of 8-bit ones: unpack.py FROM TO"""

import sys

from safetensors.torch import load_file, save_file

given = load_file(sys.argv[1])
scales = {name.removesuffix(":scale"): given.pop(name) for name in list(given) if name.endswith(":scale")}
whole = {
    name: (weight.float() * scales[name] if name in scales else weight).bfloat16() for name, weight in given.items()
}
save_file(whole, sys.argv[2])
