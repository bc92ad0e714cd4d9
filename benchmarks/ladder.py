"""The whole ladder: every method of lessons 03 to 07, measured side by side.

    python -m benchmarks.ladder           # measures, about 7 minutes on two cores; `make ladder`
    python -m benchmarks.ladder --draw    # draws and writes the tables anew from what was measured

Writes benchmarks/ladder.json, which lesson 07 shows, the picture docs/ladder.png, and the tables
in the README. Everything that has a choice (a classifier's C, an epoch) makes it on dev; the test
pairs are read once a method. What is trained is trained with three seeds: the ladder shows the
mean of their correlations, and the bootstrap interval of that mean. Times are taken with 16-bit
arithmetic where the machine is fast with it.
"""

from __future__ import annotations

import ast
import inspect
import json
import platform
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, v_measure_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import stslib
from stslib import (
    baselines,
    batching,
    cluster,
    cross,
    encoding,
    features,
    figures,
    loop,
    models,
    packed,
    pooling,
    precision,
    sbert,
    training,
)
from stslib.doctor import version_of
from stslib.metrics import bootstrap, label_report, spearman
from stslib.precision import mixed_precision
from stslib.similarity import cosines
from stslib.training import BI, CROSS, Kind, train_on

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).with_suffix(".json")
PICTURE = ROOT / "docs" / "ladder.png"
BEGIN, END = "<!-- ladder: begin -->", "<!-- ladder: end -->"
SEEDS = (13, 14, 15)
TIMED = 3  # scorings of the test pairs, of which the fastest counts

Scores = NDArray[np.float64]
Pairs = tuple[list[str], list[str]]


def lines_of(*functions: Callable) -> int:
    """Return how many lines of code some functions have, without docstrings, comments and blank lines."""
    count = 0
    for function in functions:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        assert isinstance(tree, ast.FunctionDef)
        body = tree.body[1:] if ast.get_docstring(tree) else tree.body
        nodes = [node for part in body for node in ast.walk(part) if isinstance(node, ast.stmt | ast.expr)]
        code = {line for node in nodes for line in (node.lineno, node.end_lineno)}
        count += 1 + len(code)
    return count


def columns_of(split: str) -> Pairs:
    """Return first and second sentences of a split of the course's pairs."""
    table = stslib.load_pairs("course", split)
    return table["sentence1"].tolist(), table["sentence2"].tolist()


def classify(features_of: Callable[[Pairs], NDArray]) -> Callable[[Pairs], Scores]:
    """Return a scorer: logistic regression on features, its C chosen on dev by average precision."""
    given, labels = {}, {}
    for split in ("train", "dev"):
        given[split] = features_of(columns_of(split))
        labels[split] = stslib.load_pairs("course", split)["score"] >= stslib.SAME_MEANING
    tried = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000)).fit(given["train"], labels["train"])
        for c in (0.0003, 0.001, 0.01, 0.1)
    ]
    best = max(
        tried,
        key=lambda model: label_report(model.predict_proba(given["dev"])[:, 1], labels["dev"], None)[
            "average_precision"
        ],
    )
    return lambda pairs: best.predict_proba(features_of(pairs))[:, 1]


def of_layer(pairs: Pairs) -> tuple[NDArray, NDArray]:
    """Return the vectors of both sides: frozen BERT, last layer, mean of the tokens."""
    bert, tokenizer = _frozen()
    u, v = np.split(pooling.layer_vectors(bert, tokenizer, [*pairs[0], *pairs[1]])[-1], 2)
    return u, v


def _frozen() -> tuple[Any, Any]:
    if not _FROZEN:
        _FROZEN.extend([stslib.load_bert(), stslib.load_tokenizer()])
    return _FROZEN[0], _FROZEN[1]


_FROZEN: list[Any] = []


def cosine(u: NDArray, v: NDArray) -> Scores:
    """Return the cosine of each pair of vectors."""
    return (u * v).sum(axis=1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)


def trained(kind: Kind) -> list[Callable[[Pairs], Scores]]:
    """Return the scorers of models trained on the course's pairs, one a seed."""

    def scorer_of(model: Any) -> Callable[[Pairs], Scores]:
        return lambda pairs: stslib.pair_scores(*pairs, model)

    scorers = []
    for seed in SEEDS:
        start = time.perf_counter()
        done = train_on(kind, stslib.load_pairs("course", "train"), stslib.load_pairs("course", "dev"), seed=seed)
        seconds = time.perf_counter() - start
        print(f"{kind.name}, seed {seed}: dev {done.dev_quality}, {seconds:.0f} s", flush=True)
        scorers.append(scorer_of(done.model))
    return scorers


def by_encoder(pairs: Pairs) -> Scores:
    """Return the cosines of the sentence encoder as it comes."""
    return cosines(stslib.load_encoder().encode([*pairs[0], *pairs[1]], normalize_embeddings=True))


