"""A stand-in for an accelerator: torch's `meta` device, watched for what would be wrong or slow on a real one.

Most operators refuse to mix devices by themselves; indexing and linear layers do not on `meta`. Reading a number of
a tensor that has none raises, so whatever is read back must go through the one place that is meant for it.
"""

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

COPIES = (torch.ops.aten.to, torch.ops.aten._to_copy, torch.ops.aten.copy_)  # `to` stays whole in inference mode


class Watch(TorchDispatchMode):
    """Counts operators on `device` and on the host, and copies to it; raises where one mixes several devices."""

    def __init__(self, device="meta"):
        super().__init__()
        self.device = device
        self.num_operators = 0
        self.num_on_host = 0
        self.num_copies = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        devices = {x.device.type for x in tensors if x.dim() or x.device.type != "cpu"}
        result = func(*args, **kwargs)
        to_device = any(x.device.type == self.device for x in tree_leaves(result) if isinstance(x, Tensor))
        if func.overloadpacket in COPIES:
            self.num_copies += to_device and any(x.device.type != self.device for x in tensors)
        elif len(devices) > 1:
            raise AssertionError(f"{func} mixes tensors of {sorted(devices)}")
        self.num_operators += to_device
        self.num_on_host += not to_device
        return result


class MadeUp:
    """Reads back what nobody computed: numbers that are true, finite and, where they are ids, words."""

    def __init__(self):
        self.num_calls = 0

    def __call__(self, numbers):
        assert numbers.device.type == "meta", "what is on the host already needs no reading back"
        self.num_calls += 1
        return torch.full(numbers.shape, 10 + self.num_calls % 50, dtype=numbers.dtype)
