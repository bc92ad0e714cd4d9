"""Draw the README's picture: `python -m tools.picture`."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from stslib import Threshold, figures, label_pairs
from stslib.data import course_file

PICTURE = Path(__file__).parents[1] / "docs" / "labels.png"


def main() -> None:
    """Label the question's table and the pair that fools the model; draw both."""
    import pandas as pd

    table = pd.read_csv(course_file("seeds/question.csv"))
    table.loc[len(table)] = ["the cat ate the mouse", "the mouse ate the cat"]
    labelled = label_pairs(table)
    border = Threshold.load()
    names = [f"{row.line1}\n{row.line2}" for row in labelled.itertuples()]
    figures.use_style()
    figure, axes = plt.subplots(figsize=(8.5, 3.4))
    figures.draw_scores(axes, labelled["score"].tolist(), names, border.value, (border.low, border.high))
    axes.set_title("The question's three pairs, and one that fools a sentence encoder", loc="right", pad=22)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE)


if __name__ == "__main__":
    main()
