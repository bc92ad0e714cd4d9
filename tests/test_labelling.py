import csv
import json
import tracemalloc
from contextlib import nullcontext

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import StandInEncoder

from stslib import StsError, label_file
from stslib.cross import new_cross
from stslib.labelling import RECORD

ROWS = [
    {"id": "007", "line1": "the cat", "line2": "the cat", "note": 'says "hi", twice'},
    {"id": "8", "line1": "a dog\nbarks", "line2": "über, alles", "note": ""},
    {"id": "9", "line1": "one", "line2": "two", "note": "x"},
]


def write(path, rows=ROWS):
    if path.suffix == ".parquet":
        table = pa.Table.from_pylist(rows)
        pq.write_table(table.set_column(0, "id", pa.array([int(row["id"]) for row in rows], pa.int16())), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            out = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            out.writeheader()
            out.writerows(rows)
    return path


def read(path):
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


def numbered(n):
    return [{"line1": f"sentence {i}", "line2": f"sentence {i + i % 2}"} for i in range(n)]


def left_over(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix in {".journal", ".lock"} or path.name[0] == ".")


PAIR = ["line1", "line2"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_every_kind_of_file_keeps_its_rows(tmp_path, stand_in, border, suffix):
    source, out = write(tmp_path / f"in{suffix}"), tmp_path / f"out{suffix}"
    before = source.read_bytes()
    done = label_file(source, out, PAIR, encoder=stand_in, threshold=border, chunk_rows=2)
    assert (done.rows, done.skipped, done.cut) == (3, 0, 0)
    original, labelled = read(source), read(out)
    assert [{k: v for k, v in row.items() if k not in ("score", "lbl")} for row in labelled] == original
    assert float(labelled[0]["score"]) == pytest.approx(1.0, abs=1e-4)
    assert int(labelled[0]["lbl"]) == 1
    assert sum(int(row["lbl"]) for row in labelled) == done.same
    assert source.read_bytes() == before
    assert left_over(tmp_path) == []


def test_parquet_keeps_types(tmp_path, stand_in, border):
    write(tmp_path / "in.parquet")
    label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", PAIR, encoder=stand_in, threshold=border)
    types = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "out.parquet")}
    assert types["id"] == "int16"
    assert (types["score"], types["lbl"]) == ("double", "int64")


def test_spreadsheet_csv_with_semicolons_and_byte_order_mark(tmp_path, stand_in, border):
    (tmp_path / "in.csv").write_bytes("line1;line2\r\nüber;über\r\n".encode("utf-8-sig"))
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", encoder=stand_in, threshold=border)
    assert (tmp_path / "out.csv").read_bytes() == "line1;line2;score;lbl\nüber;über;1.0000;1\n".encode("utf-8-sig")


def test_columns_are_guessed_where_just_two_hold_text(tmp_path, stand_in, border):
    (tmp_path / "in.csv").write_text("id,a,price,b\n1,x,2.50,x\n2,3,,y\n")
    done = label_file(tmp_path / "in.csv", tmp_path / "out.csv", encoder=stand_in, threshold=border)
    assert done.rows == 2


def test_same_labels_as_for_a_table(tmp_path, stand_in, border):
    from stslib import label_pairs

    rows = numbered(50)
    source = write(tmp_path / "in.csv", rows)
    label_file(source, tmp_path / "out.csv", encoder=stand_in, threshold=border, chunk_rows=7)
    expected = label_pairs(pd.DataFrame(rows), encoder=stand_in, threshold=border)
    labelled = pd.read_csv(tmp_path / "out.csv")
    assert labelled["lbl"].tolist() == expected["lbl"].tolist()
    assert labelled["score"].tolist() == expected["score"].round(4).tolist()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_skip_invalid_keeps_the_row_with_an_empty_label(tmp_path, stand_in, border, suffix):
    rows = [{"line1": "a", "line2": "a"}, {"line1": "b", "line2": " "}, {"line1": "", "line2": "c"}]
    source = tmp_path / f"in{suffix}"
    if suffix == ".parquet":
        pd.DataFrame(rows).to_parquet(source)
    else:
        write(source, rows)
    with pytest.raises(
        StsError, match=r"row 2.*: 'line2' is empty or not text; 2 rows are like that: .*--skip-invalid"
    ):
        label_file(source, tmp_path / f"out{suffix}", encoder=stand_in, threshold=border)
    assert [path.name for path in tmp_path.iterdir()] == [source.name]
    done = label_file(source, tmp_path / f"out{suffix}", encoder=stand_in, threshold=border, skip_invalid=True)
    assert (done.rows, done.same, done.skipped) == (3, 1, 2)
    empty = "" if suffix == ".csv" else None
    assert [row["lbl"] for row in read(tmp_path / f"out{suffix}")][1:] == [empty, empty]
    assert [row["score"] for row in read(tmp_path / f"out{suffix}")][1:] == [empty, empty]


