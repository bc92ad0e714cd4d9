"""Copies of a BERT that compute with fewer bits, for reading only."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

from stslib.precision import fast_number_format, has_fast_int8

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import BertModel

BITS = (32, 16, 8)


def reduced(bert: BertModel, bits: int) -> BertModel | None:
    """Return a copy that computes with fewer bits, or None where the device is not faster with them.

    - 16: all numbers are bfloat16. A cosine changes by 0.001 on average.
    - 8, on CPUs: the weights of the linear layers are whole numbers from -127 to 127 with one scale for
      each output; what these layers read is turned into such numbers as it comes ("dynamic
      quantization", Zafrir et al. 2019, arXiv:1910.06188). A cosine changes by 0.01 on average.

    Args:
        bert: stays as it is.
        bits: 16 or 8.
    """
    place = bert.device.type
    if bits == 16 and (number_format := fast_number_format(place)) is not None:
        small = _joined_copy(bert)
        small.to(number_format)  # type: ignore[arg-type]
        return small
    if bits == 8 and place == "cpu" and has_fast_int8():
        small = _joined_copy(bert)
        _use_whole_numbers(small)
        return small
    return None


def _joined_copy(bert: BertModel) -> BertModel:
    """Return a copy with queries, keys and values in one linear layer each, see `stslib.packed.joined_linear`."""
    import torch

    small: Any = copy.deepcopy(bert).eval()
    for layer in small.encoder.layer:
        attention = layer.attention.self
        three = (attention.query, attention.key, attention.value)
        joined = torch.nn.Linear(three[0].in_features, 3 * three[0].out_features)
        for name in ("weight", "bias"):
            getattr(joined, name).data = torch.cat([getattr(part, name).data for part in three])
        attention.joined = joined
        del attention.query, attention.key, attention.value
    return small


def _use_whole_numbers(bert: Any) -> None:
    """Replace the linear layers inside BERT's layers."""
    import torch

    for layer in bert.encoder.layer:
        for module in list(layer.modules()):
            for name, part in list(module.named_children()):
                if type(part) is torch.nn.Linear:
                    setattr(module, name, _whole_number_linear(part))


def _whole_number_linear(linear: nn.Linear) -> nn.Module:
    """Return a module that gives nearly what `linear` gives, from 8-bit numbers."""
    import torch

    engine = torch.backends.quantized.engine
    torch.backends.quantized.engine = "onednn"
    try:
        scales = linear.weight.detach().abs().amax(dim=1).double().clamp(min=1e-12) / 127
        zeros = torch.zeros(len(scales), dtype=torch.long)
        with warnings.catch_warnings():  # torch means to remove it one day; `has_fast_int8` asks whether it is there
            warnings.simplefilter("ignore")
            weight = torch.quantize_per_channel(linear.weight.detach(), scales, zeros, 0, torch.qint8)
        prepared = torch.ops.quantized.linear_prepack(weight, linear.bias.detach())
    finally:
        torch.backends.quantized.engine = engine

    class WholeNumberLinear(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.ops.quantized.linear_dynamic(x, prepared, False)

    return WholeNumberLinear()
