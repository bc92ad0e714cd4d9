"""Tables in files, a chunk at a time: CSV, TSV, JSON Lines and Parquet.

Each kind of file reads itself in chunks and writes the same rows back with the results
as further columns, so that everything else in a row comes out as it went in.
"""

from __future__ import annotations

import codecs
import csv
import json
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

from stslib.errors import StsError

PEEK_ROWS = 200  # enough to tell a column of text from one of numbers
BLOCK_BYTES = 1 << 20
LONGEST_CELL = 10_000_000  # characters; csv by itself takes 131,072 for a fault
CHUNK_ROWS = 2048

Cell = float | int | None  # None: empty


@dataclass
class Chunk:
    """Consecutive rows: where each one stands in the file, and its content as the file has it."""

    places: list[str]
    rows: Any
    texts: list[tuple[object, ...]]  # the wanted cells, None where there is none


class Writer(Protocol):
    """Takes chunks in order, with a list of cells for each result column."""

    def __call__(self, chunk: Chunk, *results: Sequence[Cell]) -> None: ...


class Table(ABC):
    """A file with rows and named columns, to which result columns shall be added.

    Args:
        path: the file.
        results: name and type (`float` or `int`) of the result columns, which it must not have yet.
    """

    columns: list[str]

    def __init__(self, path: Path, results: Mapping[str, type]) -> None:
        self.path = path
        self.results = results

    @abstractmethod
    def text_columns(self) -> list[str]:
        """Return the names of the columns that hold text, judged by the first rows."""

    @abstractmethod
    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        """Yield the rows in order, `size` at a time, with the cells of some columns."""

    @abstractmethod
    def writer(self, path: Path) -> AbstractContextManager[Writer]:
        """Open a new file of the same kind, with the result columns added."""

    def choose_columns(self, count: int, wanted: Sequence[str] | None) -> tuple[str, ...]:
        """Return the columns that hold the sentences, see `choose_columns`."""
        return choose_columns(self.columns, self.text_columns(), wanted, count=count, results=self.results)

    def no_rows(self) -> StsError:
        """Return the error for a table that has nothing but a header."""
        return StsError(f"{self.path.name} has column names but no rows.")

    def fail(self, place: str, problem: object) -> StsError:
        """Return the error for a fault at one place of the file."""
        return StsError(f"{self.path.name}, {place}: {problem}.")


def open_table(path: str | Path, results: Mapping[str, type]) -> Table:
    """Open a table by the ending of its name.

    Args:
        path: .csv, .tsv, .jsonl or .parquet.
        results: see `Table`.

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
    return kind(path, results)


def delimiter_of(path: Path, header: str) -> str:
    """Return what separates the cells: a tab in .tsv; else a comma, or a semicolon, as some spreadsheets write it."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    return ";" if ";" in header and "," not in header else ","


def choose_columns(
    columns: Sequence[str],
    text: Sequence[str],
    wanted: Sequence[str] | None,
    *,
    count: int = 2,
    results: Collection[str],
) -> tuple[str, ...]:
    """Return the columns that hold the sentences.

    Args:
        columns: all names.
        text: the names of those that hold text.
        wanted: the names, or None to guess, which takes exactly `count` columns of text.
        count: how many are needed, 1 or 2.
        results: the columns that will be added.

    Raises:
        StsError: a wanted column is missing, the guess is ambiguous, or a result column is taken.
    """
    there = f"the table has {', '.join(columns)}"
    taken = [name for name in results if name in columns]
    if taken:
        raise StsError(f"The table already has a column {taken[0]!r}, which would be lost: rename it first.")
    if wanted is None:
        if len(text) != count:
            found = f"{len(text) or 'no'} column{'' if len(text) == 1 else 's'} of text"
            ask, name = {
                1: ("Which column holds the sentences?", "Name one, as in --column question."),
                2: ("Which two columns hold the sentences?", "Name two, as in --columns line1,line2."),
            }[count]
            raise StsError(f"{ask} Found {found}; {there}. {name}")
        return tuple(text)
    if len(set(wanted)) != len(wanted) or len(wanted) != count:
        raise StsError(f"Name two different columns, not {', '.join(wanted) or 'none'} ({there}).")
    bare = {name.strip(): name for name in columns}  # "id, line1": the blank belongs to no name
    chosen = tuple(name if name in columns else bare.get(name.strip(), "") for name in wanted)
    missing = [name for name, found in zip(wanted, chosen, strict=True) if found not in columns]
    if missing:
        raise StsError(f"There is no column {missing[0]!r}: {there}.")
    return chosen


def is_sentence(value: object) -> bool:
    """Return whether a cell holds text that is not blank."""
    return isinstance(value, str) and bool(value.strip())


def check_output(source: Path, out: Path, *, force: bool, kind: str | None = None) -> None:
    """Raise `StsError` unless the output may be written.

    Args:
        source: the input, which is never overwritten.
        out: the output.
        force: replace an existing one.
        kind: the ending its name must have; default: that of the input.
    """
    if out.suffix.lower() != (kind or source.suffix.lower()):
        why = f"The output is a {kind} file" if kind else "The output must be the same kind of file as the input"
        raise StsError(f"{why}: {out.name} must end in {kind or source.suffix}.")
    if not out.parent.is_dir():
        raise StsError(f"There is no folder {out.parent} for the output.")
    if out.is_dir():
        raise StsError(f"The output {out} is a folder.")
    if out.exists() and out.samefile(source):
        raise StsError("Input and output are the same file: choose another name for the output.")
    if out.exists() and not force:
        raise StsError(f"The output {out} exists already: choose another name, or replace it with --force.")


