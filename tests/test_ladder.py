import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from stslib import figures, profile
from stslib.ladder import add_result, ladder

JUDGED = np.linspace(0, 5, 30)


@pytest.fixture
def put(tmp_path):
    file = tmp_path / "ladder.json"

    def add(lesson, method, scores=JUDGED, name="course"):
        add_result(lesson, method, scores, JUDGED, profile=profile(name), seconds=0.3, parameters=7, file=file)
        return file

    return add


def test_it_grows_in_the_order_of_the_lessons(put):
    put("04", "b")
    file = put("03", "a", -JUDGED)
    results = ladder("05", profile("course"), file)
    assert results["method"].tolist() == ["a", "b"]
    assert results["spearman"].tolist() == [-1, 1]
    assert results["seconds_per_1000"].tolist() == [10, 10]
    assert ladder("03", profile("course"), file)["method"].tolist() == ["a"]


def test_a_method_is_replaced_and_profiles_are_kept_apart(put):
    put("03", "a", -JUDGED)
    put("03", "a", name="full")
    file = put("03", "a")
    assert len(json.loads(file.read_text())) == 2
    assert ladder("03", profile("course"), file)["spearman"].tolist() == [1]


@pytest.mark.parametrize("content", ["", "not json", "3", "[1, 2]"])
def test_a_broken_file_counts_as_none(put, tmp_path, content):
    (tmp_path / "ladder.json").write_text(content)
    assert len(ladder("03", profile("course"), put("03", "a"))) == 1


def test_the_drawing_shows_every_method(put):
    import matplotlib.pyplot as plt

    put("03", "a", -JUDGED)
    figures.draw_ladder(ladder("04", profile("course"), put("04", "b")))
    labels = [text.get_text() for text in plt.gcf().axes[0].get_yticklabels()]
    assert labels == ["a  (03)", "b  (04)"]
    plt.close("all")


def test_two_lessons_may_write_at_once(put):
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda n: put("03", f"method {n}"), range(24)))
    assert len(ladder("03", profile("course"), files[0])) == 24
