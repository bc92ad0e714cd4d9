import json
import sys

import pandas as pd
import pytest

import stslib
from stslib import cli

QUESTION = (
    "line1,line2\n"
    "the cat ate the mouse,the mouse was eaten by the cat\n"
    "the dog chased the cat,the alligator is fat\n"
    "the king ate the cake,the cake was ingested by the king\n"
)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Call the command line in an empty folder; return exit status, output, errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["stslib", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


def test_label_answers_the_question(run, tmp_path):
    (tmp_path / "in.csv").write_text(QUESTION)
    status, out, err = run("label", "in.csv", "--out", "out.csv")
    assert (status, err) == (0, "")
    assert out == "out.csv: 3 rows, 2 with label 1, 1 with 0.\n"
    assert pd.read_csv(tmp_path / "out.csv")["lbl"].tolist() == [1, 0, 1]


def test_label_reports_skipped_and_cut_rows(run, tmp_path):
    rows = [{"a": "word " * 300, "b": "word"}, {"a": "", "b": "x"}, {"a": "y", "b": "z"}]
    pd.DataFrame(rows).to_csv(tmp_path / "in.csv", index=False)
    _, out, _ = run("label", "in.csv", "--out", "out.csv", "--skip-invalid", "--columns", "a, b")
    assert "1 rows have no label, because a sentence is empty." in out
    assert "1 rows hold a text longer than the model reads: the label is for its beginning." in out


def test_label_with_a_border_of_one_s_own(run, tmp_path, capsys):
    (tmp_path / "in.csv").write_text(QUESTION)
    pairs = stslib.load_pairs("course", "dev")
    pairs.to_csv(tmp_path / "pairs.csv", index=False)
    status, out, _ = run("threshold", "pairs.csv", "--out", "t.json", "--objective", "f1")
    assert status == 0
    assert out.startswith("t.json: 0.") and "f1" in out and "400 pairs" in out
    strict = {**json.loads((tmp_path / "t.json").read_text()), "value": 0.9}
    (tmp_path / "t.json").write_text(json.dumps(strict))
    assert run("label", "in.csv", "--out", "out.csv", "--threshold", "t.json")[0] == 0
    assert pd.read_csv(tmp_path / "out.csv")["lbl"].tolist() == [1, 0, 0]
    assert run("threshold", "pairs.csv", "--out", "t.json")[0] == 2


def test_similarity(run):
    status, out, err = run("similarity", "the cat ate the mouse", "the mouse was eaten by the cat")
    assert (status, err) == (0, "")
    assert out == "score 0.944\nlbl   1  (1 from 0.811 up)\n"


def test_similarity_says_when_a_text_is_too_long(run):
    assert "Only the first 256 tokens" in run("similarity", "word " * 300, "word")[1]


def test_inspect(run):
    status, out, _ = run("inspect", "a cat", "a dog", "--max-length", 6)
    assert status == 0
    assert [line.split()[1] for line in out.splitlines()[1:-1]] == ["[CLS]", "a", "[SEP]", "a", "dog", "[SEP]"]
    assert out.splitlines()[-1] == "Cut to 6 tokens: sentence 1 lost 1 of its 2 tokens."
    assert run("inspect", "one sentence")[0] == 0


def test_doctor(run):
    status, out, _ = run("doctor")
    assert status == 0
    for word in ("torch", "device", "SHA-256 53aa51172d14… as published", "profile", "Nothing is missing."):
        assert word in out


def test_doctor_names_what_is_missing(run, monkeypatch):
    monkeypatch.setattr("stslib.doctor.version_of", lambda name: "" if name == "datasets" else "1.0")

    def damaged():
        raise stslib.StsError("Reinstall it.")

    monkeypatch.setattr("stslib.doctor.bundled_weights", damaged)
    status, out, _ = run("doctor")
    assert status == 1
    assert 'missing: datasets: pip install "datasets<6,>=4.0"' in out
    assert 'missing: torch: pip install "torch>=2.10"' in out  # version 1.0 is too old
    assert "missing: weights: Reinstall it." in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("label", "nowhere.csv", "--out", "out.csv"),
        ("label", "bad.csv", "--out", "out.csv"),
        ("label", "good.csv", "--out", "out.csv", "--columns", "line1"),
        ("label", "good.csv", "--out", "out.csv", "--threshold", "none.json"),
        ("label", "good.csv"),
        ("similarity", "a", " "),
        ("inspect", "a", "b", "--max-length", "2"),
        ("threshold", "nowhere.csv", "--out", "t.json"),
        ("threshold", "course", "--out", "t.json", "--objective", "recall"),
        ("threshold", "course", "--out", "no/such/folder/t.json"),
        ("dance",),
    ],
)
def test_every_mistake_ends_in_status_2_without_a_traceback(run, tmp_path, arguments):
    (tmp_path / "bad.csv").write_bytes(b"line1,line2\n\xff,b\n")
    (tmp_path / "good.csv").write_text(QUESTION)
    status, out, err = run(*arguments)
    assert status == 2
    assert "Traceback" not in err + out
    assert err.strip()
    if err.startswith("stslib:"):  # ours; the others are the option parser's, with its usage line
        assert len(err.strip().splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv", "good.csv"]


def test_an_interrupted_label_run_says_how_to_go_on(run, tmp_path, monkeypatch, tokenizer):
    from conftest import StandInEncoder

    rows = pd.DataFrame({"line1": [f"left {i}" for i in range(5000)], "line2": [f"right {i}" for i in range(5000)]})
    rows.to_csv(tmp_path / "in.csv", index=False)
    monkeypatch.setattr("stslib.labelling.load_encoder", lambda: StandInEncoder(tokenizer, stop_after=4096))
    status, _, err = run("label", "in.csv", "--out", "out.csv")
    assert status == 130
    assert err == "stslib: interrupted; the same command with --resume goes on from here.\n"
    assert not (tmp_path / "out.csv").exists()
    monkeypatch.setattr("stslib.labelling.load_encoder", lambda: StandInEncoder(tokenizer))
    assert run("label", "in.csv", "--out", "out.csv", "--resume")[0] == 0
    assert len(pd.read_csv(tmp_path / "out.csv")) == 5000


def test_python_dash_m(python):
    result = python(["-m", "stslib", "--help"])
    assert result.returncode == 0
    assert "similarity" in result.stdout


def test_doctor_looks_for_the_models_of_the_profile(run, monkeypatch, hub_cache, tmp_path):
    monkeypatch.setenv("STS_PROFILE", "full")
    for folder, status in ((hub_cache, 0), (tmp_path, 1)):
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))
        found, out, _ = run("doctor")
        assert found == status
        assert ("missing: google-bert/bert-base-uncased: it comes with the first use" in out) == bool(status)


def test_characters_that_a_log_file_does_not_know(python):
    done = python(["-m", "stslib", "inspect", "\u732b"], PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stderr) == (0, "") and "[SEP]" in done.stdout