def test_long_texts_are_counted_over_an_interruption_too(tmp_path, tokenizer, border):
    rows = [{"line1": "word " * 40, "line2": "b"}, {"line1": "c", "line2": "d"}, {"line1": "e", "line2": "word " * 15}]
    source, out = write(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        label_file(source, out, encoder=StandInEncoder(tokenizer, 2), threshold=border, chunk_rows=1)
    done = label_file(source, out, encoder=StandInEncoder(tokenizer), threshold=border, chunk_rows=1, resume=True)
    assert done.cut == 2


def interrupted(tmp_path, tokenizer, border, rows=40, after=30):
    source, out = write(tmp_path / "in.csv", numbered(rows)), tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        label_file(source, out, encoder=StandInEncoder(tokenizer, after), threshold=border, chunk_rows=8)
    assert not out.exists()
    assert left_over(tmp_path) == ["out.csv.journal"]
    return source, out


def test_a_resumed_run_does_the_rest_and_gives_the_same_file(tmp_path, tokenizer, border, stand_in):
    source, out = interrupted(tmp_path, tokenizer, border)
    journal = tmp_path / "out.csv.journal"
    journal.write_bytes(journal.read_bytes() + b"torn!")  # as a machine that lost power may leave it
    rest = StandInEncoder(tokenizer)
    label_file(source, out, encoder=rest, threshold=border, chunk_rows=8, resume=True)
    assert left_over(tmp_path) == []
    whole = tmp_path / "whole.csv"
    label_file(source, whole, encoder=stand_in, threshold=border, chunk_rows=8)
    assert out.read_bytes() == whole.read_bytes()
    assert 0 < len(rest.encoded) < len(stand_in.encoded)
    assert "sentence 0" not in rest.encoded


def test_a_resumed_run_may_read_in_other_chunks(tmp_path, tokenizer, border, stand_in):
    source, out = interrupted(tmp_path, tokenizer, border)
    label_file(source, out, encoder=stand_in, threshold=border, chunk_rows=5, resume=True)
    label_file(source, tmp_path / "whole.csv", encoder=stand_in, threshold=border)
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_an_interrupted_run_is_not_forgotten_by_accident(tmp_path, tokenizer, border, stand_in):
    source, out = interrupted(tmp_path, tokenizer, border)
    with pytest.raises(StsError, match=r"An interrupted run left out\.csv\.journal: go on with --resume"):
        label_file(source, out, encoder=stand_in, threshold=border)
    label_file(source, out, encoder=stand_in, threshold=border, force=True)
    assert len(read(out)) == 40


def test_a_changed_input_is_not_resumed(tmp_path, tokenizer, border, stand_in):
    source, out = interrupted(tmp_path, tokenizer, border)
    journal = (tmp_path / "out.csv.journal").read_bytes()
    write(source, [*numbered(39), {"line1": "new", "line2": "row"}])
    with pytest.raises(StsError, match="belongs to a run with another input"):
        label_file(source, out, encoder=stand_in, threshold=border, resume=True)
    assert (tmp_path / "out.csv.journal").read_bytes() == journal


def test_an_interruption_before_the_first_chunk_leaves_nothing(tmp_path, tokenizer, border):
    source = write(tmp_path / "in.csv", numbered(4))
    with pytest.raises(KeyboardInterrupt):
        label_file(source, tmp_path / "out.csv", encoder=StandInEncoder(tokenizer, 0), threshold=border)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_two_runs_do_not_write_to_one_output(tmp_path, stand_in, border):
    from filelock import FileLock

    source = write(tmp_path / "in.csv", numbered(4))
    with FileLock(tmp_path / "out.csv.lock"), pytest.raises(StsError, match=r"Another run is writing to .*out\.csv"):
        label_file(source, tmp_path / "out.csv", encoder=stand_in, threshold=border)
    assert stand_in.encoded == []
    label_file(source, tmp_path / "out.csv", encoder=stand_in, threshold=border)


def test_a_failing_write_leaves_the_old_output_and_the_journal(tmp_path, stand_in, border, monkeypatch):
    source, out = write(tmp_path / "in.csv", numbered(4)), tmp_path / "out.csv"
    out.write_text("old")

    def full_disk(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("stslib.labelling.os.replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        label_file(source, out, encoder=stand_in, threshold=border, force=True)
    assert out.read_text() == "old"
    assert left_over(tmp_path) == ["out.csv.journal"]


def test_memory_does_not_grow_with_the_file(tmp_path, border, monkeypatch):
    class Constant:
        max_seq_length, tokenizer = 256, type("T", (), {"num_special_tokens_to_add": staticmethod(lambda pair: 2)})

        def encode(self, texts, **options):
            import numpy as np

            return np.full((len(texts), 2), 0.5**0.5, dtype=np.float32)

        def get_embedding_dimension(self):
            return 2

    monkeypatch.setattr("stslib.encoding.REMEMBERED", 500)

    def peak(rows):
        source = write(tmp_path / f"{rows}.csv", numbered(rows))
        tracemalloc.start()
        label_file(source, tmp_path / f"{rows}.out.csv", encoder=Constant(), threshold=border, chunk_rows=500)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    small, large = peak(2_000), peak(20_000)
    # What does grow is one score, label and flag a row, a few dozen bytes.
    assert large < small + 18_000 * (RECORD.itemsize + 32)


BAD = {
    "missing.csv": (None, "There is no file"),
    "empty.csv": (b"", "empty.csv is empty"),
    "blank.csv": (b"\n\n", "has no header line"),
    "header.csv": (b"line1,line2\n", "has column names but no rows"),
    "latin.csv": (b"line1,line2\nfine,fine\ncaf\xe9,x\n", r"byte 0xE9 at offset 25 \(line 3\)"),
    "utf16.csv": ("line1,line2\na,b\n".encode("utf-16"), r"byte 0xFF at offset 0 \(line 1\)"),
    "short.csv": (b"line1,line2\na,b\nc\n", r"line 3: broken row \(1 fields where the header has 2"),
    "long.csv": (b"line1,line2\na,b\nyes, he can,c\n", r"line 3: broken row \(3 fields .* needs quotes"),
    "quote.csv": (b'line1,line2\na,b\n"c,d\ne,f\n', r"line 3: broken row \(unexpected end of data"),
    "twice.csv": (b"line1,line1\na,b\n", "two columns named 'line1'"),
    "taken.csv": (b"line1,line2,lbl\na,b,1\n", "already has a column 'lbl'"),
    "three.csv": (b"a,b,c\nx,y,z\n", "Found 3 columns of text; the table has a, b, c"),
    "numbers.csv": (b"a,b\n1,2\n", "Found no columns of text"),
    "list.jsonl": (b'["a", "b"]\n', "line 1: not a JSON object"),
    "broken.jsonl": (b'{"line1": "a", "line2": "b"}\n{"line1": \n', r"line 2: not JSON \("),
    "null.jsonl": (
        b'{"line1": "a", "line2": "b"}\n{"line1": "a", "line2": null}\n',
        r"row 2 \(line 2\): 'line2' is empty",
    ),
    "late.jsonl": (
        b'{"line1": "a", "line2": "b"}\n{"line1": "a", "line2": "b", "lbl": 1}\n',
        "line 2: there is a 'lbl'",
    ),
    "half.jsonl": (b'{"line1": "a \\ud83d", "line2": "b"}\n', "line 1: half of a"),
    "text.parquet": (b"hello", "is not a Parquet file"),
    "table.xlsx": (b"PK", "must end in .csv, .tsv, .jsonl, .parquet"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_leaves_nothing(tmp_path, stand_in, border, name):
    content, message = BAD[name]
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(StsError, match=message) as caught:
        label_file(source, tmp_path / f"out{source.suffix}", encoder=stand_in, threshold=border)
    assert "\n" not in str(caught.value)
    assert stand_in.encoded == []
    assert [path.name for path in tmp_path.iterdir()] == ([name] if content is not None else [])


def test_offset_of_a_bad_byte_beyond_the_first_block(tmp_path, stand_in, border):
    filler = "ä,b\n".encode() * 500_000
    (tmp_path / "in.csv").write_bytes(b"a,b\n" + filler + b"\xff,x\n")
    with pytest.raises(StsError, match=rf"offset {4 + len(filler)} \(line 500002\)"):
        label_file(tmp_path / "in.csv", tmp_path / "out.csv", encoder=stand_in, threshold=border)


def test_outputs_that_are_refused(tmp_path, stand_in, border):
    source = write(tmp_path / "in.csv")
    existing = tmp_path / "existing.csv"
    existing.write_text("precious")
    (tmp_path / "folder.csv").mkdir()
    for out, message in [
        (existing, "exists already: choose another name, or replace it with --force"),
        (source, "Input and output are the same file"),
        (tmp_path / "out.jsonl", "must end in .csv"),
        (tmp_path / "nowhere" / "out.csv", "There is no folder"),
        (tmp_path / "folder.csv", "is a folder"),
    ]:
        with pytest.raises(StsError, match=message):
            label_file(source, out, PAIR, encoder=stand_in, threshold=border)
    assert existing.read_text() == "precious"
    label_file(source, existing, PAIR, encoder=stand_in, threshold=border, force=True)
    assert len(read(existing)) == 3


def test_blanks_in_the_header_and_a_very_long_cell(tmp_path, stand_in, border):
    (tmp_path / "in.csv").write_text("id, line1, line2, note\n1,a,b," + "x" * 200_000 + "\n")
    done = label_file(tmp_path / "in.csv", tmp_path / "out.csv", ["line1", "line2"], encoder=stand_in, threshold=border)
    assert done.rows == 1
    assert (tmp_path / "out.csv").read_text().startswith("id, line1, line2, note,score,lbl\n1,a,b,xxx")


def test_bits_reach_a_model_that_reads_pairs(tmp_path, tiny, border, monkeypatch):
    asked = []
    monkeypatch.setattr("stslib.cross.mixed_precision", lambda place, bits: asked.append(bits) or nullcontext())
    write(tmp_path / "in.csv")
    for bits in (None, 32, 16):
        options = {"encoder": new_cross(tiny), "threshold": border, "bits": bits, "force": True}
        label_file(tmp_path / "in.csv", tmp_path / "o.csv", ["line1", "line2"], **options)
    assert asked == [16, 32, 16]
