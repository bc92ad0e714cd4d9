"""Label a file of any size in bounded memory, and go on after an interruption.

Three passes over the input: check every row (so that a fault in the last one shows
before the work, not after), score chunk by chunk into a journal beside the output, and
write the output from the journal. Only the second pass is slow, and the journal keeps
what it has done: fixed-size records, of which a resumed run counts the whole ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from stslib.encoding import LongJob, bits_for
from stslib.errors import StsError
from stslib.models import load_encoder
from stslib.progress import shown
from stslib.saved import is_cross_encoder
from stslib.similarity import RESULTS, Model, border_for, cosines, pair_scores, too_long
from stslib.tables import CHUNK_ROWS, Chunk, Table, check_output, check_rows, is_sentence, open_table, whole_file
from stslib.threshold import Threshold
from stslib.weights import sha256_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

RECORD = np.dtype([("score", "<f8"), ("cut", "?")])  # NaN: no label


@dataclass(frozen=True)
class Labelled:
    """What a run did: rows in all, of them label 1, without a label, and read only in part."""

    rows: int
    same: int
    skipped: int
    cut: int


def label_file(
    source: str | Path,
    out: str | Path,
    columns: Sequence[str] | None = None,
    *,
    threshold: Threshold | None = None,
    encoder: Model | None = None,
    bits: int | None = None,
    skip_invalid: bool = False,
    force: bool = False,
    resume: bool = False,
    chunk_rows: int = CHUNK_ROWS,
    progress: bool = False,
) -> Labelled:
    """Write the table of `source` to `out` with two more columns, ``score`` and ``lbl``.

    The output appears whole or not at all. An interrupted run leaves ``OUT.journal``.

    Args:
        source: .csv, .tsv, .jsonl or .parquet, UTF-8.
        out: the same kind of file.
        columns: of the two sentences; guessed where exactly two columns hold text.
        threshold: the border; default: the shipped one.
        encoder: default: that of the active profile; another one needs its own threshold.
        bits: of the numbers to compute with, 32, 16 or 8, see `stslib.encoding.LongJob`; default: 32,
            from 10,000 rows on 16. For a model that reads pairs 32, or 16 where that is fast, its default.
        skip_invalid: keep a row with an empty sentence, with an empty label.
        force: replace an existing output, forget an interrupted run.
        resume: go on after an interrupted run with the same input and settings.
        chunk_rows: rows a chunk, the measure of memory.
        progress: show a bar.

    Raises:
        StsError: anything wrong with input, output or journal; nothing was written then.
    """
    source, out = Path(source), Path(out)
    table = open_table(source, RESULTS)
    check_output(source, out, force=force)
    pair = table.choose_columns(2, columns)
    job = _Job(table, pair, chunk_rows)
    rows = check_rows(table, pair, skip_invalid=skip_invalid)
    border = border_for(encoder, threshold)
    encoder = encoder or load_encoder()
    bits = (bits or 16) if is_cross_encoder(encoder) else bits_for(rows, bits)
    journal = Path(f"{out}.journal")
    settings = {"input": sha256_of(source), "columns": pair, "model": border.model, "rows": rows, "bits": bits}
    with _sole_run(out):
        with _open_journal(journal, settings, resume, force) as (file, done):
            if done < rows:
                _score_rows(job, file, done, rows, _Scorer(encoder, bits), progress)
        records = _read_journal(journal, rows)
        labels = border.label(records["score"])
        valid = ~np.isnan(records["score"])
        _write(job, out, records["score"], labels, valid)
        journal.unlink()
    return Labelled(rows, int(labels[valid].sum()), int((~valid).sum()), int(records["cut"].sum()))


@dataclass(frozen=True)
class _Job:
    """What to read: a table, its two columns of sentences, and how many rows at a time."""

    table: Table
    pair: tuple[str, ...]
    chunk_rows: int

    def chunks(self) -> Iterator[Chunk]:
        return self.table.chunks(self.pair, self.chunk_rows)


@contextmanager
def _sole_run(out: Path) -> Iterator[None]:
    """Make sure that no other run writes to the same output; the lock dies with its process."""
    from filelock import FileLock, Timeout

    lock = Path(f"{out}.lock")
    try:
        with FileLock(lock, timeout=0):
            try:
                yield
            finally:
                with suppress(OSError):  # Windows removes it itself, a moment later
                    lock.unlink()
    except Timeout as error:
        raise StsError(f"Another run is writing to {out} at this moment: wait for it, or stop it first.") from error


@contextmanager
def _open_journal(path: Path, settings: dict[str, Any], resume: bool, force: bool) -> Iterator[tuple[BinaryIO, int]]:
    """Open the journal at the end of its last whole record; yield it with the number of records."""
    header = (json.dumps(settings) + "\n").encode()
    if path.exists() and not (resume or force):
        raise StsError(f"An interrupted run left {path.name}: go on with --resume, or start anew with --force.")
    if not (path.exists() and resume):
        path.write_bytes(header)
    try:
        with path.open("r+b") as file:
            if file.readline() != header:
                raise StsError(
                    f"{path.name} belongs to a run with another input, other columns, another model or other bits: "
                    f"start anew with --force."
                )
            done = (path.stat().st_size - len(header)) // RECORD.itemsize
            file.truncate(len(header) + done * RECORD.itemsize)
            file.seek(0, os.SEEK_END)
            yield file, done
    finally:
        if path.stat().st_size == len(header):  # nothing was done, so there is nothing to go on from
            path.unlink()


def _read_journal(path: Path, rows: int) -> NDArray[Any]:
    with path.open("rb") as file:
        header = file.readline()
    return np.fromfile(path, dtype=RECORD, count=rows, offset=len(header))


class _Scorer:
    """Scores pairs by either kind of model."""

    def __init__(self, model: Model, bits: int) -> None:
        self.model, self.bits = model, bits
        self.encode = None if is_cross_encoder(model) else LongJob(cast("SentenceTransformer", model), bits=bits)

    def __call__(self, first: list[str], second: list[str]) -> NDArray[np.float64]:
        if self.encode is None:
            return pair_scores(first, second, self.model, bits=self.bits)
        return cosines(self.encode([*first, *second]))


def _score_rows(job: _Job, journal: BinaryIO, done: int, rows: int, scorer: _Scorer, progress: bool) -> None:
    """Append a record to the journal for every row after the first `done`."""
    from tqdm import tqdm

    # `delay`: no bar for short work.
    with tqdm(total=rows, initial=done, unit=" rows", delay=2, disable=not shown(progress)) as bar:
        passed = 0
        for chunk in job.chunks():
            fresh = chunk.texts[max(0, done - passed) :]
            passed += len(chunk.texts)
            if not fresh:
                continue
            journal.write(_records(fresh, scorer).tobytes())
            journal.flush()
            bar.update(len(fresh))


def _records(texts: list[tuple[object, ...]], scorer: _Scorer) -> NDArray[Any]:
    """Return score and cut flag of each pair of cells."""
    records = np.zeros(len(texts), dtype=RECORD)
    records["score"] = np.nan
    usable = [i for i, cells in enumerate(texts) if all(map(is_sentence, cells))]
    first, second = ([str(texts[i][side]) for i in usable] for side in (0, 1))
    records["score"][usable] = scorer(first, second)
    records["cut"][usable] = too_long(first, second, scorer.model)
    return records


def _write(
    job: _Job, out: Path, scores: NDArray[np.float64], labels: NDArray[np.int64], valid: NDArray[np.bool_]
) -> None:
    """Write the output under another name, and rename it once it is whole."""
    done = 0
    with whole_file(out) as unfinished, job.table.writer(unfinished) as write:
        for chunk in job.chunks():
            part = slice(done, done + len(chunk.texts))
            done = part.stop
            write(
                chunk,
                [float(s) if v else None for s, v in zip(scores[part], valid[part], strict=True)],
                [int(x) if v else None for x, v in zip(labels[part], valid[part], strict=True)],
            )
