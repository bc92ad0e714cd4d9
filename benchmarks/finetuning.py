"""Which learning rate, and dropout or none? Three seeds each, on the course's dev pairs.

    python -m benchmarks.finetuning    # writes benchmarks/finetuning.json, about ten minutes on two cores

The choice of `stslib.cross.RATE` and of training without dropout rests on this table. Test
pairs are not looked at.
"""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path

import torch

import stslib
from stslib.cross import cross_scores, new_cross, train_cross
from stslib.doctor import version_of
from stslib.metrics import spearman
from stslib.training import targets_of

RESULT = Path(__file__).with_suffix(".json")
SEEDS = (13, 14, 15)
SETTINGS = [(2e-5, 0.0), (1e-4, 0.0), (2e-4, 0.0), (1e-4, 0.1)]  # learning rate, dropout
EPOCHS = 2


def run(rate: float, dropout: float, seed: int) -> dict[str, object]:
    """Train once on the course's train pairs; return Spearman on dev after each epoch."""
    learn, dev = stslib.load_pairs("course", "train"), stslib.load_pairs("course", "dev")
    cross = new_cross(seed=seed)
    for module in cross.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = dropout
    reached: list[float] = []

    def look(_: int) -> None:
        scores = cross_scores(cross, dev["sentence1"].tolist(), dev["sentence2"].tolist())
        reached.append(round(spearman(scores, dev["score"]), 4))

    start = time.perf_counter()
    first, second = learn["sentence1"].tolist(), learn["sentence2"].tolist()
    train_cross(cross, first, second, targets_of(learn), epochs=EPOCHS, rate=rate, seed=seed, after_epoch=look)
    seconds = round(time.perf_counter() - start)
    return {"rate": rate, "dropout": dropout, "seed": seed, "dev_spearman": reached, "seconds": seconds}


def main() -> None:
    """Run every setting with every seed and write the result."""
    runs = []
    for rate, dropout in SETTINGS:
        for seed in SEEDS:
            runs.append(run(rate, dropout, seed))
            print(runs[-1], flush=True)
    versions = {name: version_of(name) for name in ("torch", "transformers", "sentence-transformers")}
    report = {"python": platform.python_version(), "device": stslib.device(), **versions, "runs": runs}
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