def check_rows(table: Table, columns: Sequence[str], *, skip_invalid: bool) -> int:
    """Read every row once, and return their number.

    Raises:
        StsError: there are none; or a sentence is empty, and `skip_invalid` is not set.
    """
    rows = invalid = 0
    first = ""
    for chunk in table.chunks(columns, CHUNK_ROWS):
        for number, (place, texts) in enumerate(zip(chunk.places, chunk.texts, strict=True), rows + 1):
            if all(map(is_sentence, texts)):
                continue
            invalid += 1
            if not first:
                name = next(name for name, text in zip(columns, texts, strict=True) if not is_sentence(text))
                first = f"row {number}" + (f" ({place})" if place != f"row {number}" else "") + f": {name!r}"
        rows += len(chunk.texts)
    if not rows:
        raise table.no_rows()
    if invalid and not skip_invalid:
        many = f"; {invalid} rows are like that" if invalid > 1 else ""
        raise StsError(
            f"{table.path.name}, {first} is empty or not text{many}: "
            f"fill it, or leave such rows without a result by --skip-invalid."
        )
    return rows


@contextmanager
def whole_file(out: Path) -> Iterator[Path]:
    """Yield a new name beside `out` to write to, which is renamed to `out` when the block ends well."""
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as place:
        unfinished = Path(place) / out.name
        yield unfinished
        os.replace(unfinished, out)


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

    def __init__(self, path: Path, results: Mapping[str, type]) -> None:
        super().__init__(path, results)
        require_utf8(path)
        with path.open("rb") as file:
            # A spreadsheet that wrote a byte order mark wants to find one again.
            self.encoding = "utf-8-sig" if file.read(3) == codecs.BOM_UTF8 else "utf-8"
        with self._open() as file:
            header = file.readline()
        self.delimiter = delimiter_of(path, header)
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
            csv.field_size_limit(LONGEST_CELL)
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

    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        wanted = [self.columns.index(name) for name in columns]
        rows = self._rows()
        while block := list(islice(rows, size)):
            yield Chunk(
                [place for place, _ in block],
                [row for _, row in block],
                [tuple(row[i] for i in wanted) for _, row in block],
            )

    @contextmanager
    def writer(self, path: Path) -> Iterator[Writer]:
        with path.open("w", encoding=self.encoding, newline="") as file:
            out = csv.writer(file, delimiter=self.delimiter, lineterminator="\n")
            out.writerow([*self.columns, *self.results])

            def write(chunk: Chunk, *results: Sequence[Cell]) -> None:
                for row, *cells in zip(chunk.rows, *results, strict=True):
                    out.writerow([*row, *(f"{x:.4f}" if isinstance(x, float) else x for x in cells)])

            yield write


class JsonLinesTable(Table):
    """One JSON object a line; a row may lack columns that others have."""

    def __init__(self, path: Path, results: Mapping[str, type]) -> None:
        super().__init__(path, results)
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
                taken = [name for name in self.results if name in row]
                if taken:
                    raise self.fail(f"line {number}", f"there is a {taken[0]!r} already, which would be lost")
                yield f"line {number}", row

    def text_columns(self) -> list[str]:
        found = {name: [row[name] for row in self._peek if row.get(name) is not None] for name in self.columns}
        return [name for name, values in found.items() if values and all(isinstance(v, str) for v in values)]

    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        rows = self._rows()
        while block := list(islice(rows, size)):
            yield Chunk(
                [place for place, _ in block],
                [row for _, row in block],
                [tuple(row.get(name) for name in columns) for _, row in block],
            )

    @contextmanager
    def writer(self, path: Path) -> Iterator[Writer]:
        with path.open("w", encoding="utf-8") as file:

            def write(chunk: Chunk, *results: Sequence[Cell]) -> None:
                for row, *cells in zip(chunk.rows, *results, strict=True):
                    short = [round(x, 4) if isinstance(x, float) else x for x in cells]
                    result = {**row, **dict(zip(self.results, short, strict=True))}
                    file.write(json.dumps(result, ensure_ascii=False) + "\n")

            yield write


class ParquetTable(Table):
    """Parquet; the other columns keep their types."""

    def __init__(self, path: Path, results: Mapping[str, type]) -> None:
        super().__init__(path, results)
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

    def chunks(self, columns: Sequence[str], size: int) -> Iterator[Chunk]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        done = 0
        with pq.ParquetFile(self.path) as file:
            try:
                for batch in file.iter_batches(batch_size=size):
                    cells = [batch.column(name).to_pylist() for name in columns]
                    places = [f"row {done + i}" for i in range(1, len(batch) + 1)]
                    yield Chunk(places, batch, list(zip(*cells, strict=True)))
                    done += len(batch)
            except (pa.ArrowInvalid, OSError) as error:
                raise self.fail(f"after row {done}", f"damaged ({str(error).splitlines()[0]})") from error

    @contextmanager
    def writer(self, path: Path) -> Iterator[Writer]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = [pa.from_numpy_dtype(kind) for kind in self.results.values()]
        schema = pa.schema([*self.schema, *map(pa.field, self.results, kinds)], self.schema.metadata)
        with pq.ParquetWriter(path, schema) as out:

            def write(chunk: Chunk, *results: Sequence[Cell]) -> None:
                columns = [*chunk.rows.columns, *map(pa.array, results, kinds)]
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
