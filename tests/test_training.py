import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import stslib
from stslib import StsError
from stslib.data import read_examples
from stslib.evaluation import evaluate
from stslib.saved import name_of
from stslib.sbert import new_bi, save_bi
from stslib.training import BI, CROSS, JOINT, SHARE, SHARES, targets_of, train_on

QUESTION = (
    "line1,line2,lbl\n"
    "the cat ate the mouse,the mouse was eaten by the cat,1\n"
    "the dog chased the cat,the alligator is fat,0\n"
    "the king ate the cake,the cake was ingested by the king,1\n"
)


@pytest.fixture
def offline(hub_cache, python, tmp_path):
    """Run the command line with the tiny models of a local Hub cache; return status, output, errors."""
    (tmp_path / "learn.csv").write_text(QUESTION)
    settings = {"STS_PROFILE": "full", "HF_HUB_CACHE": str(hub_cache), "HF_HUB_OFFLINE": "1"}

    def call(*arguments):
        done = python(["-m", "stslib", *map(str, arguments)], **settings)
        return done.returncode, done.stdout, done.stderr

    return call


def test_examples_with_scores_labels_and_other_names(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(QUESTION)
    table = read_examples(path)
    assert list(table.columns) == ["sentence1", "sentence2", "label"] and targets_of(table).tolist() == [1, 0, 1]
    path.write_text("sentence1,sentence2,score\na b,c d,4\n")
    assert targets_of(read_examples(path)).tolist() == pytest.approx([0.8])
    path.write_text("a b,c d,2.5\n")  # like STS-B, without a header
    assert targets_of(read_examples(path)).tolist() == [0.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("line1,line2,lbl\na,b,yes\n", "row 1: the label 'yes' is not 0 or 1"),
        ("line1,line2\na,b\n", "neither a column 'score' nor 'label'"),
        ("line1,line2,lbl,score\na,b,1,5\n", "both a score and a label"),
        ("line1,line2,lbl\na,,1\n", "row 1: sentence2 is empty"),
        ("x,y,lbl\na,b,1\n", "no column 'sentence1'"),
        ("line1,line2,lbl\n", "has no rows"),
    ],
)
def test_a_table_that_cannot_serve(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(StsError, match=message):
        read_examples(tmp_path / "t.csv")


@pytest.mark.parametrize(("kind", "name"), [("cross", "cross-encoder"), ("bi", "sentence encoder (bi-encoder)")])
def test_train_then_evaluate(offline, tmp_path, kind, name):
    status, out, err = offline("train", kind, "learn.csv", "--out", "m", "--dev", "learn.csv", "--epochs", 2)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("epoch 1: average precision")
    assert lines[-1] == f"m: a {name}, trained on 3 pairs."
    assert sum(line.endswith("(best)") for line in lines) == 1
    border = json.loads((tmp_path / "m" / "threshold.json").read_text())["value"]
    status, out, err = offline("evaluate", "m", "--data", "learn.csv")
    report = json.loads(out)
    assert (status, err) == (0, "") and report["n"] == 3 and report["border"] == pytest.approx(border, abs=1e-4)
    assert set(report) == {"average_precision", "n", "positives", "border", "accuracy", "precision", "recall", "f1"}


@pytest.mark.parametrize("kind", ["cross", "bi"])
def test_train_without_dev_and_evaluate_scores(offline, tmp_path, kind):
    stslib.load_pairs("course", "dev").head(12).to_csv(tmp_path / "scores.csv", index=False)
    assert offline("train", kind, "scores.csv", "--out", "m", "--epochs", 1)[0] == 0
    assert not (tmp_path / "m" / "threshold.json").exists()
    report = json.loads(offline("evaluate", "m", "--data", "scores.csv")[1])
    assert set(report) == {"spearman", "low", "high", "pearson", "n"} and report["n"] == 12


def test_a_model_is_not_overwritten_and_nothing_is_trained_for_nothing(offline, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "notes.txt").write_text("mine")
    for extra in ((), ("--force",)):
        status, out, err = offline("train", "cross", "learn.csv", "--out", "m", *extra)
        assert (status, out) == (2, "") and err.startswith("stslib: The folder m ") and "Traceback" not in err
    assert (tmp_path / "m" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "cross", "no.csv", "--out", "m"), "There is no file no.csv"),
        (("evaluate", "nothing", "--data", "learn.csv"), "There is no model in nothing"),
        (("evaluate", ".", "--data", "learn.csv"), "There is no model in ."),
    ],
)
def test_command_line_errors_are_one_sentence(offline, arguments, message):
    status, out, err = offline(*arguments)
    assert (status, out) == (2, "") and message in err and "Traceback" not in err and len(err.splitlines()) == 1


