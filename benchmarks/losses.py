"""Which loss trains the better sentence encoder? Three losses, equal budget, three seeds.

    python -m benchmarks.losses    # writes benchmarks/losses.json, about 18 minutes on two cores

Every run reads 3,200 pairs in 200 batches of 16, by Sentence Transformers' own trainer, from
the same starting point. Each loss gets the learning rate that is best for it on dev, chosen
with the first seed. Then three seeds, measured on test; and for every two losses the bootstrap
interval of the difference of their means, on the same pairs. The in-batch loss learns from the
pairs with label 1 alone; it reads these more often instead. Lesson 06 shows the result, and
runs one of the nine.
"""

from __future__ import annotations

import json
import platform
import tempfile
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer import losses
from transformers import PrinterCallback

import stslib
from stslib.doctor import version_of
from stslib.metrics import bootstrap, score_report, spearman
from stslib.precision import mixed_precision
from stslib.sbert import new_bi
from stslib.training import targets_of

RESULT = Path(__file__).with_suffix(".json")
LOSSES = {
    "cosine similarity": losses.CosineSimilarityLoss,
    "CoSENT": losses.CoSENTLoss,
    "in-batch negatives": losses.MultipleNegativesRankingLoss,
}
RATES = (2e-5, 5e-5, 1e-4, 2e-4)
SEEDS = (13, 14, 15)
STEPS, BATCH_SIZE = 200, 16


def examples(loss: str) -> Dataset:
    """Return the pairs that a loss learns from: with their targets, or those with label 1."""
    learn = stslib.load_pairs("course", "train")
    if loss == "in-batch negatives":
        same = learn[learn["score"] >= stslib.SAME_MEANING]
        return Dataset.from_dict({"a": same["sentence1"].tolist(), "b": same["sentence2"].tolist()})
    return Dataset.from_dict(
        {"a": learn["sentence1"].tolist(), "b": learn["sentence2"].tolist(), "label": targets_of(learn).tolist()}
    )


def train(loss: str, rate: float, seed: int) -> Any:
    """Return a sentence encoder trained with one loss."""
    stslib.seed_everything(seed)
    encoder = new_bi()
    encoder.model_card_data.widget = [{"text": "x"}]  # else it looks for examples, with a bar
    place = encoder.device.type
    arguments = SentenceTransformerTrainingArguments(
        output_dir=tempfile.mkdtemp(),
        max_steps=STEPS,
        learning_rate=rate,
        per_device_train_batch_size=BATCH_SIZE,
        warmup_steps=0.1,
        seed=seed,
        bf16=isinstance(mixed_precision(place), torch.autocast),
        use_cpu=place == "cpu",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    trainer = SentenceTransformerTrainer(
        model=encoder, args=arguments, train_dataset=examples(loss), loss=LOSSES[loss](encoder)
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    trainer.accelerator.unwrap_model(encoder, keep_fp32_wrapper=False)  # measured in 32 bits
    return encoder


def run(loss: str, rate: float, seed: int, split: str) -> tuple[dict[str, Any], NDArray]:
    """Train once and measure; return what is found, and the scores."""
    start = time.perf_counter()
    encoder = train(loss, rate, seed)
    seconds = round(time.perf_counter() - start)
    pairs = stslib.load_pairs("course", split)
    scores = stslib.pair_scores(pairs["sentence1"].tolist(), pairs["sentence2"].tolist(), encoder)
    report = score_report(scores, pairs["score"])
    found = {name: round(report[name], 4) for name in ("spearman", "low", "high")}
    result = {"loss": loss, "rate": rate, "seed": seed, "split": split, **found, "seconds": seconds}
    print(result, flush=True)
    return result, scores


def difference(one: list[NDArray], other: list[NDArray]) -> list[float]:
    """Return mean Spearman on test of one loss minus that of another, with its 95 % interval."""

    def apart(*columns: NDArray) -> float:
        values = [spearman(column, columns[-1]) for column in columns[:-1]]
        return float(np.mean(values[: len(one)]) - np.mean(values[len(one) :]))

    columns = [*one, *other, stslib.load_pairs("course", "test")["score"].to_numpy()]
    return [round(value, 4) for value in (apart(*columns), *bootstrap(apart, *columns))]


def main() -> None:
    """Choose a rate for each loss on dev, run the nine, write the result."""
    chosen, tried = {}, []
    for loss in LOSSES:
        mine = [run(loss, rate, SEEDS[0], "dev")[0] for rate in RATES]
        chosen[loss] = max(mine, key=lambda found: found["spearman"])["rate"]
        tried += mine
    nine: list[dict[str, Any]] = []
    scores: dict[str, list[NDArray]] = {loss: [] for loss in LOSSES}
    for loss in LOSSES:
        for seed in SEEDS:
            found, given = run(loss, chosen[loss], seed, "test")
            nine.append(found)
            scores[loss].append(given)
    apart = {f"{a} − {b}": difference(scores[a], scores[b]) for a, b in combinations(LOSSES, 2)}
    before = {}
    for split in ("dev", "test"):
        pairs = stslib.load_pairs("course", split)
        as_it_came = stslib.pair_scores(pairs["sentence1"].tolist(), pairs["sentence2"].tolist())
        before[split] = round(spearman(as_it_came, pairs["score"]), 4)
    versions = {name: version_of(name) for name in ("torch", "transformers", "sentence-transformers")}
    report: dict[str, Any] = {"python": platform.python_version(), "device": stslib.device(), **versions}
    report |= {
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "before": before,
        "chosen": chosen,
        "dev": tried,
        "test": nine,
        "differences": apart,
    }
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
