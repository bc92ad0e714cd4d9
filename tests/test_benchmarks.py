"""The committed results: whole, and in agreement with what the README shows."""

import json

import pytest
from conftest import ROOT

import stslib
from benchmarks import ladder, readme
from stslib import StsError

REPORT = json.loads((ROOT / "benchmarks" / "ladder.json").read_text(encoding="utf-8"))


def test_the_readme_shows_the_ladder_that_was_measured():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.split(ladder.BEGIN)[1].split(ladder.END)[0].strip()
    assert shown == ladder.table_of(REPORT), "run `python -m benchmarks.ladder --draw`"


@pytest.mark.parametrize("name", readme.TABLES)
def test_the_readme_shows_what_was_measured(name):
    begin, end = readme.between(name)
    shown = (ROOT / "README.md").read_text(encoding="utf-8").split(begin)[1].split(end)[0]
    assert shown.strip() == readme.table_of(name), "run `python -m benchmarks.readme`"


def test_every_lesson_with_a_method_is_on_the_ladder():
    assert {row["lesson"] for row in REPORT["pairs"] + REPORT["clusters"]} == {"03", "04", "05", "06", "07"}
    for row in REPORT["pairs"]:
        assert row["low"] <= row["spearman"] <= row["high"] and row["seconds_per_1000"] > 0 and row["lines"] > 0


def test_every_method_s_own_functions_are_listed():
    assert {row["method"] for row in REPORT["pairs"]} == set(ladder.OURS)


def test_methods_without_training_still_give_the_committed_values():
    """The cheap rungs are measured anew: a change of data or code that moves them must show."""
    from stslib.baselines import tfidf_scores, token_overlap

    learn, test = stslib.load_pairs("course", "train"), ladder.columns_of("test")
    committed = {row["method"]: row["spearman"] for row in REPORT["pairs"]}
    judged = stslib.load_pairs("course", "test")["score"]
    corpus = [*learn["sentence1"], *learn["sentence2"]]
    for method, scores in (
        ("word overlap", token_overlap(*test)),
        ("TF-IDF", tfidf_scores(*test, corpus)),
        ("sentence encoder as it comes", stslib.pair_scores(*test)),
    ):
        assert stslib.metrics.spearman(scores, judged) == pytest.approx(committed[method], abs=2e-3)


def test_lines_of_code_are_counted_without_docstrings_and_comments():
    def example(a):
        """Not counted.

        However long.
        """
        # nor this
        b = [
            a,
        ]

        return b

    assert ladder.lines_of(example) == 5  # def, three lines of the list, return
    assert ladder.lines_of(example, example) == 10


def test_results_that_lessons_show_can_be_loaded():
    runs = stslib.load_benchmark("losses")["test"]
    assert len(runs) == 9 and {run["seed"] for run in runs} == {13, 14, 15}
    assert {run["method"] for run in stslib.load_benchmark("clustering")["runs"]} == {
        "k-means, k = 60", "k-means, k = 60, mini-batches", "k-means, k = 900", "average linkage", "communities",
    }  # fmt: skip
    with pytest.raises(StsError, match="no benchmark 'nothing'"):
        stslib.load_benchmark("nothing")
