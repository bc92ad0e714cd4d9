"""Which number format to compute in."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def fast_number_format(place: str) -> torch.dtype | None:
    """Return bfloat16 where the device is fast at it, or None: then 32 bits are faster.

    Fast are GPUs with bfloat16, and CPUs with AVX512-BF16 or AMX. Other CPUs only imitate it.

    Args:
        place: ``"cpu"``, ``"cuda"`` or ``"mps"``, as `stslib.device` returns it.
    """
    import torch

    fast = (place == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)) or (
        place == "cpu" and _cpu_has_bfloat16()
    )
    return torch.bfloat16 if fast else None


def mixed_precision(place: str, bits: int = 16) -> AbstractContextManager:
    """Return a context that computes in 16-bit numbers where that is fast; weights stay in 32 bits.

    Args:
        place: see `fast_number_format`.
        bits: 32 asks for full numbers all the same.
    """
    import torch

    number_format = fast_number_format(place) if bits == 16 else None
    return torch.autocast(place, number_format) if number_format else nullcontext()


def has_fast_int8() -> bool:
    """Return whether the CPU multiplies 8-bit whole numbers faster than others (VNNI), and torch lets it."""
    import torch

    asked = getattr(torch.cpu, "_is_vnni_supported", None)
    there = hasattr(torch, "quantize_per_channel") and "onednn" in torch.backends.quantized.supported_engines
    return there and bool(asked and asked())


def _cpu_has_bfloat16() -> bool:
    import torch

    # torch has no public question for it; a build without this one computes in 32 bits.
    asked = [getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile")]
    return any(ask() for ask in asked if ask)
