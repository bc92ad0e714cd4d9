"""The notebooks as they are committed, their solutions, and the full profile.

That every cell still gives the committed output is for nbval: `make lessons`.
"""

import json
import re
import subprocess
import sys

import nbformat
import pytest
from conftest import ROOT

from tools import notebooks as pipeline

TWINS = pipeline.twins()
BOOKS = {twin.stem: nbformat.read(pipeline.notebook_of(twin), as_version=4) for twin in TWINS}
every_lesson = pytest.mark.parametrize("name", BOOKS)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|home|tmp|work|usr|opt|var|content)/[\w.\-/]+")


def cells(name, kind):
    return [cell for cell in BOOKS[name].cells if cell.cell_type == kind]


def tagged(name, tag):
    return [i for i, cell in enumerate(BOOKS[name].cells) if tag in cell.metadata.get("tags", [])]


def prose(name):
    return "\n\n".join(cell.source for cell in cells(name, "markdown"))


def test_there_are_lessons_and_no_stray_notebooks():
    assert [twin.name[:2] for twin in TWINS] == [f"{i:02d}" for i in range(len(TWINS))] != []
    assert {path.stem for path in pipeline.NOTEBOOKS.glob("*.ipynb")} == set(BOOKS)


@every_lesson
def test_notebook_and_text_agree(name):
    assert pipeline.is_fresh(pipeline.LESSONS / f"{name}.py"), "run `make notebooks`"


@every_lesson
def test_every_code_cell_was_run_from_top_to_bottom(name):
    counts = [cell.execution_count for cell in cells(name, "code")]
    assert counts == list(range(1, len(counts) + 1))


@every_lesson
def test_outputs_are_clean(name):
    for cell in cells(name, "code"):
        for output in cell.outputs:
            assert output.get("name") != "stderr", cell.source
            if output.output_type == "error":
                assert "raises-exception" in cell.metadata.tags, cell.source
            assert not MACHINE_PATH.search(json.dumps(output)), cell.source
    assert (pipeline.NOTEBOOKS / f"{name}.ipynb").stat().st_size < 1_500_000


@every_lesson
def test_a_cell_that_must_fail_does(name):
    for i in tagged(name, "raises-exception"):
        assert any(output.output_type == "error" for output in BOOKS[name].cells[i].outputs)


@every_lesson
def test_generated_parts(name):
    book = BOOKS[name]
    link = f"{pipeline.repository().removeprefix('https://github.com/')}/blob/main/notebooks/{name}.ipynb"
    assert f"https://colab.research.google.com/github/{link}" in book.cells[0].source
    (bootstrap,) = tagged(name, "bootstrap")
    first_code = next(i for i, cell in enumerate(book.cells) if cell.cell_type == "code")
    assert bootstrap == first_code
    assert f"stslib-course @ git+{pipeline.repository()}" in book.cells[bootstrap].source
    assert book.cells[bootstrap].outputs == []


@every_lesson
def test_links_between_lessons_lead_somewhere(name):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", prose(name)):
        assert (pipeline.NOTEBOOKS / target).is_file(), target


@every_lesson
def test_anatomy(name):
    text = prose(name)
    assert text.startswith(f"# {name[:2]} · ")
    for part in (r"\*\*You will be able to\*\*", r"\*\*Time\*\*", "### Predict", "## Common mistakes", "## Exercises",
                 "## Quiz", "## Recap", r"\*\*Key terms\*\*", r"\*\*Sources\*\*"):  # fmt: skip
        assert re.search(part, text), part
    assert len(tagged(name, "parameters")) == 1
    assert tagged(name, "raises-exception")
    assert any("image/png" in output.get("data", {}) for cell in cells(name, "code") for output in cell.outputs)


@every_lesson
def test_a_heading_starts_its_cell(name):
    for cell in cells(name, "markdown"):
        below = re.sub(r"\A(#+ .*\n*)+", "", cell.source)
        assert not re.search("^#{2,3} ", below, flags=re.M), cell.source


