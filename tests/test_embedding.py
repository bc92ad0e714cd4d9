import numpy as np
import pandas as pd
import pytest

import stslib
from stslib import StsError
from stslib.embedding import embed_file


def test_vectors_in_the_order_of_the_rows(tmp_path, encoder):
    texts = ["A man plays.", "It rains.", "A man plays.", "Prices rose, naïvely: 10 €."]
    pd.DataFrame({"id": range(4), "text": texts}).to_csv(tmp_path / "in.csv", index=False)
    for bits, tolerance in ((16, 0.01), (32, 1e-6), (None, 1e-6)):
        out = tmp_path / f"{bits}.parquet"
        assert embed_file(tmp_path / "in.csv", out, encoder=encoder, bits=bits) == 4
        table = pd.read_parquet(out)
        assert table["text"].tolist() == texts and list(table.columns) == ["text", "embedding"]
        vectors = np.stack(table["embedding"])
        np.testing.assert_allclose(vectors, encoder.encode(texts, normalize_embeddings=True), atol=tolerance)
        assert vectors.dtype == np.float32 and (vectors[0] == vectors[2]).all()


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_every_kind_of_table_and_more_rows_than_a_chunk(tmp_path, stand_in, monkeypatch, kind):
    monkeypatch.setattr("stslib.embedding.CHUNK_ROWS", 3)
    table = pd.DataFrame({"text": [f"sentence {i % 4}" for i in range(8)]})
    path = tmp_path / f"in.{kind}"
    {"csv": table.to_csv, "tsv": lambda p, index: table.to_csv(p, index=index, sep="\t"),
     "jsonl": lambda p, index: table.to_json(p, orient="records", lines=True), "parquet": table.to_parquet}[kind](
        path, index=False)  # fmt: skip
    embed_file(path, tmp_path / "out.parquet", "text", encoder=stand_in)
    result = pd.read_parquet(tmp_path / "out.parquet")
    expected = stand_in.encode(table["text"].tolist(), normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_array_equal(np.stack(result["embedding"]), expected)


def test_an_empty_sentence_is_an_error_or_has_no_vector(tmp_path, stand_in):
    (tmp_path / "in.csv").write_text("text,id\n,1\nb,2\n,3\n")
    with pytest.raises(StsError, match=r"row 1 .line 2.: 'text' is empty or not text; 2 rows"):
        embed_file(tmp_path / "in.csv", tmp_path / "out.parquet", "text", encoder=stand_in)
    assert not (tmp_path / "out.parquet").exists()
    embed_file(tmp_path / "in.csv", tmp_path / "out.parquet", "text", encoder=stand_in, skip_invalid=True)
    found = pd.read_parquet(tmp_path / "out.parquet")["embedding"]
    assert found.isna().tolist() == [True, False, True] and len(found[1]) == 32


def test_an_interrupted_run_leaves_nothing(tmp_path, stand_in, monkeypatch):
    monkeypatch.setattr("stslib.embedding.CHUNK_ROWS", 2)
    pd.DataFrame({"text": list("abcdef")}).to_csv(tmp_path / "in.csv", index=False)
    stand_in.stop_after = 4
    with pytest.raises(KeyboardInterrupt):
        embed_file(tmp_path / "in.csv", tmp_path / "out.parquet", encoder=stand_in)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_other_columns_are_no_matter_but_the_own_name_is(tmp_path, stand_in):
    (tmp_path / "in.csv").write_text("text,embedding\na,7\n")
    embed_file(tmp_path / "in.csv", tmp_path / "out.parquet", encoder=stand_in)
    (tmp_path / "in.csv").write_text("embedding\na\n")
    with pytest.raises(StsError, match="cannot be called 'embedding'"):
        embed_file(tmp_path / "in.csv", tmp_path / "other.parquet", encoder=stand_in)


def test_the_output_is_parquet(tmp_path, stand_in):
    (tmp_path / "in.csv").write_text("text\na\n")
    with pytest.raises(StsError, match=r"out.csv must end in .parquet"):
        embed_file(tmp_path / "in.csv", tmp_path / "out.csv", encoder=stand_in)


def test_on_the_command_line(python, tmp_path):
    stslib.load_seed("clustering").to_csv(tmp_path / "eleven.csv", index=False)
    done = python(["-m", "stslib", "embed", "eleven.csv", "--out", "v.parquet"], watched=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "v.parquet: 11 rows.\n", "")
    assert len(pd.read_parquet(tmp_path / "v.parquet")["embedding"][0]) == 384
    done = python(["-m", "stslib", "embed", "eleven.csv", "--out", "v.parquet"])
    assert done.returncode == 2 and "exists already" in done.stderr and len(done.stderr.splitlines()) == 1
