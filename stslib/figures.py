"""The course's plots, in one style."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito's colours, told apart by colour-blind readers too.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8C8C8C"
SEGMENT_FILL = {0: "#CFE3F1", 1: "#FBE3B6", None: "#E4E4E4"}

LESSONS = {
    "00": "Quickstart",
    "01": "BERT's input",
    "02": "Pretraining",
    "03": "The STS task",
    "04": "Feature extraction",
    "05": "Fine-tuning",
    "06": "Sentence-BERT",
    "07": "Clustering",
}


def use_style() -> None:
    """Set the course's plot style for this process: sizes that read well in a notebook."""
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
            "figure.figsize": (7.5, 4.0),
            "figure.dpi": 110,
            "savefig.dpi": 150,
            "savefig.bbox": "tight",
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, RED, GREY]),
            "legend.frameon": False,
        }
    )


def draw_course_map(here: str) -> None:
    """Draw the course as a ladder of lessons, with this one filled in.

    Args:
        here: the number of the lesson, such as ``"01"``.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyBboxPatch

    width, height, step_up = 1.0, 0.62, 0.36
    _, axes = plt.subplots(figsize=(10.5, 3.1))
    for step, (number, title) in enumerate(LESSONS.items()):
        done, now = number < here, number == here
        x, y = step * 1.1, step * step_up
        fill = BLUE if now else SEGMENT_FILL[0] if done else "white"
        edge = BLUE if now or done else GREY
        axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0.02", fc=fill, ec=edge))
        text = f"{number}\n" + "\n".join(textwrap.wrap(title, 13, break_on_hyphens=False))
        colour = "white" if now else "black"
        axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=8.5, color=colour)
    axes.set_xlim(-0.05, len(LESSONS) * 1.1)
    axes.set_ylim(-0.05, (len(LESSONS) - 1) * step_up + height + 0.05)
    axes.axis("off")
    plt.show()


def draw_input(table: pd.DataFrame, title: str = "") -> None:
    """Draw an input table as a row of boxes, coloured by segment, special tokens grey.

    Args:
        table: from `stslib.input_table`.
        title: of the plot.
    """
    import matplotlib.pyplot as plt

    width = 0.36 + 0.1 * table["token"].str.len().clip(lower=2)
    left = np.concatenate(([0], np.cumsum(width + 0.06)[:-1]))
    _, axes = plt.subplots(figsize=(max(6.0, float((width + 0.06).sum()) * 0.78), 1.9))
    for x, w, (_, row) in zip(left, width, table.iterrows(), strict=True):
        special = row["token"].startswith("[") and row["token"].endswith("]")
        fill = SEGMENT_FILL[None if special else row["segment"]]
        axes.add_patch(plt.Rectangle((x, 0), w, 0.62, fc=fill, ec="#555555", lw=0.8))
        axes.text(x + w / 2, 0.31, row["token"], ha="center", va="center", fontsize=10, family="monospace")
        axes.text(x + w / 2, -0.18, row["segment"], ha="center", va="center", fontsize=9, color="#444444")
        axes.text(x + w / 2, 0.78, row["position"], ha="center", va="center", fontsize=8, color="#777777")
    for y, text in ((0.78, "position"), (0.31, "token"), (-0.18, "segment")):
        axes.text(-0.15, y, text, ha="right", va="center", fontsize=9, color="#444444")
    axes.set_xlim(-1.15, left[-1] + width.iloc[-1] + 0.1)
    axes.set_ylim(-0.4, 1.0)
    axes.set_title(title)
    axes.axis("off")
    plt.show()


def draw_heatmap(
    values: ArrayLike, rows: Sequence[str], columns: Sequence[str], title: str = "", label: str = ""
) -> None:
    """Draw a matrix as a heat map with named rows and columns.

    Args:
        values: shape (rows, columns), 0 or more.
        rows, columns: their names.
        title: of the plot.
        label: of the colour bar.
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import PowerNorm

    matrix = np.asarray(values, dtype=float)
    figure, axes = plt.subplots(figsize=(1.7 + 0.52 * len(columns), 1.2 + 0.34 * len(rows)))
    # The square root brings out small values beside a large one.
    image = axes.imshow(matrix, cmap="Blues", norm=PowerNorm(0.5, vmin=0), aspect="auto")
    for (row, column), value in np.ndenumerate(matrix):
        colour = "white" if value > 0.4 * matrix.max() else "#333333"
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(columns)), columns, rotation=50, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title)
    figure.colorbar(image, label=label, pad=0.02)
    plt.show()


