import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import average_precision_score, f1_score

from stslib import StsError
from stslib.metrics import bootstrap, label_report, pearson, ranks, score_report, spearman


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_scipy_with_and_without_ties(seed):
    rng = np.random.default_rng(seed)
    for x, y in ((rng.normal(size=50), rng.normal(size=50)), (rng.integers(0, 5, 50), rng.integers(0, 3, 50))):
        np.testing.assert_allclose(ranks(x), scipy.stats.rankdata(x))
        assert pearson(x, y) == pytest.approx(scipy.stats.pearsonr(x, y)[0])
        assert spearman(x, y) == pytest.approx(scipy.stats.spearmanr(x, y)[0])


def test_a_constant_list_has_no_correlation():
    assert np.isnan(pearson([1, 1, 1], [1, 2, 3])) and np.isnan(spearman([1, 2, 3], [0, 0, 0]))


def test_unequal_lengths_are_refused():
    with pytest.raises(StsError, match="two lists of one length"):
        pearson([1, 2], [1, 2, 3])


def test_bootstrap_keeps_rows_together_and_repeats():
    x = np.arange(100.0)
    assert bootstrap(spearman, x, x**2) == (1.0, 1.0)
    noisy = x + np.random.default_rng(0).normal(0, 40, 100)
    low, high = bootstrap(spearman, x, noisy)
    assert low < spearman(x, noisy) < high
    assert bootstrap(spearman, x, noisy) == (low, high) != bootstrap(spearman, x, noisy, seed=1)


def test_bootstrap_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = 0
    for seed in range(200):
        low, high = bootstrap(np.mean, rng.normal(3, 1, 40), resamples=200, seed=seed)
        inside += low <= 3 <= high
    assert 0.86 <= inside / 200 <= 0.99


def test_reports():
    scores, judged = np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 3.0, 4.0, 5.0])
    report = score_report(scores, judged)
    assert report["n"] == 4 and report["spearman"] == pytest.approx(0.8)
    labels = (judged >= 4).astype(int)
    report = label_report(scores, labels, 0.38)
    assert report["average_precision"] == pytest.approx(average_precision_score(labels, scores))
    assert report["f1"] == pytest.approx(f1_score(labels, scores >= 0.38))
    assert (report["accuracy"], report["precision"], report["recall"], report["positives"]) == (0.5, 0.5, 0.5, 2)
    assert set(label_report(scores, labels, None)) == {"average_precision", "n", "positives"}


def test_a_border_that_nobody_reaches_has_precision_zero():
    assert label_report([0.1, 0.2], [0, 1], 0.9)["f1"] == 0


@pytest.mark.parametrize("labels", [[0, 0], [1, 2]])
def test_labels_other_than_zero_and_one_are_refused(labels):
    with pytest.raises(StsError, match="0 or 1"):
        label_report([0.1, 0.2], labels, 0.5)
