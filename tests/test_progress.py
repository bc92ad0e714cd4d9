import sys

from stslib.progress import bar, shown


def test_shown_to_a_person_only(monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert shown(True) and not shown(False)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert not shown(True)


def test_a_log_sees_nothing(monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert not shown(True)  # what pytest captures is no terminal
    assert list(bar([1, 2], "work", show=True)) == [1, 2]