def draw_scores(
    axes: Axes,
    scores: Sequence[float],
    names: Sequence[str],
    border: float | None = None,
    interval: tuple[float, float] | None = None,
) -> None:
    """Draw scores as horizontal bars, blue from the border up, with the border and its interval.

    Args:
        axes: where to draw.
        scores: from -1 to 1.
        names: one a score; line breaks are fine.
        border: the threshold.
        interval: of the border, low and high.
    """
    places = np.arange(len(scores))[::-1]
    colours = [BLUE if border is None or score >= border else ORANGE for score in scores]
    axes.barh(places, scores, color=colours, height=0.6, zorder=2)
    for place, score in zip(places, scores, strict=True):
        axes.text(max(score, 0) + 0.01, place, f"{score:.2f}", va="center", fontsize=10)
    if border is not None:
        axes.axvline(border, color="black", lw=1.2, zorder=3)
        axes.text(border, 1.01, f"border {border:.2f}", ha="center", fontsize=9, transform=axes.get_xaxis_transform())
    if interval is not None:
        axes.axvspan(*interval, color=GREY, alpha=0.2, lw=0, zorder=0)
    axes.set_yticks(places, names)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(min(0.0, min(scores) - 0.05), 1.08)
    axes.set_xlabel("cosine similarity")


