import pytest

from stslib import StsError
from stslib.saving import check_target, whole_folder


def write(out, text="new", **options):
    with whole_folder(out, **options) as draft:
        (draft / "config.json").write_text(text)
        (draft / "model.safetensors").write_text(text)
        (draft / "1_Pooling").mkdir()


def test_the_folder_appears_whole(tmp_path):
    write(tmp_path / "a" / "model")
    assert (tmp_path / "a" / "model" / "config.json").read_text() == "new"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["model"]


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "model") as draft:
        (draft / "config.json").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_model(tmp_path):
    write(tmp_path / "model", "old")
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "model", force=True):
        raise RuntimeError
    assert (tmp_path / "model" / "config.json").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_existing_model_is_replaced_only_by_force(tmp_path):
    write(tmp_path / "model", "old")
    with pytest.raises(StsError, match=r"not empty.*--force"):
        write(tmp_path / "model")
    write(tmp_path / "model", force=True)
    assert (tmp_path / "model" / "config.json").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 1


def test_force_does_not_replace_what_is_no_model(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(StsError, match="something else than a model"):
        write(tmp_path / "thesis", force=True)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


@pytest.mark.parametrize("name", ["train.py", "data/notes.txt", "1_Pooling/old.bin", "notes.txt", "results.json"])
def test_force_does_not_replace_a_model_with_something_else_beside_it(tmp_path, name):
    write(tmp_path / "project")
    (tmp_path / "project" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "project" / name).write_text("mine")
    with pytest.raises(StsError, match=r"holds (train\.py|data|notes\.txt|results\.json|old\.bin), which is no part"):
        write(tmp_path / "project", force=True)
    assert (tmp_path / "project" / name).read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_known_beforehand(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StsError, match="cannot be written to"):
        check_target(tmp_path / "file" / "sub" / "model", force=False)
    check_target(tmp_path / "new" / "sub" / "model", force=False)
    assert not (tmp_path / "new").exists()


def test_an_empty_folder_is_used_and_a_file_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StsError, match="not a folder"):
        write(tmp_path / "file", force=True)