def test_a_correlation_that_does_not_exist_is_null(offline, tmp_path):
    (tmp_path / "flat.csv").write_text("sentence1,sentence2,score\na,b,3\nc,d,3\ne,f,3\n")
    offline("train", "cross", "flat.csv", "--out", "m", "--epochs", 1)
    status, out, err = offline("evaluate", "m", "--data", "flat.csv")
    assert (status, err) == (0, "")
    assert json.loads(out) == {"spearman": None, "low": None, "high": None, "pearson": None, "n": 3}


def test_two_pairs_are_too_few(offline, tmp_path):
    (tmp_path / "two.csv").write_text("sentence1,sentence2,score\na,b,3\nc,d,2\n")
    status, out, err = offline("evaluate", "course", "--data", "two.csv")
    assert (status, out) == (2, "") and "2 pairs are too few" in err and len(err.splitlines()) == 1


def test_a_cross_encoder_that_the_library_saved(tiny, tmp_path):
    """Its folder has a modules.json too, as a sentence encoder's has."""
    from stslib.cross import new_cross

    new_cross(tiny).save_pretrained(str(tmp_path / "m"))
    table = pd.DataFrame({"sentence1": ["a", "b", "c"], "sentence2": ["d", "e", "f"], "label": [0, 1, 0]})
    assert evaluate(tmp_path / "m", table)["border"] == 0.5


