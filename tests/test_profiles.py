import pytest

import stslib
from stslib.profiles import BUNDLED


def test_course_is_the_default_and_names_no_repository(monkeypatch):
    monkeypatch.delenv("STS_PROFILE", raising=False)
    profile = stslib.profile()
    assert profile.name == "course"
    assert {profile.bert, profile.encoder} == {BUNDLED}
    assert "/" not in profile.bert + profile.pairs


def test_environment_chooses_and_an_argument_wins(monkeypatch):
    monkeypatch.setenv("STS_PROFILE", "full")
    assert stslib.profile().bert == "google-bert/bert-base-uncased"
    assert stslib.profile("course").name == "course"


def test_both_profiles_name_the_same_encoder_model():
    assert stslib.profile("course").encoder_model == stslib.profile("full").encoder_model


def test_unknown_profile():
    with pytest.raises(stslib.StsError, match=r"no profile 'huge': choose 'course' .* or 'full'"):
        stslib.profile("huge")
