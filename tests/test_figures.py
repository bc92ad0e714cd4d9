"""Figures hold what they were given; how they look is judged by eye in the notebooks."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest

import stslib
from stslib import figures


@pytest.fixture(autouse=True)
def closed_figures(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: None)
    yield
    plt.close("all")


def texts():
    return [text.get_text() for text in plt.gca().texts]


def test_course_map_fills_the_lesson_in():
    figures.draw_course_map("01")
    filled = [matplotlib.colors.to_hex(patch.get_facecolor()).upper() for patch in plt.gca().patches]
    assert filled.index(figures.BLUE) == 1 and filled.count(figures.BLUE) == 1
    assert len(filled) == len(figures.LESSONS)


def test_every_lesson_is_on_the_map():
    from conftest import ROOT

    assert {path.name[:2] for path in (ROOT / "lessons").glob("*.py")} <= set(figures.LESSONS)


def test_input_has_a_box_for_each_token(tokenizer):
    table = stslib.input_table(tokenizer, "a cat", "a dog")
    figures.draw_input(table)
    assert len(plt.gca().patches) == len(table) == 7
    assert [text for text in texts() if text in set(table["token"])] == table["token"].tolist()


def test_heatmap_names_rows_and_columns():
    figures.draw_heatmap([[0.1, 0.9]], ["layer 1"], ["a", "b"])
    axes = plt.gcf().axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]
    assert [text.get_text() for text in axes.texts] == ["0.10", "0.90"]


def test_scores_are_coloured_by_the_border():
    _, axes = plt.subplots()
    figures.draw_scores(axes, [0.9, 0.2], ["one", "two"], 0.5, (0.4, 0.6))
    colours = [matplotlib.colors.to_hex(bar.get_facecolor()).upper() for bar in axes.patches[:2]]
    assert colours == [figures.BLUE, figures.ORANGE]
    assert "border 0.50" in texts()


def test_border_parts_the_labels_of_people():
    _, axes = plt.subplots()
    figures.draw_border(axes, [0.9, 0.2, 0.3], [5.0, 1.0, 4.0], 0.5, (0.4, 0.6))
    same, other = axes.collections[-2:]
    assert len(same.get_offsets()) == 2 and len(other.get_offsets()) == 1
