"""Build the notebooks from their text twins.

    python -m tools.notebooks build          # those whose twin was changed; run only if code was
    python -m tools.notebooks build --all    # every one
    python -m tools.notebooks build 00 01    # these
    python -m tools.notebooks check          # exit status 1 if one is out of date

A lesson is written as text, `lessons/NN_name.py` (jupytext's py:percent). Building adds
what is the same in every lesson (badge, links to its neighbours, the cell that fetches
the package in Colab), runs all cells from top to bottom and stores the outputs.
"""

from __future__ import annotations

import os
import sys
import time
import tomllib
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
LESSONS = ROOT / "lessons"
NOTEBOOKS = ROOT / "notebooks"
CELL_SECONDS = 600
BADGE = "images/open_in_colab.svg"  # a file of ours, so that it shows offline too

BOOTSTRAP = """\
# Only Colab needs this cell: it fetches the course's helper package, about 90 MB.
import sys

if "google.colab" in sys.modules:
    %pip install -q "stslib-course @ git+{repository}"\
"""


def repository() -> str:
    """Return the address of the repository, which stands in pyproject.toml alone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"].rstrip("/")


def twins() -> list[Path]:
    """Return the lessons in their order."""
    return sorted(LESSONS.glob("[0-9][0-9]_*.py"))


def notebook_of(twin: Path) -> Path:
    """Return where the notebook of a lesson lies."""
    return NOTEBOOKS / f"{twin.stem}.ipynb"


def colab_link(twin: Path) -> str:
    """Return the address that opens a lesson in Colab."""
    return repository().replace("github.com", "colab.research.google.com/github", 1) + (
        f"/blob/main/notebooks/{twin.stem}.ipynb"
    )


def title(twin: Path) -> str:
    """Return the text of a lesson's first heading."""
    for line in twin.read_text(encoding="utf-8").splitlines():
        if line.startswith("# # "):
            return line.removeprefix("# # ").strip()
    raise SystemExit(f"{twin.name} has no title: its first cell must start with a heading.")


def navigation(twin: Path) -> str:
    """Return the links to the lessons before and after."""
    lessons = twins()
    here = lessons.index(twin)
    links = []
    for word, place in (("Previous", here - 1), ("Next", here + 1)):
        if 0 <= place < len(lessons):
            other = lessons[place]
            links.append(f"{word}: [{title(other)}]({other.stem}.ipynb) ([Colab]({colab_link(other)}))")
    return " · ".join(links)


def compose(twin: Path) -> NotebookNode:
    """Return the notebook of a lesson, not run, with the generated parts in it."""
    book = jupytext.read(twin, fmt="py:percent")
    cells = book.cells
    links = navigation(twin)
    badge = f"[![Open in Colab]({BADGE})]({colab_link(twin)})"
    cells[0].source += f"\n\n{badge}" + (f"\n\n{links}" if links else "")
    cells[-1].source += f"\n\n{links}" if links else ""
    first_code = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
    bootstrap = nbformat.v4.new_code_cell(BOOTSTRAP.format(repository=repository()))
    bootstrap.metadata["tags"] = ["bootstrap"]
    cells.insert(first_code, bootstrap)
    for i, cell in enumerate(cells):
        cell.id = f"cell-{i:03d}"
        cell.metadata = NotebookNode({"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {})
    book.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    book.nbformat, book.nbformat_minor = 4, 5
    return book


def is_fresh(twin: Path) -> bool:
    """Return whether the committed notebook holds exactly the cells of its lesson."""
    path = notebook_of(twin)
    if not path.is_file():
        return False
    new, old = compose(twin), nbformat.read(path, as_version=4)

    def essence(book: NotebookNode) -> list[tuple]:
        return [(c.id, c.cell_type, c.source, c.metadata.get("tags")) for c in book.cells]

    return essence(new) == essence(old)


def run(book: NotebookNode) -> NotebookNode:
    """Run all cells in place, as a reader would from the folder of the notebooks, without progress bars."""
    os.environ["TQDM_DISABLE"] = "1"  # a bar is for a person; stored, it would be litter
    NotebookClient(book, timeout=CELL_SECONDS, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if output.output_type == "error":  # an expected one: its message, without this machine's paths
                output.traceback = [f"{output.ename}: {output.evalue}"]
    book.metadata["language_info"] = NotebookNode({"name": "python"})
    return book


def with_stored_outputs(twin: Path) -> NotebookNode | None:
    """Return the notebook with the outputs of the committed one, if no code was changed since; else None."""
    if not notebook_of(twin).is_file():
        return None
    new, old = compose(twin), nbformat.read(notebook_of(twin), as_version=4)
    pairs = list(zip(code_of(new), code_of(old), strict=False))
    if len(code_of(new)) != len(code_of(old)) or any(
        (a.source, a.metadata.get("tags")) != (b.source, b.metadata.get("tags")) for a, b in pairs
    ):
        return None
    for cell, stored in pairs:
        cell.outputs, cell.execution_count = stored.outputs, stored.execution_count
    return new


def code_of(book: NotebookNode) -> list[NotebookNode]:
    """Return the code cells."""
    return [cell for cell in book.cells if cell.cell_type == "code"]


def refresh(stale: list[Path]) -> None:
    """Bring notebooks up to date; one in which only text was changed keeps its outputs."""
    for twin in stale:
        book = with_stored_outputs(twin)
        if book is None:
            build([twin])
        else:
            nbformat.write(book, notebook_of(twin))
            print(f"{notebook_of(twin).name}: new text, no code changed")


def build(wanted: list[Path]) -> None:
    """Run the lessons and write their notebooks."""
    for twin in wanted:
        start = time.perf_counter()
        try:
            book = run(compose(twin))
        except CellExecutionError as error:
            raise SystemExit(f"{twin.name} stops with an error:\n{error}") from error
        nbformat.write(book, notebook_of(twin))
        print(f"{notebook_of(twin).name}: {time.perf_counter() - start:.0f} s")


def main(arguments: list[str]) -> int:
    """Run the command line; return its exit status."""
    stale = [twin for twin in twins() if not is_fresh(twin)]
    match arguments:
        case ["check"]:
            for twin in stale:
                print(f"{notebook_of(twin).name} is out of date: run `make notebooks`.")
            return 1 if stale else 0
        case ["build"]:
            refresh(stale)
        case ["build", "--all"]:
            build(twins())
        case ["build", *numbers]:
            build([twin for twin in twins() if twin.name[:2] in numbers])
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
