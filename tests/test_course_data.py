"""What the data card claims, measured again on the shipped files."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import stslib
from stslib import StsError
from stslib.baselines import tfidf_scores
from stslib.data import RATINGS, course_file
from tools import data_report

SPLITS = ("train", "dev", "test")


@pytest.fixture(scope="module")
def pairs():
    return pd.concat([stslib.load_pairs("course", s).assign(split=s) for s in SPLITS], ignore_index=True)


@pytest.fixture(scope="module")
def contrasts():
    return pd.concat([stslib.load_contrasts(h).assign(half=h) for h in ("train", "test", "fresh")], ignore_index=True)


def test_sizes_and_columns(pairs):
    assert pairs["split"].value_counts().to_dict() == {"train": 1600, "dev": 400, "test": 400}
    assert list(pairs.columns[:-1]) == ["sentence1", "sentence2", "score", *RATINGS, "domain", "phenomenon"]
    assert pairs["domain"].nunique() >= 6


def test_no_sentence_occurs_twice(pairs):
    sentences = [*pairs["sentence1"], *pairs["sentence2"]]
    assert len({sentence.strip().lower() for sentence in sentences}) == len(sentences)


def test_the_score_is_the_mean_of_three_close_ratings(pairs):
    np.testing.assert_allclose(pairs["score"], pairs[RATINGS].mean(axis=1), atol=0.005)
    assert (pairs[RATINGS].max(axis=1) - pairs[RATINGS].min(axis=1)).max() <= 2
    for i, first in enumerate(RATINGS):
        for second in RATINGS[i + 1 :]:
            assert spearmanr(pairs[first], pairs[second])[0] >= 0.85


def test_scores_cover_the_scale(pairs):
    shares = np.histogram(pairs["score"], bins=np.linspace(0, 5, 7))[0] / len(pairs)
    assert (shares >= 0.10).all(), shares


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_number_of_words_does_not_give_the_score_away(split):
    assert abs(data_report.length_shortcut(stslib.load_pairs("course", split))) <= 0.2


def test_text_is_written_and_not_filled_in(pairs):
    report = data_report.texture([*pairs["sentence1"], *pairs["sentence2"]], pairs)
    assert report["word types"] >= 6000
    assert report["distinct-bigram ratio"] >= 0.6
    assert report["duplicate sentences"] == 0
    assert report["pairs sharing a skeleton, most"] <= 3
    assert 9 <= report["words per sentence, median"] <= 14
    assert report["words per sentence, longest"] > 25


def test_neither_trivial_nor_noise():
    train, test = stslib.load_pairs("course", "train"), stslib.load_pairs("course", "test")
    corpus = [*train["sentence1"], *train["sentence2"]]
    assert 0.35 <= spearmanr(tfidf_scores(test["sentence1"], test["sentence2"], corpus), test["score"])[0] <= 0.65
    assert 0.70 <= spearmanr(data_report.encoder_scores(test), test["score"])[0] <= 0.90


def test_the_blind_audit_agrees(pairs):
    audit = pd.read_csv(course_file("pairs/audit.csv")).merge(pairs, on=["sentence1", "sentence2"])
    assert len(audit) == 100
    assert spearmanr(audit["rating"], audit["score"])[0] >= 0.85


def test_contrasts_are_balanced_and_apart(contrasts):
    assert len(contrasts) == 720
    counts = contrasts.groupby(["phenomenon", "half", "label"]).size()
    assert len(counts) == 12 * 3 * 2 and set(counts) == {10}
    one, two, three = (set(part["sentence1"]) | set(part["sentence2"]) for _, part in contrasts.groupby("half"))
    assert not one & two | two & three | three & one
    with pytest.raises(StsError, match="no split 'dev': choose 'train', 'test', 'fresh' or 'more'"):
        stslib.load_contrasts("dev")


def test_more_contrasts_repeat_nothing(contrasts, pairs):
    more = stslib.load_contrasts("more")
    assert len(more) == 3831 and set(more["phenomenon"]) == set(contrasts["phenomenon"])
    counts = more.groupby(["phenomenon", "label"]).size()
    assert len(counts) == 24 and counts.between(158, 160).all()
    known = {*contrasts["sentence1"], *contrasts["sentence2"], *pairs["sentence1"], *pairs["sentence2"]}
    assert not known & {*more["sentence1"], *more["sentence2"]}
    assert pd.concat([more["sentence1"], more["sentence2"]]).str.lower().is_unique


def test_contrasts_and_pairs_share_no_sentence(contrasts, pairs):
    assert not {*contrasts["sentence1"], *contrasts["sentence2"]} & {*pairs["sentence1"], *pairs["sentence2"]}


def test_questions_and_answers():
    questions, answers = stslib.load_questions(), stslib.load_answers()
    assert len(questions) == 900 and questions["question"].str.lower().nunique() == 900
    assert set(questions.groupby("intent").size()) == {15}
    assert set(questions.groupby("topic")["intent"].nunique()) == {5}
    assert questions["topic"].nunique() == 12
    assert sorted(answers["intent"]) == sorted(set(questions["intent"]))
    assert answers["answer"].nunique() == 60


def test_stories():
    stories = stslib.load_stories()
    assert len(stories) == 300
    assert {len(story) for story in stories} <= {6, 7, 8, 9}
    assert all(sentence.strip()[-1] in ".?!" for story in stories for sentence in story)
    assert len({" ".join(story) for story in stories}) == 300


def test_seeds():
    question, clustering = stslib.load_seed("question"), stslib.load_seed("clustering")
    assert question.columns.tolist() == ["line1", "line2"] and len(question) == 3
    assert question["line2"].tolist()[2] == "the cake was ingested by the king"
    assert clustering.columns.tolist() == ["sentence"] and len(clustering) == 11
    with pytest.raises(StsError, match="no seed 'iris'"):
        stslib.load_seed("iris")


def test_the_card_says_what_is_measured():
    card = data_report.CARD.read_text(encoding="utf-8")
    shipped = card.split(data_report.BEGIN)[1].split(data_report.END)[0]

    def course_figures(text):
        rows = [line.split(" | ") for line in text.strip().splitlines() if line.startswith("| ")]
        return {row[0]: [round(float(x), 2) for x in re.findall(r"\d+\.?\d*", row[1].replace(",", ""))] for row in rows}

    measured, claimed = course_figures(data_report.measured(card)), course_figures(shipped)
    assert measured.keys() == claimed.keys()
    for name, figures in measured.items():
        assert figures == pytest.approx(claimed[name], abs=0.011), name
