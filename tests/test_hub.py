import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pandas as pd
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError

import stslib
from stslib import hub

FULL = stslib.profile("full")


@contextmanager
def silent_server():
    """Accept connections and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def server_that_answers(status):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            if status == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def similarity_in_full(python, endpoint, cache):
    start = time.perf_counter()
    result = python(
        ["-m", "stslib", "similarity", "a", "b"], STS_PROFILE="full", HF_ENDPOINT=endpoint, HF_HOME=str(cache)
    )
    return result, time.perf_counter() - start


def assert_one_kind_sentence(result, seconds):
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "profile 'course'" in result.stderr
    assert seconds < 15


def test_a_silent_hub_ends_in_one_sentence_within_15_seconds(python, tmp_path):
    with silent_server() as endpoint:
        assert_one_kind_sentence(*similarity_in_full(python, endpoint, tmp_path))


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://hub.invalid"])
def test_a_refused_connection_and_an_unknown_host(python, tmp_path, endpoint):
    assert_one_kind_sentence(*similarity_in_full(python, endpoint, tmp_path))


def test_a_broken_hub(python, tmp_path):
    with server_that_answers(503) as endpoint:
        assert_one_kind_sentence(*similarity_in_full(python, endpoint, tmp_path))


def test_a_repository_that_does_not_exist(python, tmp_path):
    with server_that_answers(404) as endpoint:
        result, _ = similarity_in_full(python, endpoint, tmp_path)
    assert result.returncode == 2
    assert "The Hub has no model 'sentence-transformers/all-MiniLM-L6-v2'" in result.stderr


def test_data_of_an_unreachable_hub(python, tmp_path):
    result = python(
        "import stslib; stslib.load_pairs('stsb', 'dev')",
        HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path), STS_DATA_DIR="",
    )  # fmt: skip
    assert "stslib.errors.StsError: The Hugging Face Hub" in result.stderr


def test_offline_and_not_cached(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(stslib.StsError, match="is not in the local cache, and HF_HUB_OFFLINE"):
        stslib.load_bert(FULL)


def test_an_answer_after_the_deadline(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "DEADLINE_SECONDS", 0.1)
    monkeypatch.setattr("huggingface_hub.HfApi.repo_info", lambda *a, **k: time.sleep(5))
    with pytest.raises(stslib.StsError, match=r"did not answer in 0\.1 s"):
        hub.fetch("some/model", ["config.json"])


def test_full_profile_from_the_cache_needs_no_network(python, hub_cache):
    result = python(
        """
        import torch, stslib
        full = stslib.profile()
        tokenizer, bert = stslib.load_tokenizer(full), stslib.load_bert(full)
        with torch.no_grad():
            print(bert(**tokenizer("a", "b", return_tensors="pt")).last_hidden_state.shape)
        print(stslib.load_encoder(full).encode(["a"]).shape)
        print(stslib.load_pairs(full.pairs, "dev")["score"].tolist())
        print(stslib.load_pairs(full.pairs, "dev", language="de")["score"].tolist())
        """,
        watched=True, STS_PROFILE="full", HF_HUB_CACHE=str(hub_cache), STS_DATA_DIR="",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "NETWORK" not in result.stderr
    assert result.stdout.splitlines() == [
        "torch.Size([1, 5, 24])",
        "(1, 24)",
        "[2.0, 1.0, 4.5, 0.0]",
        "[2.0, 1.0, 4.5, 0.0]",
    ]


def test_an_incomplete_cache_is_no_cache(hub_cache, tmp_path, monkeypatch):
    import shutil

    shutil.copytree(hub_cache, tmp_path / "hub")
    next((tmp_path / "hub").glob("models--google*/snapshots/*/model.safetensors")).unlink()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(stslib.StsError, match="not in the local cache"):
        stslib.load_bert(FULL)


def test_cached_files_are_readable_as_a_table(hub_cache):
    part = next(hub_cache.glob("datasets--sentence*/snapshots/*/data/test-*.parquet"))
    assert list(pd.read_parquet(part).columns) == ["sentence1", "sentence2", "score"]


def test_a_download_that_breaks_off(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.HfApi.repo_info", lambda *a, **k: None)

    def broken(*arguments, local_files_only=False, **options):
        raise LocalEntryNotFoundError("not here") if local_files_only else RuntimeError("connection lost")

    monkeypatch.setattr("huggingface_hub.snapshot_download", broken)
    with pytest.raises(stslib.StsError, match=r"The download of some/model broke off \(RuntimeError\)"):
        hub.fetch("some/model", ["config.json"])
