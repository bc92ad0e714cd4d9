import csv
import json
import shutil
from dataclasses import replace

import pytest

import stslib
from stslib import StsError, Threshold
from stslib.cross import new_cross, save_cross
from stslib.saved import border_for_saved, is_cross_encoder, load_saved, load_saved_encoder, name_of
from stslib.sbert import new_bi, save_bi

BORDER = Threshold(0.5, 0.4, 0.6, "f1", 0.9, 10, 5, model="made up", source="made up")


@pytest.fixture(scope="module")
def models(tiny, tmp_path_factory):
    """Save the models `bi` and `cross`, each with a border, and `bare`, a bi-encoder without; return their folder."""
    place = tmp_path_factory.mktemp("models")
    save_bi(new_bi(tiny), place / "bi", border=BORDER)
    save_bi(new_bi(tiny), place / "bare")
    save_cross(new_cross(tiny), place / "cross", border=BORDER)
    return place


def test_both_kinds_are_known_by_their_folder(models):
    assert is_cross_encoder(load_saved(models / "cross")) and not is_cross_encoder(load_saved(models / "bi"))
    with pytest.raises(StsError, match="reads pairs, and has no vectors"):
        load_saved_encoder(models / "cross")
    with pytest.raises(StsError, match="There is no model in"):
        load_saved(models)


def test_a_border_names_the_weights_it_goes_with(models):
    assert border_for_saved(models / "bi").model == name_of(models / "bi") != name_of(models / "cross")
    fitted = replace(BORDER, model=name_of(models / "bare"))
    assert border_for_saved(models / "bare", fitted).value == 0.5
    for other in (BORDER, replace(BORDER, model=name_of(models / "cross"))):
        with pytest.raises(StsError, match=f"fitted for {other.model}, not for bare"):
            border_for_saved(models / "bare", other)
    with pytest.raises(StsError, match="bare has no border: fit one with `stslib threshold"):
        border_for_saved(models / "bare")


def test_a_model_s_own_border_may_be_named_and_changed(models, tmp_path):
    own = Threshold.load(models / "bi" / "threshold.json")
    assert border_for_saved(models / "bi", replace(own, value=0.7)).value == 0.7
    with pytest.raises(StsError, match="not for cross"):
        border_for_saved(models / "cross", own)


@pytest.mark.parametrize(("name", "content"), [("model.safetensors", None), ("config.json", "{}")])
@pytest.mark.parametrize("kind", ["bi", "cross"])
def test_a_damaged_model_is_one_sentence(models, tmp_path, kind, name, content):
    shutil.copytree(models / kind, tmp_path / kind)
    file = tmp_path / kind / name
    file.write_bytes(file.read_bytes()[:1000] if content is None else content.encode())
    with pytest.raises(StsError, match=r"can't be read .*: copy the folder again"):
        load_saved(tmp_path / kind)


@pytest.mark.parametrize("kind", ["bi", "cross"])
def test_a_table_is_labelled_by_a_trained_model(models, python, tmp_path, kind):
    stslib.load_seed("question").to_csv(tmp_path / "pairs.csv", index=False)
    done = python(["-m", "stslib", "label", "pairs.csv", "--out", "out.csv", "--model", str(models / kind)])
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    model = load_saved(models / kind)
    expected = stslib.pair_scores([r["line1"] for r in rows], [r["line2"] for r in rows], model)
    assert [float(row["score"]) for row in rows] == pytest.approx(expected.tolist(), abs=2e-3)
    assert [int(row["lbl"]) for row in rows] == [int(float(row["score"]) >= 0.5) for row in rows]
    done = python(["-m", "stslib", "similarity", "a", "b", "--model", str(models / kind)])
    assert done.returncode == 0 and "1 from 0.500 up" in done.stdout


def test_a_border_for_a_trained_model(models, python, tmp_path):
    stslib.load_pairs("course", "dev").head(40).to_csv(tmp_path / "scored.csv", index=False)
    command = ["-m", "stslib", "threshold", "scored.csv", "--model", str(models / "bare"), "--out", "border.json"]
    assert python(command).returncode == 0
    assert json.loads((tmp_path / "border.json").read_text())["model"] == name_of(models / "bare")
    stslib.load_seed("question").to_csv(tmp_path / "pairs.csv", index=False)
    command = ["-m", "stslib", "label", "pairs.csv", "--out", "out.csv", "--model", str(models / "bare")]
    assert python(command).returncode == 2
    assert python([*command, "--threshold", "border.json"]).returncode == 0


def test_vectors_and_clusters_by_a_trained_model(models, python, tmp_path):
    stslib.load_seed("clustering").to_csv(tmp_path / "texts.csv", index=False)
    embed, cluster = ["embed", "--out", "v.parquet"], ["cluster", "-k", "2", "--out", "c.csv"]
    for command in ([*embed, "texts.csv"], [*cluster, "texts.csv"]):
        done = python(["-m", "stslib", *command, "--model", str(models / "bi")])
        assert (done.returncode, done.stderr) == (0, "")
        done = python(["-m", "stslib", *command, "--force", "--model", str(models / "cross")])
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "no vectors" in done.stderr
