"""How fast is this machine, and what should a run use? Probes of torch on the processor that is here."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from functools import cache

import torch

from lab.settings import Settings, SettingsError

# bfloat16 must win clearly: it rounds more, and elsewhere it may be slower by an order of magnitude.
WORTH_IT = 1.3


class OneDnnLinear(torch.nn.Linear):
    """A linear layer whose float32 matrix products are oneDNN's instead of MKL's.

    The same numbers but for rounding. MKL uses half the width of an AMD processor's vectors, so there the
    products take twice as long.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return torch._C._nn.mkldnn_linear(input.to_mkldnn(), self.weight, self.bias).to_dense()


def quicken(model: torch.nn.Module) -> None:
    """Let every linear layer of a float32 model on the CPU use oneDNN, where torch has it."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return
    for module in model.modules():
        if type(module) is torch.nn.Linear:
            module.__class__ = OneDnnLinear


def device(settings: Settings) -> str:
    """The device that trains: what is asked for, or a CUDA GPU, else Apple's MPS, else the CPU.

    Of several GPUs the first that CUDA_VISIBLE_DEVICES leaves trains alone. Raises SettingsError where the
    device that is asked for is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if settings.device == "auto":
        return next(name for name, is_there in there.items() if is_there)
    if not there[settings.device]:
        found = ", ".join(name for name, is_there in there.items() if is_there)
        raise SettingsError(f"device is {settings.device!r}, which is not here; allowed are auto, {found}.")
    return settings.device


def dtype(settings: Settings, device: str) -> str:
    """What the matrix products are computed in: float32, or bfloat16 with float32 weights.

    What is asked for; else on a CUDA GPU bfloat16 where it is built in, on the CPU where a probe finds it
    faster, and float32 everywhere else.
    """
    if settings.dtype != "auto":
        return settings.dtype
    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if device == "cpu" and bfloat16_is_fast() else "float32"


@cache
def bfloat16_is_fast() -> bool:
    """Does a product of MiniLM's size take clearly less time in bfloat16 than in float32 on this CPU?"""
    return flops(torch.bfloat16) > WORTH_IT * flops(torch.float32)


def flops(dtype: torch.dtype, rows: int = 512, seconds: float = 0.1) -> float:
    """Floating-point operations per second of a linear layer like MiniLM's largest, on the CPU."""
    layer = torch.nn.Linear(384, 1536, dtype=dtype)
    if dtype == torch.float32:
        quicken(layer)
    x = torch.zeros(rows, 384, dtype=dtype)
    best = float("inf")
    with torch.inference_mode():
        layer(x)
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends:
            started = time.perf_counter()
            layer(x)
            best = min(best, time.perf_counter() - started)
    return 2 * rows * 384 * 1536 / best


@contextlib.contextmanager
def threads(number: int | None) -> Iterator[int]:
    """So many threads while it lasts (None: as torch has it), and how many that is."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
