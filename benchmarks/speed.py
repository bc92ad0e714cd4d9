"""How much quicker than the usual way `stslib` trains and encodes, and how near that is to the machine's limit.

    STS_DATA_DIR=… python -m benchmarks.speed    # writes benchmarks/speed.json, about 12 minutes on two cores

Both ways run side by side in one process, in turns, from the same weights, on the same data:

- training: one epoch of STS-B with CoSENT in random batches of 32, by `stslib.sbert.train_bi` and
  by a `SentenceTransformerTrainer` as its documentation shows it; two seeds, Spearman on dev;
- encoding: 3,000 different sentences, after 200 others, of STS-B by `SentenceTransformer.encode` as it comes, and by
  `stslib.encoding.LongJob` with 32, 16 and 8 bits; three rounds, of which the fastest counts.
  What fewer bits cost is measured on the test pairs of STS-B.

The limit is what the largest matrix product reaches; the work is 2 operations a weight and token
in the linear layers, three times that in training. With ``--quick`` the course's pairs stand in for
STS-B, with one seed: under four minutes. ``--encoding`` measures that part only.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer import losses
from transformers import PrinterCallback

import stslib
from stslib.data import load_pairs
from stslib.doctor import version_of
from stslib.encoding import LongJob, token_ids
from stslib.metrics import spearman
from stslib.models import model_folder
from stslib.precision import fast_number_format
from stslib.sbert import new_bi, train_bi
from stslib.training import targets_of

RESULT = Path(__file__).with_suffix(".json")
SEEDS = (13, 14)
BATCH_SIZE, RATE = 32, 1e-4
SENTENCES, ROUNDS = 3200, 3
LINEAR_WEIGHTS = 12 * 384 * 384 * 6  # of six layers: four square matrices, and two of four times that size


def stock_training(data: Any, seed: int) -> SentenceTransformer:
    """Train for an epoch as the documentation of Sentence Transformers shows it."""
    encoder = SentenceTransformer(str(model_folder(stslib.profile().encoder, encoder=True)), device=stslib.device())
    encoder.model_card_data.widget = [{"text": "x"}]  # else it looks for examples
    arguments = SentenceTransformerTrainingArguments(
        output_dir=tempfile.mkdtemp(),
        num_train_epochs=1,
        learning_rate=RATE,
        per_device_train_batch_size=BATCH_SIZE,
        warmup_steps=0.1,
        seed=seed,
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        use_cpu=stslib.device() == "cpu",
    )
    columns = {"a": data["sentence1"].tolist(), "b": data["sentence2"].tolist(), "label": targets_of(data).tolist()}
    trainer = SentenceTransformerTrainer(
        model=encoder, args=arguments, train_dataset=Dataset.from_dict(columns), loss=losses.CoSENTLoss(encoder)
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return encoder


def our_training(data: Any, seed: int) -> SentenceTransformer:
    """Train for an epoch by `train_bi`, with the same loss."""
    encoder = new_bi()
    first, second = data["sentence1"].tolist(), data["sentence2"].tolist()
    train_bi(encoder, first, second, targets_of(data), epochs=1, rate=RATE, batch_size=BATCH_SIZE, seed=seed)
    return encoder


def quality(encoder: SentenceTransformer, pairs: Any, bits: int = 32) -> float:
    """Return Spearman × 100."""
    scores = stslib.pair_scores(pairs["sentence1"].tolist(), pairs["sentence2"].tolist(), encoder, bits=bits)
    return round(100 * spearman(scores, pairs["score"]), 2)


def change(encoder: SentenceTransformer, pairs: Any, bits: int) -> dict[str, float]:
    """Return by how much fewer bits change the scores, on average and at most."""
    sides = pairs["sentence1"].tolist(), pairs["sentence2"].tolist()
    apart = np.abs(stslib.pair_scores(*sides, encoder, bits=bits) - stslib.pair_scores(*sides, encoder))
    return {"mean": round(float(apart.mean()), 4), "most": round(float(apart.max()), 4)}


def training(data: Any, dev: Any, seeds: Sequence[int]) -> dict[str, Any]:
    """Train by both ways in turns; return seconds and quality for each seed."""
    ways = {"stock": stock_training, "stslib": our_training}
    our_training(data[: 4 * BATCH_SIZE], 0)  # first calls do not count
    runs: list[dict[str, Any]] = []
    for seed in seeds:
        for name, train in ways.items():
            start = time.perf_counter()
            encoder = train(data, seed)
            seconds = time.perf_counter() - start
            runs.append({"way": name, "seed": seed, "seconds": round(seconds, 1), "dev": quality(encoder, dev)})
            print(runs[-1], flush=True)
    total = {name: sum(run["seconds"] for run in runs if run["way"] == name) for name in ways}
    tokens = sum(map(len, token_ids(new_bi(), [*data["sentence1"], *data["sentence2"]])))
    return {
        "pairs": len(data),
        "tokens": tokens,
        "runs": runs,
        "times as fast": round(total["stock"] / total["stslib"], 2),
        "dev, difference of means": round(
            float(np.mean([r["dev"] for r in runs if r["way"] == "stslib"]))
            - float(np.mean([r["dev"] for r in runs if r["way"] == "stock"])),
            2,
        ),
        "operations a second": round(3 * 2 * LINEAR_WEIGHTS * tokens / (total["stslib"] / len(seeds)) / 1e9),
    }


def encoding(sentences: list[str], test: Any) -> list[dict[str, Any]]:
    """Encode the same sentences in every way, in turns; return sentences a second, and quality on test."""
    encoder = stslib.load_encoder()
    first, sentences = sentences[:200], sentences[200:]  # the first calls do not count
    tokens = sum(map(len, token_ids(encoder, sentences)))
    best = dict.fromkeys((0, 32, 16, 8), float("inf"))
    used = {0: 32}
    for _ in range(ROUNDS):
        for bits in best:
            job = LongJob(encoder, bits=bits) if bits else encoder.encode
            job(first)
            start = time.perf_counter()
            job(sentences)
            best[bits] = min(best[bits], time.perf_counter() - start)
            used[bits] = getattr(job, "bits", 32)
    rows = []
    for bits, seconds in best.items():
        rows.append(
            {
                "way": f"stslib, {bits} bits" if bits else "SentenceTransformer.encode",
                "bits used": used[bits],
                "sentences a second": round(len(sentences) / seconds),
                "times as fast": round(best[0] / seconds, 2),
                "operations a second": round(2 * LINEAR_WEIGHTS * tokens / seconds / 1e9),
                "test": quality(encoder, test, bits or 32),
                "scores change by": change(encoder, test, bits or 32),
            }
        )
        print(rows[-1], flush=True)
    return rows


def limits() -> dict[str, int]:
    """Return the billions of operations a second that a large matrix product reaches, for each number format."""
    found = {}
    formats = {"32 bits": torch.float32}
    if fast := fast_number_format(stslib.device()):
        formats["16 bits"] = fast
    for name, number_format in formats.items():
        matrix = torch.randn(4096, 4096, device=stslib.device()).to(number_format)
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            float((matrix @ matrix)[0, 0])
            best = min(best, time.perf_counter() - start)
        found[name] = round(2 * 4096**3 / best / 1e9)
    return found


def starts() -> dict[str, float]:
    """Return the seconds until Python has imported stslib, and until its help is printed: the fastest of five."""
    commands = {
        "import stslib": ["-c", "import stslib"],
        "stslib --help": ["-m", "stslib", "--help"],
        "python": ["-c", ""],
    }
    found = {}
    for name, command in commands.items():
        times = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
            times.append(time.perf_counter() - start)
        found[name] = round(min(times), 3)
    return found


def main() -> None:
    """Measure, print and write."""
    quick = "--quick" in sys.argv
    name, seeds = ("course", SEEDS[:1]) if quick else ("stsb", SEEDS)
    learn, dev, test = (load_pairs(name, split) for split in ("train", "dev", "test"))
    sentences = list(dict.fromkeys([*learn["sentence1"], *learn["sentence2"]]))
    rng = np.random.default_rng(0)
    sentences = [sentences[i] for i in rng.permutation(len(sentences))[:SENTENCES]]
    versions = {name: version_of(name) for name in ("torch", "transformers", "sentence-transformers")}
    if "--encoding" in sys.argv:  # that part anew; the rest stays as it was measured
        report = json.loads(RESULT.read_text(encoding="utf-8")) | {"encoding": encoding(sentences, test)}
        RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        return
    report = {
        "python": platform.python_version(),
        "device": stslib.device(),
        "threads": torch.get_num_threads(),
        **versions,
        "data": name,
        "seconds to start": starts(),
        "limit, billion operations a second": limits(),
        "encoding": encoding(sentences, test),
        "training": training(learn, dev, seeds),
    }
    print(json.dumps(report, indent=1))
    if not quick:
        RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
