import csv
import random

import numpy as np
import pytest

import stslib
from stslib import StsError
from stslib.cluster import (
    agglomerate,
    central,
    cluster_file,
    cluster_texts,
    communities,
    distinctive_terms,
    kmeans,
    silhouettes,
)

ELEVEN = stslib.load_seed("clustering")["sentence"].tolist()
FIVE = [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def partition(labels):
    """Return a clustering without the names of its clusters."""
    labels = np.asarray(labels)
    return {tuple(np.flatnonzero(labels == label)) for label in np.unique(labels)}


@pytest.fixture(scope="module")
def circle():
    """Three bunches of directions, well apart, shape (90, 2), and the number of the bunch."""
    angles = np.repeat([0.0, 2.0, 4.0], 30) + np.random.default_rng(0).normal(0, 0.1, 90)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32), np.repeat([0, 1, 2], 30)


@pytest.mark.parametrize("seed", range(5))
def test_the_answer_s_eleven_sentences_come_out_as_the_five_obvious_groups(encoder, seed):
    result = cluster_texts(ELEVEN, 5, encoder=encoder, seed=seed)
    assert partition(result.labels) == partition(FIVE)
    assert [group.size for group in result.groups] == [3, 2, 2, 2, 2]
    assert [group.label for group in result.groups] == [0, 1, 2, 3, 4]
    assert {"drums"} <= {term for group in result.groups for term in group.terms}
    for group in result.groups:
        assert result.labels[ELEVEN.index(group.central)] == group.label


def test_neither_the_order_of_rows_nor_a_second_run_changes_anything(encoder):
    texts = stslib.load_questions()["question"].tolist()[:120]
    shuffled = random.Random(1).sample(texts, len(texts))
    for options in ({"k": 8}, {"threshold": 0.4}, {}):
        first = cluster_texts(texts, encoder=encoder, **options)
        again = cluster_texts(shuffled, encoder=encoder, **options)
        assert dict(zip(texts, first.labels, strict=True)) == dict(zip(shuffled, again.labels, strict=True))
        assert first.groups == again.groups and first.method == again.method


def test_a_sentence_that_occurs_often_is_in_one_cluster_and_changes_no_other(encoder):
    once, often = (
        cluster_texts(ELEVEN, 5, encoder=encoder),
        cluster_texts([*ELEVEN, *ELEVEN[3:5] * 4], 5, encoder=encoder),
    )
    assert partition(often.labels[:11]) == partition(once.labels)
    assert often.groups[0].size == 10 and often.labels[3] == 0


@pytest.mark.parametrize(
    "method", [lambda v: kmeans(v, 3), lambda v: agglomerate(v, 0.5), lambda v: communities(v, 0.5)]
)
def test_every_method_finds_plain_bunches(circle, method):
    vectors, bunch = circle
    assert partition(method(vectors)) == partition(bunch)


def test_what_has_no_neighbours_is_a_cluster_of_its_own(circle):
    vectors, bunch = circle
    alone = np.vstack([vectors, [[-0.95, -0.31]]]).astype(np.float32)  # between two bunches
    assert partition(communities(alone, 0.95)) == partition([*bunch, 3])


def test_the_silhouette_finds_the_number_of_bunches(circle):
    quality = silhouettes(circle[0], range(2, 7))
    assert max(quality, key=quality.get) == 3 and all(-1 <= value <= 1 for value in quality.values())
    assert set(silhouettes(circle[0][:4], range(2, 7))) == {2, 3}  # k below n only


def test_many_sentences_with_a_threshold_go_to_communities(monkeypatch, encoder):
    monkeypatch.setattr("stslib.cluster.LARGE", 10)
    result = cluster_texts(ELEVEN, threshold=0.6, encoder=encoder)
    assert result.method.startswith("communities") and result.labels[5] == result.labels[6]


