"""Tables in files, a chunk at a time: CSV, TSV, JSON Lines and Parquet.

Each kind of file reads itself in chunks and writes the same rows back with a score and
a label, so that everything else in a row comes out as it went in.
"""

from __future__ import annotations

import codecs
import csv
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

from stslib.errors import StsError
from stslib.similarity import RESULT_COLUMNS

PEEK_ROWS = 200  # enough to tell a column of text from one of numbers
BLOCK_BYTES = 1 << 20


@dataclass
class Chunk:
    """Consecutive rows: where each one stands in the file, and its content as the file has it."""

    places: list[str]
    rows: Any
    texts: list[tuple[object, object]]  # the two cells to compare, None where there is none


class Writer(Protocol):
    """Takes chunks in order; `scores` and `labels` have one entry a row, None for an empty one."""

    def __call__(self, chunk: Chunk, scores: Sequence[float | None], labels: Sequence[int | None]) -> None: ...


class Table(ABC):
    """A file with rows and named columns."""

    columns: list[str]

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def text_columns(self) -> list[str]:
        """Return the names of the columns that hold text, judged by the first rows."""

    @abstractmethod
    def chunks(self, columns: tuple[str, str], size: int) -> Iterator[Chunk]:
        """Yield the rows in order, `size` at a time."""

    @abstractmethod
    def writer(self, path: Path) -> AbstractContextManager[Writer]:
        """Open a new file of the same kind, with the result columns added."""

    def no_rows(self) -> StsError:
        """Return the error for a table that has nothing but a header."""
        return StsError(f"{self.path.name} has column names but no rows.")

    def fail(self, place: str, problem: object) -> StsError:
        """Return the error for a fault at one place of the file."""
        return StsError(f"{self.path.name}, {place}: {problem}.")


