"""Measure the course data and write the tables of the data card: `make data-report`.

The real STS-B is measured beside it where STS_DATA_DIR names its folder; without it, its
column of the committed card is kept as it stands.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

import stslib
from stslib.baselines import tfidf_scores, words
from stslib.data import RATINGS, course_file, course_folder
from stslib.hygiene import leak_free
from stslib.metrics import score_report, spearman

CARD = course_folder() / "README.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SPLITS = ("train", "dev", "test")


def skeleton(first: str, second: str) -> str:
    """Return a pair with its content words blanked: what a template would share."""
    return " ".join(word if word in ENGLISH_STOP_WORDS else "_" for word in [*words(first), "|", *words(second)])


def texture(sentences: list[str], pairs: pd.DataFrame) -> dict[str, float]:
    """Return counts that tell written text from filled-in templates."""
    tokens = [words(sentence) for sentence in sentences]
    bigrams = [bigram for line in tokens for bigram in pairwise(line)]
    lengths = np.array([len(sentence.split()) for sentence in sentences])
    shapes = Counter(skeleton(*pair) for pair in zip(pairs["sentence1"], pairs["sentence2"], strict=True))
    distinct = len({sentence.strip().lower() for sentence in sentences})
    return {
        "sentences": len(sentences),
        "word types": len({word for line in tokens for word in line}),
        "distinct-bigram ratio": len(set(bigrams)) / len(bigrams),
        "duplicate sentences": 1 - distinct / len(sentences),
        "pairs sharing a skeleton, most": max(shapes.values()),
        "words per sentence, median": float(np.median(lengths)),
        "words per sentence, 90th percentile": float(np.quantile(lengths, 0.9)),
        "words per sentence, longest": int(lengths.max()),
    }


def with_interval(x: ArrayLike, y: ArrayLike) -> str:
    """Return Spearman's rank correlation with its 95 % bootstrap interval, as text."""
    report = score_report(x, y)
    return f"{report['spearman']:.3f} ({report['low']:.3f} to {report['high']:.3f})"


def length_shortcut(pairs: pd.DataFrame) -> float:
    """Return Spearman's correlation of score and number of words: what a model could learn without reading."""
    words_of_both = pairs["sentence1"].str.split().str.len() + pairs["sentence2"].str.split().str.len()
    return spearman(words_of_both, pairs["score"])


def encoder_scores(pairs: pd.DataFrame) -> np.ndarray:
    """Return the cosine of each pair by the course's encoder, untrained on them."""
    return stslib.pair_scores(pairs["sentence1"].tolist(), pairs["sentence2"].tolist())


def set_report(splits: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Return the figures of one data set as text, for a column of the table."""
    everything = pd.concat(splits.values(), ignore_index=True)
    test = splits["test"]
    sixths = np.histogram(everything["score"], bins=np.linspace(0, 5, 7))[0] / len(everything)
    report = {
        "pairs (train / dev / test)": " / ".join(f"{len(splits[s]):,}" for s in SPLITS),
        **{
            name: f"{value:,.2f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"
            for name, value in texture([*everything["sentence1"], *everything["sentence2"]], everything).items()
        },
        "share of scores in each sixth of the scale": " ".join(f"{share:.0%}" for share in sixths),
        "test pairs that share a sentence with train or dev": str(
            len(test) - len(leak_free(test, splits["train"], splits["dev"]))
        ),
        "number of words and score, Spearman on train": f"{length_shortcut(splits['train']):.2f}",
        "TF-IDF, Spearman on test": with_interval(
            tfidf_scores(
                test["sentence1"], test["sentence2"], [*splits["train"]["sentence1"], *splits["train"]["sentence2"]]
            ),
            test["score"],
        ),
        "all-MiniLM-L6-v2 as it comes, Spearman on test": with_interval(encoder_scores(test), test["score"]),
    }
    return report


def agreement() -> list[str]:
    """Return the lines on the raters and the blind audit."""
    pairs = pd.concat([stslib.load_pairs("course", split) for split in SPLITS], ignore_index=True)
    lines = ["| raters | Spearman |", "|---|---|"]
    for i, first in enumerate(RATINGS):
        for second in RATINGS[i + 1 :]:
            name = f"{first[-1].upper()} and {second[-1].upper()}"
            lines.append(f"| {name} | {with_interval(pairs[first], pairs[second])} |")
    audit = pd.read_csv(course_file("pairs/audit.csv"), keep_default_na=False)
    audit = audit.merge(pairs, on=["sentence1", "sentence2"], validate="one_to_one")
    audited = with_interval(audit["rating"], audit["score"])
    lines.append(f"| blind audit of {len(audit)} pairs and the shipped score | {audited} |")
    spread = pairs[RATINGS].max(axis=1) - pairs[RATINGS].min(axis=1)
    lines += ["", f"Pairs on which two raters differ by more than 2: {int((spread > 2).sum())}; largest difference: "
              f"{spread.max():g}."]  # fmt: skip
    sets = pd.read_csv(course_file("contrasts/audit.csv"))
    agreed = int((sets["label"] == sets["rated"]).sum())
    lines += ["", f"Pairs of the meaning sets whose label blind raters found again: {agreed:,} of {len(sets):,}."]
    return lines


def contrast_table() -> list[str]:
    """Return a line a phenomenon: the encoder's accuracy at the border that suits it best."""
    pairs = pd.concat([stslib.load_contrasts(half) for half in ("train", "test")], ignore_index=True)
    pairs["cosine"] = encoder_scores(pairs)
    lines = ["The 480 contrasts and all-MiniLM-L6-v2 as it comes:", ""]
    lines += ["| phenomenon | accuracy at its own best border | that border |", "|---|---|---|"]
    for phenomenon, part in pairs.groupby("phenomenon", sort=False):
        fitted = stslib.fit_threshold(part["cosine"], part["label"], resamples=1)
        border = "no border separates them" if fitted.reached <= 0.5 else f"{fitted.value:.2f}"
        lines.append(f"| {phenomenon} | {fitted.reached:.0%} | {border} |")
    together = stslib.fit_threshold(pairs["cosine"], pairs["label"], resamples=1)
    lines.append(f"| all, one border | {together.reached:.0%} | {together.value:.2f} |")
    return lines


def kept_column(card: str) -> dict[str, str]:
    """Return the STS-B column of the committed card."""
    rows = re.findall(r"^\| (.+?) \| .+? \| (.+?) \|$", card, flags=re.M)
    return dict(rows)


def measured(card: str) -> str:
    """Return the measured part of the card."""
    course = set_report({split: stslib.load_pairs("course", split) for split in SPLITS})
    if os.environ.get("STS_DATA_DIR"):
        stsb = set_report({split: stslib.load_pairs("stsb", split) for split in SPLITS})
    else:
        stsb = {name: kept_column(card).get(name, "") for name in course}
    lines = ["| | course pairs | STS-B, English |", "|---|---|---|"]
    lines += [f"| {name} | {course[name]} | {stsb[name]} |" for name in course]
    lines += ["", *agreement(), "", *contrast_table()]
    return "\n".join(lines)


def main() -> None:
    """Write the measured part into the data card."""
    card = CARD.read_text(encoding="utf-8")
    before, rest = card.split(BEGIN)
    CARD.write_text(f"{before}{BEGIN}\n{measured(card)}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