def draw_border(axes: Axes, scores: ArrayLike, judged: ArrayLike, border: float, interval: tuple[float, float]) -> None:
    """Draw judgements against cosines, label 1 blue, with the fitted border and its interval.

    Args:
        axes: where to draw.
        scores: cosines, shape (n,).
        judged: scores from 0 to 5, shape (n,).
        border: the threshold on the cosine.
        interval: of the border, low and high.
    """
    from stslib.threshold import SAME_MEANING

    cosines, judgement = np.asarray(scores, dtype=float), np.asarray(judged, dtype=float)
    same = judgement >= SAME_MEANING
    axes.axvspan(*interval, color=GREY, alpha=0.18, lw=0, label="95 % interval of the border")
    axes.axvline(border, color="black", lw=1.2, label=f"border {border:.2f}")
    axes.scatter(cosines[same], judgement[same], color=BLUE, s=26, alpha=0.6, label="judged: same meaning (4 and up)")
    axes.scatter(
        cosines[~same], judgement[~same], color=ORANGE, marker="s", s=18, alpha=0.6, label="judged: not the same"
    )
    axes.set_xlabel("cosine similarity")
    axes.set_ylabel("judgement, 0 to 5")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def draw_two_encoders() -> None:
    """Draw how a bi-encoder (one BERT, used for each sentence) and a cross-encoder read a pair."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyBboxPatch

    _, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2), width_ratios=(1.5, 1))

    def box(axes: Axes, x: float, y: float, text: str, fill: str, width: float = 1.5) -> None:
        shape = FancyBboxPatch((x - width / 2, y - 0.22), width, 0.44, boxstyle="round,pad=0.04", fc=fill, ec="#555555")
        axes.add_patch(shape)
        axes.text(x, y, text, ha="center", va="center", fontsize=9.5)

    def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
        axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "#555555"})

    for x, name, vector, fill in ((1.0, "sentence A", "u", SEGMENT_FILL[0]), (3.4, "sentence B", "v", SEGMENT_FILL[1])):
        for y, text in ((0.3, name), (1.2, "BERT"), (2.1, "mean of the tokens"), (3.0, vector)):
            box(left, x, y, text, "white" if text == "BERT" else fill, 0.6 if text == vector else 1.5)
        for y in (0.3, 1.2, 2.1):
            arrow(left, (x, y + 0.27), (x, y + 0.63))
        arrow(left, (x, 3.27), (2.2 + (x - 2.2) * 0.3, 3.63))
    left.plot([1.8, 2.6], [1.2, 1.2], color=RED, lw=1.5, ls="--")
    left.text(2.2, 1.34, "the same\nweights", ha="center", fontsize=8.5, color=RED)
    box(left, 2.2, 3.9, "cosine of u and v", "white", 1.9)
    left.set_title("Bi-encoder: a vector for each sentence")
    for y, text, width in (
        (0.3, "[CLS] A [SEP] B [SEP]", 2.4),
        (1.5, "BERT", 1.5),
        (2.7, "head on [CLS]", 1.5),
        (3.9, "score", 0.9),
    ):
        box(right, 1.5, y, text, SEGMENT_FILL[None] if y == 0.3 else "white", width)
        if y < 3.9:
            arrow(right, (1.5, y + 0.27), (1.5, y + 0.93))
    right.set_title("Cross-encoder: one pass a pair")
    for axes, width in ((left, 4.4), (right, 3.0)):
        axes.set_xlim(0, width)
        axes.set_ylim(0, 4.3)
        axes.axis("off")
    plt.show()


def draw_ladder(results: pd.DataFrame) -> None:
    """Draw the results ladder: Spearman's rank correlation on test with its interval, and the cost.

    Args:
        results: from `stslib.ladder.ladder`.
    """
    import matplotlib.pyplot as plt

    places = np.arange(len(results))[::-1]
    newest = results["lesson"] == results["lesson"].max()
    colours = np.where(newest, BLUE, GREY)
    _, (quality, cost) = plt.subplots(
        1, 2, figsize=(10.5, 0.9 + 0.36 * len(results)), sharey=True, width_ratios=(2.2, 1)
    )
    quality.hlines(places, results["low"], results["high"], color=colours, lw=5, alpha=0.35)
    quality.scatter(results["spearman"], places, color=colours, zorder=3)
    for place, (_, row) in zip(places, results.iterrows(), strict=True):
        quality.text(row["high"] + 0.015, place, f"{row['spearman']:.2f}", va="center", fontsize=9)
    quality.set_yticks(places, [f"{row['method']}  ({row['lesson']})" for _, row in results.iterrows()])
    quality.set_xlim(min(0.0, results["low"].min() - 0.05), 1.05)
    quality.set_xlabel("Spearman on test, 95 % interval")
    cost.barh(places, results["seconds_per_1000"], color=colours, height=0.5)
    cost.set_xscale("log")
    cost.set_xlabel("seconds for 1,000 pairs")
    for axes in (quality, cost):
        axes.tick_params(axis="y", length=0)
    quality.set_title("The ladder so far")
    plt.show()


def draw_whole_ladder(report: dict[str, Any]) -> Figure:
    """Draw every method of the course: quality with interval, time, size and lines of code.

    Args:
        report: from ``stslib.load_benchmark("ladder")``.
    """
    import matplotlib.pyplot as plt

    rows, groups = report["pairs"], report["clusters"]
    figure, axes = plt.subplots(
        2, 2, figsize=(11, 7.2), sharey="row", width_ratios=(1.7, 1), height_ratios=(len(rows) + 1, len(groups) + 1)
    )
    _draw_rungs(axes[0], rows, "spearman", ("low", "high"), "seconds_per_1000")
    axes[0, 0].set_title("Do two sentences mean the same? 400 test pairs")
    axes[0, 0].set_xlabel("Spearman's rank correlation, 95 % interval")
    axes[0, 1].set_xlabel("seconds for 1,000 pairs")
    _draw_rungs(axes[1], groups, "adjusted_rand", ("lowest", "highest"), "seconds")
    axes[1, 0].set_title("Which of 900 questions ask for the same thing?")
    axes[1, 0].set_xlabel("adjusted Rand index, lowest to highest of three seeds")
    axes[1, 1].set_xlabel("seconds to cluster, vectors given")
    return figure


def _draw_rungs(axes: Sequence[Axes], table: list[dict], value: str, interval: tuple[str, str], cost: str) -> None:
    colour = {"03": GREY, "04": ORANGE, "05": GREEN, "06": BLUE, "07": RED}
    quality, price = axes
    for place, row in enumerate(reversed(table)):
        low, high = (row[end] for end in interval)
        tint = colour[row["lesson"]]
        quality.hlines(place, low, high, color=tint, lw=6, alpha=0.35)
        quality.scatter(row[value], place, color=tint, zorder=3)
        quality.text(high + 0.015, place, f"{row[value]:.3f}", va="center", fontsize=9)
        price.barh(place, row[cost], color=tint, height=0.5)
        size = row.get("parameters")
        numbers = "" if size is None else f"{size:,} numbers, " if size < 1e5 else f"{size / 1e6:.1f} M numbers, "
        lines = f"{row['lines']} line{'s' * (row['lines'] > 1)}"
        price.text(row[cost] * 1.25, place, numbers + lines, va="center", fontsize=8.5)
    quality.set_yticks(range(len(table)), [f"{row['method']}  ({row['lesson']})" for row in reversed(table)])
    quality.tick_params(axis="y", length=0)
    quality.set_xlim(0, 1)
    price.tick_params(axis="y", length=0)
    price.set_xscale("log")
    prices = [row[cost] for row in table]
    price.set_xlim(min(prices) / 3, max(prices) * 1000)