_UNPADDED = (
    packed.pack, packed._group, packed.Tokens.pack, packed.token_vectors, packed.joined_linear, packed._attend,
    packed.read_all, packed.texts_at_once, batching.by_length,
)  # fmt: skip
_LEARNING = (
    loop.descend, loop.random_batches, loop.checked_targets, loop.without_dropout, models.model_folder,
    precision.mixed_precision, precision.fast_number_format, precision._cpu_has_bfloat16,
    training.train_on, training.targets_of, training._Choice.after_epoch, training._Choice.go_back,
    training._Choice._is_best, training._copy_of_weights, training._between,
)  # fmt: skip
_LAYERS = (pooling.layer_vectors, pooling.pool, batching.by_length, of_layer)
# The functions of our own that a method of lessons 03 to 06 consists of; checks of arguments by other modules apart.
OURS: dict[str, tuple[Callable, ...]] = {
    "word overlap": (baselines.token_overlap, baselines.words),
    "TF-IDF": (baselines.tfidf_scores,),
    "sentence encoder as it comes": (by_encoder, cosines),
    "[CLS] of the pair, classifier": (features.cls_features, batching.by_length, classify),
    "BERT frozen, mean, cosine": (*_LAYERS, cosine),
    "BERT frozen, mean, classifier": (*_LAYERS, features.pair_features, classify),
    "cross-encoder, trained": (
        cross.new_cross, cross.train_cross, cross.cross_scores, cross.bert_of, cross._is_plain_bert, cross._read,
        cross._logits, *_UNPADDED, *_LEARNING,
    ),
    "Sentence-BERT, trained": (
        sbert.new_bi, sbert.train_bi, sbert.cosent_loss, sbert.cosent_of_cosines, encoding.encode, encoding._encode,
        encoding.mean_pooled_bert, encoding.token_ids, packed.mean_of_texts, cosines, *_UNPADDED, *_LEARNING,
    ),
}  # fmt: skip


def pair_rows() -> tuple[list[dict[str, Any]], list[float]]:
    """Measure every method that scores pairs, on the course's test pairs.

    Returns:
        The rows, and by how much the cross-encoder is better than Sentence-BERT: the
        difference of the means over the seeds, with its 95 % interval, on the same pairs.
    """
    learn = columns_of("train")
    corpus = [*learn[0], *learn[1]]
    vocabulary = len(TfidfVectorizer().fit(corpus).vocabulary_)
    size = sum(p.numel() for p in stslib.load_encoder().parameters())
    bert, tokenizer = _frozen()

    def cls(pairs: Pairs) -> NDArray:
        return features.cls_features(bert, tokenizer, *pairs)

    head = bert.config.hidden_size + 1  # from its output to one number
    rows: list[tuple[str, str, list[Callable[[Pairs], Scores]], int]] = [
        ("03", "word overlap", [lambda p: baselines.token_overlap(*p)], 0),
        ("03", "TF-IDF", [lambda p: baselines.tfidf_scores(*p, corpus)], vocabulary),
        ("03", "sentence encoder as it comes", [by_encoder], size),
        ("04", "[CLS] of the pair, classifier", [classify(cls)], size),
        ("04", "BERT frozen, mean, cosine", [lambda p: cosine(*of_layer(p))], size),
        ("04", "BERT frozen, mean, classifier", [classify(lambda p: features.pair_features(*of_layer(p)))], size),
        ("05", "cross-encoder, trained", trained(CROSS), size + head),
        ("06", "Sentence-BERT, trained", trained(BI), size),
    ]  # fmt: skip
    measured = [measure(*row) for row in rows]
    (_, cross_scores), (_, bi_scores) = measured[-2:]

    def apart(*columns: Scores) -> float:
        values = [spearman(column, columns[-1]) for column in columns[:-1]]
        return float(np.mean(values[: len(SEEDS)]) - np.mean(values[len(SEEDS) :]))

    columns = [*cross_scores, *bi_scores, stslib.load_pairs("course", "test")["score"].to_numpy()]
    found = [round(value, 4) for value in (apart(*columns), *bootstrap(apart, *columns))]
    return [row for row, _ in measured], found


