"""Time and memory of `stslib label` and `stslib embed` by number of rows.

    python -m benchmarks.growth    # writes benchmarks/growth.json and docs/growth.png, about seven minutes on two cores

Tables of 1,000 to 1,000,000 rows are made of short sentences: eight words drawn from the
course's own sentences. Nine of ten sentences have occurred before in the same table, some of
them often (Zipf's law), as in the tables of a help desk. Every run is a process of its own, the
command as a user types it; its peak of memory is what the operating system says. With
``--quick`` the largest table has 10,000 rows: under a minute.
"""

from __future__ import annotations

import csv
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

import stslib
from stslib import figures
from stslib.baselines import words
from stslib.doctor import version_of

RESULT = Path(__file__).with_suffix(".json")
PICTURE = Path(__file__).parents[1] / "docs" / "growth.png"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
WORDS = 8
REPEATED = 0.9
RUN = """
import resource, sys
from stslib.cli import main
try:
    main()
finally:
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    print(unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def make_table(path: Path, rows: int) -> int:
    """Write a table with two columns of sentences; return how many different sentences it holds."""
    pairs = stslib.load_pairs("course", "train")
    vocabulary = sorted({word for text in pairs["sentence1"] for word in words(text)})
    rng = np.random.default_rng(stslib.SEED)
    fresh = rng.random((rows, 2)) >= REPEATED
    known: list[str] = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line1", "line2"])
        for row in fresh:
            texts = []
            for is_new in row:
                if is_new or not known:
                    known.append(" ".join(vocabulary[i] for i in rng.integers(0, len(vocabulary), WORDS)))
                    texts.append(known[-1])
                else:
                    texts.append(known[min(int(rng.zipf(1.2)), len(known)) - 1])
            writer.writerow(texts)
    return len(known)


def measure(command: str, rows: int) -> dict[str, Any]:
    """Run a command on a table of so many rows."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "table.csv"
        different = make_table(source, rows)
        options = {
            "label": ["--columns", "line1,line2", "--out", "out.csv"],
            "embed": ["--column", "line1", "--out", "out.parquet"],
        }[command]
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", RUN, command, source.name, *options],
            cwd=folder, check=True, capture_output=True, text=True,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        peak = int(done.stderr.split()[-1])
        return {
            "command": command,
            "rows": rows,
            "different sentences": different,
            "seconds": round(seconds, 1),
            "peak of memory, MB": round(peak / 1e6),
        }


def draw(runs: list[dict[str, Any]]) -> None:
    """Draw seconds and memory by rows into the picture."""
    figures.use_style()
    figure, (time_axes, memory_axes) = plt.subplots(1, 2, figsize=(9.5, 3.4))
    for command, colour in (("label", figures.BLUE), ("embed", figures.ORANGE)):
        mine = [run for run in runs if run["command"] == command]
        rows = [run["rows"] for run in mine]
        time_axes.plot(rows, [run["seconds"] for run in mine], "o-", color=colour, label=f"stslib {command}")
        memory_axes.plot(rows, [run["peak of memory, MB"] for run in mine], "o-", color=colour)
    time_axes.set(xscale="log", yscale="log", xlabel="rows", ylabel="seconds, start included")
    time_axes.legend()
    highest = max(run["peak of memory, MB"] for run in runs)
    memory_axes.set(xscale="log", ylim=(0, 1.2 * highest), xlabel="rows", ylabel="peak of memory, MB")
    figure.savefig(PICTURE)


def main() -> None:
    """Measure both commands at every size, and write the result."""
    matplotlib.use("Agg")
    quick = "--quick" in sys.argv
    runs = []
    for command in ("label", "embed"):
        for rows in SIZES[:2] if quick else SIZES:
            runs.append(measure(command, rows))
            print(runs[-1], flush=True)
    if not quick:
        versions = {name: version_of(name) for name in ("torch", "transformers", "pyarrow")}
        report = {"python": platform.python_version(), "device": stslib.device(), **versions, "runs": runs}
        RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        draw(runs)


if __name__ == "__main__":
    main()
