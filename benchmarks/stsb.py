"""The recipes of the course on the real STS benchmark and on the contrasts.

    STS_DATA_DIR=… python -m benchmarks.stsb               # writes benchmarks/stsb.json, about 25 minutes on two cores
    STS_DATA_DIR=… python -m benchmarks.stsb --contrasts   # adds the model for labels, about 70 minutes

    stslib train bi stsb --epochs 8 --out bi
    stslib train joint stsb --start bi --out joint
    stslib train joint contrasts --rate 1e-4 --epochs 1 --out labels

Three seeds of each recipe for scores, one of that for labels, as these commands run them: choices by
dev (epoch, and how far the weights go), test read once. Spearman × 100 on test with a bootstrap
interval, and on the test pairs that share no sentence with the training or dev pairs. Of the models of
a recipe the one that is best on dev is measured on the test half of the course's contrasts, too, and
on the fresh ones, with its border from dev.
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
import pandas as pd
from numpy.typing import NDArray

import stslib
from stslib.data import load_contrasts, load_examples, load_meanings, load_pairs
from stslib.doctor import version_of
from stslib.hygiene import leak_free
from stslib.meanings import meaning_pairs
from stslib.metrics import bootstrap, spearman
from stslib.threshold import Threshold
from stslib.training import BI, JOINT, Trained, train_on

RESULT = Path(__file__).with_suffix(".json")
SEEDS = (13, 14, 15)
SEEDS_FOR_LABELS = SEEDS[:1]  # a run takes more than an hour
EPOCHS = 8  # of the sentence encoder
FOR_LABELS = {"rate": 1e-4, "epochs": 1}


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
    """Return the accuracy on the contrasts' test half, in all and for each phenomenon, and on the fresh ones."""
    pairs, fresh = load_contrasts("test"), load_contrasts("fresh")
    right = border.label(score(pairs, model)) == pairs["label"]
    by_kind = right.groupby(pairs["phenomenon"]).mean().round(3)
    return {
        "accuracy": round(float(right.mean()), 3),
        "by phenomenon": by_kind.to_dict(),
        "fresh": round(float((border.label(score(fresh, model)) == fresh["label"]).mean()), 3),
    }


def by_heart(model: Any, border: Threshold, learned: pd.DataFrame) -> dict[str, float]:
    """Return the accuracy on pairs that a model learned from, and on other fillings of the same meaning sets."""
    others = meaning_pairs(load_meanings(), seed=SEEDS[-1])
    known = set(map(frozenset, zip(learned["sentence1"], learned["sentence2"], strict=True)))
    pairs_of = zip(others["sentence1"], others["sentence2"], strict=True)
    others = others[[frozenset(pair) not in known for pair in pairs_of]]
    samples = {"learned": learned, "other fillings": others}
    right = {}
    for name, table in samples.items():
        some = table.sample(5000, random_state=SEEDS[0])
        right[name] = round(float((border.label(score(some, model)) == some["label"]).mean()), 3)
    return right


def timed(name: str, seconds: dict[str, list[int]], *arguments: Any, **options: Any) -> Trained:
    """Return what `train_on` returns, and note how long it takes."""
    begin = time.perf_counter()
    trained = train_on(*arguments, **options)
    seconds.setdefault(name, []).append(round(time.perf_counter() - begin))
    print(name, trained.dev_quality, trained.quality, trained.settings, seconds[name][-1], flush=True)
    return trained


def on_stsb(seeds: tuple[int, ...]) -> dict[str, Any]:
    """Train the recipes for scores, and measure them."""
    learn, dev, test = (load_pairs("stsb", split) for split in ("train", "dev", "test"))
    clean = test.index.isin(leak_free(test, learn, dev).index)
    report: dict[str, Any] = {"before training": {"dev": round(100 * spearman(score(dev), dev["score"]), 2)}}
    report["before training"] |= measured([score(test)], test, clean)
    report["before training"]["contrasts"] = contrasts(None, Threshold.load())
    done: dict[str, list[Trained]] = {}
    seconds: dict[str, list[int]] = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            start = Path(folder) / "bi"
            bi = timed("bi", seconds, BI, learn, dev, epochs=EPOCHS, seed=seed)
            bi.save(start)
            joint = timed("joint", seconds, JOINT, learn, dev, start=start, seed=seed)
        for name, trained in (("bi", bi), ("joint", joint)):
            done.setdefault(name, []).append(trained)
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
    return report


def on_contrasts(seeds: tuple[int, ...]) -> dict[str, Any]:
    """Train the recipe for labels, and measure it; its scores on STS-B, too, which it has never seen."""
    learn, dev, test = (*(load_examples("contrasts", split) for split in ("train", "dev")), load_pairs("stsb", "test"))
    seconds: dict[str, list[int]] = {}
    models = [timed("labels", seconds, JOINT, learn, dev, **FOR_LABELS, seed=seed) for seed in seeds]
    borders = [one.border for one in models if one.border]
    each = [contrasts(one.model, border) for one, border in zip(models, borders, strict=True)]
    return {
        "settings": [one.settings for one in models],
        "pairs": len(learn),
        "dev, average precision": [round(one.quality or 0, 3) for one in models],
        "seconds": seconds["labels"],
        "contrasts": {
            "each": [one["accuracy"] for one in each],
            "accuracy": round(float(np.mean([one["accuracy"] for one in each])), 3),
            "by phenomenon": {
                name: round(float(np.mean([one["by phenomenon"][name] for one in each])), 3)
                for name in each[0]["by phenomenon"]
            },
            "fresh": round(float(np.mean([one["fresh"] for one in each])), 3),
            **by_heart(models[0].model, borders[0], learn),
        },
        "test": [round(100 * spearman(score(test, one.model), test["score"]), 2) for one in models],
    }


def main() -> None:
    """Train, measure, write."""
    seeds = SEEDS[:1] if "--quick" in sys.argv else SEEDS
    before = json.loads(RESULT.read_text(encoding="utf-8"))
    if "--contrasts" in sys.argv:
        report = before | {"labels": on_contrasts(SEEDS_FOR_LABELS)}
    else:
        versions = {name: version_of(name) for name in ("torch", "transformers", "sentence-transformers")}
        report = {"python": platform.python_version(), "device": stslib.device(), **versions, **on_stsb(seeds)}
        report["labels"] = before["labels"]
    print(json.dumps(report, indent=1))
    if "--quick" not in sys.argv:
        RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