@every_lesson
def test_code_cells_are_short(name):
    lengths = [len(cell.source.splitlines()) for cell in cells(name, "code")]
    assert sorted(lengths)[len(lengths) // 2] <= 6
    assert max(lengths) <= 20


@every_lesson
def test_quiz_has_three_questions_with_one_right_choice_and_every_choice_explained(name):
    quiz = prose(name).split("## Quiz")[1].split("## Recap")[0]
    questions = re.split(r"^\*\*\d\. ", quiz, flags=re.M)[1:]
    assert len(questions) == 3
    for question in questions:
        choices = re.findall(r"<details><summary>([A-D])\. .+?</summary>\n\n(.+?)\n</details>", question, flags=re.S)
        assert [letter for letter, _ in choices] == ["A", "B", "C"]
        assert sum(text.startswith("Correct.") for _, text in choices) == 1
        assert all(text.startswith(("Correct. ", "Not so. ")) and len(text) > 40 for _, text in choices)


def exercises(name):
    """Return for each exercise the index of its stub cell and the code of its solution."""
    book = BOOKS[name]
    found = []
    for i in tagged(name, "exercise"):
        after = "\n".join(cell.source for cell in book.cells[i : i + 4] if cell.cell_type == "markdown")
        found.append((i, re.search(r"<summary>Solution</summary>.*?```python\n(.+?)```", after, flags=re.S).group(1)))
    return found


@every_lesson
def test_exercises_and_their_checks(name):
    stubs, checks = tagged(name, "exercise"), tagged(name, "check")
    assert len(stubs) == len(checks) >= 3
    for i in checks:
        (output,) = BOOKS[name].cells[i].outputs
        assert output.text.startswith("Not answered yet"), "a stub must survive Run All"


@every_lesson
def test_full_profile_runs_from_a_local_cache_and_solutions_pass_their_checks(name, hub_cache, monkeypatch):
    """The path of a Colab user, with tiny random weights under the real repository names.

    The solutions are in the same run, for the time it takes: no check depends on the weights.
    """
    for variable, value in {"STS_PROFILE": "full", "HF_HUB_CACHE": str(hub_cache), "HF_HUB_OFFLINE": "1"}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("STS_DATA_DIR", raising=False)
    book = pipeline.compose(pipeline.LESSONS / f"{name}.py")
    for i, solution in exercises(name):
        book.cells[i].source = solution
    pipeline.run(book)
    for i in tagged(name, "check"):
        said = "".join(output.get("text", "") for output in book.cells[i].outputs)
        assert said and not said.startswith("Not"), book.cells[i].source + "\n" + said
    start = next(cell for cell in book.cells if "lesson.start" in cell.source)
    assert start.outputs[0].text.startswith("profile: full")


def test_a_changed_lesson_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "LESSONS", tmp_path)
    changed = tmp_path / TWINS[0].name
    for twin in TWINS:
        (tmp_path / twin.name).write_text(twin.read_text(encoding="utf-8"), encoding="utf-8")
    assert pipeline.is_fresh(changed)
    changed.write_text(
        changed.read_text(encoding="utf-8").replace("In five minutes", "In six minutes"), encoding="utf-8"
    )
    assert not pipeline.is_fresh(changed)


def test_new_text_keeps_the_outputs_and_new_code_does_not(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "LESSONS", tmp_path)
    for twin in TWINS:
        (tmp_path / twin.name).write_text(twin.read_text(encoding="utf-8"), encoding="utf-8")
    changed = tmp_path / TWINS[0].name
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace("In five minutes", "In six minutes"), encoding="utf-8")
    kept = pipeline.with_stored_outputs(changed)
    assert [c.outputs for c in pipeline.code_of(kept)] == [c.outputs for c in cells(TWINS[0].stem, "code")]
    assert "In six minutes" in kept.cells[0].source + kept.cells[1].source
    changed.write_text(text.replace("my_guess = None", "my_guess = 0.9"), encoding="utf-8")
    assert pipeline.with_stored_outputs(changed) is None


def test_another_repository_address_reaches_every_notebook(monkeypatch):
    monkeypatch.setattr(pipeline, "repository", lambda: "https://github.com/somebody/fork")
    for twin in TWINS:
        text = nbformat.writes(pipeline.compose(twin))
        assert "colab.research.google.com/github/somebody/fork/blob/main" in text
        assert "git+https://github.com/somebody/fork" in text
        assert not pipeline.is_fresh(twin)


def test_nbval_notices_a_changed_output(tmp_path):
    """The guard on the guard: a strict cell whose output differs must fail."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(2)", execution_count=1, id="a")])
    book.cells[0].outputs = [nbformat.v4.new_output("stream", name="stdout", text="1\n")]
    nbformat.write(book, tmp_path / "wrong.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-p", "no:cacheprovider"]
    result = subprocess.run([*command, tmp_path / "wrong.ipynb"], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 1, result.stdout
