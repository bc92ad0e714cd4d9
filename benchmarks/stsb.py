"""The recipes of the course on the real STS benchmark: three seeds, all test pairs and the clean ones.

    STS_DATA_DIR=… python -m benchmarks.stsb    # writes benchmarks/stsb.json, about 25 minutes on two cores

    stslib train bi stsb --epochs 8 --out bi
    stslib train joint stsb --start bi --out joint

Three seeds of each recipe, as these commands run them: choices by dev (epoch, and how far the
weights go), test read once. Spearman × 100 on test with a bootstrap interval, and on the test
pairs that share no sentence with the training or dev pairs. Of the three models the one that is best
on dev is measured on the test half of the course's contrasts, with its border from dev.
What was tried before, and with what result on dev, is in benchmarks/tries.md.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import stslib
from stslib.data import load_contrasts, load_pairs
from stslib.doctor import version_of
from stslib.hygiene import leak_free
from stslib.metrics import bootstrap, spearman
from stslib.threshold import Threshold
from stslib.training import BI, JOINT, Trained, train_on

RESULT = Path(__file__).with_suffix(".json")
SEEDS = (13, 14, 15)
EPOCHS = {"bi": 8, "joint": 2}


def score(pairs: Any, model: Any = None) -> NDArray[np.float64]:
    """Return the scores of a table's pairs."""
    return stslib.pair_scores(pairs["sentence1"].tolist(), pairs["sentence2"].tolist(), model)


def measured(columns: list[NDArray], test: Any, clean: NDArray[np.bool_]) -> dict[str, Any]:
    """Return Spearman × 100 of each model, their mean and its interval, on all test pairs and on the clean ones."""
    judged = test["score"].to_numpy()
    report: dict[str, Any] = {}
    for name, chosen in (("test", np.ones(len(test), dtype=bool)), ("leak-free", clean)):
        rows = [column[chosen] for column in columns]

        def mean(*values: NDArray) -> float:
            return float(np.mean([spearman(one, values[-1]) for one in values[:-1]]))

        low, high = bootstrap(mean, *rows, judged[chosen])
        report[name] = {
            "pairs": int(chosen.sum()),
            "each": [round(100 * spearman(one, judged[chosen]), 2) for one in rows],
            "mean": round(100 * mean(*rows, judged[chosen]), 2),
            "interval": [round(100 * low, 2), round(100 * high, 2)],
        }
    return report


def contrasts(model: Any, border: Threshold) -> dict[str, Any]:
    """Return the accuracy on the contrasts' test half, in all and for each phenomenon."""
    pairs = load_contrasts("test")
    right = border.label(score(pairs, model)) == pairs["label"]
    by_kind = right.groupby(pairs["phenomenon"]).mean().round(3)
    return {"accuracy": round(float(right.mean()), 3), "by phenomenon": by_kind.to_dict()}


def main() -> None:
    """Train, measure, write."""
    seeds = SEEDS[:1] if "--quick" in sys.argv else SEEDS
    learn, dev, test = (load_pairs("stsb", split) for split in ("train", "dev", "test"))
    clean = test.index.isin(leak_free(test, learn, dev).index)
    before = [score(test)]
    report: dict[str, Any] = {"before training": {"dev": round(100 * spearman(score(dev), dev["score"]), 2)}}
    report["before training"] |= measured(before, test, clean)
    report["before training"]["contrasts"] = contrasts(None, Threshold.load())
    done: dict[str, list[Trained]] = {"bi": [], "joint": []}
    seconds: dict[str, list[int]] = {"bi": [], "joint": []}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            for name, kind, start in (("bi", BI, None), ("joint", JOINT, Path(folder) / "bi")):
                begin = time.perf_counter()
                trained = train_on(kind, learn, dev, start=start, epochs=EPOCHS[name], seed=seed)
                seconds[name].append(round(time.perf_counter() - begin))
                done[name].append(trained)
                if name == "bi":
                    trained.save(Path(folder) / "bi")
                print(name, seed, trained.dev_quality, trained.quality, trained.settings, seconds[name][-1], flush=True)
    for name, models in done.items():
        report[name] = {
            "settings": [one.settings for one in models],
            "dev": [round(100 * (one.quality or 0), 2) for one in models],
            "seconds": seconds[name],
            **measured([score(test, one.model) for one in models], test, clean),
        }
        best = max(models, key=lambda one: one.quality or 0)
        assert best.border is not None
        report[name]["contrasts"] = contrasts(best.model, best.border)
    versions = {name: version_of(name) for name in ("torch", "transformers", "sentence-transformers")}
    report = {"python": platform.python_version(), "device": stslib.device(), **versions, **report}
    print(json.dumps(report, indent=1))
    if "--quick" not in sys.argv:
        RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
