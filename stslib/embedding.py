"""The vectors of a file's sentences, as a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stslib.encoding import LongJob, bits_for
from stslib.errors import StsError
from stslib.models import load_encoder
from stslib.progress import shown
from stslib.tables import CHUNK_ROWS, check_output, check_rows, is_sentence, open_table, whole_file

if TYPE_CHECKING:
    import pyarrow as pa
    from sentence_transformers import SentenceTransformer


def embed_file(
    source: str | Path,
    out: str | Path,
    column: str | None = None,
    *,
    encoder: SentenceTransformer | None = None,
    bits: int | None = None,
    skip_invalid: bool = False,
    force: bool = False,
    progress: bool = False,
) -> int:
    """Write the vectors of a table's sentences to a Parquet file, row by row, and return the number of rows.

    The file has two columns: the sentences, under their own name, and ``embedding``, a list
    of 32-bit numbers of length 1 in all. `numpy.stack` makes a matrix of the latter. The
    output appears whole or not at all; memory does not grow with the number of rows.

    Args:
        source: .csv, .tsv, .jsonl or .parquet, UTF-8.
        out: a .parquet file.
        column: of the sentences; guessed where exactly one column holds text.
        encoder: default: that of the active profile.
        bits: of the numbers to compute with, 32, 16 or 8, see `stslib.encoding.LongJob`; default: 32,
            from 10,000 rows on 16.
        skip_invalid: give a row with an empty sentence an empty vector.
        force: replace an existing output.
        progress: show a bar.

    Raises:
        StsError: anything wrong with input or output; nothing was written then.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from tqdm import tqdm

    source, out = Path(source), Path(out)
    table = open_table(source, {})  # its other columns are not written, so nothing can be lost
    check_output(source, out, force=force, kind=".parquet")
    (name,) = table.choose_columns(1, column if column is None else [column])
    if name == "embedding":
        raise StsError("The column of sentences cannot be called 'embedding', as that of the vectors is: rename it.")
    rows = check_rows(table, [name], skip_invalid=skip_invalid)
    encoder = encoder or load_encoder()
    encode = LongJob(encoder, bits=bits_for(rows, bits))
    schema = pa.schema([pa.field(name, pa.string()), pa.field("embedding", pa.list_(pa.float32()))])
    with (
        whole_file(out) as unfinished,
        pq.ParquetWriter(unfinished, schema) as file,
        tqdm(total=rows, unit=" rows", delay=2, disable=not shown(progress)) as bar,
    ):
        for chunk in table.chunks([name], CHUNK_ROWS):
            texts = [str(text) if is_sentence(text) else None for (text,) in chunk.texts]
            vectors = _vectors(texts, encode)
            file.write_batch(pa.RecordBatch.from_arrays([pa.array(texts, pa.string()), vectors], schema=schema))
            bar.update(len(texts))
    return rows


def _vectors(texts: Sequence[str | None], encode: LongJob) -> pa.Array:
    """Return one vector a text, none for None."""
    import pyarrow as pa

    flat = encode([text for text in texts if text is not None]).ravel()
    ends = np.cumsum([0] + [0 if text is None else encode.width for text in texts]).tolist()
    starts = [None if text is None else start for text, start in zip(texts, ends, strict=False)]
    return pa.ListArray.from_arrays(pa.array([*starts, ends[-1]], pa.int32()), pa.array(flat, pa.float32()))
