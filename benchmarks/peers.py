"""Other packages for the same tasks, measured in the same run on the same machine.

    pip install --no-deps setfit evaluate text2vec jieba loguru model2vec skeletoken
    STS_DATA_DIR=… python -m benchmarks.peers             # writes benchmarks/peers.json
    STS_DATA_DIR=… python -m benchmarks.peers --scores    # that part anew, two minutes on two cores
    python -m benchmarks.peers --labels                   # the other part anew

In an environment of their own, please: the course needs none of them. All start from the course's
weights (all-MiniLM-L6-v2), since no hub is asked. A package that is not installed is left out.

- scores: Spearman × 100 on the test pairs of STS-B, and sentences a second, the best of three
  rounds over its different sentences, the packages in turns;
- labels: average precision for label 1 on the course's test pairs, after learning from its
  training pairs, and the seconds that took. SetFit reads single texts, so a pair is given
  to it as "first [SEP] second".
"""

from __future__ import annotations

import importlib.util
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import stslib
from stslib.data import load_pairs
from stslib.doctor import version_of
from stslib.encoding import encode
from stslib.metrics import label_report, spearman
from stslib.models import device, model_folder
from stslib.threshold import SAME_MEANING
from stslib.training import BI, CROSS, train_on

RESULT = Path(__file__).with_suffix(".json")
ROUNDS = 3
SETFIT_PAIRS = 400  # of the training pairs, half of each label: SetFit is made for few examples

Encode = Callable[[list[str]], NDArray[Any]]


def encoders() -> dict[str, Encode]:
    """Return a function from sentences to vectors for each package that is there."""
    folder = str(model_folder(stslib.profile().encoder, encoder=True))
    own = stslib.load_encoder()
    found: dict[str, Encode] = {
        "sentence-transformers, encode": lambda texts: own.encode(texts),
        "stslib, 32 bits": lambda texts: encode(own, texts),
        "stslib, 16 bits": lambda texts: encode(own, texts, bits=16),
        "stslib, 8 bits": lambda texts: encode(own, texts, bits=8),
    }
    if importlib.util.find_spec("text2vec"):
        from text2vec import SentenceModel

        other = SentenceModel(folder, device=device())
        found["text2vec, SentenceModel"] = lambda texts: other.encode(texts)
    if importlib.util.find_spec("model2vec"):
        from model2vec.distill import distill

        static = distill(folder)
        found["model2vec, distilled"] = lambda texts: static.encode(texts)
    return found


def scores() -> list[dict[str, Any]]:
    """Measure the packages that turn sentences into vectors."""
    test = load_pairs("stsb", "test")
    sentences = list(dict.fromkeys([*test["sentence1"], *test["sentence2"]]))
    place = {text: i for i, text in enumerate(sentences)}
    ways = encoders()
    best, vectors = dict.fromkeys(ways, float("inf")), {}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            vectors[name] = np.asarray(way(sentences), dtype=np.float64)
            best[name] = min(best[name], time.perf_counter() - start)
    rows = []
    for name, x in vectors.items():
        x /= np.linalg.norm(x, axis=1, keepdims=True).clip(1e-12)
        left, right = ([place[text] for text in test[side]] for side in ("sentence1", "sentence2"))
        quality = spearman((x[left] * x[right]).sum(axis=1), test["score"])
        rows.append(
            {
                "package": name,
                "spearman": round(100 * quality, 2),
                "sentences a second": round(len(sentences) / best[name]),
                "times as fast": round(best["sentence-transformers, encode"] / best[name], 2),
            }
        )
        print(rows[-1], flush=True)
    return rows


def setfit_scores(learn: Any, test: Any) -> NDArray[np.float64]:
    """Learn labels with SetFit from some pairs of each label; return how sure it is of label 1 on test."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    def joined(table: Any) -> list[str]:
        return [f"{a} [SEP] {b}" for a, b in zip(table["sentence1"], table["sentence2"], strict=True)]

    some = learn.groupby("label").sample(SETFIT_PAIRS // 2, random_state=stslib.SEED)
    model = SetFitModel.from_pretrained(str(model_folder(stslib.profile().encoder, encoder=True)))
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, num_epochs=1, num_iterations=4, batch_size=16, report_to="none"
        )
        data = Dataset.from_dict({"text": joined(some), "label": some["label"].tolist()})
        Trainer(model=model, args=arguments, train_dataset=data).train()
    return np.asarray(model.predict_proba(joined(test)))[:, 1]


def labels() -> list[dict[str, Any]]:
    """Measure what learns labels of pairs."""
    learn, dev, test = (
        table.assign(label=(table["score"] >= SAME_MEANING).astype(int)).drop(columns="score")
        for table in (load_pairs("course", split) for split in ("train", "dev", "test"))
    )
    first, second = test["sentence1"].tolist(), test["sentence2"].tolist()
    ways: dict[str, Callable[[], NDArray[np.float64]]] = {
        "stslib, train bi": lambda: stslib.pair_scores(first, second, train_on(BI, learn, dev).model),
        "stslib, train cross": lambda: stslib.pair_scores(first, second, train_on(CROSS, learn, dev).model),
    }
    if importlib.util.find_spec("setfit"):
        ways[f"setfit, {SETFIT_PAIRS} pairs"] = lambda: setfit_scores(learn, test)
    rows = []
    for name, way in ways.items():
        start = time.perf_counter()
        found = way()
        seconds = time.perf_counter() - start
        quality = label_report(found, test["label"], None)["average_precision"]
        rows.append({"package": name, "average precision": round(quality, 3), "seconds": round(seconds)})
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure, and write the result."""
    names = ("torch", "sentence-transformers", "setfit", "text2vec", "model2vec")
    versions = {name: version_of(name) for name in names if importlib.util.find_spec(name.replace("-", "_"))}
    report: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    report |= {"python": platform.python_version(), "device": device(), **versions}
    if "--labels" not in sys.argv:
        report["scores"] = scores()
    if "--scores" not in sys.argv:
        report["labels"] = labels()
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
