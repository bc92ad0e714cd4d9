import json
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

import stslib
from stslib import StsError, Threshold, fit_threshold, pair_scores
from stslib.threshold import SHIPPED


def noisy(n, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    return np.round(labels * 0.3 + rng.normal(0.4, 0.2, n), 2), labels  # rounding makes ties


@pytest.mark.parametrize(("objective", "metric"), [("accuracy", accuracy_score), ("f1", f1_score)])
@pytest.mark.parametrize("seed", range(5))
def test_no_border_is_better_by_scikit_learn_s_measure(objective, metric, seed):
    scores, labels = noisy(60, seed)
    fitted = fit_threshold(scores, labels, objective=objective, resamples=10)
    tries = [metric(labels, (scores >= value).astype(int)) for value in np.linspace(-1, 2, 3001)]
    assert fitted.reached == pytest.approx(metric(labels, fitted.label(scores)), abs=1e-4)
    assert fitted.reached == pytest.approx(max(tries), abs=1e-4)


def test_by_eye():
    fitted = fit_threshold([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    assert (fitted.value, fitted.reached, fitted.pairs, fitted.positives) == (0.5, 1.0, 4, 2)
    assert fitted.label([0.49, 0.5, 0.51]).tolist() == [0, 1, 1]


def test_interval_holds_the_value_and_narrows_with_more_pairs():
    few, many = (fit_threshold(*noisy(n), resamples=200) for n in (50, 5000))
    for fitted in (few, many):
        assert fitted.low <= fitted.value <= fitted.high
    assert many.high - many.low < few.high - few.low


def test_same_seed_same_interval():
    assert fit_threshold(*noisy(50), seed=3) == fit_threshold(*noisy(50), seed=3)


def test_extremes():
    all_right = fit_threshold([0.2, 0.5, 0.5], [1, 0, 1], objective="f1", resamples=20)
    assert all_right.label([0.2, 0.5]).tolist() == [1, 1]
    upside_down = fit_threshold([0.9, 0.8, 0.7, 0.1], [0, 0, 0, 1], resamples=20)
    assert upside_down.label([0.9, 0.1]).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ([0.1, 0.2], [0], "two lists of one length"),
        ([0.1, float("nan")], [0, 1], "pair 2 is not a finite number"),
        ([0.1, 0.2], [1, 1], "both labels"),
        ([0.1, 0.2], [0, 2], "both labels"),
    ],
)
def test_bad_input(scores, labels, message):
    with pytest.raises(StsError, match=message):
        fit_threshold(scores, labels)


def test_unknown_objective():
    with pytest.raises(StsError, match="no objective 'recall'"):
        fit_threshold([0.1, 0.2], [0, 1], objective="recall")


def test_saved_and_loaded_unchanged(tmp_path):
    fitted = fit_threshold(*noisy(50), model="m", source="s", resamples=10)
    fitted.save(tmp_path / "t.json")
    assert Threshold.load(tmp_path / "t.json") == fitted


def text_of(value):
    """Return a threshold file with some value."""
    return json.dumps(asdict(fit_threshold(*noisy(50), resamples=10)) | {"value": value})


@pytest.mark.parametrize("content", ["not json", "{}", '{"value": 1}', text_of("0.8"), text_of(float("inf"))])
def test_not_a_threshold_file(tmp_path, content):
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(StsError, match="is not a threshold file: expected JSON with value, low"):
        Threshold.load(tmp_path / "t.json")
    with pytest.raises(StsError, match="no threshold file"):
        Threshold.load(tmp_path / "none.json")


def test_the_shipped_border_is_what_its_command_fits(encoder):
    """`make threshold` writes it; course data or weights that change must change it too."""
    dev = stslib.load_pairs("course", "dev")
    scores = pair_scores(dev["sentence1"].tolist(), dev["sentence2"].tolist(), encoder)
    shipped = json.loads(SHIPPED.read_text())
    fitted = fit_threshold(scores, dev["score"] >= stslib.SAME_MEANING, objective=shipped["objective"])
    for name in ("value", "low", "high", "reached"):
        assert getattr(fitted, name) == pytest.approx(shipped[name], abs=0.001)
    assert (fitted.pairs, fitted.positives) == (shipped["pairs"], shipped["positives"])