@pytest.mark.parametrize("kind", [CROSS, BI, JOINT])
def test_the_code_in_a_model_s_card_works(hub_cache, monkeypatch, tmp_path, python, kind):
    for name, value in {"STS_PROFILE": "full", "HF_HUB_CACHE": str(hub_cache), "HF_HUB_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(hub_cache))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    table = stslib.load_pairs("course", "dev").head(12)
    trained = train_on(kind, table, table, epochs=1)
    trained.save(tmp_path / "mine")
    card = (tmp_path / "mine" / "README.md").read_text()
    for part in (
        "# mine",
        f"A {kind.name}",
        "from google-bert/",
        "12 pairs",
        "epochs: 1",
        "seed: 13",
        f"{trained.quality:.3f}",
    ):
        assert part in card
    assert -1 <= float(python(card.split("```python\n")[1].split("```")[0]).stdout.strip("[]\n")) <= 1


def test_an_epoch_without_a_correlation_is_not_kept(monkeypatch):
    """All scores equal: nan. A later epoch, whatever its quality, is better."""
    equal = [0.5, 0.5, 0.5]
    outcomes = iter([equal, [0.1, 0.3, 0.2], equal, *[equal] * len(SHARES)])
    model = torch.nn.Linear(1, 1)

    def train(model, first, second, targets, *, epochs, after_epoch, **_):
        for epoch in range(1, epochs + 1):
            after_epoch(epoch)
        return []

    monkeypatch.setattr("stslib.training.pair_scores", lambda *_, **options: np.array(next(outcomes)))
    kind = replace(BI, new=lambda *_: model, train=train)
    table = pd.DataFrame({"sentence1": list("abc"), "sentence2": list("def"), "score": [1.0, 2.0, 3.0]})
    done = train_on(kind, table, table, epochs=3)
    assert done.kept == 2 and done.dev_quality[1] == pytest.approx(0.5)
    with pytest.raises(StsError, match="all have one score"):
        train_on(kind, table, table.assign(score=2.0))


def test_labels_of_one_kind_cannot_be_learned():
    table = pd.DataFrame({"sentence1": ["a"], "sentence2": ["b"], "label": [1]})
    with pytest.raises(StsError, match="both labels"):
        train_on(CROSS, table)


def test_the_encoder_of_the_course_is_measured_like_any_model():
    test = stslib.load_pairs("course", "test").head(60)
    report = evaluate("course", test)
    assert report["low"] <= report["spearman"] <= report["high"] and report["n"] == 60
    labels = test.assign(label=(test["score"] >= 4).astype(int)).drop(columns="score")
    assert evaluate("course", labels)["border"] == pytest.approx(stslib.Threshold.load().value)


def test_a_sentence_encoder_s_folder_has_no_border_of_its_own(tmp_path):
    from stslib.models import model_folder

    table = pd.DataFrame({"sentence1": ["a cat", "no", "x"], "sentence2": ["a kitten", "yes", "y"], "label": [1, 0, 0]})
    report = evaluate(model_folder(stslib.profile().encoder, encoder=True), table)
    assert set(report) == {"average_precision", "n", "positives"}


@pytest.mark.parametrize(("best", "share"), [(10.0, 1.0), (7.2, 0.7), (4.9, 0.5)])
def test_weights_go_back_as_far_as_dev_says(monkeypatch, best, share):
    """One weight goes from 0 to 10; dev likes it near some place on the way."""
    model = torch.nn.Linear(1, 1, bias=False)

    def train(model, *_, after_epoch, **options):
        model.weight.data.fill_(10.0)
        after_epoch(1)
        return []

    def scores(*_, **options):
        order = [0.0, 1.0, 2.0, 3.0] if abs(model.weight.item() - best) < 0.6 else [0.0, 2.0, 1.0, 3.0]
        return np.array(order)

    model.weight.data.zero_()
    monkeypatch.setattr("stslib.training.pair_scores", scores)
    table = pd.DataFrame({"sentence1": list("abcd"), "sentence2": list("efgh"), "score": [1.0, 2.0, 3.0, 4.0]})
    done = train_on(replace(BI, new=lambda *_: model, train=train), table, table, epochs=1)
    assert model.weight.item() == pytest.approx(10 * share)
    assert done.settings[SHARE] == share and done.quality == pytest.approx(1.0)
    assert done.dev_quality == [pytest.approx(1.0 if share == 1 else 0.8)]


def test_a_joint_encoder_gets_a_head_for_labels_only(tiny, tmp_path):
    table = pd.DataFrame({"sentence1": list("abcd"), "sentence2": list("efgh"), "label": [0, 1, 0, 1]})
    save_bi(new_bi(tiny), tmp_path / "bi")
    for learn, has_head in ((table, True), (table.rename(columns={"label": "score"}), False)):
        done = train_on(JOINT, learn, learn, start=tmp_path / "bi", epochs=1)
        assert (done.model.head is not None) == has_head
    done = train_on(JOINT, table, start=tmp_path / "bi", epochs=1)  # without dev pairs there is no border to save
    done.save(tmp_path / "labels")
    assert evaluate(tmp_path / "labels", table)["border"] == 0.5


def test_the_card_says_what_training_started_from(offline, tiny, tmp_path):
    save_bi(new_bi(tiny), tmp_path / "first")
    table = pd.DataFrame({"sentence1": ["a", "b"], "sentence2": ["c", "d"], "label": [0, 1]})
    train_on(BI, table, start=tmp_path / "first", epochs=1).save(tmp_path / "second")
    card = (tmp_path / "second" / "README.md").read_text()
    assert f"trained by `stslib` from {name_of(tmp_path / 'first')}." in card
