"""Write the tables of the README anew from the committed results, without measuring.

python -m benchmarks.readme
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"


def rows_of(header: str, rows: list[str]) -> str:
    """Return a Markdown table."""
    columns = header.count("|") - 1
    return "\n".join([header, "|" + "---|" * columns, *rows])


def stsb_table(report: dict[str, Any]) -> str:
    """Return the quality on STS-B, and on the contrasts."""
    names = {
        "before training": "all-MiniLM-L6-v2 as it comes",
        "bi": "`stslib train bi stsb --epochs 8`",
        "joint": "`stslib train joint stsb --start …`",
    }
    rows = []
    for key, name in names.items():
        cells = [f"{report[key][part]['mean']:.1f} ({report[key][part]['interval'][0]:.1f} to "
                 f"{report[key][part]['interval'][1]:.1f})" for part in ("test", "leak-free")]  # fmt: skip
        right = " | ".join(_percent(report[key]["contrasts"][part]) for part in ("accuracy", "fresh"))
        rows.append(f"| {name} | {cells[0]} | {cells[1]} | {right} | {_minutes(report[key])} |")
    labels = report["labels"]
    right = " | ".join(_percent(labels["contrasts"][part]) for part in ("accuracy", "fresh"))
    rows.append(
        f"| `stslib train joint contrasts --rate 1e-4 --epochs {labels['settings'][0]['epochs']}` "
        f"| {sum(labels['test']) / len(labels['test']):.1f} | | {right} | {_minutes(labels)} |"
    )
    clean = report["bi"]["leak-free"]["pairs"]
    return rows_of(
        f"| model | STS-B test, 1,379 pairs | the {clean:,} that share no sentence "
        "| contrasts, 240 | fresh ones, 240 | training |",
        rows,
    )


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _minutes(row: dict[str, Any]) -> str:
    seconds = row.get("seconds", [])
    return f"{sum(seconds) / len(seconds) / 60:.1f} min" if seconds else ""


def speed_table(report: dict[str, Any]) -> str:
    """Return sentences a second, and what fewer bits cost."""
    rows = [
        f"| {row['way']} | {row['sentences a second']:,} | {row['times as fast']:.1f} × | {row['test']:.2f} |"
        for row in report["encoding"]
    ]
    return rows_of("| encoding | sentences a second | against the first | STS-B test |", rows)


def training_sentence(report: dict[str, Any]) -> str:
    """Return how much quicker training is, in words."""
    found, limits = report["training"], report["limit, billion operations a second"]
    peak = limits.get("16 bits", limits["32 bits"])
    encoding = next(row for row in report["encoding"] if row["way"] == "stslib, 16 bits")
    shares = [round(100 * one["operations a second"] / peak) for one in (found, encoding)]
    return (
        f"In training, `stslib train bi` is **{found['times as fast']:.1f} times as fast** as the usual "
        f"`SentenceTransformerTrainer` (an epoch of STS-B, batches of 32, CoSENT, mean of two runs each; the "
        f"trainer at its defaults, which are 32 bits, ours with 16 where they are fast; "
        f"Spearman × 100 on dev differs by {found['dev, difference of means']:+.2f}). A large matrix product "
        f"reaches {peak:,} billion operations a second in 16 bits; training uses {shares[0]} % of that, "
        f"and encoding {shares[1]} %."
    )


def growth_table(report: dict[str, Any]) -> str:
    """Return seconds and memory by rows."""
    by_rows: dict[int, dict[str, Any]] = {}
    for run in report["runs"]:
        by_rows.setdefault(run["rows"], {})[run["command"]] = run
    rows = [
        f"| {n:,} | {runs['label']['seconds']:,.0f} s, {runs['label']['peak of memory, MB']:,} MB | "
        f"{runs['embed']['seconds']:,.0f} s, {runs['embed']['peak of memory, MB']:,} MB |"
        for n, runs in by_rows.items()
    ]
    return rows_of("| rows | `stslib label` | `stslib embed` |", rows)


def peers_table(report: dict[str, Any]) -> str:
    """Return quality and speed of other packages: of vectors, and in learning labels."""
    rows = [f"| {row['package']} | {row['spearman']:.2f} | {row['sentences a second']:,} |" for row in report["scores"]]
    learned = [f"| {row['package']} | {row['average precision']:.3f} | {row['seconds']} |" for row in report["labels"]]
    return "\n\n".join(
        [
            rows_of("| package, all from the same weights | STS-B test | sentences a second |", rows),
            rows_of("| labels learned from the course's pairs | average precision on test | seconds |", learned),
        ]
    )


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "stsb": stsb_table,
    "speed": lambda report: f"{speed_table(report)}\n\n{training_sentence(report)}",
    "growth": growth_table,
    "peers": peers_table,
}


def table_of(name: str) -> str:
    """Return the table of a benchmark, from its committed result."""
    return TABLES[name](json.loads((HERE / f"{name}.json").read_text(encoding="utf-8")))


def between(name: str) -> tuple[str, str]:
    """Return the comments between which the README has the table."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def main() -> None:
    """Replace every table."""
    text = README.read_text(encoding="utf-8")
    for name in TABLES:
        begin, end = between(name)
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{table_of(name)}\n{end}{rest.split(end)[1]}"
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
