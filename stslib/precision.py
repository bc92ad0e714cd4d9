"""Which number format to compute in."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


def mixed_precision(place: str) -> AbstractContextManager:
    """Return a context that computes in 16-bit numbers (bfloat16) where that is fast.

    Weights stay in 32 bits. That is a GPU with bfloat16, or a CPU with AVX512-BF16 or AMX;
    on other CPUs bfloat16 is far slower than 32 bits, so there the context changes nothing.

    Args:
        place: ``"cpu"``, ``"cuda"`` or ``"mps"``, as `stslib.device` returns it.
    """
    import torch

    fast = (place == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)) or (
        place == "cpu" and _cpu_has_bfloat16()
    )
    return torch.autocast(place, torch.bfloat16) if fast else nullcontext()


def _cpu_has_bfloat16() -> bool:
    import torch

    # torch has no public question for it; a build without this one computes in 32 bits.
    asked = [getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile")]
    return any(ask() for ask in asked if ask)