def open_table(path: str | Path) -> Table:
    """Open a table by the ending of its name.

    Raises:
        StsError: missing, empty, of an unknown kind, or unreadable.
    """
    path = Path(path)
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise StsError(f"{path.name}: the name must end in {', '.join(KINDS)}, which says what kind of table it is.")
    if not path.is_file():
        raise StsError(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise StsError(f"{path.name} is empty.")
    return kind(path)


def require_utf8(path: Path) -> None:
    """Raise StsError with the offset of the first byte that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = line = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=len(block) < BLOCK_BYTES)
            except UnicodeDecodeError as error:
                line += block[: max(0, error.start - pending)].count(b"\n")
                raise StsError(
                    f"{path.name} is not UTF-8: byte 0x{error.object[error.start]:02X} at offset "
                    f"{start - pending + error.start} (line {line + 1}); save it as UTF-8 and try again."
                ) from error
            start += len(block)
            line += block.count(b"\n")


class DelimitedTable(Table):
    """CSV (comma, or semicolon as some spreadsheets write it) and TSV, with a header line."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        require_utf8(path)
        with path.open("rb") as file:
            # A spreadsheet that wrote a byte order mark wants to find one again.
            self.encoding = "utf-8-sig" if file.read(3) == codecs.BOM_UTF8 else "utf-8"
        with self._open() as file:
            header = file.readline()
        self.delimiter = "\t" if path.suffix.lower() == ".tsv" else ";" if ";" in header and "," not in header else ","
        _, self.columns = next(self._records(), ("", []))
        if not any(name.strip() for name in self.columns):
            raise StsError(f"{path.name} has no header line with column names.")
        twice = [name for i, name in enumerate(self.columns) if name in self.columns[:i]]
        if twice:
            raise StsError(f"{path.name} has two columns named {twice[0]!r}: rename one.")

    def _open(self) -> IO[str]:
        return self.path.open(encoding=self.encoding, newline="")

    def _records(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each record with its place, the header first; blank lines are none."""
        with self._open() as file:
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            line = 1
            try:
                for record in reader:
                    if record:
                        yield f"line {line}", record
                    line = reader.line_num + 1
            except csv.Error as error:
                raise self.fail(f"line {line}", f"broken row ({error})") from error

    def _rows(self) -> Iterator[tuple[str, list[str]]]:
        for place, record in islice(self._records(), 1, None):
            if len(record) != len(self.columns):
                raise self.fail(
                    place,
                    f"broken row ({len(record)} fields where the header has {len(self.columns)}; "
                    f"text that holds a {'tab' if self.delimiter == chr(9) else repr(self.delimiter)} needs quotes)",
                )
            yield place, record

    def text_columns(self) -> list[str]:
        rows = [row for _, row in islice(self._rows(), PEEK_ROWS)]
        if not rows:
            raise self.no_rows()
        cells = {name: [row[i] for row in rows if row[i].strip()] for i, name in enumerate(self.columns)}
        return [name for name, values in cells.items() if values and not all(map(_is_number, values))]

    def chunks(self, columns: tuple[str, str], size: int) -> Iterator[Chunk]:
        first, second = (self.columns.index(name) for name in columns)
        rows = self._rows()
        while block := list(islice(rows, size)):
            yield Chunk(
                [place for place, _ in block],
                [row for _, row in block],
                [(row[first], row[second]) for _, row in block],
            )

    @contextmanager
    def writer(self, path: Path) -> Iterator[Writer]:
        with path.open("w", encoding=self.encoding, newline="") as file:
            out = csv.writer(file, delimiter=self.delimiter, lineterminator="\n")
            out.writerow([*self.columns, *RESULT_COLUMNS])

            def write(chunk: Chunk, scores: Sequence[float | None], labels: Sequence[int | None]) -> None:
                for row, score, label in zip(chunk.rows, scores, labels, strict=True):
                    out.writerow([*row, "" if score is None else f"{score:.4f}", "" if label is None else label])

            yield write


class JsonLinesTable(Table):
    """One JSON object a line; a row may lack columns that others have."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        require_utf8(path)
        self._peek = [row for _, row in islice(self._rows(), PEEK_ROWS)]
        if not self._peek:
            raise StsError(f"{path.name} is empty.")
        self.columns = list(dict.fromkeys(name for row in self._peek for name in row))

    def _rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        with self.path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise self.fail(f"line {number}", f"not JSON ({error})") from error
                if not isinstance(row, dict):
                    raise self.fail(f"line {number}", 'not a JSON object, such as {"line1": …, "line2": …}')
                if not _is_unicode(row):
                    raise self.fail(f"line {number}", "half of a \\u escape pair, which is no character")
                taken = [name for name in RESULT_COLUMNS if name in row]
                if taken:
                    raise self.fail(f"line {number}", f"there is a {taken[0]!r} already, which would be lost")
                yield f"line {number}", row

    def text_columns(self) -> list[str]:
        found = {name: [row[name] for row in self._peek if row.get(name) is not None] for name in self.columns}
        return [name for name, values in found.items() if values and all(isinstance(v, str) for v in values)]

    def chunks(self, columns: tuple[str, str], size: int) -> Iterator[Chunk]:
        rows = self._rows()
        while block := list(islice(rows, size)):
            yield Chunk(
                [place for place, _ in block],
                [row for _, row in block],
                [(row.get(columns[0]), row.get(columns[1])) for _, row in block],
            )

    @contextmanager
    def writer(self, path: Path) -> Iterator[Writer]:
        with path.open("w", encoding="utf-8") as file:

            def write(chunk: Chunk, scores: Sequence[float | None], labels: Sequence[int | None]) -> None:
                for row, score, label in zip(chunk.rows, scores, labels, strict=True):
                    result = {**row, "score": None if score is None else round(score, 4), "lbl": label}
                    file.write(json.dumps(result, ensure_ascii=False) + "\n")

            yield write


class ParquetTable(Table):
    """Parquet; the other columns keep their types."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            self.schema = pq.read_schema(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise StsError(f"{path.name} is not a Parquet file: {str(error).splitlines()[0]}") from error
        self.columns = self.schema.names

    def text_columns(self) -> list[str]:
        import pyarrow.types as types

        return [field.name for field in self.schema if types.is_string(field.type) or types.is_large_string(field.type)]

    def chunks(self, columns: tuple[str, str], size: int) -> Iterator[Chunk]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        done = 0
        with pq.ParquetFile(self.path) as file:
            try:
                for batch in file.iter_batches(batch_size=size):
                    first, second = (batch.column(name).to_pylist() for name in columns)
                    places = [f"row {done + i}" for i in range(1, len(batch) + 1)]
                    yield Chunk(places, batch, list(zip(first, second, strict=True)))
                    done += len(batch)
            except (pa.ArrowInvalid, OSError) as error:
                raise self.fail(f"after row {done}", f"damaged ({str(error).splitlines()[0]})") from error

    @contextmanager
    def writer(self, path: Path) -> Iterator[Writer]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = self.schema.append(pa.field("score", pa.float64())).append(pa.field("lbl", pa.int64()))
        with pq.ParquetWriter(path, schema) as out:

            def write(chunk: Chunk, scores: Sequence[float | None], labels: Sequence[int | None]) -> None:
                columns = [*chunk.rows.columns, pa.array(scores, pa.float64()), pa.array(labels, pa.int64())]
                out.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))

            yield write


KINDS: dict[str, type[Table]] = {
    ".csv": DelimitedTable,
    ".tsv": DelimitedTable,
    ".jsonl": JsonLinesTable,
    ".parquet": ParquetTable,
}


def _is_unicode(row: dict[str, Any]) -> bool:
    """Return whether a row can be written as UTF-8; JSON lets half a surrogate pair through."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