def test_terms_and_centres_by_hand():
    texts = ["the red cat", "a red cat sleeps", "blue fish", "blue red fish"]
    assert distinctive_terms(texts, [0, 0, 1, 1], count=2) == {0: ("cat", "red"), 1: ("blue", "fish")}
    assert central(np.array([[1.0, 0], [0.8, 0.6], [0, 1]]), [0, 0, 7]) in ({0: 0, 7: 2}, {0: 1, 7: 2})


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        (["one"], {}, "at least two different sentences, not 1"),
        (["same", "same"], {"k": 1}, "at least two different sentences, not 1"),
        ([], {}, "not 0"),
        (["a", "b"], {"k": 3}, "3 clusters cannot be made of 2 different sentences"),
        (["a", "b"], {"k": 0}, "0 clusters cannot be made"),
        (["a", "b"], {"k": 2, "threshold": 0.5}, "not both"),
        (["a", "b"], {"threshold": 1.5}, "1.5 is not a cosine between 0 and 1"),
    ],
)
def test_what_cannot_be_clustered(stand_in, texts, options, message):
    with pytest.raises(StsError, match=message):
        cluster_texts(texts, encoder=stand_in, **options)


def test_two_sentences_without_a_wish(stand_in):
    assert sorted(cluster_texts(["a", "b"], encoder=stand_in).labels) == [0, 1]


def test_sentences_that_are_the_same_for_the_model(encoder):
    """It reads no capitals; what cannot be told apart is one cluster, without a warning."""
    texts = ["Hello", "hello", "HELLO", "HELLo"]
    assert cluster_texts(texts, encoder=encoder).labels.tolist() == [0, 0, 0, 0]
    result = cluster_texts([*texts, "Goodbye."], 4, encoder=encoder)
    assert result.method == "k-means with 2 clusters (4 were wanted, but no more sentences differ for the model)"
    assert [group.size for group in result.groups] == [4, 1]


def test_a_file_keeps_its_rows_and_an_empty_one_has_no_cluster(tmp_path, stand_in):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text\n1,hello there\n2,\n3,bye\n4,hello there\n")
    with pytest.raises(StsError, match=r"row 2 .line 3.: 'text' is empty"):
        cluster_file(source, out, encoder=stand_in, k=2)
    assert not out.exists()
    cluster_file(source, out, encoder=stand_in, k=2, skip_invalid=True)
    rows = list(csv.reader(out.open()))
    assert rows == [["id", "text", "cluster"], ["1", "hello there", "0"], ["2", "", ""], ["3", "bye", "1"],
                    ["4", "hello there", "0"]]  # fmt: skip
    with pytest.raises(StsError, match="exists already"):
        cluster_file(source, out, encoder=stand_in, k=2, skip_invalid=True)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a,b\nx,y\nz,w\n", None, "Which column holds the sentences. Found 2 columns"),
        ("a,b\nx,y\nz,w\n", "c", "no column 'c'"),
        ("a,cluster\nx,1\nz,2\n", None, "already has a column 'cluster'"),
        ("a\n", None, "no rows"),
    ],
)
def test_a_table_that_cannot_serve(tmp_path, stand_in, text, column, message):
    (tmp_path / "in.csv").write_text(text)
    with pytest.raises(StsError, match=message):
        cluster_file(tmp_path / "in.csv", tmp_path / "out.csv", column, encoder=stand_in, k=1)
    assert not (tmp_path / "out.csv").exists()


def test_on_the_command_line(python, tmp_path):
    stslib.load_seed("clustering").to_csv(tmp_path / "eleven.csv", index=False)
    done = python(["-m", "stslib", "cluster", "eleven.csv", "-k", "5", "--out", "groups.csv"], watched=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "groups.csv: 11 rows in 5 clusters, by k-means with 5 clusters."
    assert "0        3 rows  A man is eating" in done.stdout and "drums" in done.stdout
    labels = [row["cluster"] for row in csv.DictReader((tmp_path / "groups.csv").open())]
    assert partition(labels) == partition(FIVE)
    done = python(["-m", "stslib", "cluster", "eleven.csv", "-k", "2", "--seed", "-1", "--out", "other.csv"])
    assert (done.returncode, done.stdout) == (2, "") and "Traceback" not in done.stderr
    done = python(["-m", "stslib", "cluster", "eleven.csv", "-k", "12", "--out", "other.csv"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "stslib: 12 clusters cannot be made of 11 different sentences.\n"
