import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

import stslib
from stslib import StsError, data


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_course_pairs(split):
    pairs = stslib.load_pairs("course", split)
    assert list(pairs.columns[:3]) == ["sentence1", "sentence2", "score"]
    assert len(pairs) == {"train": 1600, "dev": 400, "test": 400}[split]
    assert pairs["score"].between(0, 5).all()
    assert pairs["score"].dtype == float


def test_course_splits_share_no_sentence():
    splits = [stslib.load_pairs("course", split) for split in ("train", "dev", "test")]
    sentences = [set(part["sentence1"]) | set(part["sentence2"]) for part in splits]
    assert sum(map(len, sentences)) == len(set.union(*sentences)) == 4800


def test_every_shipped_file_has_a_digest():
    folder = data.course_folder()
    shipped = {f.relative_to(folder).as_posix() for f in folder.rglob("*.*") if f.suffix in {".csv", ".jsonl", ".txt"}}
    assert shipped == set(data._digests())
    for name in shipped:
        assert data.course_file(name).is_file()


def test_digests_are_in_the_format_of_sha256sum():
    if not shutil.which("sha256sum"):
        pytest.skip("no sha256sum here")
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=data.course_folder(), check=True)


def test_validation_is_another_name_for_dev():
    pd.testing.assert_frame_equal(stslib.load_pairs(split="validation"), stslib.load_pairs(split="dev"))


def test_a_changed_byte_is_refused(tmp_path, monkeypatch):
    shutil.copytree(data.course_folder(), tmp_path / "data")
    file = tmp_path / "data" / "pairs" / "dev.csv"
    file.write_bytes(file.read_bytes().replace(b"the", b"teh", 1))
    monkeypatch.setattr(data, "course_folder", lambda: tmp_path / "data")
    with pytest.raises(StsError, match=r"pairs/dev\.csv was changed since it was shipped"):
        stslib.load_pairs("course", "dev")


def stsb_folder(tmp_path, text='A man sings.,A man is singing.,5.0\n"Yes, he can.",None,1.25\n'):
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "dev.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_stsb_from_a_folder_has_no_header_and_keeps_odd_words(tmp_path):
    pairs = stslib.load_pairs("stsb", "dev", folder=stsb_folder(tmp_path))
    assert pairs.values.tolist() == [["A man sings.", "A man is singing.", 5.0], ["Yes, he can.", "None", 1.25]]


def test_stsb_from_the_folder_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("STS_DATA_DIR", str(stsb_folder(tmp_path)))
    assert len(stslib.load_pairs("stsb", "dev")) == 2
    with pytest.raises(StsError, match=r"STS-B \(de, dev\) is not in the folder"):
        stslib.load_pairs("stsb", "dev", language="de")


@pytest.mark.skipif("STS_DATA_DIR" not in os.environ, reason="the real STS-B is not at hand")
@pytest.mark.parametrize(("split", "size"), [("train", 5749), ("dev", 1500), ("test", 1379)])
def test_the_real_stsb(split, size):
    assert len(stslib.load_pairs("stsb", split)) == size


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sentence1,sentence2\na,b\n", "has no column 'score': it needs sentence1, sentence2, score"),
        ("sentence1,sentence2,score\na,b,5.5\n", "row 1: the score '5.5' is not a number from 0 to 5"),
        ("sentence1,sentence2,score\na,b,1\nc,d,high\n", "row 2: the score 'high'"),
        ("sentence1,sentence2,score\na,b,nan\n", "row 1: the score 'nan'"),
        ("sentence1,sentence2,score\na, ,1\n", "row 1: sentence2 is empty"),
        ("", "is empty"),
        ("sentence1,sentence2,score\na,b,1\nc,d,0.2\n", "no score above 1, and scores go from 0 to 5: multiply"),
        ("a,b,1\nc,d,0\n", "if they are labels, name the columns sentence1, sentence2, label"),
        ("sentence1,sentence2,score\na,b,1\na,b,c,d,2\n", "is not a table"),
    ],
)
def test_bad_tables(tmp_path, content, message):
    file = tmp_path / "pairs.csv"
    file.write_text(content)
    with pytest.raises(StsError, match="pairs.csv.*" + message):
        stslib.read_pairs(file)


def test_foreign_encoding(tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_bytes("sentence1,sentence2,score\ncafé,bar,1\n".encode("latin-1"))
    with pytest.raises(StsError, match=r"pairs\.csv is not UTF-8 \(byte 0xE9\)"):
        stslib.read_pairs(file)


def test_missing_file_unknown_name_unknown_split():
    with pytest.raises(StsError, match=r"no file nowhere\.csv"):
        stslib.read_pairs("nowhere.csv")
    with pytest.raises(StsError, match="no data set 'sick': choose 'course' or 'stsb'"):
        stslib.load_pairs("sick")
    with pytest.raises(StsError, match="no split 'eval'"):
        stslib.load_pairs("course", "eval")


def test_nothing_of_stsb_is_shipped():
    """STS-B's licence does not allow it; its first training pair would give it away."""
    shipped = [path for path in Path(data.course_folder()).rglob("*") if path.is_file()]
    assert not any(b"An air plane is taking off" in path.read_bytes() for path in shipped)


def test_examples_by_name():
    assert data.load_examples("course", "dev").equals(data.load_pairs("course", "dev"))
    learn = data.load_examples("contrasts", "train")
    assert list(learn.columns) == ["sentence1", "sentence2", "label", "phenomenon"] and len(learn) > 50_000
    assert 0.45 < learn["label"].mean() < 0.5 and learn["phenomenon"].nunique() == 12
    assert data.load_examples("contrasts", "dev").equals(stslib.load_contrasts("train"))
    assert data.load_examples("contrasts", "test").equals(stslib.load_contrasts("test"))
    with pytest.raises(StsError, match="no split 'x'"):
        data.load_examples("contrasts", "x")
    with pytest.raises(StsError, match="no data set 'x'"):
        data.load_examples("x", "train")


def test_other_delimiters_and_columns(tmp_path):
    for name, mark in (("pairs.csv", ";"), ("pairs.tsv", "\t")):
        file = tmp_path / name
        file.write_text("sentence1;sentence2;score;rating_a\na, b;c;2.5;good\n".replace(";", mark))
        table = stslib.read_pairs(file)
        assert table.iloc[0].tolist() == ["a, b", "c", 2.5, "good"]
