import os

import pytest

from stslib import StsError, lesson


def test_start_says_what_is_in_use_and_sets_it_for_commands(capsys, monkeypatch):
    monkeypatch.setenv("STS_PROFILE", "course")
    monkeypatch.setenv("PATH", os.environ["PATH"])
    profile = lesson.start("full")
    assert profile.name == os.environ["STS_PROFILE"] == "full"
    out = capsys.readouterr().out
    assert out.startswith("profile: full · device: ")
    assert "torch 2." in out and "transformers 5." in out
    with pytest.raises(StsError):
        lesson.start("huge")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (..., "Not answered yet: replace the three dots"),
        ([1, 2], "Not yet. Hint: three numbers"),
        ([1, 2, 4], "Not yet. Hint: they add up to six"),
        (3, "Not yet: your answer stops with TypeError: object of type 'int' has no len()\nHint: three numbers"),
        ([1, 2, 3], "Right."),
    ],
)
def test_check_says_what_is_wrong_and_never_raises(capsys, answer, said):
    lesson.check(answer, (lambda a: len(a) == 3, "three numbers"), (lambda a: sum(a) == 6, "they add up to six"))
    assert capsys.readouterr().out.startswith(said)


def test_check_of_a_function_that_is_not_written(capsys):
    def stub(x):
        raise NotImplementedError

    lesson.check(stub, (lambda f: f(1) == 2, "add one"))
    assert "Not answered yet: write the body" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("guess", "said"),
    [(None, "You made no guess"), (0.9, "well judged"), (0.5, "0.44 off. Read on")],
)
def test_settle(capsys, guess, said):
    lesson.settle(guess, 0.944)
    out = capsys.readouterr().out
    assert out.startswith("Measured: 0.944") and said in out


def test_show_pairs_in_order(capsys):
    lesson.show_pairs([("a", "b"), ("c", "d")], [0.1, 0.9])
    assert capsys.readouterr().out == " 0.900   c  |  d\n 0.100   a  |  b\n"