def measure(
    lesson: str, method: str, scorers: Sequence[Callable[[Pairs], Scores]], parameters: int
) -> tuple[dict[str, Any], list[Scores]]:
    """Score the test pairs with each of a method's models; return its row, and the scores."""
    pairs, judged = columns_of("test"), stslib.load_pairs("course", "test")["score"]
    scores, seconds = [], []
    for score in scorers:
        scores.append(score(pairs))
    for _ in range(TIMED):
        start = time.perf_counter()
        with mixed_precision(stslib.device()):  # the same arithmetic for all: some methods ask for it themselves
            scorers[0](pairs)
        seconds.append(time.perf_counter() - start)

    def mean(*columns: Scores) -> float:
        return float(np.mean([spearman(column, columns[-1]) for column in columns[:-1]]))

    low, high = bootstrap(mean, *scores, judged)
    row = {
        "lesson": lesson,
        "method": method,
        "spearman": round(mean(*scores, judged), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "seeds": [round(spearman(one, judged), 4) for one in scores],
        "seconds_per_1000": round(1000 * min(seconds) / len(judged), 4),
        "parameters": parameters,
    }
    print(row, flush=True)
    return row, scores


def cluster_rows() -> list[dict[str, Any]]:
    """Measure every clustering of lesson 07 on the 900 questions and their 60 intents."""
    questions = stslib.load_questions()
    texts, intents = questions["question"].tolist(), questions["intent"].factorize()[0]
    bert, tokenizer = _frozen()
    word_vectors = pooling.layer_vectors(bert, tokenizer, texts)[0]
    word_vectors /= np.linalg.norm(word_vectors, axis=1, keepdims=True)
    x = stslib.load_encoder().encode(texts, normalize_embeddings=True)
    counted = TfidfVectorizer().fit_transform(texts)
    rows = []
    for method, run, lines in (
        ("TF-IDF, k-means, k = 60", lambda seed: KMeans(60, n_init=10, random_state=seed).fit_predict(counted), 1),
        ("BERT's word vectors, mean, k-means", lambda seed: cluster.kmeans(word_vectors, 60, seed=seed),
         lines_of(pooling.layer_vectors, pooling.pool, cluster.kmeans)),
        ("sentence encoder, k-means", lambda seed: cluster.kmeans(x, 60, seed=seed), lines_of(cluster.kmeans)),
        ("sentence encoder, average linkage, 0.25", lambda seed: cluster.agglomerate(x, 0.25),
         lines_of(cluster.agglomerate)),
        ("sentence encoder, communities, 0.4", lambda seed: cluster.communities(x, 0.4), lines_of(cluster.communities)),
    ):  # fmt: skip
        start = time.perf_counter()
        runs = [run(seed) for seed in SEEDS]
        seconds = (time.perf_counter() - start) / len(SEEDS)
        rands = [adjusted_rand_score(intents, labels) for labels in runs]
        rows.append(
            {
                "lesson": "07",
                "method": method,
                "clusters": len(np.unique(runs[0])),
                "v_measure": round(float(np.mean([v_measure_score(intents, labels) for labels in runs])), 4),
                "adjusted_rand": round(float(np.mean(rands)), 4),
                "lowest": round(min(rands), 4),
                "highest": round(max(rands), 4),
                "seconds": round(seconds, 3),
                "lines": lines,
            }
        )
        print(rows[-1], flush=True)
    return rows


def table_of(report: dict[str, Any]) -> str:
    """Return the ladder as Markdown tables."""
    lines = [
        "| lesson | method | Spearman, 400 test pairs (95 % interval) | seconds for 1,000 pairs | parameters | lines |",
        "|---|---|---|---|---|---|",
    ]
    for row in report["pairs"]:
        size = f"{row['parameters'] / 1e6:.1f} M" if row["parameters"] > 1e5 else f"{row['parameters']:,}"
        lines.append(
            f"| {row['lesson']} | {row['method']} | {row['spearman']:.3f} ({row['low']:.3f} to {row['high']:.3f}) | "
            f"{row['seconds_per_1000']:.2g} | {size} | {row['lines']} |"
        )
    lines += [
        "",
        "| lesson | clustering of 900 questions, 60 intents | adjusted Rand (three seeds) | V-measure | clusters |",
        "|---|---|---|---|---|",
    ]
    for row in report["clusters"]:
        lines.append(
            f"| {row['lesson']} | {row['method']} | {row['adjusted_rand']:.3f} ({row['lowest']:.3f} to "
            f"{row['highest']:.3f}) | {row['v_measure']:.3f} | {row['clusters']} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Measure unless only drawing is asked for; then count lines, draw, and write the README's table."""
    if arguments != ["--draw"]:
        versions = {name: version_of(name) for name in ("torch", "transformers", "sentence-transformers")}
        report: dict[str, Any] = {"python": platform.python_version(), "device": stslib.device(), **versions}
        report["clusters"] = cluster_rows()
        report["pairs"], report["cross_minus_bi"] = pair_rows()
    else:
        report = json.loads(RESULT.read_text(encoding="utf-8"))
    for row in report["pairs"]:
        row["lines"] = lines_of(*OURS[row["method"]])
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    matplotlib.use("Agg")
    figures.use_style()
    figures.draw_whole_ladder(report).savefig(PICTURE)
    readme = ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    readme.write_text(f"{before}{BEGIN}\n{table_of(report)}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
