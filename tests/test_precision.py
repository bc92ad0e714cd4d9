import contextlib

import torch

from stslib import precision


def test_bfloat16_only_where_the_processor_is_fast_at_it(monkeypatch):
    monkeypatch.setattr(precision, "_cpu_has_bfloat16", lambda: False)
    assert isinstance(precision.mixed_precision("cpu"), contextlib.nullcontext)
    monkeypatch.setattr(precision, "_cpu_has_bfloat16", lambda: True)
    with precision.mixed_precision("cpu"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
    assert isinstance(precision.mixed_precision("mps"), contextlib.nullcontext)


def test_a_torch_that_cannot_tell_computes_in_32_bits(monkeypatch):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert not precision._cpu_has_bfloat16()
